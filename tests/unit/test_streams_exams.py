"""The wait for an examination, told as timelines."""

from __future__ import annotations

import pytest

from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.timeline import at, timeline

HOUSE = HouseRules(facility_id="H001")
ORDER = "08:00 V1 order.placed order_id=O1 category=imaging modality=CT"


def wait(text: str) -> list[StageRow]:
    return [row for row in fold_in_memory(timeline(f"{ORDER}\n{text}"), HOUSE) if row.stage == "exam_wait"]


@pytest.mark.parametrize(
    ("came", "begun", "minutes", "excluded"),
    [
        ("09:00", "10:30", 30, ""),  # it waits for its time, then for its turn
        ("10:10", "10:30", 20, ""),
        ("09:00", "09:30", 0, ""),  # before its time: no wait
        ("09:00", "08:30", -30, "negative"),
    ],
)
def test_it_runs_from_arrival_or_the_scheduled_time(came: str, begun: str, minutes: int, excluded: str) -> None:
    (row,) = wait(
        f"""
        08:00    V1  exam.booked   order_id=O1 scheduled_start=10:00
        {came}   V1  queue.joined  ticket_id=T1 service_point_type=imaging ref_ids=O1
        {begun}  V1  exam.started  order_id=O1 device_id=CT1
    """
    )
    assert (row.part, row.millis, row.excluded, row.dims) == ("O1", minutes * 60_000, excluded, ("CT", "CT1", "?"))


def test_who_checks_in_before_taking_a_ticket_waits_since_then() -> None:
    (row,) = wait(
        """
        09:00  V1  patient.checked_in  point=exam order_id=O1
        09:10  V1  queue.joined        ticket_id=T1 service_point_type=imaging ref_ids=O1,B1
        09:30  V1  exam.started        order_id=O1
    """
    )
    assert row.millis == 30 * 60_000


@pytest.mark.parametrize(
    ("then", "excluded"),
    [
        ("09:40 V1 queue.left ticket_id=T1", "left"),
        ("09:40 V1 order.cancelled order_id=O1", "cancelled"),
        ("09:40 V1 report.issued order_id=O1 report_id=R1 status=final version=1", "missing_end"),
        ("09:40 V1 exam.started order_id=O1 precision=day", "missing_end"),
        ("", ""),
    ],
)
def test_not_begun(then: str, excluded: str) -> None:
    (row,) = wait(f"09:00 V1 queue.joined ticket_id=T1 service_point_type=imaging ref_ids=O1 dept_code=RAD\n{then}")
    assert row.excluded == excluded
    assert row.open_until == (None if excluded else at("19:30"))


def test_an_examination_nobody_was_seen_to_come_for_lacks_its_start() -> None:
    (row,) = wait("09:00 V1 exam.started order_id=O1")
    assert (row.excluded, row.at) == ("missing_start", at("09:00"))


def test_a_ticket_of_the_laboratory_is_no_examination() -> None:
    assert wait("09:00 V1 queue.joined ticket_id=T1 service_point_type=phlebotomy ref_ids=O1") == []


def of(stage: str, text: str) -> list[StageRow]:
    return [row for row in fold_in_memory(timeline(text), HOUSE) if row.stage == stage]


@pytest.mark.parametrize(
    ("then", "excluded"),
    [
        ("15:00 - report.issued order_id=O1 report_id=R1 status=final version=1", ""),
        ("10:00 - order.cancelled order_id=O1", "cancelled"),
        ("08:10 - exam.booked order_id=O1 scheduled_start=14:00 by_patient_choice=true", "patient_choice"),
    ],
)
def test_large_equipment_is_measured_from_the_order_to_the_report(then: str, excluded: str) -> None:
    (row,) = of("exam_order_report", f"{ORDER}\n{then}")
    assert (row.excluded, row.millis) == (excluded, None if excluded else 7 * 3_600_000)


def test_a_booking_waits_until_the_time_that_was_booked() -> None:
    (row,) = of("exam_booking", f"{ORDER}\n08:10 - exam.booked order_id=O1 scheduled_start=2025-03-05T09:00")
    assert (row.day, row.millis) == ("2025-03-05", 49 * 3_600_000)
