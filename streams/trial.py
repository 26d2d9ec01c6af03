"""A trial: what files would become, without Kafka or a database: events, what was left aside and why, KPI values.

It goes the whole way of a live message, interpretation, pseudonyms, quarantine of the future, linking, folding, and
writes nothing anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ingest.clock import Clock
from ingest.connectors.files import files_feed, interpreter, read_file
from ingest.events.envelope import Event, kind_of
from ingest.folders import files_in
from ingest.intake import take
from ingest.privacy import Pseudonyms
from ingest.settings import Site
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate
from streams.kpis.kpi import Kpi, Quality
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow


class LeftAside(msgspec.Struct, frozen=True, kw_only=True):
    """A message that became no event."""

    outcome: str  # ignored, malformed, future
    file: str
    message: int  # its place in the file, from 1
    reason: str


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What the files come to."""

    files: int
    messages: int
    events: list[Event]
    aside: list[LeftAside]
    rows: list[StageRow]
    values: list[Value]
    as_of: int

    def by_type(self) -> dict[str, int]:
        """How many events of each type, by name."""
        return dict(sorted(Counter(kind_of(event) for event in self.events).items()))

    def by_reason(self) -> dict[tuple[str, str], int]:
        """How many messages were left aside, by outcome and reason, most first."""
        return dict(Counter((each.outcome, each.reason) for each in self.aside).most_common())


def try_files(
    site: Site,
    paths: Sequence[Path],
    clock: Clock,
    pseudonyms: Pseudonyms,
    *,
    feed: str | None = None,
    by: Sequence[str] = (),
) -> Tried:
    """What these files and folders come to, judged at the clock's now. Raises Misconfigured."""
    source = files_feed(site, clock, pseudonyms, feed)
    interpret = interpreter(source)
    events: list[Event] = []
    aside: list[LeftAside] = []
    messages, found = 0, files_in(paths)
    for path in found:
        for place, message in enumerate(read_file(path, source), 1):
            messages += 1
            outcome = take(message, interpret)
            events.extend(outcome.events)
            for told, reason in (("ignored", outcome.ignored), ("malformed", outcome.malformed)):
                if reason:
                    aside.append(LeftAside(outcome=told, file=path.name, message=place, reason=reason))
            for event in outcome.future:
                aside.append(LeftAside(outcome="future", file=path.name, message=place, reason=kind_of(event)))
    rows, as_of = fold_in_memory(events, house_rules(site)), clock.now_ms()
    return Tried(
        files=len(found),
        messages=messages,
        events=events,
        aside=aside,
        rows=rows,
        values=values_of(rows, as_of, by),
        as_of=as_of,
    )


def values_of(rows: Sequence[StageRow], as_of: int, by: Sequence[str] = ()) -> list[Value]:
    """Every KPI that has something to say about these rows, over all their days; with `by`, where it has those dims."""
    found: list[Value] = []
    for kpi in catalogue().values():
        if _needs_more_than_rows(kpi) or not set(by) <= {*kpi.dims}:
            continue
        found.extend(v for v in aggregate(kpi, rows, as_of, by=by) if v.n or v.waiting or v.excluded)
    return found


def _needs_more_than_rows(kpi: Kpi) -> bool:
    return isinstance(kpi, Quality) and kpi.gauge not in ("completeness", "negative")
