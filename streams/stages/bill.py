"""One bill: bill_to_pay, payment (a row a payment), refund (a row a payment).

Rows belong to the local date of their bucket, linked to a visit or not. dept = the bill's, else that of the visit's
registration, else `?`. channel = that which paid the largest part (of equal parts the first by name). Amounts are
decimal text.

bill_to_pay: bill.created → first bill.paid with full_settlement. A bill of amount 0: `zero` (at its creation). Paid
  in full on another local date than created: `later_day`. Paid in full, never created: `missing_start`. Paid by
  somebody who does not say whether in full: `missing_full_settlement`, to the first such payment. Not paid in full:
  open until the end of the local day of its creation + 2 h, later `unpaid` (the stage does not apply). channel = the
  settling payment's; `?` while there is none.
payment: one row for every bill.paid (part = payment_id), distinct by payment_id; in the numerator when terminal_type
  is mobile, kiosk, clinic_room or bedside; without a terminal_type `missing_terminal`.
refund: one row for every bill.paid (part = payment_id), distinct by payment_id, at the payment's time; in the
  numerator when a bill.refunded of this bill names the payment (or, naming none, when the bill has a single payment).
  `voided` when the first such refund came at most 5 min after the payment. A refund of a registration bill whose
  visit has a registration.refunded is not in the numerator. amount = paid, amount_num = sum of the refunds. reason =
  that of the request (bill.refund_requested) of the first refund.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from streams.facts import money
from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "bill"
READS = {"bill.created", "bill.paid", "bill.refund_requested", "bill.refunded"}
OFF_WINDOW = frozenset({"mobile", "kiosk", "clinic_room", "bedside"})
VOID_MS = 5 * 60 * 1000

BILL_TO_PAY = Stage(
    code="bill_to_pay", zh="开单到缴费", en="Bill to payment", scope="bill", unfinished="unpaid",
    dims=("channel", "dept", "item_class"),
)  # fmt: skip
PAYMENT = Stage(
    code="payment", zh="缴费", en="Payments", scope="bill", kind="share",
    dims=("terminal_type", "channel", "dept", "age_band"),
)  # fmt: skip
REFUND = Stage(
    code="refund", zh="退费", en="Refunds", scope="bill", kind="share", dims=("item_class", "dept", "reason"),
)  # fmt: skip
STAGES = (BILL_TO_PAY, PAYMENT, REFUND)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one bill."""
    bill = story.told("bill.created")
    dept = (bill and bill.dept_code) or (story.visit.dept if story.visit else "") or UNKNOWN
    item_class = (bill and bill.item_class) or UNKNOWN
    payments = story.timed("bill.paid")
    yield from _to_pay(story, house, payments, dept, item_class)
    for paid in payments:
        yield _payment(story, house, paid, dept)
        yield _refund(story, house, paid, len(payments) == 1, dept, item_class)


def _to_pay(story: Story, house: HouseRules, payments: list[Fact], dept: str, item_class: str) -> Iterator[StageRow]:
    created = story.first("bill.created")
    settled = next((paid for paid in payments if paid.full_settlement), None)
    unsaid = next((paid for paid in payments if paid.full_settlement is None), None)
    dims = ((settled and settled.channel) or UNKNOWN, dept, item_class)
    if created is None:
        if settled is not None:
            yield left_out(BILL_TO_PAY, house, story.id, "missing_start", dims, end=settled.at)
    elif created.amount is not None and Decimal(created.amount) == 0:
        yield left_out(BILL_TO_PAY, house, story.id, "zero", dims, start=created.at)
    elif settled is None and unsaid is not None:
        yield left_out(BILL_TO_PAY, house, story.id, "missing_full_settlement", dims, start=created.at, end=unsaid.at)
    elif settled is None:
        until = house.day_closes_at(house.local_day(created.at))
        yield waiting(BILL_TO_PAY, house, story.id, created.at, until, dims)
    else:
        later = house.local_day(created.at) != house.local_day(settled.at)
        yield finished(
            BILL_TO_PAY, house, story.id, created.at, settled.at, dims, excluded="later_day" if later else ""
        )


def _payment(story: Story, house: HouseRules, paid: Fact, dept: str) -> StageRow:
    terminal = paid.terminal_type
    return StageRow(
        stage=PAYMENT.code,
        scope_id=story.id,
        part=paid.payment_id or "",
        day=house.local_day(paid.at),
        at=paid.at,
        excluded="" if terminal else "missing_terminal",
        num=terminal in OFF_WINDOW,
        distinct=paid.payment_id or "",
        amount=paid.amount or "",
        dims=(
            terminal or UNKNOWN,
            paid.channel or UNKNOWN,
            dept,
            (story.visit.age_band if story.visit else "") or UNKNOWN,
        ),
    )


def _refund(story: Story, house: HouseRules, paid: Fact, single: bool, dept: str, item_class: str) -> StageRow:
    refunds = [
        fact
        for fact in story.timed("bill.refunded")
        if fact.payment_id == paid.payment_id or (single and not fact.payment_id)
    ]
    counted = bool(refunds) and not (item_class == "registration" and _registration_refunded(story))
    refunded = sum((Decimal(fact.amount) for fact in refunds if fact.amount), Decimal(0)) if counted else None
    return StageRow(
        stage=REFUND.code,
        scope_id=story.id,
        part=paid.payment_id or "",
        day=house.local_day(paid.at),
        at=paid.at,
        excluded="voided" if refunds and refunds[0].at - paid.at <= VOID_MS else "",
        num=counted,
        distinct=paid.payment_id or "",
        amount=paid.amount or "",
        amount_num="" if refunded is None else money(refunded),
        dims=(item_class, dept, _reason(story, refunds)),
    )


def _reason(story: Story, refunds: list[Fact]) -> str:
    """Why, as the request for the first refund says."""
    if refunds:
        for request in story.all("bill.refund_requested"):
            if request.refund_id == refunds[0].refund_id and request.reason_code:
                return request.reason_code
    return UNKNOWN


def _registration_refunded(story: Story) -> bool:
    return story.visit is not None and any(act[0] == "registration.refunded" for act in story.visit.acts)
