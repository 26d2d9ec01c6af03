"""Everything that a hospital's platform has written or says, searched for the canaries that were sent to it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx
from kafka import TopicPartition
from prometheus_client import generate_latest

from ingest.bus import (
    CONTROL,
    DEADLETTER,
    JOURNEY,
    RAW,
    BusSettings,
    consumer,
    ensure_topics,
    event_topic,
    read_to_end,
)
from ingest.events import decode, domains
from ingest.events.envelope import Event
from ingest.settings import Site, load_site
from streams.house import house_rules
from streams.kpis import catalogue
from tests.canaries.birds import found
from tests.canaries.senders import Senders
from tests.morning import Worker
from tests.running_board import RunningBoard
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.load import Loader, LoadSettings, reader_of
from warehouse.marts import build_day

DAY = "2025-03-03"  # of all that the canaries tell
_PANELS = 8
_ROWS = 20_000


class Search:
    """What was looked at, and where something of an identity was found: the place and the kind, never the canary."""

    def __init__(self) -> None:
        self.looked_at: Counter[str] = Counter()
        self.leaks: Counter[str] = Counter()

    def at(self, place: str, said: Iterable[bytes]) -> None:
        """Look at all that was said or written in a place."""
        self.looked_at[place] += 0
        for each in said:
            self.looked_at[place] += 1
            self.leaks.update(f"{place}: {kind}" for kind in found(each))


def story(
    site: Site, stored: WarehouseSettings, directory: Path, many: int, seed: int, first: int, search: Search
) -> int:
    """Send so many messages through the whole platform, from that one on, and look everywhere. How many were sent."""
    bus = site.section("bus", BusSettings)
    ensure_topics(bus)
    senders = Senders(site, directory, many, seed, first)
    asyncio.run(senders.send_all())
    search.at("answers to senders", senders.answers)
    _load(bus, stored)
    warehouse = connect(stored)
    try:
        build_day(warehouse, site, DAY, 1_741_132_380_000)
        for table in _tables(warehouse):
            search.at(f"table {table}", _rows(warehouse, table))
        events = [*_topics(bus, search)]
        _board(events, stored, bus, search)
    finally:
        warehouse.close()
    search.at("metrics", [generate_latest()])
    return senders.sent


def _topics(bus: BusSettings, search: Search) -> Iterator[Event]:
    """Every record of every topic: its key, its value, its headers; the events among them."""
    facts = [event_topic(domain) for domain in domains()]
    for topic in (*facts, JOURNEY, CONTROL, DEADLETTER, RAW):
        reader = consumer(bus, [topic])
        try:
            for record in read_to_end(reader):
                value = record.value or b""
                search.at(f"topic {topic}", [(record.key or b"") + value + repr(record.headers).encode()])
                if topic in facts:
                    yield decode(value)
        finally:
            reader.close()


def _load(bus: BusSettings, stored: WarehouseSettings) -> None:
    """Everything that is on the topics goes into the warehouse, by the loader itself."""
    stop, group = threading.Event(), "canaries-load"
    reader = reader_of(bus, group)
    loader = Loader(reader, lambda: connect(stored), LoadSettings(batch_ms=50), stop)
    working = threading.Thread(target=loader.run)
    working.start()
    topics = [event_topic(domain) for domain in domains()]
    places = [TopicPartition(topic, n) for topic in topics for n in range(bus.partitions)]
    looking = consumer(bus, topics, group=group)  # never polls, so it never joins
    try:
        ends = looking.end_offsets(places)
        while working.is_alive() and any((looking.committed(place) or 0) < end for place, end in ends.items() if end):
            stop.wait(0.2)
    finally:
        stop.set()
        working.join()
        looking.close(autocommit=False)
        reader.close(autocommit=False)


def _tables(warehouse: Warehouse) -> list[str]:
    sql = (
        "select name from system.tables where database = {database:String} and total_rows > 0 "
        "and engine like '%MergeTree' order by name"
    )
    return [str(row["name"]) for row in warehouse.rows(sql, {"database": warehouse.database})]


def _rows(warehouse: Warehouse, table: str) -> Iterator[bytes]:
    """Every row, as text."""
    sql = "select toString(tuple(*)) as said from {table:Identifier} limit {n:UInt32} offset {from:UInt32}"
    first = 0
    while rows := warehouse.rows(sql, {"table": table, "n": _ROWS, "from": first}):
        first += len(rows)
        yield from (str(row["said"]).encode() for row in rows)


def _board(events: list[Event], stored: WarehouseSettings, bus: BusSettings, search: Search) -> None:
    """The live values that follow, and every page of a board that shows them."""
    worker = Worker(house_rules(load_site("demo")))
    search.at("live values", (f"{key}".encode() + (value or b"") for key, value in worker.take(events, 0)))
    board = RunningBoard(size=None, warehouse=stored)
    try:
        board.say(events)
        scope = next(event.visit_id for event in events if event.visit_id)
        pages = ["/", "/?lang=en", "/measures", "/alerts", "/healthz", f"/timeline/{scope}"]
        pages += [f"/panel/{code}" for code in list(catalogue())[:: -(-len(catalogue()) // _PANELS)]]
        search.at("pages", (httpx.get(board.address + page, timeout=300).content for page in pages))
    finally:
        board.close()
