"""Bills, payments, refunds, prescriptions and their handing over."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

REFUNDED = WorkedStory(
    code="refunded",
    kpis=("bill_to_pay_time", "offwindow_payment_share", "refund_rate", "refund_handling_time"),
    zh="一张 30 元的账单先在窗口付 10 元,再用手机付清;下午退 7.5 元。另一张尚未缴费。",
    en="A bill of 30 yuan is paid in two parts, at a window and by phone; 7.50 are given back in the afternoon. Another "
    "is not paid yet.",
    text="""
        09:00  -  bill.created           bill_id=YB1 item_class=exam amount=30.00 dept_code=YRAD
        09:04  -  bill.paid              bill_id=YB1 payment_id=YM1 amount=10.00 parts=cash:10.00 terminal_type=window full_settlement=false
        09:06  -  bill.paid              bill_id=YB1 payment_id=YM2 amount=20.00 parts=wechat:15.00+cash:5.00 terminal_type=mobile full_settlement=true
        14:30  -  bill.refund_requested  bill_id=YB1 payment_id=YM2 refund_id=YF1 amount=7.50 reason_code=NOT_DONE
        15:00  -  bill.refunded          bill_id=YB1 payment_id=YM2 refund_id=YF1 amount=7.50
        14:50  -  bill.created           bill_id=YB2 item_class=drug amount=12.00 dept_code=YRAD
        """,
    as_of="15:10",
)
REVIEWED = WorkedStory(
    code="reviewed",
    kpis=("rx_review_time",),
    zh="一张处方先由系统、再由药师审核(3 分钟);另一张只由系统审核,另列。",
    en="One prescription is reviewed by the machine and, after three minutes, by a pharmacist; another by the machine "
    "alone, which is a series apart.",
    text="""
        09:00     -  prescription.submitted  prescription_id=YRX1 dept_code=YCARD
        09:00:02  -  prescription.reviewed   prescription_id=YRX1 review_seq=1 mode=auto
        09:03     -  prescription.reviewed   prescription_id=YRX1 review_seq=2 mode=pharmacist
        09:10     -  prescription.submitted  prescription_id=YRX2 dept_code=YCARD
        09:10:06  -  prescription.reviewed   prescription_id=YRX2 review_seq=1 mode=auto
        """,
    as_of="12:00",
)
PHARMACY = WorkedStory(
    code="pharmacy",
    kpis=("pharm_prep_time", "pharm_pickup_wait", "rx_unclaimed_rate"),
    zh="甲取药:缴费后 5 分钟调配好,排队 13 分钟后发药;乙缴费后一直没有来取。",
    en="The first patient's medicines are ready five minutes after payment and handed over after 13 minutes in the "
    "queue; the second pays and never comes for them.",
    text="""
        09:00  YP1  prescription.submitted  prescription_id=YRX3 rx_type=western
        09:01  YP1  bill.created            bill_id=YB3 item_class=drug ref_ids=YRX3 amount=9
        09:05  YP1  bill.paid               bill_id=YB3 payment_id=YM3 terminal_type=kiosk full_settlement=true amount=9
        09:06  YP1  queue.joined            ticket_id=YQ6 service_point_type=pharmacy ref_ids=YRX3
        09:10  YP1  dispensing.prepared     prescription_id=YRX3 pharmacy_id=YPH window_id=YW2
        09:18  YP1  queue.served            ticket_id=YQ6 serve_seq=1 window_id=YW2
        09:19  YP1  dispensing.dispensed    prescription_id=YRX3 dispense_seq=1 pharmacy_id=YPH window_id=YW2
        10:00  YP2  prescription.submitted  prescription_id=YRX4 rx_type=western
        10:01  YP2  bill.created            bill_id=YB4 item_class=drug ref_ids=YRX4 amount=9
        10:05  YP2  bill.paid               bill_id=YB4 payment_id=YM4 terminal_type=kiosk full_settlement=true amount=9
        10:15  YP2  dispensing.prepared     prescription_id=YRX4 pharmacy_id=YPH window_id=YW2
        """,
    as_of="2025-03-05T08:00",
)
STORIES = (REFUNDED, REVIEWED, PHARMACY)
