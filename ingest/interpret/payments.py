"""A part of a payment, by the channel that a source names: the same in messages, rows and resources."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from ingest.events.billing import PaymentPart
from ingest.interpret.teller import Teller


def payment_part(teller: Teller, raw_channel: str, amount: Decimal | None) -> tuple[PaymentPart, tuple[str, ...]]:
    """(the part, flags): its amount positive, its channel in our codes, flagged where nobody knows it."""
    channel, known = teller.code(PaymentPart, "channel", raw_channel) if raw_channel else (None, True)
    part = msgspec.convert({"channel": channel, "amount": abs(amount) if amount is not None else None}, PaymentPart)
    return part, () if known else ("unmapped:channel",)
