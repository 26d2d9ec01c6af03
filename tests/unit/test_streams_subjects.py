"""Orders, money, medicine and emergencies, as section 3.0 (23) to (26) reads them, one short timeline each."""

from __future__ import annotations

import pytest

from tests.timeline import at
from tests.told_rows import CARD, minutes, one, rows

# Orders (23)


def test_a_row_a_specimen_and_a_row_an_order() -> None:
    text = """
        08:00  V1  order.placed        order_id=O1 category=lab item_code=CBC priority=stat
        08:10  V1  specimen.collected  order_id=O1 specimen_id=S1
        08:12  V1  specimen.collected  order_id=O1 specimen_id=S2
        08:20  V1  specimen.received   order_id=O1 specimen_id=S1 rejected=true
        08:30  V1  specimen.received   order_id=O1 specimen_id=S2 rejected=false
        09:00  V1  report.issued       order_id=O1 report_id=R1 status=preliminary version=1
        09:30  V1  report.issued       order_id=O1 report_id=R1 status=final version=2
        10:30  V1  report.issued       order_id=O1 report_id=R1 status=corrected version=3
    """
    found = [(row.part, row.excluded, minutes(row)) for row in rows("lab_preanalytic", text)]
    assert found == [("S1", "rejected", None), ("S2", "", 18)]
    intra = one("lab_intra", text)
    assert (minutes(intra), intra.dims) == (60, ("CBC", "stat", "?"))


def test_an_order_cancelled_before_its_report() -> None:
    row = one(
        "exam_report",
        """
        08:00  V1  order.placed     order_id=O1 category=imaging modality=CT
        08:10  V1  exam.started     order_id=O1 device_id=CT1
        08:30  V1  order.cancelled  order_id=O1
    """,
    )
    assert (row.excluded, row.dims[:2]) == ("cancelled", ("CT", "CT1"))


# Money (24)


def test_bills_that_are_no_wait_at_the_cashier() -> None:
    text = """
        09:00  V1  bill.created  bill_id=B1 amount=0 item_class=lab
        09:00  V1  bill.created  bill_id=B2 amount=10 item_class=lab
        08:00  V1  bill.paid     day=2025-03-04 bill_id=B2 payment_id=P2 amount=10 full_settlement=true
        09:00  V1  bill.created  bill_id=B3 amount=10 item_class=lab
        09:30  V1  bill.paid     bill_id=B3 payment_id=P3 amount=4 full_settlement=false
        09:40  V1  bill.paid     bill_id=B3 payment_id=P4 amount=6 full_settlement=true parts=wechat:2+cash:4
        09:00  V1  bill.created  bill_id=B4 amount=10 item_class=lab
        09:00  V1  bill.created  bill_id=B5 amount=10 item_class=lab
        09:20  V1  bill.paid     bill_id=B5 payment_id=P5 amount=10
    """
    found = {row.scope_id: row for row in rows("bill_to_pay", text)}
    assert [found[b].excluded for b in ("B1", "B2", "B3", "B4")] == ["zero", "later_day", "", ""]
    assert (found["B5"].excluded, found["B5"].millis) == ("missing_full_settlement", None)
    assert (minutes(found["B3"]), found["B3"].dims) == (40, ("cash", "?", "lab"))
    assert found["B4"].open_until == at("26:00")


def test_one_payment_of_two_bills_is_distinct_by_its_id() -> None:
    text = """
        09:00  V1  bill.paid  bill_id=B1 payment_id=P1 amount=10 terminal_type=mobile
        09:00  V1  bill.paid  bill_id=B2 payment_id=P1 amount=2.50 terminal_type=mobile
    """
    assert [(row.distinct, row.num, row.amount) for row in rows("payment", text)] == [
        ("P1", True, "10"),
        ("P1", True, "2.5"),
    ]


@pytest.mark.parametrize(("refunded", "excluded"), [("09:05", "voided"), ("09:05:01", "")])
def test_a_refund_within_five_minutes_is_a_correction(refunded: str, excluded: str) -> None:
    row = one(
        "refund",
        f"""
        09:00       V1  bill.paid              bill_id=B1 payment_id=P1 amount=10
        09:01       V1  bill.refund_requested  bill_id=B1 refund_id=R1 reason_code=WRONG
        {refunded}  V1  bill.refunded          bill_id=B1 payment_id=P1 refund_id=R1 amount=4
    """,
    )
    assert (row.excluded, row.num, row.amount, row.amount_num, row.dims[2]) == (excluded, True, "10", "4", "WRONG")
    assert row.at == at("09:00")


def test_the_bill_of_a_refunded_registration_is_not_counted_twice() -> None:
    text = f"""
        {CARD} fee_amount=20
        08:00  V1  bill.created           bill_id=B1 item_class=registration amount=20
        08:01  V1  bill.paid              bill_id=B1 payment_id=P1 amount=20
        09:00  V1  bill.refunded          bill_id=B1 payment_id=P1 refund_id=R1 amount=20
        09:00  V1  registration.refunded  amount=20
    """
    assert one("refund", text).num is False
    registration = one("refund_registration", text)
    assert (registration.num, registration.amount, registration.amount_num) == (True, "20", "20")


