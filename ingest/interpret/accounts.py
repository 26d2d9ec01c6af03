"""The end of a stay's account: BAR^P06, or a payment (DFT^P03) of an inpatient that settles its bill.

A settlement is numbered by the bill; BAR names none, and the visit stands for its one settlement.
"""

from __future__ import annotations

from decimal import Decimal

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Instant
from ingest.events.inpatient import InpatientSettled
from ingest.interpret.reading import Reading


def interpret_account(reading: Reading, _trigger: str) -> None:
    """BAR^P06: the account of each PV1 is closed; its payments are PV1-49."""
    for pv1 in reading.message.segments("PV1"):
        if reading.class_of(pv1) != "inpatient":
            continue
        visit_id = reading.visit_of(pv1)
        if visit_id is None:
            raise Malformed("missing subject: PV1-19")
        occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
        reading.tell(
            InpatientSettled,
            occurred,
            flags=flags,
            visit_id=visit_id,
            settlement_id=visit_id,
            amount=reading.amount(pv1.value(49), "PV1-49"),
        )
    if not reading.events:
        raise Ignored("account of no stay")


def tell_settlement(
    reading: Reading, settlement_id: str | None, occurred: Instant, amount: Decimal | None, place: str = ""
) -> None:
    """A bill of a stay was paid for, where ZPY-7 says. Payments of other visits settle nothing of the kind."""
    if reading.visit_class() == "inpatient" and reading.visit_id:
        reading.tell(
            InpatientSettled,
            occurred,
            coded={"settle_place": place},
            settlement_id=settlement_id,
            amount=amount,
        )
