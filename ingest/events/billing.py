"""Billing events 收费: a bill from its creation to payment and refund (specification 5.7)."""

from typing import Literal

from ingest.events.codes import Amount
from ingest.events.envelope import Event, Part

ItemClass = Literal["registration", "exam", "lab", "drug", "treatment", "material", "other"]
PayChannel = Literal[
    "cash",
    "wechat",
    "alipay",
    "unionpay_pos",
    "bank_transfer",
    "cheque",
    "insurance_pool",
    "insurance_account",
    "prepaid_card",
    "credit",
    "digital_rmb",
]


class PaymentPart(Part, frozen=True, kw_only=True):
    """A part of a payment by one channel."""

    expected = ("channel", "amount")

    channel: PayChannel | None = None
    amount: Amount | None = None


class BillEvent(Event, frozen=True, kw_only=True):
    """An event of a bill."""

    subject = "bill_id"

    bill_id: str | None = None


class BillCreated(BillEvent, frozen=True, kw_only=True, tag="bill.created"):
    """Something is to be paid."""

    natural_key = ("bill_id",)
    expected = ("bill_id", "visit_id", "item_class", "amount", "dept_code")
    title = ("计费", "Bill created")

    item_class: ItemClass | None = None
    amount: Amount | None = None
    lines: int | None = None  # items on the bill
    ref_ids: tuple[str, ...] = ()  # the orders or prescriptions that it is for
    dept_code: str | None = None


class BillPaid(BillEvent, frozen=True, kw_only=True, tag="bill.paid"):
    """A payment settled one bill or its part: one event per bill, sharing payment_id."""

    natural_key = ("payment_id", "bill_id")
    expected = ("payment_id", "bill_id", "amount", "parts", "terminal_type", "full_settlement")
    title = ("缴费", "Bill paid")

    payment_id: str | None = None
    amount: Amount | None = None
    parts: tuple[PaymentPart, ...] = ()
    terminal_type: Literal["window", "kiosk", "mobile", "clinic_room", "bedside"] | None = None
    terminal_id: str | None = None
    cashier_id: str | None = None
    full_settlement: bool | None = None  # nothing of the bill is left to pay


class BillRefundRequested(BillEvent, frozen=True, kw_only=True, tag="bill.refund_requested"):
    """Somebody asked for money back."""

    natural_key = ("refund_id", "bill_id")
    expected = ("bill_id", "refund_id", "visit_id", "amount")
    title = ("退费申请", "Refund requested")

    refund_id: str | None = None
    payment_id: str | None = None
    amount: Amount | None = None
    reason_code: str | None = None
    steps_required: int | None = None


class BillRefunded(BillEvent, frozen=True, kw_only=True, tag="bill.refunded"):
    """Money was given back; amounts are positive."""

    natural_key = ("refund_id", "bill_id")
    expected = ("bill_id", "refund_id", "payment_id", "visit_id", "amount")
    title = ("退费", "Refunded")

    refund_id: str | None = None
    payment_id: str | None = None
    amount: Amount | None = None
    parts: tuple[PaymentPart, ...] = ()
    partial: bool | None = None
