"""Complaints, suggestions and questionnaires, told as timelines."""

from __future__ import annotations

import pytest

from ingest.calendar import Calendar, CalendarSettings
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate
from streams.memory import fold_in_memory
from tests.timeline import at, timeline
from tests.told_rows import HOUSE, minutes, one, rows

HOUR = 3_600_000


def value(code: str, text: str, as_of: str = "26:30", series: str = "") -> Value:
    found = aggregate(catalogue()[code], fold_in_memory(timeline(text), HOUSE), at(as_of))
    return next(v for v in found if v.series == series)


# A complaint by its due time

DUE = "09:00 - complaint.received complaint_id=CP1 dept_code=CARD category=food channel=phone due_at=2025-03-05T09:00"


@pytest.mark.parametrize(
    ("then", "num", "excluded"),
    [
        ("2025-03-05T09:00 - complaint.resolved complaint_id=CP1 told_complainant=true", True, ""),
        ("2025-03-05T09:00:01 - complaint.resolved complaint_id=CP1 told_complainant=true", False, ""),
        ("2025-03-04T09:00 - complaint.resolved complaint_id=CP1", None, "missing_told"),
        ("2025-03-04T09:00 - complaint.resolved complaint_id=CP1 told_complainant=false", None, ""),
        (
            "2025-03-04T09:00 - complaint.resolved complaint_id=CP1 told_complainant=true precision=day",
            None,
            "missing_end",
        ),
    ],
)
def test_a_complaint_is_in_time_when_the_complainant_was_told_by_then(
    then: str, num: bool | None, excluded: str
) -> None:
    row = one("complaint_due", f"{DUE}\n{then}")
    assert (row.num, row.excluded) == (num, excluded)
    assert row.open_until == (at("2025-03-05T09:00:01") if num is None and not excluded else None)


def test_it_lies_where_it_is_due_and_pauses_move_that() -> None:
    row = one("complaint_due", DUE)
    assert (row.day, row.at, row.dims) == ("2025-03-05", at("2025-03-05T09:00"), ("CARD", "food", "phone"))
    paused = one(
        "complaint_due",
        f"""
        {DUE}
        2025-03-05T10:00  -  complaint.resolved  complaint_id=CP1 told_complainant=true
        2025-03-05T11:00  -  complaint.closed    complaint_id=CP1 paused_minutes=30
        2025-03-05T12:00  -  complaint.closed    complaint_id=CP1 paused_minutes=60
    """,
    )
    assert (paused.num, paused.at) == (True, at("2025-03-05T10:00"))


def test_the_first_resolution_told_makes_it_timely_and_the_last_ends_it() -> None:
    text = f"""
        {DUE}
        2025-03-04T09:00  -  complaint.resolved  complaint_id=CP1 told_complainant=true
        2025-03-05T09:00  -  complaint.reopened  complaint_id=CP1
        2025-03-06T09:00  -  complaint.resolved  complaint_id=CP1 told_complainant=true
    """
    assert one("complaint_due", text).num is True
    assert one("complaint_resolution", text).millis == 72 * HOUR
    assert one("complaint_first_contact", text).num is False
    open_again = text.rsplit("\n", 2)[0]
    assert one("complaint_resolution", open_again).open_until is not None


def test_without_a_due_time_nobody_can_say() -> None:
    assert one("complaint_due", "09:00 - complaint.received complaint_id=CP1").excluded == "missing_due"


def test_who_is_still_in_time_is_not_counted_yet() -> None:
    before, after = (value("complaint_timely_rate", DUE, as_of) for as_of in ("12:00", "2025-03-05T09:00:01"))
    assert (before.den, before.waiting) == (0, 1)
    assert (after.den, after.num, after.value) == (1, 0, 0.0)


# Working days


def _house(days_off: tuple[str, ...] = (), days_on: tuple[str, ...] = ()) -> HouseRules:
    said = CalendarSettings(country="", days_off=days_off, days_on=days_on)
    return HouseRules(facility_id="H001", calendar=Calendar(said=said))


FRIDAY = "2025-03-07T18:00 - complaint.received complaint_id=CP1"
TUESDAY = "2025-03-11T06:00 - complaint.resolved complaint_id=CP1"


@pytest.mark.parametrize(
    ("house", "hours"),
    [
        (HouseRules(facility_id="H001"), 6 + 24 + 6),
        (_house(days_off=("2025-03-10",)), 6 + 6),
        (_house(days_on=("2025-03-08",)), 6 + 24 + 24 + 6),
    ],
)
def test_a_resolution_takes_working_days(house: HouseRules, hours: int) -> None:
    assert one("complaint_resolution", f"{FRIDAY}\n{TUESDAY}", house).millis == hours * HOUR


def test_pauses_do_not_count() -> None:
    closed = "2025-03-11T07:00 - complaint.closed complaint_id=CP1 paused_minutes=90"
    assert one("complaint_resolution", f"{FRIDAY}\n{TUESDAY}\n{closed}").millis == 36 * HOUR - 90 * 60_000


# First contact, and how many

RESOLVED = "10:00 - complaint.resolved complaint_id=CP1"


