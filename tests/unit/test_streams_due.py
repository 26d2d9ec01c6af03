"""What is due: done in time, done late, still open and too late, still open and in time; told as timelines."""

from __future__ import annotations

import pytest

from streams.book import CellBook
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.timeline import at, timeline

HOUSE = HouseRules(facility_id="H001", session_ends={"ED": 1440})


def rows(stage: str, text: str, house: HouseRules = HOUSE) -> list[StageRow]:
    return [row for row in fold_in_memory(timeline(text), house) if row.stage == stage]


def one(stage: str, text: str) -> StageRow:
    (row,) = rows(stage, text)
    return row


def value(code: str, text: str, as_of: str, house: HouseRules = HOUSE) -> Value:
    kpi = catalogue()[code]
    found = aggregate(kpi, rows(kpi.stage, text, house), at(as_of))
    return next(v for v in found if v.series == kpi.series[0])


MORNING = """
    08:00     V1  ed.arrived   arrival_mode=ambulance
    12:00     V1  ed.departed  disposition=discharged
    08:00     V2  ed.arrived
    12:00:01  V2  ed.departed  disposition=admitted
    09:00     V3  ed.arrived
    10:00     V4  ed.arrived
    08:30     V5  ed.arrived
    09:30     V5  ed.departed  disposition=ama
"""


@pytest.mark.parametrize(
    ("as_of", "num", "den", "overdue", "waiting"),
    [
        ("12:59", 1, 3, 0, 2),  # two are here, and in time
        ("13:00:00", 1, 3, 0, 2),  # four hours and no second more are in time
        ("13:00:01", 1, 4, 1, 1),
        ("14:00:01", 1, 5, 2, 0),
    ],
)
def test_done_in_time_late_open_and_overdue(as_of: str, num: int, den: int, overdue: int, waiting: int) -> None:
    found = value("ed_4h_rate", MORNING, as_of)
    assert (found.num, found.den, found.overdue, found.waiting) == (num, den, overdue, waiting)
    assert found.value == round(100 * num / den, 6)


def test_how_long_the_finished_took_is_told_beside_the_share() -> None:
    found = value("ed_4h_rate", MORNING, "12:30")
    assert (found.p50, found.mean) == (240.0, round((240 * 2 + 1 / 60 + 60) / 3, 6))


def test_a_site_may_give_more_time() -> None:
    slow = HouseRules(facility_id="H001", deadlines_s={"ed_4h": 6 * 3600})
    assert value("ed_4h_rate", MORNING, "14:00", slow).num == 2


def test_nobody_yet_is_no_number() -> None:
    found = value("ed_4h_rate", "09:00 V1 ed.arrived", "10:00")
    assert (found.value, found.n, found.waiting) == (None, 0, 1)


@pytest.mark.parametrize(
    ("departed", "excluded"),
    [
        ("10:00 V1 ed.departed", "missing_disposition"),
        ("10:00 V1 ed.departed disposition=discharged precision=day", "missing_end"),
        ("08:50 V1 ed.departed disposition=discharged", "negative"),
    ],
)
def test_what_cannot_be_judged_is_left_out(departed: str, excluded: str) -> None:
    assert one("ed_4h", f"09:00 V1 ed.arrived\n{departed}").excluded == excluded


def test_a_departure_without_arrival_lacks_its_start() -> None:
    row = one("ed_4h", "09:00 V1 ed.departed disposition=discharged")
    assert (row.excluded, row.at) == ("missing_start", at("09:00"))


@pytest.mark.parametrize(
    ("then", "num", "excluded"),
    [
        ("10:00 V1 ed.departed disposition=lwbs", True, ""),
        ("10:00 V1 ed.departed disposition=ama", False, ""),
        ("09:10 V1 ed.departed disposition=died", False, "died"),
        ("09:10 V1 ed.departed", False, "missing_disposition"),
        ("09:30 V1 ed.seen doctor_id=D1", False, ""),
        ("", None, ""),
    ],
)
def test_left_without_being_seen(then: str, num: bool | None, excluded: str) -> None:
    row = one("ed_lwbs", f"09:00 V1 ed.arrived\n{then}")
    assert (row.num, row.excluded, row.series) == (num, excluded, "")


def test_who_is_not_seen_within_twelve_hours_has_left_by_rule() -> None:
    arrival = "09:00 V1 ed.arrived"
    assert value("ed_lwbs_rate", arrival, "21:00").value is None
    late = value("ed_lwbs_rate", arrival, "21:00:01")
    assert (late.num, late.den, late.value) == (1, 1, 100.0)


