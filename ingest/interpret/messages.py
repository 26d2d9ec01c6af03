"""From the bytes of one HL7 v2 message to its events, routed on MSH-9.1 and MSH-9.2 alone.

MSH-9.3 is wrong in real messages, and MSH-10 is unique in none of them: neither decides anything.
"""

from __future__ import annotations

from collections.abc import Callable

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event
from ingest.interpret.accounts import interpret_account
from ingest.interpret.adt import interpret_adt
from ingest.interpret.billing import interpret_billing, tell_payments
from ingest.interpret.consultation import tell_acknowledgement, tell_consultation
from ingest.interpret.documents import interpret_document
from ingest.interpret.hl7 import Message, Segment, read
from ingest.interpret.orders import interpret_order
from ingest.interpret.pathways import interpret_administration, tell_procedure
from ingest.interpret.pharmacy import interpret_dispensing, interpret_prescription, tell_review, tell_step
from ingest.interpret.programmes import interpret_problem
from ingest.interpret.queue import interpret_queue, tell_ticket
from ingest.interpret.reading import Reading
from ingest.interpret.results import interpret_result
from ingest.interpret.siu import interpret_siu
from ingest.interpret.teller import Source

_ANY: frozenset[str] = frozenset()
FAMILIES: dict[str, tuple[Callable[[Reading, str], None], frozenset[str]]] = {
    "ADT": (interpret_adt, _ANY),
    "SIU": (interpret_siu, _ANY),
    "ZQN": (interpret_queue, _ANY),
    "ORM": (interpret_order, frozenset({"O01"})),
    "OML": (interpret_order, frozenset({"O21", "O33", "O35"})),
    "OMG": (interpret_order, frozenset({"O19"})),
    "OMI": (interpret_order, frozenset({"O23"})),
    "ORU": (interpret_result, frozenset({"R01", "R30"})),
    "OUL": (interpret_result, frozenset({"R21", "R22", "R23", "R24"})),
    "MDM": (interpret_document, frozenset(f"T{number:02d}" for number in range(1, 12))),
    "DFT": (interpret_billing, frozenset({"P03", "P11"})),
    "BAR": (interpret_account, frozenset({"P06"})),
    "OMP": (interpret_prescription, frozenset({"O09"})),
    "RDE": (interpret_prescription, frozenset({"O11", "O01"})),
    "RDS": (interpret_dispensing, frozenset({"O13", "O01"})),
    "RAS": (interpret_administration, frozenset({"O17", "O01"})),
    "PPR": (interpret_problem, frozenset({"PC1"})),
}
APPENDED: dict[str, Callable[[Reading, Segment], None]] = {
    "ZQU": tell_ticket,
    "ZCN": tell_consultation,
    "ZRV": tell_review,
    "ZDP": tell_step,
    "ZCV": tell_acknowledgement,
    "PR1": tell_procedure,
}


def interpret_message(raw: bytes, source: Source, ingested_at: int, flags: tuple[str, ...] = ()) -> list[Event]:
    """The events of a message, each with `flags`. Raises Ignored (none of our business) or Malformed (never valid)."""
    message = read(raw, source.encoding)
    _check_processing(message, source)
    kind, trigger = _kind(message)
    if message.get("MSH", 12) and not message.get("MSH", 12).startswith("2"):
        raise Malformed("version: MSH-12")
    reading = Reading(message, source, ingested_at)
    reading.flags += flags
    ignored: Ignored | None = None
    try:
        _route(reading, kind, trigger)
    except Ignored as reason:
        ignored = reason
    _tell_appended(reading)
    if not reading.events:
        raise ignored or Ignored(f"no event:{kind}^{trigger}")
    return reading.events


def _check_processing(message: Message, source: Source) -> None:
    mode = message.get("MSH", 11)[:1]
    if mode in ("T", "D") and not source.accept_tests:
        raise Ignored(f"processing:{mode}")


def _kind(message: Message) -> tuple[str, str]:
    """MSH-9.1 and 9.2; of old senders that leave out the trigger, EVN-1."""
    kind = message.get("MSH", 9).upper()
    trigger = (message.get("MSH", 9, 2) or message.get("EVN", 1)).upper()
    if not (kind.isalnum() and kind.isascii() and len(kind) == 3):
        raise Malformed("message type: MSH-9")
    if trigger and not (trigger.isalnum() and trigger.isascii() and len(trigger) <= 3):
        raise Malformed("trigger: MSH-9")
    return kind, trigger


def _route(reading: Reading, kind: str, trigger: str) -> None:
    if kind == "ACK":
        raise Ignored("acknowledgement")
    family, triggers = FAMILIES.get(kind, (None, _ANY))
    if family is None or (triggers and trigger not in triggers):
        raise Ignored(f"trigger:{kind}^{trigger}")
    family(reading, trigger)


def _tell_appended(reading: Reading) -> None:
    """Segments that tell the same in whatever message they came: local ones, and procedures."""
    present = {line[:3] for line in reading.message.lines}
    for name, tell in APPENDED.items():
        if name in present:
            for segment in reading.message.segments(name):
                tell(reading, segment)
    if "ZPY" in present:
        tell_payments(reading, reading.message.segments("ZPY"))
