"""Stages of the day's report: refunds, stays, discharges, sessions and follow-ups, told as timelines."""

from __future__ import annotations

import pytest

from tests.timeline import at
from tests.told_rows import CARD, minutes, one, rows

# Refunds


@pytest.mark.parametrize(
    ("refunded", "length", "excluded", "is_open"),
    [
        ("11:00 V1 bill.refunded bill_id=B1 refund_id=RF1 amount=5", 60, "", False),
        ("11:00 V1 bill.refunded bill_id=B1 refund_id=RF2 amount=5", None, "", True),
        ("11:00 V1 bill.refunded bill_id=B1 refund_id=RF1 precision=day", None, "missing_end", False),
    ],
)
def test_a_refund_from_its_request_to_the_money(
    refunded: str, length: int | None, excluded: str, is_open: bool
) -> None:
    text = f"""
        09:00  V1  bill.created           bill_id=B1 item_class=drug dept_code=CARD
        10:00  V1  bill.refund_requested  bill_id=B1 refund_id=RF1 steps_required=2
        {refunded}
    """
    row = next(row for row in rows("refund_handling", text) if row.part == "RF1")
    assert (minutes(row), row.excluded, row.open_until is not None) == (length, excluded, is_open)
    assert row.dims == ("drug", "CARD", "2")


def test_a_refund_nobody_asked_for_has_no_start() -> None:
    row = one("refund_handling", "11:00 V1 bill.refunded bill_id=B1 refund_id=RF1 amount=5")
    assert (row.excluded, row.dims) == ("missing_start", ("?", "?", "?"))


# Paid, and not collected

PAID = """
    09:00  V1  prescription.submitted  prescription_id=RX1 dept_code=CARD
    09:01  V1  bill.created            bill_id=B1 item_class=drug ref_ids=RX1
    09:05  V1  bill.paid               bill_id=B1 payment_id=P1 full_settlement=true
"""


@pytest.mark.parametrize(
    ("then", "num", "excluded"),
    [
        ("2025-03-04T23:59:59 V1 dispensing.dispensed prescription_id=RX1 pharmacy_id=PH1", False, ""),
        ("2025-03-05T00:00 V1 dispensing.dispensed prescription_id=RX1 pharmacy_id=PH1", True, ""),
        ("10:00 V1 dispensing.dispensed prescription_id=RX1 pharmacy_id=PH1 delivery=home", False, "home_delivery"),
        ("10:00 V1 bill.refunded bill_id=B1 refund_id=RF1", None, "refunded"),
        ("10:00 V1 prescription.cancelled prescription_id=RX1", None, "cancelled"),
    ],
)
def test_paid_medicines_are_collected_by_the_end_of_the_next_day(then: str, num: bool | None, excluded: str) -> None:
    row = one("rx_unclaimed", f"{PAID}\n{then}")
    assert (row.num, row.excluded, row.at) == (num, excluded, at("09:05"))


def test_medicines_that_may_still_be_collected() -> None:
    assert one("rx_unclaimed", PAID).open_until == at("2025-03-05T00:00")


# Stays in the emergency department

ARRIVED = "08:00 V1 ed.arrived\n08:05 V1 triage.completed acuity=1 triage_seq=1"


def test_an_entry_pairs_with_the_next_leaving_of_its_room() -> None:
    text = f"""
        {ARRIVED}
        09:00  V1  ed.resus_entered  kind=resus stay_seq=1 location_id=R1
        10:00  V1  ed.resus_left     stay_seq=1 location_id=R2
        11:00  V1  ed.resus_left     stay_seq=2 location_id=R1
        12:00  V1  ed.resus_entered  kind=resus stay_seq=2 location_id=R1
        13:00  V1  ed.resus_entered  kind=resus stay_seq=3 location_id=R1
        14:00  V1  ed.resus_left     stay_seq=3 location_id=R1 died=true
        15:00  V1  ed.resus_entered  kind=observation stay_seq=4 location_id=OBS
        24:30  V1  ed.resus_left     kind=observation stay_seq=4 location_id=OBS
    """
    stays = rows("ed_resus_stay", text)
    assert [(row.part, minutes(row), row.excluded) for row in stays] == [
        ("1", 120, ""),
        ("2", None, ""),
        ("3", 60, "died"),
    ]
    observed = one("ed_observation_stay", text)
    assert (minutes(observed), observed.day, observed.dims) == (570, "2025-03-03", ("1",))


