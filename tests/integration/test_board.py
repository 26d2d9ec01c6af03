"""The board as a process before a real broker: what a worker publishes is on the page, and its end is clean."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import CONTROL, KPI, BusSettings, Producer, ensure_topics
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.settings import load_site
from streams.house import house_rules
from tests.conftest import ROOT, free_port
from tests.morning import Worker, heard, others
from tests.timeline import at, timeline

pytestmark = pytest.mark.services
SHARDS = 3


class BoardProcess:
    """`hispulse board` on a site file of its own."""

    def __init__(self, folder: Path, bootstrap: str, board: str = "") -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        demo = load_site("demo").path.read_text("utf-8")
        site = folder / "hospital.toml"
        site.write_text(
            f'{demo}\n[bus]\nbootstrap = "{bootstrap}"\npartitions = {SHARDS}\n'
            f"[board]\nport = {self.port}\nhistory = false\n{board}",
            "utf-8",
        )
        clock = folder / "clock.json"
        write_clock(clock, ClockMap(real_now_ms(), at("10:42"), 1.0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hispulse", "board", "--site", str(site)],
            cwd=ROOT,
            env={**os.environ, "HISPULSE_HOME": str(folder), "HISPULSE_CLOCK": str(clock)},
            stderr=subprocess.PIPE,
        )

    def health(self) -> dict[str, object]:
        """What it says of itself; nothing while it is not up."""
        try:
            answer: dict[str, object] = httpx.get(self.address + "/healthz", timeout=2).json()
            return answer
        except httpx.TransportError:
            return {}

    def until(self, **says: object) -> None:
        """Wait until it says so of itself."""
        deadline = time.monotonic() + 60
        while not says.items() <= self.health().items():
            assert self.process.poll() is None, "the board has ended"
            assert time.monotonic() < deadline, f"{self.health()} never became {says}"
            time.sleep(0.1)

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Its exit code and what it said last."""
        self.process.send_signal(how)
        _, told = self.process.communicate(timeout=15)
        return self.process.returncode, told.decode()


@pytest.fixture
def bus(kafka: KafkaProcess) -> BusSettings:
    settings = BusSettings(bootstrap=kafka.bootstrap, partitions=SHARDS)
    ensure_topics(settings)
    return settings


@pytest.fixture
def board(bus: BusSettings, tmp_path: Path) -> Iterator[BoardProcess]:
    running = BoardProcess(tmp_path, bus.bootstrap)
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGKILL)


def publish(bus: BusSettings, records: list[tuple[str, bytes | None]]) -> None:
    producer = Producer(bus)
    for key, value in records:
        producer.send(KPI, key, value, partition=int(key.partition("|")[0]))
    producer.flush()
    producer.close()


def test_what_a_worker_publishes_is_on_the_page(board: BoardProcess, bus: BusSettings) -> None:
    house = house_rules(load_site("demo"))
    worker = Worker(house)
    records = worker.take(heard("clinic", at("10:42")), real_now_ms())
    publish(bus, [*records, *others(SHARDS, real_now_ms(), house)])
    board.until(ok=True, trouble="")
    assert int(str(board.health()["events"])) > 1_000
    with httpx.stream("GET", board.address + "/stream", timeout=20) as stream:
        assert stream.headers["content-encoding"] == "gzip"
        lines = stream.iter_lines()
        assert "event: pulse" in (next(lines) for _ in range(6))
        before = _visits_today(board)
        later = timeline("10:40 V901 registration.created visit_class=outpatient dept_code=CARD\n"
                         "10:41 V901 consultation.started consultation_seq=1 dept_code=CARD")  # fmt: skip
        publish(bus, worker.take(later, real_now_ms()))
        change = next(line for line in lines if line.startswith("data:") and f">{before + 1}<" in line)
    assert "strip" in change
    code, told = board.end()
    assert (code, "Traceback" in told) == (0, False)


def _visits_today(board: BoardProcess) -> int:
    page = httpx.get(board.address).text
    return int(page.split('今日就诊</span><span class="number">')[1].split("<")[0])


def test_heartbeats_make_a_link(board: BoardProcess, bus: BusSettings) -> None:
    from ingest.events import encode

    beat = timeline("10:42 - feed.heartbeat source=LIS^DEMO lag_s=0")[0]
    producer = Producer(bus)
    board.until(ok=True)
    deadline = time.monotonic() + 30
    while "连接正常" not in httpx.get(board.address).text:
        assert time.monotonic() < deadline
        for partition in range(SHARDS):
            producer.send(CONTROL, "LIS^DEMO", encode(beat), partition=partition)
        producer.flush()
        time.sleep(0.2)
    producer.close()


def test_without_a_broker_it_serves_and_says_so(tmp_path: Path) -> None:
    board = BoardProcess(tmp_path, f"127.0.0.1:{free_port()}")
    board.until(ok=True, trouble="starting")
    assert "正在连接实时数据" in httpx.get(board.address).text
    code, told = board.end()
    assert (code, "Traceback" in told) == (0, False)


@pytest.mark.parametrize(("board", "says"), [('host = "0.0.0.0"', "hispulse board user"), ("prot = 1", "prot")])
def test_what_cannot_work_is_one_sentence(board: str, says: str, tmp_path: Path) -> None:
    refused = BoardProcess(tmp_path, "127.0.0.1:1", board)
    _, told = refused.process.communicate(timeout=60)
    assert refused.process.returncode == 2
    last = told.decode().strip().splitlines()[-1]
    assert last.startswith("hispulse: ")
    assert says in last
