"""The stream worker as a process of its own, and what it published, for the tests of the streams."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from kafka import KafkaAdminClient

from ingest.bus import KPI, BusSettings, Producer, consumer, ensure_topics, read_to_end, topics
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.events.envelope import Event
from ingest.publish import publish
from streams.arrivals import STAGE as ARRIVED
from streams.book import CellBook
from streams.cells import CellKey, Pack, Partial, ShardRecord, decode_record
from streams.facts import money
from streams.stages.stage import StageRow

_RUN = (
    "import sys; from ingest.service import run_service; from streams.engine_commands import work_for; "
    "run_service('stream', sys.argv[1], work_for)"
)
_SITE = """\
[hospital]
facility_id = "H001"
zh = "演练医院"
en = "Rehearsal Hospital"
rehearsal = true
source_priority = ["HIS^DEMO", "QUEUE^DEMO"]
[bus]
bootstrap = "{bootstrap}"
partitions = {partitions}
[streams]
horizon_hours = 48
"""
PATIENCE_S = 90.0


class Hospital:
    """An empty log, a site file and a clock that stands at noon of the tests' day."""

    def __init__(self, bootstrap: str, home: Path, noon: int, partitions: int = 3) -> None:
        self.bus = BusSettings(bootstrap=bootstrap, partitions=partitions)
        self.home = home
        self.site = home / "site.toml"
        self.clock = home / "clock.json"
        self.site.write_text(_SITE.format(bootstrap=bootstrap, partitions=partitions), "utf-8")
        write_clock(self.clock, ClockMap(real_ms=real_now_ms(), hospital_ms=noon, rate=1.0))
        self._empty_log()

    def _empty_log(self) -> None:
        with KafkaAdminClient(bootstrap_servers=self.bus.bootstrap) as admin:
            ours = {topic.name for topic in topics(self.bus)}
            here = sorted(ours & {topic["name"] for topic in admin.describe_topics()})
            if here:
                admin.delete_topics(here)
                wait_until(lambda: not ours & {t["name"] for t in admin.describe_topics()}, "topics to be gone")
        ensure_topics(self.bus)

    def tell(self, events: Iterable[Event]) -> None:
        """Publish as connectors do."""
        producer = Producer(self.bus)
        for event in events:
            publish(producer, event, self.bus.partitions)
        producer.flush(60)
        producer.close()

    def worker(self, name: str = "streams") -> Worker:
        """Start a worker whose state lies in a directory of that name."""
        return Worker(self, self.home / name)

    def published(self) -> tuple[dict[CellKey, Partial], dict[int, ShardRecord]]:
        """What a reader believes: of each shard the newest epoch that was closed, its packs added up."""
        reader = consumer(self.bus, [KPI])
        last = {record.key.decode(): record.value for record in read_to_end(reader)}
        reader.close()
        said = {key: decode_record(key, value) for key, value in last.items() if value is not None}
        shards = {record.shard: record for record in said.values() if isinstance(record, ShardRecord)}
        cells: dict[CellKey, list[Partial]] = {}
        for key, pack in said.items():
            owner = shards.get(pack.shard)
            if isinstance(pack, Pack) and owner is not None and pack.epoch == owner.epoch and key in owner.packs:
                for cell, partial in pack.cells:
                    cells.setdefault(cell, []).append(partial)
        return {cell: _sum(partials) for cell, partials in cells.items()}, shards

    def owners(self) -> int:
        """How many owners every shard has had."""
        _, shards = self.published()
        return min((record.epoch for record in shards.values()), default=0) if len(shards) == self.bus.partitions else 0

    def wait_for(self, rows: list[StageRow]) -> dict[int, ShardRecord]:
        """Until exactly these rows are published by shards that are caught up; returns their records."""
        wanted = cells_of(rows)
        cells: dict[CellKey, Partial] = {}
        seen: dict[int, ShardRecord] = {}

        def there() -> bool:
            nonlocal cells, seen
            told, seen = self.published()
            cells = {key: partial for key, partial in told.items() if key.stage != ARRIVED}  # no rows: what came at all
            return cells == wanted and len(seen) == self.bus.partitions and all(s.caught_up for s in seen.values())

        def differs() -> str:
            wrong = sorted(
                {f"{key.stage} {key.day}" for key in cells.keys() | wanted if cells.get(key) != wanted.get(key)}
            )
            behind = sorted(number for number, record in seen.items() if not record.caught_up)
            return f"the published cells to be those of the fold in memory; different: {wrong}, catching up: {behind}"

        wait_until(there, differs)
        return seen


class Worker:
    """A worker process."""

    def __init__(self, hospital: Hospital, state: Path) -> None:
        self.state = state
        self._log = (hospital.home / f"{state.name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, str(hospital.site)],
            env={**os.environ, "HISPULSE_CLOCK": str(hospital.clock), "HISPULSE_STREAMS_STATE_DIR": str(state)},
            stdout=self._log,
            stderr=self._log,
        )

    def kill(self) -> None:
        """What the kernel does when memory is short."""
        self.process.kill()
        self.process.wait()
        self._log.close()

    def pause(self) -> None:
        """What a machine does that is put to sleep."""
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """It goes on where it was, and knows nothing of what happened meanwhile."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self._log.close()
        return code


def wait_until(true: Callable[[], bool], what: str | Callable[[], str]) -> None:
    """Look again and again until it is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what if isinstance(what, str) else what()}"
        time.sleep(0.3)


def cells_of(rows: list[StageRow]) -> dict[CellKey, Partial]:
    """The cells of rows, as one shard would publish them."""
    book = CellBook()
    book.replace((), rows)
    return {cell: partial for _, cells in book.everything() for cell, partial in cells}


def _sum(partials: list[Partial]) -> Partial:
    first, *others = partials
    if not others:
        return first
    total = Partial(**{name: getattr(first, name) for name in first.__struct_fields__})
    for other in others:
        total.seconds = sorted(total.seconds + other.seconds)
        total.waiting = sorted(total.waiting + other.waiting)
        total.sum_ms += other.sum_ms
        total.rows += other.rows
        total.hits += other.hits
        total.trials += other.trials
        keys = sorted({*total.excluded, *other.excluded})
        total.excluded = {key: total.excluded.get(key, 0) + other.excluded.get(key, 0) for key in keys}
        total.distinct = dict(sorted({**total.distinct, **other.distinct}.items()))
        total.amount_hits = _add(total.amount_hits, other.amount_hits)
        total.amount_trials = _add(total.amount_trials, other.amount_trials)
    return total


def _add(left: str, right: str) -> str:
    return money(Decimal(left) + Decimal(right))
