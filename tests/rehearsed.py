"""What the connectors make of a rehearsed day: messages, rows and records, each through its own interpreter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from infra.rehearsal.facts import Day, Told
from infra.rehearsal.messages import Wire, wires
from infra.rehearsal.rows import columns_of, place_of
from infra.rehearsal.sources import ED, IN_TABLES, PLATFORM, SERVICE, WARD
from ingest.events.envelope import Event
from ingest.interpret.canonical import interpret_event
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.interpret.views import interpret_row

VIEWS = {ED: "v_ed", WARD: "v_inpatient", SERVICE: "v_complaint"}


class Connectors:
    """The connectors of the rehearsal hospital, without a wire between."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}
        self._version = 0

    def hear(self, wire: Wire) -> list[Event]:
        """The events of what was said. A row is read after each change, so it says again what it said before."""
        if wire.source in IN_TABLES:
            return [event for told in wire.tells for event in self._changed(told)]
        if wire.source == PLATFORM:
            return interpret_event(wire.body, self._of(PLATFORM), wire.told_at)
        return interpret_message(wire.body, self._source, wire.told_at)

    def _changed(self, told: Told) -> Iterator[Event]:
        _, key, number = place_of(told)
        self._version += 1
        row = self._rows.setdefault((told.source, number), {"src_pk": number, key: number, "is_deleted": False})
        row |= {**columns_of(told), "row_ver": self._version}
        body = json.dumps({"view": VIEWS[told.source], "row": row}).encode()
        yield from interpret_row(body, self._of(told.source), told.told_at)

    def _of(self, source_system: str) -> Source:
        return Source(
            facility_id=self._source.facility_id,
            pseudonyms=self._source.pseudonyms,
            zone=self._source.zone,
            codes=self._source.codes,
            source_system=source_system,
        )


def events_of(words: Iterable[Told], day: Day, source: Source) -> list[Event]:
    """All that was said of a day, as events."""
    connectors = Connectors(source)
    return [event for wire in wires(words, day.people) for event in connectors.hear(wire)]
