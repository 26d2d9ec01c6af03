"""Billing: DFT^P03 and P11 with their FT1 lines, and the local segment ZPY that says how a payment was made.

A bill's number is FT1-2; lines with the same number are one bill. Where ZPY is present it tells payments and refunds,
and FT1 only each bill's part of the amount.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from ingest.errors import Ignored, Malformed
from ingest.events.billing import BillCreated, BillPaid, BillRefunded, PaymentPart
from ingest.events.envelope import Instant
from ingest.events.pharmacy import DispensingReturned
from ingest.events.registration import RegistrationRefunded
from ingest.interpret.accounts import tell_settlement
from ingest.interpret.hl7 import Segment
from ingest.interpret.numbering import bill_given
from ingest.interpret.payments import payment_part
from ingest.interpret.reading import Reading, When

_CHARGE, _PAID, _GIVEN_BACK = ("CG",), ("PY", "CO"), ("CD", "AJ")


def interpret_billing(reading: Reading, _trigger: str) -> None:
    """Tell the events of a financial transaction. Raises Malformed when no line says which bill it is of."""
    lines = [line for line in reading.message.segments("FT1") if line.value(2)]
    if len(lines) < len(reading.message.segments("FT1")):
        if not lines:
            raise Malformed("missing subject: FT1-2")
        reading.flags += ("dropped:FT1",)  # lines that name no bill
    for bill in _by_bill(_of(lines, _CHARGE)):
        _created(reading, bill)
    if not reading.message.segments("ZPY"):
        for bill in _by_bill(_of(lines, _PAID)):
            _paid(reading, bill)
        for bill in _by_bill(_of(lines, _GIVEN_BACK)):
            _refunded(reading, bill)
    elif _is_registration(reading, _of(lines, _GIVEN_BACK)):
        _registration_refunded(reading, _of(lines, _GIVEN_BACK))
    _drugs_returned(reading, _of(lines, _GIVEN_BACK))
    if not reading.events and not reading.message.segments("ZPY"):
        raise Ignored("transaction without a charge or a payment")


def _of(lines: Iterable[Segment], types: tuple[str, ...]) -> list[Segment]:
    return [line for line in lines if line.value(6).upper() in types]


def _by_bill(lines: Iterable[Segment]) -> list[list[Segment]]:
    bills: dict[tuple[str, str], list[Segment]] = {}
    for line in lines:
        bills.setdefault((line.value(2), line.value(2, 2)), []).append(line)
    return list(bills.values())


def _created(reading: Reading, lines: list[Segment]) -> None:
    first = lines[0]
    occurred, flags = _posted(reading, first)
    raw_class = first.value(7)
    item_class, _ = reading.code(BillCreated, "item_class", raw_class) if raw_class else (None, True)
    refers_to = "prescription" if item_class == "drug" else "order"
    references = (
        reading.entity(refers_to, line, 23, n, at=occurred) for line in lines for n in range(1, line.count(23) + 1)
    )
    reading.tell(
        BillCreated,
        occurred,
        flags=flags,
        coded={"item_class": raw_class},
        bill_id=reading.entity("bill", first, 2, at=occurred),
        amount=_sum(reading, lines),
        lines=len(lines),
        ref_ids=tuple(dict.fromkeys(r for r in references if r)),
        dept_code=reading.dept(first.value(13)) or reading.visit_dept(),
    )


def _sum(reading: Reading, lines: list[Segment]) -> Decimal | None:
    """What the lines are worth together; amounts of money are positive."""
    told = [amount for line in lines if (amount := _worth(reading, line)) is not None]
    return abs(sum(told, Decimal())) if told else None


def _worth(reading: Reading, line: Segment) -> Decimal | None:
    """FT1-11 (extended), else FT1-12 (unit) times FT1-10 (quantity, one where none is told)."""
    if line.value(11):
        return reading.amount(line.value(11), "FT1-11")
    unit = reading.amount(line.value(12), "FT1-12")
    quantity = reading.amount(line.value(10), "FT1-10")
    return unit if unit is None or quantity is None else reading.amount(str(round(unit * quantity, 4)), "FT1-12")


def _posted(reading: Reading, line: Segment) -> When:
    """When a line happened: FT1-4, else when it was posted (FT1-5), else as the message says."""
    return reading.when((line, 4), (line, 5), ("EVN", 6), ("EVN", 2), ("MSH", 7))


def _paid(reading: Reading, lines: list[Segment]) -> None:
    first = lines[0]
    occurred, flags = _posted(reading, first)
    reading.tell(
        BillPaid,
        occurred,
        flags=flags,
        payment_id=reading.entity("payment", first, 30, at=occurred),
        bill_id=_bill(reading, first, occurred),
        amount=_sum(reading, lines),
    )
    settlement_id = reading.entity("settlement", first, 2, at=bill_given(reading, first.value(2), occurred))
    tell_settlement(reading, settlement_id, occurred, _sum(reading, lines))


def _refunded(reading: Reading, lines: list[Segment]) -> None:
    first = lines[0]
    occurred, flags = _posted(reading, first)
    reference = 31 if first.value(31) else 30
    reading.tell(
        BillRefunded,
        occurred,
        flags=flags,
        refund_id=reading.entity("payment", first, reference, at=occurred),
        payment_id=reading.entity("payment", first, 30),  # of which day it was, nobody says
        bill_id=_bill(reading, first, occurred),
        amount=_sum(reading, lines),
    )
    if _is_registration(reading, lines):
        _registration_refunded(reading, lines)


def _bill(reading: Reading, segment: Segment, occurred: Instant, repetition: int = 1) -> str | None:
    number = segment.part(2, repetition=repetition)
    return reading.entity("bill", segment, 2, repetition, at=bill_given(reading, number, occurred))


def _is_registration(reading: Reading, lines: list[Segment]) -> bool:
    return any(reading.code(BillCreated, "item_class", line.value(7))[0] == "registration" for line in lines)


def _registration_refunded(reading: Reading, lines: list[Segment]) -> None:
    """A credit for a registration fee says that the registration was given back."""
    if reading.visit_id is None:
        return
    occurred, flags = _posted(reading, lines[0])
    reading.tell(RegistrationRefunded, occurred, flags=flags, amount=_sum(reading, lines))


def _drugs_returned(reading: Reading, lines: list[Segment]) -> None:
    """A credit of a drug (FT1-29) says that the prescription it refers to (FT1-23) was given back."""
    told: set[str] = set()
    for line in lines:
        occurred, flags = _posted(reading, line)
        prescription_id = reading.entity("prescription", line, 23, at=occurred)
        if line.value(29) and prescription_id and prescription_id not in told:
            told.add(prescription_id)
            reading.tell(DispensingReturned, occurred, flags=flags, prescription_id=prescription_id)


# --- ZPY -----------------------------------------------------------------------------------------------------------


def tell_payments(reading: Reading, segments: list[Segment]) -> None:
    """ZPY segments: those of one payment are its parts by channel; a reversal is a refund."""
    payments: dict[tuple[str, str], list[Segment]] = {}
    for zpy in segments:
        payments.setdefault((zpy.value(3), zpy.value(10)), []).append(zpy)
    for parts in payments.values():
        _payment(reading, parts)


def _payment(reading: Reading, segments: list[Segment]) -> None:
    first = segments[0]
    if not first.value(3):
        raise Malformed("missing subject: ZPY-3")
    if not first.value(2):
        raise Malformed("missing subject: ZPY-2")
    occurred, flags = reading.noted(first, 6)
    parts = []
    for zpy in segments:
        part, unmapped = payment_part(reading, zpy.value(4), reading.amount(zpy.value(5), "ZPY-5"))
        parts.append(part)
        flags += unmapped
    payment_id = reading.entity("payment", first, 3, at=occurred)
    refunds = reading.entity("payment", first, 10)  # of which day it was, nobody says
    is_refund = bool(first.value(10)) or first.value(11).upper() == "Y"
    for number in range(1, first.count(2) + 1):
        bill_id = _bill(reading, first, occurred, number)
        amount = _part_of(reading, first.part(2, repetition=number), first.count(2), parts)
        if is_refund:
            reading.tell(
                BillRefunded,
                occurred,
                flags=flags,
                refund_id=payment_id,
                payment_id=refunds,
                bill_id=bill_id,
                amount=amount,
                parts=tuple(parts),
                partial=first.value(12).upper() == "N" if first.value(12) else None,
            )
        else:
            reading.tell(
                BillPaid,
                occurred,
                flags=flags,
                coded={"terminal_type": first.value(7)},
                payment_id=payment_id,
                bill_id=bill_id,
                amount=amount,
                parts=tuple(parts),
                terminal_id=first.value(8),
                cashier_id=reading.staff(first.value(9)),
                full_settlement=first.value(12).upper() == "Y" if first.value(12) else None,
            )
            if first.value(12).upper() != "N":  # not an advance
                given = bill_given(reading, first.part(2, repetition=number), occurred)
                settlement_id = reading.entity("settlement", first, 2, number, at=given)
                tell_settlement(reading, settlement_id, occurred, amount, first.value(7))


def _part_of(reading: Reading, bill: str, bills: int, parts: list[PaymentPart]) -> Decimal | None:
    """This bill's part of a payment: what FT1 says of it, else the whole when there is only one bill."""
    lines = [line for line in reading.message.segments("FT1") if line.value(2) == bill]
    told = _sum(reading, _of(lines, _PAID + _GIVEN_BACK))
    if told is not None or bills > 1:
        return told
    amounts = [part.amount for part in parts if part.amount is not None]
    return sum(amounts, Decimal()) if amounts else None
