"""Readings of the specification's section 3.0 for all stages: guards, days, classes, and who is believed."""

from __future__ import annotations

import pytest

from streams.memory import fold_in_memory
from tests.timeline import at, timeline
from tests.told_rows import CARD, HOUSE, minutes, one, rows

# Guards (7), (8)


@pytest.mark.parametrize(
    ("seen", "millis", "excluded", "flags"),
    [
        ("08:59", 0, "", ("skew_adjusted",)),
        ("08:58", 0, "", ("skew_adjusted",)),  # two minutes, inclusive
        ("08:57:59", -121_000, "negative", ()),
        ("21:00", 12 * 3_600_000, "", ()),  # the ceiling itself counts
        ("21:00:01", 12 * 3_600_000 + 1_000, "ceiling", ()),
    ],
)
def test_clocks_differ_and_waits_end(seen: str, millis: int, excluded: str, flags: tuple[str, ...]) -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        09:00   V1  patient.checked_in    point=clinic
        {seen}  V1  consultation.started  consultation_seq=1
    """,
    )
    assert (row.millis, row.excluded, row.flags) == (millis, excluded, flags)


def test_a_time_of_day_precision_ends_nothing() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        09:00  V1  patient.checked_in    point=clinic
        00:00  V1  consultation.started  consultation_seq=1 precision=day
    """,
    )
    assert (row.excluded, row.ended_at) == ("missing_end", None)


# Which day (1), which class (4)


def test_a_visit_that_crosses_midnight_belongs_to_the_day_of_its_check_in() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        23:50  V1  patient.checked_in    point=clinic
        24:20  V1  consultation.started  consultation_seq=1
    """,
    )
    assert (row.day, row.at) == ("2025-03-03", at("24:20"))


def test_a_ticket_belongs_to_the_local_day_of_its_end() -> None:
    row = one(
        "window_wait",
        """
        23:50  -  queue.joined  ticket_id=T1 service_point_type=pharmacy
        24:20  -  queue.served  ticket_id=T1 service_point_type=pharmacy
    """,
    )
    assert row.day == "2025-03-04"


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("09:00 V1 patient.checked_in point=clinic", [("?", "outpatient")]),
        ("09:00 V1 patient.checked_in point=exam order_id=O1", []),
        ("09:00 V1 ed.arrived arrival_mode=foot", [("?", "emergency")]),
        ("09:00 V1 inpatient.discharged ward=W1", [("W1", "inpatient")]),
        ("09:00 V1 registration.created visit_class=health_check", []),
    ],
)
def test_a_visit_without_a_registration_is_classed_by_what_happened(said: str, counted: list[tuple[str, str]]) -> None:
    assert [row.dims for row in rows("visit_counted", f"{said}\n09:30 V1 consultation.started")] == counted


@pytest.mark.parametrize(
    "end", ["10:00 V1 visit.cancelled", f"{CARD} op=retract sent=10:00", f"{CARD} op=retract sent=10:00 patient=P1"]
)
def test_a_cancelled_or_retracted_visit_leaves_every_visit_measure(end: str) -> None:
    told = fold_in_memory(
        timeline(f"""
        {CARD}
        09:00  V1  patient.checked_in    point=clinic
        09:30  V1  consultation.started  consultation_seq=1
        {end}
    """),
        HOUSE,
    )
    assert told == []


# Winners (5.1)


def test_the_sites_first_source_is_believed_whatever_came_last() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        08:40  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1 source=HIS^DEMO
        09:30  V1  consultation.started  consultation_seq=1 source=QUEUE^DEMO sent=23:00
    """,
    )
    assert minutes(row) == 20


def test_a_retraction_by_the_first_source_takes_the_fact_away() -> None:
    row = one(
        "consult_wait",
        f"""
        {CARD}
        08:40  V1  patient.checked_in    point=clinic
        09:00  V1  consultation.started  consultation_seq=1 op=retract sent=09:10
        09:00  V1  consultation.started  consultation_seq=1
        09:30  V1  consultation.started  consultation_seq=1 source=QUEUE^DEMO
    """,
    )
    assert (row.ended_at, row.open_until) == (None, at("19:30"))
