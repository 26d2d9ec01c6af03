"""The loader: everything that the log tells as fact goes into table `events`, in batches, and only then counts as read.

At least once, and once is enough: a batch sent again carries the same token, and a row told again collapses into the
first. The journey and the hints are derived and never loaded. Of what is written to every partition, one copy is.
"""

from __future__ import annotations

import gc
import hashlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram

from ingest.bus import CONTROL, BusSettings, commit, consumer, event_topic
from ingest.errors import Malformed, Misconfigured, Unavailable
from ingest.events import catalogue, domains
from ingest.settings import Site
from warehouse.client import QueryFailed, Warehouse, WarehouseSettings, connect
from warehouse.columns import COLUMNS
from warehouse.rows import Records, block_of, sorted_out

GROUP = "hispulse-load"

_LOADED = Counter("hispulse_load_rows", "Rows stored in the warehouse")
_SET_ASIDE = Counter("hispulse_load_set_aside", "Records that are no events and were left out")
_WAITING = Gauge("hispulse_load_waiting", "1 while the warehouse does not take rows")
_INSERTING = Histogram("hispulse_load_insert_seconds", "Time of one insert")

# ClickHouse's words for a row that cannot be read, and for a table that is not there.
_UNREADABLE = {6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 407}
_NO_TABLE = {16, 60, 81}
_LONGEST_WAIT_S = 5.0
_PLACE_KEPT_S = 0.5  # a reader polls at least this often

log = structlog.get_logger()


class LoadSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [load]: how events are gathered into inserts."""

    batch_rows: int = 10_000
    batch_ms: int = 1_000  # an insert at least this long after the last, unless a batch is full


class _Kind(msgspec.Struct):
    event_type: str = ""


def is_everywhere(value: bytes) -> bool:
    """Whether an event is one that every shard must hear, and so the same on every partition."""
    try:
        kind = catalogue().get(msgspec.json.decode(value, type=_Kind).event_type)
    except msgspec.DecodeError:
        return False  # sorted out with the others
    return kind is not None and kind.broadcast


class Batch(msgspec.Struct):
    """Records on their way into one insert, and how far they reach in each partition."""

    records: Records = msgspec.field(default_factory=Records)
    reach: dict[tuple[str, int], tuple[int, int]] = {}  # (topic, partition) → first and last offset

    def take(self, polled: dict[Any, list[Any]]) -> None:
        """Add what one poll gave."""
        for place, records in polled.items():
            topic, partition = place.topic, place.partition
            first = self.reach.get((topic, partition), (records[0].offset, 0))[0]
            self.reach[topic, partition] = (first, records[-1].offset)
            kept = records
            if topic == CONTROL and partition != 0:  # what is on every partition is taken from the first
                kept = [record for record in records if not is_everywhere(record.value or b"")]
            values, offsets = [record.value or b"" for record in kept], [record.offset for record in kept]
            self.records.add(topic, partition, values, offsets)

    @property
    def token(self) -> str:
        """Names exactly these records, so that the same batch sent twice is stored once. Their places alone would not:
        offsets begin anew when Kafka is set up anew beside a warehouse that was kept."""
        told = ";".join(f"{t}/{p}:{first}-{last}" for (t, p), (first, last) in sorted(self.reach.items()))
        values = self.records.values
        return hashlib.sha256(b"\n".join([told.encode(), *values[:1], *values[-1:]])).hexdigest()[:32]

    @property
    def next_offsets(self) -> dict[tuple[str, int], int]:
        """Where to read on once the batch is stored."""
        return {place: last + 1 for place, (_, last) in self.reach.items()}


class Loader:
    """Gathers a batch while the one before it is being stored."""

    def __init__(
        self, reader: Any, reach: Callable[[], Warehouse], settings: LoadSettings, stop: threading.Event
    ) -> None:
        self._reader = reader
        self._reach = reach
        self._settings = settings
        self._stop = stop
        self._warehouse: Warehouse | None = None
        self._batch = Batch()
        self._due = 0.0

    def run(self) -> None:
        """Load until told to stop. Raises Misconfigured when the warehouse has no tables or refuses us."""
        on_its_way: tuple[Batch, Future[bool]] | None = None
        with ThreadPoolExecutor(1, thread_name_prefix="store") as storing:
            while not self._stop.is_set():
                self._poll(on_its_way and on_its_way[1])
                if on_its_way and on_its_way[1].done():
                    self._settle(*on_its_way)
                    on_its_way = None
                if on_its_way is None and self._is_due():
                    batch, self._batch = self._batch, Batch()
                    self._due = time.monotonic() + self._settings.batch_ms / 1000
                    on_its_way = batch, storing.submit(self._store, batch)
            if on_its_way:
                self._settle(*on_its_way)

    def _is_full(self) -> bool:
        return len(self._batch.records) >= self._settings.batch_rows

    def _is_due(self) -> bool:
        return self._is_full() or bool(self._batch.reach and time.monotonic() >= self._due)

    def _poll(self, stored: Future[bool] | None) -> None:
        if not self._is_full():
            left_ms = int((self._due - time.monotonic()) * 1000)
            self._batch.take(self._reader.poll(timeout_ms=left_ms if 0 < left_ms < 100 else 100))
        elif stored and not wait([stored], _PLACE_KEPT_S).done:  # take no more, but keep our place in the group
            self._reader.pause(*self._reader.assignment())
            self._batch.take(self._reader.poll(timeout_ms=0))
            self._reader.resume(*self._reader.paused())

    def _settle(self, batch: Batch, stored: Future[bool]) -> None:
        if stored.result():
            commit(self._reader, batch.next_offsets)

    def _store(self, batch: Batch) -> bool:
        """Insert, however long the warehouse is away; False when told to stop before it was stored."""
        records, block = self._block(batch.records)
        wait_s = 0.2
        while True:
            try:
                with _INSERTING.time():
                    self._insert(records, block, batch.token)
                _WAITING.set(0)
                _LOADED.inc(len(records))
                return True
            except Unavailable as error:
                log.warning("waiting", reason=str(error), rows=len(records))
                _WAITING.set(1)
            if self._stop.wait(wait_s):
                return False
            wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _block(self, records: Records) -> tuple[Records, memoryview]:
        """The records that are events, and their block; the others are set aside."""
        try:
            return records, block_of(records)
        except Malformed:  # some of them: one by one it shows which
            events, others = sorted_out(records)
            for record, why in others:
                self._set_aside(record, why)
            return events, block_of(events)

    def _insert(self, records: Records, block: memoryview, token: str) -> None:
        """Store rows; of rows that ClickHouse cannot read, the bad ones are found by halving and left out."""
        if not records:
            return
        try:
            if self._warehouse is None:
                self._warehouse = self._reach()
            self._warehouse.insert_arrow("events", COLUMNS, block, token)
        except QueryFailed as error:
            if error.code in _NO_TABLE:
                raise Misconfigured("The warehouse has no table of events: run `hispulse migrate` first.") from None
            if error.code not in _UNREADABLE:
                raise Unavailable(f"the warehouse does not take rows (code {error.code})") from None
            if len(records) == 1:
                self._set_aside(records, f"code {error.code}")
                return
            middle = len(records) // 2
            for half, mark in ((records.part(0, middle), "a"), (records.part(middle, len(records)), "b")):
                self._insert(half, block_of(half), token + mark)

    def _set_aside(self, one: Records, why: str) -> None:
        _SET_ASIDE.inc()
        [topic], [partition], [offset] = one.topics, one.partitions, one.offsets
        log.warning("set_aside", topic=topic, partition=partition, offset=offset, reason=why)


def topics() -> list[str]:
    """What is loaded: every domain's topic, the control topic among them."""
    return [event_topic(domain) for domain in domains()]


def collect_rarely() -> None:
    """Tell Python not to look for cycles all the time: of a batch's many small things none is in one, and looking took
    a third of the loader's time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def reader_of(bus: BusSettings, group: str = GROUP) -> Any:
    """The loader's consumer: large fetches, and of each record only what is stored. Raises Unavailable."""
    fetch: dict[str, Any] = {
        "max_poll_records": 10_000,
        "fetch_max_bytes": 64 << 20,
        "max_partition_fetch_bytes": 8 << 20,
    }
    return consumer(bus, topics(), group=group, bare=True, **fetch)


def run(site: Site, stop: threading.Event) -> None:
    """Load a site's events until told to stop. Raises Unavailable when Kafka does not answer at the start."""
    collect_rarely()
    warehouse = site.section("warehouse", WarehouseSettings)
    reader = reader_of(site.section("bus", BusSettings))
    try:
        Loader(reader, lambda: connect(warehouse), site.section("load", LoadSettings), stop).run()
    finally:
        reader.close(autocommit=False)