def test_a_leaving_without_an_entry_lacks_its_start() -> None:
    assert one("ed_resus_stay", f"{ARRIVED}\n09:00 V1 ed.resus_left kind=resus").excluded == "missing_start"
    assert rows("ed_resus_stay", f"{ARRIVED}\n09:00 V1 ed.resus_left location_id=R1") == []


# The end of an inpatient stay

HOME = "12:00 V1 inpatient.discharged ward=W1 disposition=home"


@pytest.mark.parametrize(
    ("told", "length", "excluded", "same_day"),
    [
        ("11:00 V1 inpatient.settled settlement_id=S1 settle_place=bedside", 120, "", True),
        ("2025-03-04T09:00 V1 inpatient.settled settlement_id=S1 settle_place=bedside", 1440, "", False),
        ("00:00 V1 inpatient.settled settlement_id=S1 settle_place=bedside precision=day", None, "missing_end", True),
        ("", None, "", False),
    ],
)
def test_a_discharge_until_it_is_settled(told: str, length: int | None, excluded: str, same_day: bool) -> None:
    text = f"09:00 V1 inpatient.discharge_ordered\n{HOME}\n{told}"
    process, settled = one("discharge_process", text), one("discharge_settled", text)
    assert (minutes(process), process.excluded, process.day) == (length, excluded, "2025-03-03")
    assert (settled.num, settled.dims) == (same_day, ("W1", "bedside" if told else "?"))


@pytest.mark.parametrize("disposition", ["died", "ama"])
def test_whose_discharge_is_no_process(disposition: str) -> None:
    text = f"""
        09:00  V1  inpatient.discharge_ordered
        10:00  V1  inpatient.settled     settlement_id=S1
        11:00  V1  inpatient.discharged  ward=W1 disposition={disposition}
    """
    assert one("discharge_process", text).excluded == disposition


def test_a_cancelled_stay_has_no_rows() -> None:
    assert rows("discharge_settled", f"{CARD}\n{HOME}\n13:00 V1 visit.cancelled") == []


# Sessions and follow-ups


@pytest.mark.parametrize(
    ("suspended", "num", "excluded"),
    [
        ("", False, ""),
        ("07:00 - schedule.session_suspended session_id=SE1", True, ""),
        ("07:00 - schedule.session_suspended session_id=SE1 affected_appointments=0", True, "unbooked"),
    ],
)
def test_a_session(suspended: str, num: bool, excluded: str) -> None:
    published = (
        "06:00 - schedule.session_published session_id=SE1 dept_code=CARD doctor_id=DR1 session_date=2025-03-07 "
        "session_start=2025-03-07T08:00"
    )
    row = one("session_suspended", f"{published}\n{suspended}")
    assert (row.num, row.excluded, row.day, row.at) == (num, excluded, "2025-03-07", at("2025-03-07T08:00"))
    assert row.dims == ("CARD", "DR1")


PLAN = "06:00 - followup.scheduled followup_id=FU1 kind=chronic due_date=2025-03-03 programme=HTN"


@pytest.mark.parametrize(
    ("done", "num", "excluded"),
    [
        ("2025-03-10T23:59:59 - followup.completed followup_id=FU1 outcome=reached medium=phone", True, ""),
        ("2025-03-11T00:00 - followup.completed followup_id=FU1 outcome=reached medium=phone", False, ""),
        ("2025-03-01T09:00 - followup.completed followup_id=FU1 outcome=reached medium=phone", True, ""),
        ("09:00 - followup.completed followup_id=FU1 outcome=no_answer medium=phone", None, ""),
        ("09:00 - followup.completed followup_id=FU1 outcome=died medium=phone", None, "died"),
        ("09:00 - followup.completed followup_id=FU1 outcome=refused medium=phone", None, "refused"),
    ],
)
def test_a_chronic_follow_up_has_a_week(done: str, num: bool | None, excluded: str) -> None:
    row = one("followup_due", f"{PLAN}\n{done}")
    assert (row.num, row.excluded, row.day, row.at) == (num, excluded, "2025-03-03", at("00:00"))
    assert row.dims == ("HTN", "phone" if num is not None else "?")
    assert row.open_until == (at("2025-03-11T00:00") if num is None and not excluded else None)


def test_only_chronic_follow_ups_that_say_when() -> None:
    assert rows("followup_due", PLAN.replace("chronic", "outpatient")) == []
    assert one("followup_due", PLAN.replace("due_date=2025-03-03", "")).excluded == "missing_due"
