"""Prescriptions and their handing over."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "RV1": (  # the machine first, then a pharmacist
        """
        09:00    -  prescription.submitted  prescription_id=RV1 dept_code=CARD
        09:00:02 -  prescription.reviewed   prescription_id=RV1 review_seq=1 mode=auto
        09:03    -  prescription.reviewed   prescription_id=RV1 review_seq=2 mode=pharmacist
        """,
        ["rx_review RV1: 09:00→09:03 3 {pharmacist CARD}"],
    ),
    "RV2": (
        """
        09:00    -  prescription.submitted  prescription_id=RV2
        09:00:06 -  prescription.reviewed   prescription_id=RV2 review_seq=1 mode=auto
        """,
        ["rx_review RV2 auto: 09:00→09:00:06 0.1 {auto ?}"],
    ),
    "VP1": (  # two prescriptions, one ticket that names the second; missed once
        """
        09:00    VP1  prescription.submitted  prescription_id=PP1 rx_type=western
        09:00    VP1  prescription.submitted  prescription_id=PP2 rx_type=herbal decoction=true
        09:01    VP1  bill.created            bill_id=BP1 item_class=drug ref_ids=PP1,PP2 amount=9
        09:05    -    bill.paid               bill_id=BP1 payment_id=PMP terminal_type=kiosk full_settlement=true amount=9
        09:06    -    queue.joined            ticket_id=TP1 service_point_type=pharmacy ref_ids=PP2
        09:08    -    queue.missed            ticket_id=TP1 call_seq=1
        09:10    -    dispensing.prepared     prescription_id=PP1 pharmacy_id=PH1 window_id=W1
        09:20    -    dispensing.prepared     prescription_id=PP2 pharmacy_id=PH1 window_id=W2
        09:25    -    dispensing.dispensed    prescription_id=PP2 dispense_seq=1 pharmacy_id=PH1 window_id=W2
        09:45    -    dispensing.dispensed    prescription_id=PP1 dispense_seq=1 pharmacy_id=PH1 window_id=W1
        """,
        [
            "pharm_pickup VP1/TP1 missed: 09:06→09:25 19 {PH1 W2 herbal ?}",
            "pharm_prep VP1/PP1: 09:05→09:10 5 {PH1 W1 western}",
            "pharm_prep VP1/PP2 decoction: 09:05→09:20 15 {PH1 W2 herbal}",
            "rx_unclaimed VP1/PP1: 09:05→09:45 40 {PH1 ?}",
            "rx_unclaimed VP1/PP2: 09:05→09:25 20 {PH1 ?}",
        ],
    ),
    "VP2": (  # no ticket: from the payment
        """
        10:00    VP2  prescription.submitted  prescription_id=PP3 rx_type=western
        10:01    VP2  bill.created            bill_id=BP2 item_class=drug amount=9
        10:02    VP2  bill.paid               bill_id=BP2 payment_id=PM3 terminal_type=kiosk full_settlement=true amount=9
        10:14    VP2  dispensing.dispensed    prescription_id=PP3 dispense_seq=1 pharmacy_id=PH2
        """,
        [
            "pharm_pickup VP2/PP3 no_ticket: 10:02→10:14 12 no_ticket {PH2 ? western ?}",
            "pharm_prep VP2/PP3: 10:02→ (missing_end) {PH2 ? western}",
            "rx_unclaimed VP2/PP3: 10:02→10:14 12 {PH2 ?}",
        ],
    ),
    "VP3": (  # it names its bill itself, and the drug bill paid before that one is another's
        """
        10:00    VP3  prescription.submitted  prescription_id=PP4 rx_type=western bill_id=BP4
        10:01    VP3  bill.created            bill_id=BP3 item_class=drug amount=9
        10:01    VP3  bill.created            bill_id=BP4 item_class=drug amount=9
        10:02    VP3  bill.paid               bill_id=BP3 payment_id=PM4 terminal_type=kiosk full_settlement=true amount=9
        10:06    VP3  bill.paid               bill_id=BP4 payment_id=PM5 terminal_type=kiosk full_settlement=true amount=9
        10:14    VP3  dispensing.prepared     prescription_id=PP4 pharmacy_id=PH2
        10:16    VP3  dispensing.dispensed    prescription_id=PP4 dispense_seq=1 pharmacy_id=PH2
        """,
        [
            "pharm_pickup VP3/PP4 no_ticket: 10:06→10:16 10 no_ticket {PH2 ? western ?}",
            "pharm_prep VP3/PP4: 10:06→10:14 8 {PH2 ? western}",
            "rx_unclaimed VP3/PP4: 10:06→10:16 10 {PH2 ?}",
        ],
    ),
}  # fmt: skip
