"""A morning told in bytes, as the systems of a hospital tell it, and what the KPIs make of it."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.connector import RawMessage
from ingest.events.envelope import Event
from ingest.intake import Outcome, take
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.settings import load_site
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.golden.speech import SOURCE, message
from tests.timeline import at

HOUSE = house_rules(load_site("demo"))
EVENING = at("23:30")


def hl7(clock: str, day: str = "2025-03-03") -> str:
    """A local time as HL7 writes it."""
    hour, minute, *second = clock.split(":")
    return f"{day.replace('-', '')}{hour:>02}{minute}{second[0] if second else '00'}"


def pv1(visit: str, kind: str = "O", began: str = "", *, appointment: str = "") -> str:
    """The visit's segment."""
    return f"PV1|1|{kind}|0301^R1||{appointment}||D01|||0301||||WX||||normal|{visit}^^^HIS" + "|" * 25 + began


def registered(
    visit: str, clock: str, *, sent: str = "", sender: str = "HIS|DEMO", day: str = "2025-03-03", appointment: str = ""
) -> bytes:
    """ADT^A04: the patient registers."""
    when = hl7(clock, day)
    return message(
        "ADT^A04",
        f"EVN|A04|{when}||||{when}",
        pv1(visit, appointment=appointment),
        at=hl7(sent or clock, day),
        sender=sender,
    )


def arrived(
    visit: str, clock: str, *, sent: str = "", day: str = "2025-03-03", recorded: str = "", appointment: str = ""
) -> bytes:
    """ADT^A10: the patient reports at the clinic."""
    when = hl7(clock, day)
    told = f"EVN|A10|{hl7(recorded or clock, day)}||||{when}"
    return message("ADT^A10", told, pv1(visit, appointment=appointment), at=hl7(sent or clock, day))


def seen(visit: str, clock: str, *, seq: int = 1, sender: str = "HIS|DEMO", day: str = "2025-03-03") -> bytes:
    """ZCN START: the doctor begins."""
    when = hl7(clock, day)
    return message("ZQN^Z01", pv1(visit), f"ZQU|1|SERVE|{visit}T{seq}|A1|clinic|Q|R1|D01|{when}",
                   f"ZCN|1|START|{when}||D01|{seq}", at=when, sender=sender)  # fmt: skip


def left(visit: str, clock: str, *, seq: int = 1, day: str = "2025-03-03") -> bytes:
    """ZCN END: the doctor is done."""
    when = hl7(clock, day)
    return message("ZQN^Z01", pv1(visit), f"ZQU|1|DONE|{visit}T{seq}|A1|clinic|Q|R1|D01|{when}",
                   f"ZCN|1|END|{when}||D01|{seq}", at=when)  # fmt: skip


def heard(*bodies: bytes, source: Source = SOURCE, received_at: int = EVENING) -> list[Event]:
    """The events of messages that came at an instant; none of them is malformed."""
    outcomes = [outcome(body, source, received_at) for body in bodies]
    assert not [each.malformed for each in outcomes if each.malformed]
    return [event for each in outcomes for event in each.events]


def outcome(body: bytes, source: Source = SOURCE, received_at: int = EVENING) -> Outcome:
    """What becomes of one message."""
    raw = RawMessage(body=body, media_type="application/hl7-v2", received_at=received_at)
    return take(raw, lambda each: interpret_message(each.body, source, each.received_at))


def rows(events: Iterable[Event], day: str | None = None) -> list[StageRow]:
    """The stage rows, of all days or of one."""
    return [row for row in fold_in_memory(events, HOUSE) if day in (None, row.day)]


def value(events: Iterable[Event], kpi: str, series: str = "", day: str | None = None) -> Value:
    """What a KPI says, of all days or of one; an empty one where it has nothing to say."""
    found = aggregate(catalogue()[kpi], rows(events, day), EVENING)
    return next((each for each in found if each.series == series), Value(kpi=kpi))
