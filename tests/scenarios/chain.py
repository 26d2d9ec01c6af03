"""The real one-machine stack for scenarios: a home of its own, ports that nobody else holds, and ways to look at it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from infra.local import kafka
from infra.local.places import is_free
from infra.local.stack import Stack
from infra.local.supervisor import Service, hispulse
from infra.rehearsal.caught_up import live_values
from ingest.bus import KPI, BusSettings, consumer, event_topic, read_to_end
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.events import domains
from ingest.settings import load_site
from streams.cells import CellKey
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, value_of
from streams.kpis.merging import merge
from streams.latest import Latest
from streams.live import LiveValues
from streams.stages import stages
from tests.conftest import ROOT
from warehouse.client import QueryFailed, Warehouse, WarehouseSettings, connect
from warehouse.load import GROUP

PATIENCE_S = 150
SERVANTS = ("load", "stream", "board", "ingest-mllp", "ingest-sql", "ingest-rest")


def site_on_free_ports(directory: Path, text: str, more: str = "") -> Path:
    """A site file whose stack disturbs nobody: every port is free, the password lies in the stack's own home."""
    taken = [str(port) for port in range(2575, 2583)]
    *free, warehouse, board, dagster, kafka_port = _ports(len(taken) + 4)
    of_feed = dict(zip(taken, map(str, free), strict=True))
    text = re.sub(r"\b25\d\d\b", lambda said: of_feed.get(said.group(), said.group()), text)
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "hospital.toml"
    password = directory / "home" / "keys" / "warehouse-password"
    path.write_text(
        f'{text}\n[bus]\nbootstrap = "127.0.0.1:{kafka_port}"\npartitions = 3\n'
        f'[warehouse]\nport = {warehouse}\npassword_file = "{password}"\n'
        f"[board]\nport = {board}\n[dagster]\nport = {dagster}\n{more}",
        "utf-8",
    )
    return path


def _ports(many: int) -> list[int]:
    """So many free ports, no two alike; the neighbour of the last is free too: the broker's controller takes it."""
    with ExitStack() as held:
        free = [_bound(held, 0) for _ in range(many - 1)]
        while True:
            last = _bound(held, 0)
            with suppress(OSError, OverflowError):
                _bound(held, last + 1)
                return [*free, last]


def _bound(held: ExitStack, port: int) -> int:
    bound = held.enter_context(socket.socket())
    bound.bind(("127.0.0.1", port))
    return int(bound.getsockname()[1])


class Chain:
    """A running stack."""

    def __init__(self, directory: Path, text: str, more: str = "") -> None:
        self.site = load_site(str(site_on_free_ports(directory, text, more)))
        self.home = directory / "home"
        self.stack = Stack(self.site, self.home)
        self.bus = self.site.section("bus", BusSettings)
        self.house = house_rules(self.site)

    def start(self, *names: str, hospital_ms: int | None = None) -> Chain:
        """The stores and the named stages; the hospital's clock goes on from an instant, else it is the real one."""
        self.stack.check()
        real_ms = real_now_ms()
        write_clock(self.home / "clock.json", ClockMap(real_ms, hospital_ms or real_ms, 1.0))
        self.stack.start_stores(lambda _: None)
        for service in self.stack.stages():
            if service.name in names:
                self.stack.supervisor.start(service)
        if "ingest-mllp" in names:
            listeners = [port for who, port in self.stack.ports().items() if who.startswith("feed ")]
            until(lambda: not any(is_free(port) for port in listeners), "every feed listens")
        return self

    def stop(self) -> None:
        """Everything ends."""
        self.stack.stop()

    def start_again(self, name: str) -> None:
        """A service that was killed."""
        self.stack.supervisor.start(next(service for service in self._services() if service.name == name))

    def kill(self, name: str) -> None:
        """`kill -9`, the whole process group."""
        known = next(known for known in self.stack.supervisor.remembered() if known.name == name)
        os.killpg(known.pid, signal.SIGKILL)
        until(lambda: name not in {known.name for known in self.stack.supervisor.remembered()}, f"{name} is gone")

    def _services(self) -> Iterable[Service]:
        broker, warehouse = self.stack.kafka_port, self.stack.warehouse.port
        assert broker
        yield Service(
            name="kafka", argv=tuple(kafka.command(self.home / "kafka", broker)), port=broker, is_store=True
        )  # fmt: skip
        yield Service(name="warehouse", argv=hispulse("warehouse", "serve"), port=warehouse, is_store=True)
        yield from self.stack.stages()

    # What a user types

    def hispulse(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command, with this stack's home; its site unless another is named."""
        return command(*words, environment={**self.stack.environment(), **environment})

    # Looking

    @property
    def warehouse(self) -> Warehouse:
        """A connection to the engine."""
        return connect(self.site.section("warehouse", WarehouseSettings))

    def rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        """Rows of the warehouse."""
        warehouse = self.warehouse
        try:
            return warehouse.rows(sql, params)
        finally:
            warehouse.close()

    def until_loaded(self) -> None:
        """The loader has stored everything that is on the topics now."""
        topics = sorted({event_topic(domain) for domain in domains()})  # merges and moves come with the heartbeats
        places = [TopicPartition(topic, number) for topic in topics for number in range(self.bus.partitions)]
        reader = consumer(self.bus, topics)
        loader = consumer(self.bus, topics, group=GROUP)  # never polls, so it never joins
        try:
            ends = reader.end_offsets(places)
            until(
                lambda: all((loader.committed(place) or 0) >= end for place, end in ends.items() if end),
                "the loader has stored everything",
            )
        finally:
            reader.close()
            loader.close(autocommit=False)

    def live(self) -> LiveValues:
        """The live values once the stream has worked out everything that was told."""
        return live_values(self.bus, self.house, PATIENCE_S)

    def live_cells(self) -> Latest:
        """Every live cell once the stream has worked out everything that was told, whatever its day."""
        self.live()
        latest, reader = Latest(self.bus.partitions), consumer(self.bus, [KPI])
        try:
            for record in read_to_end(reader):
                latest.apply(record.key.decode(), record.value)
        finally:
            reader.close()
        return latest

    def logs(self) -> str:
        """All that any process of the stack has written to its log."""
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted((self.home / "logs").iterdir()))


def over_all_days(cells: Latest, kpi: str, **where: str) -> Value:
    """A KPI's main series over all live rows."""

    def counts(cell: CellKey) -> bool:
        return (
            cell.series == "" and where.items() <= dict(zip(stages()[cell.stage].dims, cell.dims, strict=True)).items()
        )

    parts = {
        stage: merge(part for shown in packs.values() for cell, part in shown.pack.cells if counts(cell))
        for stage, packs in cells.packs.items()
        if stage in catalogue()[kpi].over
    }
    return value_of(catalogue()[kpi], parts, real_now_ms())


def command(*words: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What `hispulse` says and how it ends."""
    return subprocess.run(
        hispulse(*words),
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


def until(holds: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds; who cannot answer yet is asked again."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            if holds():
                return
        except (Unavailable, Misconfigured, QueryFailed, OSError):
            pass
        assert time.monotonic() < deadline, f"not within {patience_s:.0f} s: {what}"
        time.sleep(0.2)