@pytest.mark.parametrize(
    ("more", "at_once"),
    [
        ("", True),
        ("09:30 - complaint.assigned complaint_id=CP1 to_unit=U1 hop=1", False),
        ("2025-04-02T10:00 - complaint.reopened complaint_id=CP1", False),
        ("2025-04-02T10:01 - complaint.reopened complaint_id=CP1", True),
    ],
)
def test_a_complaint_resolved_at_once(more: str, at_once: bool) -> None:
    row = one("complaint_first_contact", f"{RESOLVED}\n{more}")
    assert (row.num, row.day, row.at) == (at_once, "2025-03-03", at("10:00"))


def test_complaints_for_every_ten_thousand_visits() -> None:
    seen = "\n".join(f"09:00 V{n} ed.arrived" for n in range(8))
    found = value("complaint_rate", f"{seen}\n09:00 - complaint.received complaint_id=CP1")
    assert (found.num, found.den, found.value) == (1, 8, 1250.0)


# Suggestions


@pytest.mark.parametrize(
    ("resolved", "num", "excluded", "days", "reason"),
    [
        ("outcome=adopted rectified_at=2025-03-13T09:00", True, "", 10, ""),
        ("outcome=adopted", False, "", None, ""),
        ("outcome=rejected", False, "", None, "not_adopted"),
        ("outcome=duplicate", False, "duplicate", None, "not_adopted"),
        ("", False, "", None, "missing_outcome"),
    ],
)
def test_a_suggestion(resolved: str, num: bool, excluded: str, days: int | None, reason: str) -> None:
    text = f"""
        09:00  -  suggestion.received  suggestion_id=SG1 dept_code=CARD topic=food source=box
        15:00  -  suggestion.resolved  suggestion_id=SG1 {resolved}
    """
    adopted, rectified = one("suggestion_adopted", text), one("suggestion_rectified", text)
    assert (adopted.num, adopted.excluded, adopted.dims) == (num, excluded, ("CARD", "food", "box"))
    assert (minutes(rectified), rectified.excluded) == (days and days * 24 * 60, reason)


# Questionnaires


def test_the_share_of_items_with_four_fifths_of_their_scale() -> None:
    text = """
        08:00  V1  registration.created  dept_code=CARD
        09:00  V1  survey.submitted  survey_id=SV1 survey_type=outpatient complete_share=1 answers=4/5+3/5+80/100
        09:00  -   survey.submitted  survey_id=SV2 survey_type=ed complete_share=0.6 answers=5/5
    """
    (named,), (alone,) = rows("satisfaction", text), rows("satisfaction_alone", text)
    assert (named.millis, named.scope_id, named.part, named.dims) == (666_666_667, "V1", "SV1", ("outpatient", "CARD"))
    assert (alone.millis, alone.scope_id, alone.dims) == (1_000_000_000, "SV2", ("ed", "?"))
    assert value("satisfaction_rate", text).value == 83.333333


@pytest.mark.parametrize(
    ("said", "excluded"),
    [
        ("complete_share=0.59 answers=5/5", "incomplete"),
        ("answers=5/5", "missing_share"),
        ("complete_share=1", "no_answers"),
    ],
)
def test_what_is_no_opinion(said: str, excluded: str) -> None:
    text = f"09:00 V1 survey.submitted survey_id=SV1 survey_type=ed {said}"
    assert one("satisfaction", text).excluded == excluded
    valid = f"{text}\n10:00 V1 survey.submitted survey_id=SV2 survey_type=ed complete_share=1 answers=2/5"
    assert [row.excluded for row in rows("satisfaction", valid)] == [excluded, ""]


def test_the_first_valid_form_of_a_visit_and_type_counts_and_staff_are_apart() -> None:
    text = """
        09:00  V1  survey.submitted  survey_id=SV1 survey_type=ed complete_share=1 answers=5/5
        10:00  V1  survey.submitted  survey_id=SV2 survey_type=ed complete_share=1 answers=1/5
        11:00  V1  survey.submitted  survey_id=SV3 survey_type=followup complete_share=1 answers=1/5
        12:00  -   survey.submitted  survey_id=SV4 survey_type=staff complete_share=1 answers=1/5
    """
    assert [row.excluded for row in rows("satisfaction", text)] == ["", "duplicate", ""]
    assert (value("satisfaction_rate", text).n, value("satisfaction_rate", text).value) == (2, 50.0)
    assert value("satisfaction_rate", text, series="staff").value == 0.0


@pytest.mark.parametrize(
    ("sent", "submitted", "num", "excluded"),
    [
        ("2025-03-03T09:00", "2025-03-17T09:00", True, ""),
        ("2025-03-03T09:00", "2025-03-17T09:00:01", False, ""),
        ("", "2025-03-17T09:00", None, "unsolicited"),
    ],
)
def test_a_questionnaire_comes_back_within_two_weeks(
    sent: str, submitted: str, num: bool | None, excluded: str
) -> None:
    out = f"{sent} - survey.sent survey_id=SV1 channel=sms" if sent else ""
    row = one("survey_answered", f"{out}\n{submitted} - survey.submitted survey_id=SV1")
    assert (row.num, row.excluded) == (num, excluded)
