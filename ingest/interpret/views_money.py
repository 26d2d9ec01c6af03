"""Rows of money: bills, and payments, of which one may be several rows, one for each channel."""

from __future__ import annotations

from decimal import Decimal

from ingest.events.billing import BillCreated, BillPaid, BillRefunded, BillRefundRequested
from ingest.interpret.payments import payment_part
from ingest.interpret.row import Row


def v_bill(row: Row) -> None:
    """A bill; a mirror row (reversed_of) is no bill of its own: the refund is told by its payment."""
    bill_id = row.needed("bill", "bill_id", "created_at")
    if row.text("reversed_of"):
        return
    item_class, _ = row.code(BillCreated, "item_class", row.text("item_class"))
    reference = row.number_of("prescription" if item_class == "drug" else "order", "order_id", "created_at")
    row.fact(
        BillCreated,
        "created_at",
        coded={"item_class": row.text("item_class")},
        bill_id=bill_id,
        amount=row.money("amount"),
        ref_ids=(reference,) if reference else (),
        dept_code=row.dept(row.text("dept_code")),
    )


def v_payment(row: Row) -> None:
    """A payment of a bill; a mirror row gives back the payment that it reverses."""
    bill_id = row.needed("bill", "bill_id", "paid_at")
    payment_id = row.needed("payment", "payment_id", "paid_at")
    told = [payment_part(row, each.text("channel"), each.money("amount")) for each in row.together]
    parts, flags = tuple(part for part, _ in told), tuple(flag for _, flags in told for flag in flags)
    amounts = [part.amount for part in parts if part.amount is not None]
    amount = sum(amounts, Decimal()) if amounts else None
    if row.text("reversed_of"):
        row.fact(
            BillRefunded,
            "paid_at",
            flags=flags,
            bill_id=bill_id,
            refund_id=payment_id,
            payment_id=row.identify("payment", row.text("reversed_of"), on=row.day("reversed_date")),
            amount=amount,
            parts=parts,
        )
        return
    row.fact(
        BillPaid,
        "paid_at",
        flags=flags,
        coded={"terminal_type": row.text("terminal_type")},
        bill_id=bill_id,
        payment_id=payment_id,
        amount=amount,
        parts=parts,
        terminal_id=row.text("terminal_id"),
        cashier_id=row.staff(row.text("cashier_id")),
        full_settlement=row.flag("full_settlement"),
    )
    row.fact(
        BillRefundRequested,
        "refund_requested_at",
        bill_id=bill_id,
        refund_id=payment_id,
        payment_id=payment_id,
        amount=amount,
    )


VIEWS = {"v_bill": v_bill, "v_payment": v_payment}
