"""Events told as a clinical timeline, one line a fact, the way people tell a visit.

    told = timeline('''
        08:40     V1  patient.checked_in    point=clinic dept_code=CARD
        09:14     V1  consultation.started  consultation_seq=1 doctor_id=DR1
        10:55:30  -   queue.joined          ticket_id=T9 service_point_type=cashier ref_ids=B1,B2
    ''')

A line is: local time, visit (`-` = the source does not know it), event type, then `field=value` …. Values: ids, codes
and numbers as they are; `a,b` for several ids; `wechat:12.5+cash:3` for payment parts; `4/5+2/5` for
answers of a scale; `SL1@14:00*2+SL2@14:30*1` for slots and how many each takes; `dept_code:CARD:DERM` for what changed;
`HH:MM` for an instant of the same day (or `2025-03-02T10:00`). Fields of the telling itself:
`source=LIS^DEMO`, `sent=11:00` (decides the revision), `day=2025-03-02` (of the line's time), `precision=day`,
`patient=P1`, `op=retract`. `#` begins a comment.
"""

from __future__ import annotations

import typing
from datetime import datetime, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from ingest.events import catalogue
from ingest.events.envelope import Event, Instant, Telling, assemble

DAY = "2025-03-03"
ZONE = ZoneInfo("Asia/Shanghai")


def timeline(text: str, *, day: str = DAY, facility: str = "H001", source: str = "HIS^DEMO") -> list[Event]:
    """The events of a timeline, in the order of its lines."""
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return [_event(words, day, facility, source) for words in lines if words]


def at(clock: str, day: str = DAY) -> int:
    """A local time of a day, UTC ms: `10:42`, `10:42:07`, `24:30`, or with its own date `2025-03-02T10:42`."""
    if "T" in clock:
        day, clock = clock.split("T")
    hours, minutes, *seconds = clock.split(":")
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZONE)
    length = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds[0]) if seconds else 0)
    return round((midnight + length).timestamp() * 1000)


def _event(words: list[str], day: str, facility: str, source: str) -> Event:
    clock, visit, event_type, *said = words
    kind = catalogue()[event_type]
    fields = dict(word.split("=", 1) for word in said)
    day = fields.pop("day", day)
    occurred = at(clock, day)
    sent = at(fields.pop("sent"), day) if "sent" in fields else occurred
    precision: Any = fields.pop("precision", "second")
    op: Any = fields.pop("op", "assert")
    telling = Telling(
        facility_id=facility,
        source_system=fields.pop("source") if "^" in fields.get("source", "") else source,
        sent_at=sent,
        ingested_at=max(sent, occurred) + 500,
    )
    patient = fields.pop("patient", None)
    hints = typing.get_type_hints(kind, include_extras=True)
    payload = {name: _value(hints[name], name, value, day) for name, value in fields.items()}
    return assemble(
        kind,
        telling,
        Instant(ms=occurred, precision=precision, offset_min=480),
        op=op,
        recorded_at=occurred,
        visit_id=None if visit == "-" else visit,
        patient_id=patient,
        **payload,
    )


def _value(hint: Any, name: str, text: str, day: str) -> Any:
    kinds = _plain_types(hint)
    if name == "parts":
        return [dict(zip(("channel", "amount"), part.split(":"), strict=True)) for part in text.split("+")]
    if name == "slots":
        return [_slot(item, day) for item in text.split("+")]
    if name == "changed":
        field, old, new = text.split(":")
        return {field: (old, new)}
    if name == "answers":
        return [dict(zip(("score", "scale"), map(int, item.split("/")), strict=True)) for item in text.split("+")]
    if tuple in kinds:
        return tuple(text.split(","))
    if float in kinds:
        return float(text)
    if bool in kinds:
        return text == "true"
    if Decimal in kinds:
        return text
    if int in kinds:
        return at(text, day) if ":" in text else int(text)
    return text


def _slot(text: str, day: str) -> dict[str, Any]:
    number, _, rest = text.partition("@")
    start, _, capacity = rest.partition("*")
    return {"slot_id": number, "start": at(start, day), "capacity": int(capacity), "pool": "open"}


def _plain_types(hint: Any) -> set[Any]:
    """The types a field may have, without the wrapping: int | None → {int}."""
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _plain_types(typing.get_args(hint)[0])
    if origin in (typing.Union, UnionType):
        return set().union(*(_plain_types(each) for each in typing.get_args(hint))) - {NoneType}
    if origin is Literal:
        return {str}
    return {origin or hint}


def retold(event: Event, later_ms: int = 60_000, **changes: Any) -> Event:
    """The same fact, said again by the same source a little later and otherwise: a new revision of one event id."""
    sent = (event.sent_at or event.occurred_at) + later_ms
    version = f"{datetime.fromtimestamp(sent // 1000, ZoneInfo('UTC')):%Y%m%d%H%M%S}{sent % 1000:03d}"
    return msgspec.structs.replace(event, revision=f"{version}-0001-{event.revision[-8:]}", sent_at=sent, **changes)


def retraction(event: Event, later_ms: int = 60_000) -> Event:
    """That it never happened."""
    return retold(event, later_ms, op="retract")
