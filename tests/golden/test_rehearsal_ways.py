"""What the rehearsal tells by other ways is what their interpreters hear: every resource, line and row of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Told
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import Wire, wires
from infra.rehearsal.rehearse import Rehearsal, run
from infra.rehearsal.rows import columns_of, place_of
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.sources import ALSO_FEED_OF, CAPTURE, EXPORT, FHIR, IN_TABLES
from infra.rehearsal.truth_identity import identity
from infra.rehearsal.ways import captured, site_text
from ingest.cdc.settings import settings_of, tables_of
from ingest.clock import Clock
from ingest.connectors import files
from ingest.errors import Misconfigured
from ingest.events.envelope import Event, kind_of
from ingest.feeds import Feed, open_feed
from ingest.intake import take
from ingest.interpret.changes import interpret_change
from ingest.interpret.fhir import interpret_fhir
from ingest.interpret.source import source_of
from ingest.settings import SITES, load_site
from tests.golden.test_changes import change
from tests.golden.test_rehearsal_messages import SOURCE, ZONE, plain_of


@pytest.fixture(scope="module")
def told() -> list[Wire]:
    day = simulate(SIZES["clinic"], 7, date(2025, 3, 3), ZONE)
    return list(wires(tell(day, 7, FAULTS, "all"), day.people))


@pytest.fixture
def feeds(tmp_path: Path) -> dict[str, Feed]:
    """The feeds of the other ways, of the site file that `--print-site` writes."""
    path = tmp_path / "six-ways.toml"
    path.write_text(site_text((SITES / "demo.toml").read_text("utf-8")), "utf-8")
    site = load_site(str(path))
    return {way: open_feed(site, name, Clock(), SOURCE.pseudonyms) for way, name in ALSO_FEED_OF.items()}


def test_half_of_many_facts_come_by_two_ways_and_some_by_the_other_alone(told: list[Wire]) -> None:
    ways: dict[tuple[str, ...], set[str]] = {}
    for telling in (telling for wire in told for telling in wire.tells):
        ways.setdefault(identity(telling), set()).add(telling.source)
    told_by = Counter(tuple(sorted(sources)) for sources in ways.values())
    for way in (FHIR, EXPORT):
        assert sum(n for sources, n in told_by.items() if way in sources and len(sources) > 1) > 20
        assert told_by[(way,)] > 10


def test_every_resource_becomes_the_fact_that_it_tells(told: list[Wire], feeds: dict[str, Feed]) -> None:
    source, resources = source_of(feeds[FHIR]), [wire for wire in told if wire.source == FHIR]
    assert {t.op for wire in resources for t in wire.tells} == {"assert", "retract"}
    for wire in resources:
        agree(interpret_fhir(wire.body, source, wire.told_at), wire.tells)


def test_every_dropped_file_becomes_the_facts_of_its_lines(
    told: list[Wire], feeds: dict[str, Feed], tmp_path: Path
) -> None:
    interpret, dropped = files.interpreter(feeds[EXPORT]), [wire for wire in told if wire.source == EXPORT]
    assert len(dropped) > 20
    for wire in dropped:
        (tmp_path / "1.csv").write_bytes(wire.body)
        heard = [take(raw, interpret) for raw in files.read_file(tmp_path / "1.csv", feeds[EXPORT])]
        assert not any(outcome.malformed or outcome.ignored for outcome in heard)
        agree([event for outcome in heard for event in outcome.events], wire.tells)


def test_every_row_that_changes_tells_the_same_to_change_capture(told: list[Wire], feeds: dict[str, Feed]) -> None:
    feed = feeds[CAPTURE]
    source, tables = source_of(feed), tables_of(settings_of(feed))
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    facts: set[tuple[Any, ...]] = set()
    heard: dict[str, Event] = {}
    tellings = [t for wire in told if wire.source in IN_TABLES for t in wire.tells]
    for place, telling in enumerate(tellings, 1):
        name, key, number = place_of(telling)
        row = rows.setdefault((name, number), {key: number})
        before, after = dict(row), {**row, **columns_of(telling)}
        row.update(after)
        body = change("u", f"public.{name}", _whole(before, tables, name), _whole(after, tables, name), place=place)
        for event in interpret_change(body, tables, source, telling.told_at):
            heard[event.event_id] = event
        again = captured(telling)
        assert again is not None
        facts.add((again.kind, again.at))
    assert {(kind_of(e), e.occurred_at) for e in heard.values() if e.op == "assert"} == facts


def _whole(row: dict[str, Any], tables: Any, name: str) -> dict[str, Any]:
    """All columns that leave the database; those that nobody has filled are null."""
    return {column: row.get(column) for each in tables[f"public.{name}"] for column in each.captured()}


def agree(events: Iterable[Event], tells: list[Told]) -> None:
    """Each event says of its fact all that was told, and no other fact is said."""
    said = sorted(({"op": t.op, "at": t.at, "kind": t.kind, **fields_of(t)} for t in tells), key=str)
    heard = []
    for event, telling in zip(sorted(events, key=_key), sorted(tells, key=lambda t: (t.kind, t.at)), strict=True):
        names = fields_of(telling)
        fields = {name: getattr(event, name) for name in names if name != "visit_id"}
        visit = {"visit_id": event.visit_id} if "visit_id" in names else {}
        heard.append({"op": event.op, "at": event.occurred_at, "kind": kind_of(event), **visit, **fields})
    assert sorted(heard, key=str) == said


def _key(event: Event) -> tuple[str, int]:
    return kind_of(event), event.occurred_at


def fields_of(told: Told) -> dict[str, Any]:
    """What is told, with pseudonyms for numbers."""
    visit = {"visit_id": SOURCE.pseudonyms.of("visit", "H001", "", told.visit)} if told.visit else {}
    fields = {name: plain_of(told, name, value) for name, value in told.fields.items()}
    return {**visit, **{name: value for name, value in fields.items() if value is not None}}


def test_a_site_without_feeds_for_the_other_ways_is_told_how_to_get_one() -> None:
    with pytest.raises(Misconfigured, match=r"no feed fhir, export, changes: .*--print-site"):
        run("demo", Rehearsal(ways="all"))
    with pytest.raises(Misconfigured, match="Unknown ways some"):
        run("demo", Rehearsal(ways="some"))
