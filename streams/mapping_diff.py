"""What another site file would make of the same sample: which events and which KPI values differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ingest.clock import Clock
from ingest.events.envelope import Event, kind_of
from ingest.privacy import Pseudonyms
from ingest.settings import Site
from streams.kpis.aggregate import Value
from streams.trial import Tried, try_files

_NOT_SAID = frozenset(("revision", "ingested_at", "sent_at", "source_msg_id", "source_msg_seq"))


class EventChange(msgspec.Struct, kw_only=True):
    """What becomes of one type of events."""

    event_type: str
    gone: int = 0
    new: int = 0
    changed: int = 0
    fields: Counter[str] = msgspec.field(default_factory=Counter)  # of those changed, which fields, how often


class ValueChange(msgspec.Struct, frozen=True, kw_only=True):
    """One KPI value before and after; None: there is nothing to say."""

    kpi: str
    series: str
    dims: dict[str, str]
    old: Value | None
    new: Value | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs."""

    messages: int
    events: tuple[int, int]  # before, after
    changes: list[EventChange]
    aside: dict[str, tuple[int, int]]  # outcome and reason → before, after
    values: list[ValueChange]


class _Stopped(Clock):
    """A clock that stands: both readings are of the same instant."""

    def __init__(self, at_ms: int) -> None:
        super().__init__()
        self._at_ms = at_ms

    def now_ms(self) -> int:
        """When it stopped."""
        return self._at_ms


def difference(
    old: Site,
    new: Site,
    paths: Sequence[Path],
    clock: Clock,
    pseudonyms: Pseudonyms,
    *,
    feed: str | None = None,
    by: Sequence[str] = (),
) -> Difference:
    """What changes when `new` takes the place of `old`, for these files. Raises Misconfigured."""
    still = _Stopped(clock.now_ms())
    before, after = (try_files(site, paths, still, pseudonyms, feed=feed, by=by) for site in (old, new))
    return Difference(
        messages=after.messages,
        events=(len(before.events), len(after.events)),
        changes=_changes(_standing(before.events), _standing(after.events)),
        aside=_aside(before, after),
        values=_values(before.values, after.values),
    )


def _standing(events: Iterable[Event]) -> dict[tuple[str, str], Event]:
    """What each source says last of each fact."""
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        key = (event.event_id, event.source_system)
        if key not in found or found[key].revision < event.revision:
            found[key] = event
    return found


def _changes(before: dict[tuple[str, str], Event], after: dict[tuple[str, str], Event]) -> list[EventChange]:
    found: dict[str, EventChange] = {}

    def of(event: Event) -> EventChange:
        return found.setdefault(kind_of(event), EventChange(event_type=kind_of(event)))

    for key in before.keys() - after.keys():
        of(before[key]).gone += 1
    for key in after.keys() - before.keys():
        of(after[key]).new += 1
    for key in before.keys() & after.keys():
        fields = _fields(before[key], after[key])
        if fields:
            of(after[key]).changed += 1
            of(after[key]).fields.update(fields)
    return sorted(found.values(), key=lambda change: change.event_type)


def _fields(one: Event, other: Event) -> list[str]:
    names = one.__struct_fields__
    return [name for name in names if name not in _NOT_SAID and getattr(one, name) != getattr(other, name)]


def _aside(before: Tried, after: Tried) -> dict[str, tuple[int, int]]:
    old, new = before.by_reason(), after.by_reason()
    pairs = {
        f"{outcome}: {why}": (old.get((outcome, why), 0), new.get((outcome, why), 0)) for outcome, why in old | new
    }
    return {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}


def _values(before: Iterable[Value], after: Iterable[Value]) -> list[ValueChange]:
    old, new = ({(v.kpi, v.series, *sorted(v.dims.items())): v for v in values} for values in (before, after))
    found = []
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        told = other or one
        if one != other and told is not None:
            found.append(ValueChange(kpi=told.kpi, series=told.series, dims=told.dims, old=one, new=other))
    return found
