"""The board as a process: puts its parts together, serves until told to stop, and leaves nothing running."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from board.access import Sessions, Users, session_key
from board.alerts import Bell
from board.checks import Checks
from board.fragments import fragments
from board.hearing import listen
from board.hub import Hub
from board.live import Live
from board.panel import Panels
from board.server import Board, application
from board.settings import BoardSettings
from board.view import view_of
from ingest.bus import BusSettings
from ingest.clock import load_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site, home
from streams.house import house_rules
from warehouse.client import WarehouseSettings


def users_file(site: Site) -> Path:
    """Where the users of a site's board are kept."""
    named = site.section("board", BoardSettings).users_file
    return Path(named) if named else home() / "keys" / "board-users.json"


def serve(site: Site, stop: threading.Event) -> None:
    """Serve the board until `stop`. Raises Misconfigured or Unavailable before it has begun."""
    settings, bus = site.section("board", BoardSettings), site.section("bus", BusSettings)
    users = Users(users_file(site))
    if settings.needs_login and not users.all():
        raise Misconfigured(
            f"The board listens on {settings.host}, so everybody must log in, and nobody may yet: "
            "add somebody with `hispulse board user NAME --role wall`."
        )
    listener = _bound(settings)
    live = Live(view_of(site), house_rules(site), bus.partitions, _checks(site), load_clock())
    hub = Hub(fragments, settings.max_viewers)
    hub.publish(live.make())
    board = Board(
        title=(site.hospital.zh, site.hospital.en),
        settings=settings,
        hub=hub,
        behind=Panels(site, live, history=settings.history),
        pulse=live.pulse,
        health=live.health,
        users=users,
        sessions=Sessions(session_key(home() / "keys" / "board-session"), settings.session_hours, users),
        feeds=live.feeds,
        desk=Bell(live.view, live.alarms, live.clock, bus),
    )
    _spare_the_collector()
    threads = listen(live, bus, hub.publish, stop)
    if settings.history:
        live.checks.run(lambda: live.today, stop)
    asyncio.run(serve_until(board, listener, stop))
    for thread in threads:
        thread.join(timeout=3)


def _spare_the_collector() -> None:
    """Live cells are many and hold no cycles: looking through them all would stop the wall for tenths of a second."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _checks(site: Site) -> Checks:
    return Checks(site.section("warehouse", WarehouseSettings), site.hospital.facility_id, site)


def _bound(settings: BoardSettings) -> socket.socket:
    """The listening socket, taken before anything else, so that a taken port is one sentence."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise Unavailable(
            f"The board cannot listen on {settings.host} port {settings.port} ({error.strerror}); "
            "name another in [board] port."
        ) from None
    return listener


class _Server(uvicorn.Server):
    """Leaves signals alone: here they set `stop`."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve_until(board: Board, listener: socket.socket, stop: threading.Event) -> None:
    """Serve a board on a socket that is bound already."""
    board.hub.attach(asyncio.get_running_loop())
    server = _Server(
        uvicorn.Config(
            application(board), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2,
            timeout_keep_alive=30, proxy_headers=board.settings.behind_proxy,
        )
    )  # fmt: skip
    serving = asyncio.create_task(server.serve([listener]))
    while not stop.is_set() and not serving.done():
        await asyncio.sleep(0.2)
    board.hub.close()
    server.should_exit = True
    await serving