def test_who_left_after_being_seen_is_a_series_apart() -> None:
    found = rows(
        "ed_lwbs",
        """
        09:00  V1  ed.arrived
        09:05  V1  triage.completed  acuity=3
        09:30  V1  ed.seen           doctor_id=D1
        10:00  V1  ed.departed       disposition=ama
    """,
    )
    assert [(row.series, row.num, row.dims) for row in found] == [
        ("", False, ("3", "after")),
        ("after_seen", True, ("3", "after")),
    ]


@pytest.mark.parametrize(
    ("departed", "minutes", "excluded", "is_open"),
    [
        ("14:00 V1 ed.departed disposition=admitted", 180, "", False),
        ("14:00 V1 ed.departed disposition=ama", None, "not_admitted", False),
        ("14:00 V1 ed.departed", None, "missing_disposition", False),
        ("14:00 V1 ed.departed disposition=admitted precision=day", None, "missing_end", False),
        ("", None, "", True),
    ],
)
def test_boarding_runs_from_the_decision_to_the_ward(
    departed: str, minutes: int | None, excluded: str, is_open: bool
) -> None:
    row = one(
        "ed_boarding",
        f"""
        09:00  V1  ed.arrived
        11:00  V1  ed.disposition_decided  decision=admit target_ward=ICU
        {departed}
    """,
    )
    assert (row.millis, row.excluded, row.dims) == (minutes and minutes * 60_000, excluded, ("ICU",))
    assert (row.open_until is not None) == is_open


def test_each_milestone_of_a_green_channel_stands_alone() -> None:
    found = rows(
        "ed_green_channel",
        """
        09:00  V1  ed.arrived                  arrival_mode=ambulance
        09:08  V1  ed.green_channel_milestone  pathway=chest_pain kind=ecg
        09:25  V1  ed.green_channel_milestone  pathway=chest_pain kind=needle
        09:26  V1  ed.green_channel_milestone  kind=ct
    """,
    )
    assert [(row.series, row.millis, row.excluded) for row in found] == [
        ("?", None, "missing_pathway"),
        ("chest_pain:ecg", 8 * 60_000, ""),
        ("chest_pain:needle", 25 * 60_000, ""),
    ]


def test_a_book_of_cells_forgets_what_was_taken_out_again() -> None:
    arrived, departed = "09:00 V1 ed.arrived", "10:00 V1 ed.departed disposition=discharged"
    before, after = rows("ed_4h", arrived), rows("ed_4h", f"{arrived}\n{departed}")
    book, fresh = CellBook(), CellBook()
    book.replace([], before)
    book.replace(before, after)
    fresh.replace([], after)
    assert book.dirty() == fresh.dirty()
    book.replace(after, [])
    assert book.names() == []


def test_a_critical_value_is_due_in_a_quarter_of_an_hour() -> None:
    found = rows(
        "critical_value",
        """
        10:00     -  critical_value.raised        order_id=O1 critical_id=C1 specimen_id=S1 item_code=K
        10:15:00  -  critical_value.acknowledged  order_id=O1 critical_id=C1
        10:00     -  critical_value.raised        order_id=O1 critical_id=C2 specimen_id=S1 item_code=NA
        10:15:01  -  critical_value.acknowledged  order_id=O1 critical_id=C2
        10:00     -  critical_value.raised        order_id=O1 critical_id=C3 specimen_id=S1 item_code=HGB
    """,
    )
    assert [(row.part, row.num) for row in found] == [("C1", True), ("C2", False), ("C3", None)]
    assert found[2].open_until == at("10:15:01")


def test_the_same_result_raised_again_is_answered_once() -> None:
    text = """
        10:00  -  critical_value.raised        order_id=O1 critical_id=C1 specimen_id=S1 item_code=K
        10:05  -  critical_value.raised        order_id=O1 critical_id=C2 specimen_id=S1 item_code=K
        10:06  -  critical_value.raised        order_id=O1 critical_id=C3 specimen_id=S2 item_code=K
        10:10  -  critical_value.acknowledged  order_id=O1 critical_id=C2
    """
    found = value("critical_value_timely_rate", text, "10:30")
    assert (found.num, found.den, found.overdue, found.excluded) == (1, 2, 1, {"duplicate": 1})
    assert found.p50 == 10.0
