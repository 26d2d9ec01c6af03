"""Bills, payments and refunds."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "BL1": (  # paid in two halves, a part given back, for the reason that the request gave
        """
        09:00    -  bill.created   bill_id=BL1 item_class=exam amount=30.00 dept_code=RAD
        09:04    -  bill.paid      bill_id=BL1 payment_id=PM1 amount=10.00 parts=cash:10.00 terminal_type=window full_settlement=false
        09:06    -  bill.paid      bill_id=BL1 payment_id=PM2 amount=20.00 parts=wechat:15.00+cash:5.00 terminal_type=mobile full_settlement=true
        14:30    -  bill.refund_requested  bill_id=BL1 payment_id=PM2 refund_id=RF1 amount=7.50 reason_code=NOT_DONE
        15:00    -  bill.refunded  bill_id=BL1 payment_id=PM2 refund_id=RF1 amount=7.50
        """,
        [
            "bill_to_pay BL1: 09:00→09:06 6 {wechat RAD exam}",
            "payment BL1/PM1: at 09:04 distinct PM1 amount 10 {window cash RAD ?}",
            "payment BL1/PM2: at 09:06 num distinct PM2 amount 20 {mobile wechat RAD ?}",
            "refund BL1/PM1: at 09:04 distinct PM1 amount 10 {exam RAD ?}",
            "refund BL1/PM2: at 09:06 num distinct PM2 amount 20 num 7.5 {exam RAD NOT_DONE}",
            "refund_handling BL1/RF1: 14:30→15:00 30 {exam RAD ?}",
        ],
    ),
    "BL2": (  # paid, and nobody says whether in full
        """
        09:00    -  bill.created   bill_id=BL2 item_class=drug amount=30.00
        09:04    -  bill.paid      bill_id=BL2 payment_id=PM4 amount=30.00 terminal_type=kiosk
        """,
        [
            "bill_to_pay BL2: 09:00→09:04 (missing_full_settlement) {? ? drug}",
            "payment BL2/PM4: at 09:04 num distinct PM4 amount 30 {kiosk ? ? ?}",
            "refund BL2/PM4: at 09:04 distinct PM4 amount 30 {drug ? ?}",
        ],
    ),
}  # fmt: skip
