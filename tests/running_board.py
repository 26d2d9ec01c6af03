"""A whole board over a rehearsed morning, without Kafka: real packs, the real server, a clock that the test sets."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from board.access import Sessions, Users
from board.alarms import Alarms
from board.checks import Checks
from board.fragments import fragments
from board.hub import Hub
from board.live import Live
from board.panel import Panels
from board.server import Board
from board.service import serve_until
from board.settings import BoardSettings
from board.view import View, view_of
from ingest.clock import Clock, ClockMap, real_now_ms, write_clock
from ingest.events.envelope import Event
from ingest.settings import load_site
from streams.alerts.incident import Record, encoded, taken_up
from streams.house import house_rules
from tests.morning import Worker, heard
from tests.timeline import at
from warehouse.client import WarehouseSettings

SHARDS = 3
SOURCES = ("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO", "ED^DEMO")


class RunningBoard:
    """Serves on a free port of loopback until closed; a thread keeps workers and feeds alive meanwhile."""

    def __init__(
        self, *, clock: str = "10:42", rate: float = 1.0, size: str | None = "clinic",
        warehouse: WarehouseSettings | None = None, settings: BoardSettings | None = None,
    ) -> None:  # fmt: skip
        self._folder = TemporaryDirectory(prefix="board")  # not pytest's: its other sessions clear that away
        folder = Path(self._folder.name)
        site = load_site("demo")
        house = house_rules(site)
        self.now = at(clock)
        self._clock_file = folder / "clock.json"
        self.set_clock(rate)
        checks = Checks(warehouse or WarehouseSettings(), site.hospital.facility_id)
        self.live = Live(view_of(site), house, SHARDS, checks, Clock(self._clock_file))
        self.workers = [Worker(house, number) for number in range(SHARDS)]
        self.sources = set(SOURCES)  # whose feeds are up
        self.talks = True  # whether the workers say anything
        self._take(self.workers[0].take(heard(size, self.now) if size else (), real_now_ms()))
        self._listener = _bound(0)
        self._port = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self.hub = Hub(fragments)
        self.users = Users(folder / "users.json")
        self.board = Board(
            title=("演练医院", "Rehearsal Hospital"), settings=settings or BoardSettings(), hub=self.hub,
            behind=Panels(site, self.live, history=warehouse is not None),
            pulse=self.live.pulse, health=self.live.health,
            users=self.users, sessions=Sessions(b"k" * 32, 1.0, self.users), desk=self,
        )  # fmt: skip
        self._stop = threading.Event()
        self._beat()
        self._start()

    def _serve(self) -> None:
        asyncio.run(serve_until(self.board, self._listener, self._stop))

    def _start(self) -> None:
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._live_on, self._serve)]
        for thread in self._threads:
            thread.start()
        self._wait_until_up()

    def set_clock(self, rate: float) -> None:
        """The hospital's clock stands at the morning's instant and goes on at a rate."""
        write_clock(self._clock_file, ClockMap(real_now_ms(), self.now, rate))

    def say(self, events: Sequence[Event]) -> None:
        """More events reach the first worker."""
        self._take(self.workers[0].take(events, real_now_ms()))
        self.hub.publish(self.live.make())

    @property
    def view(self) -> View:
        """The site as the board sees it."""
        return self.live.view

    def alarms(self) -> Alarms:
        """Incidents as they are known now."""
        return self.live.alarms()

    def take(self, incident: str, by: str, note: str) -> None:
        """A role takes an incident up: written where a board would read it."""
        self.happen(taken_up(incident, by, self.live.clock.now_ms(), note))

    def happen(self, *records: Record) -> None:
        """Something is told of incidents."""
        self.live.take_incidents([encoded(record) for record in records])
        self.hub.publish(self.live.make())

    def kill(self) -> None:
        """The server goes, without a farewell to the page."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def close(self) -> None:
        """The server goes for good."""
        self.kill()
        self._folder.cleanup()

    def revive(self) -> None:
        """The server comes back where it was."""
        self._listener, self._stop, self.hub.closing = _bound(self._port), threading.Event(), False
        self._start()

    def _take(self, records: list[tuple[str, bytes | None]]) -> None:
        self.live.take(records)

    def _live_on(self) -> None:
        while not self._stop.wait(0.5):
            self._beat()

    def _beat(self) -> None:
        for source in tuple(self.sources):
            self.live.beats.beat(source, real_now_ms())
        if self.talks:
            for worker in self.workers:
                self._take(worker.take((), real_now_ms()))
        self.hub.publish(self.live.make())

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(self.address + "/healthz", timeout=2).close()
                return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the board did not come up")


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


Maker = Callable[..., RunningBoard]