# Pharmacy (25)


PAID = """
    09:00  V1  prescription.submitted  prescription_id=RX1 dept_code=CARD rx_type=western
    09:01  V1  bill.created            bill_id=B1 item_class=drug amount=5 ref_ids=RX1
    09:05  V1  bill.paid               bill_id=B1 payment_id=P1 amount=5 full_settlement=true
"""


def test_a_prescription_without_a_ticket_waits_from_its_payment() -> None:
    row = one("pharm_pickup", f"{PAID}\n09:20 V1 dispensing.dispensed prescription_id=RX1 dispense_seq=1 window_id=W1")
    assert (row.series, row.flags, row.part, minutes(row)) == ("no_ticket", ("no_ticket",), "RX1", 15)


def test_a_bill_that_names_no_prescription_is_the_first_drug_bill_after_it() -> None:
    unnamed = PAID.replace("ref_ids=RX1", "")
    assert minutes(one("pharm_prep", f"{unnamed}\n09:12 V1 dispensing.prepared prescription_id=RX1")) == 7
    before = unnamed.replace("09:01", "08:59")
    prepared = one("pharm_prep", f"{before}\n09:12 V1 dispensing.prepared prescription_id=RX1")
    assert prepared.excluded == "missing_start"


def test_a_bill_that_the_prescription_names_counts_before_an_earlier_one_of_its_visit() -> None:
    named = PAID.replace("ref_ids=RX1", "").replace("rx_type=western", "rx_type=western bill_id=B2")
    later = named + "09:02 V1 bill.created bill_id=B2 item_class=drug amount=5\n"
    unpaid = one("pharm_prep", f"{later}\n09:12 V1 dispensing.prepared prescription_id=RX1")
    assert unpaid.excluded == "missing_start"
    paid = later + "09:10 V1 bill.paid bill_id=B2 payment_id=P2 amount=5 full_settlement=true\n"
    assert minutes(one("pharm_prep", f"{paid}\n09:12 V1 dispensing.prepared prescription_id=RX1")) == 2


@pytest.mark.parametrize(
    ("said", "series", "excluded"),
    [
        ("delivery=window", "", ""),
        ("delivery=home", "", "home_delivery"),
        ("delivery=window\n09:15 V1 queue.missed ticket_id=T1 call_seq=1", "missed", ""),
    ],
)
def test_a_pharmacy_ticket_ends_with_the_last_dispensing_it_names(said: str, series: str, excluded: str) -> None:
    row = one(
        "pharm_pickup",
        f"""{PAID}
        09:06  V1  queue.joined          ticket_id=T1 service_point_type=pharmacy ref_ids=RX1
        09:20  V1  dispensing.dispensed  prescription_id=RX1 dispense_seq=1 partial=true
        09:50  V1  dispensing.dispensed  prescription_id=RX2 dispense_seq=1
        09:30  V1  dispensing.dispensed  prescription_id=RX1 dispense_seq=2 {said}
    """,
    )
    assert (row.part, row.series, row.excluded, minutes(row)) == ("T1", series, excluded, 24)


def test_only_automatic_reviews_are_a_series_apart() -> None:
    auto = """
        09:00     V1  prescription.submitted  prescription_id=RX1
        09:00:01  V1  prescription.reviewed   prescription_id=RX1 review_seq=1 mode=auto result=pass
    """
    assert one("rx_review", auto).series == "auto"
    both = f"{auto}\n09:04 V1 prescription.reviewed prescription_id=RX1 review_seq=2 mode=pharmacist result=reject"
    assert (one("rx_review", both).series, minutes(one("rx_review", both))) == ("", 4)


# Emergency (26)


def test_straight_to_resuscitation_counts_nothing() -> None:
    row = one(
        "ed_door_to_triage",
        """
        09:00  V1  ed.arrived          arrival_mode=ambulance
        09:02  V1  ed.resus_entered    kind=resus stay_seq=1
        09:30  V1  triage.completed    acuity=1 triage_seq=1
    """,
    )
    assert (row.millis, row.flags, row.ended_at, row.dims) == (0, ("resus",), at("09:02"), ("1", "ambulance"))


def test_who_leaves_unseen_has_no_wait_for_a_doctor() -> None:
    text = """
        09:00  V1  ed.arrived        arrival_mode=foot
        09:10  V1  triage.completed  acuity=4 triage_seq=1
        11:00  V1  ed.departed       disposition=lwbs
    """
    assert one("ed_door_to_doctor", text).excluded == "left"
    assert one("ed_los_discharged", text).excluded == "not_discharged"
    assert minutes(one("ed_door_to_triage", text)) == 10


def test_who_still_waits_in_the_emergency_department() -> None:
    row = one("ed_door_to_doctor", "23:00 V1 ed.arrived arrival_mode=foot")
    assert (row.day, row.open_until) == ("2025-03-03", at("35:00"))
