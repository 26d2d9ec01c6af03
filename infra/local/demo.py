"""A hospital's morning on this machine: the whole chain on the rehearsal hospital, from one command to Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from datetime import datetime
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from infra.local.pulse import Pulse
from infra.local.stack import Stack, board_port, dagster_port
from infra.local.supervisor import Service, hispulse
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.errors import Unavailable
from ingest.settings import Site, load_site

MORNING = (7, 20)  # hospital time at which today begins
GRACE_S = 120  # how long after FOR seconds the demo still waits for its mart and checks
_LOOK_EVERY_S = 1.0


class Interrupted(BaseException):
    """Ctrl-C or SIGTERM. No mere Exception, and remembered too: a client that was at work might swallow it."""


_asked_to_stop = threading.Event()


def run_demo(site_name: str, seconds: int, speed: float, size: str) -> int:
    """Set up, run and stop the demo. Returns the exit code: with a time limit, 0 only if all of it worked."""
    console = Console(highlight=False)
    stack = Stack(load_site(site_name))
    if stopped := stack.stop():
        console.print(f"  stopped {stopped} processes that an earlier demo left")
    stack.check()
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _interrupt)
        _start(stack, speed, size, console)
        return _watch(stack, seconds, console)
    except Interrupted:
        return 0 if not seconds else 130
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        began = time.monotonic()
        console.print(f"  stopped {stack.stop()} processes in {time.monotonic() - began:.0f} s")


def _start(stack: Stack, speed: float, size: str, console: Console) -> None:
    """Everything, with the hospital's clock standing at this morning until yesterday is loaded."""
    write_clock(stack.home / "clock.json", ClockMap(real_now_ms(), morning_ms(stack.site), 0.0))
    began = time.monotonic()

    def say(step: str) -> None:
        _heed()
        console.print(f"  [{time.monotonic() - began:4.0f} s] {step}")

    stack.start_stores(say)
    stack.start_stages(say)
    say("the rehearsal hospital")
    words = ("rehearse", "--size", size, "--speed", str(speed))
    stack.supervisor.start(Service(name="rehearse", argv=hispulse(*words)))
    board, dagster = board_port(stack.site), dagster_port(stack.site)
    console.print(f"Board: http://127.0.0.1:{board}/     Dagster: http://127.0.0.1:{dagster}/")


def _watch(stack: Stack, seconds: int, console: Console) -> int:
    """A calm status line until the end. Raises Unavailable when a process ends by itself."""
    pulse = Pulse(stack)
    deadline = time.monotonic() + seconds if seconds else None
    with Live(Text("…"), console=console, refresh_per_second=2, transient=not console.is_terminal) as live:
        while True:
            _heed()
            _nobody_ended(stack)
            live.update(Text(pulse.line()))
            if (
                deadline
                and time.monotonic() >= deadline
                and (pulse.is_whole() or time.monotonic() >= deadline + GRACE_S)
            ):
                break
            time.sleep(_LOOK_EVERY_S)
    console.print(pulse.line())
    console.print(pulse.verdict())
    return 0 if pulse.is_whole() else 1


def _nobody_ended(stack: Stack) -> None:
    for name, code in stack.supervisor.ended():
        if name == "rehearse" and code == 0:
            continue  # the day is over; the board stays
        raise Unavailable(f"{name} ended by itself (exit {code}); see {stack.supervisor.log(name)}"
                          f"{stack.supervisor.last_words(name)}")  # fmt: skip


def morning_ms(site: Site) -> int:
    """This morning's start in the hospital's zone, UTC ms."""
    hour, minute = MORNING
    today = datetime.fromtimestamp(real_now_ms() / 1000, site.zone)
    return int(today.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp() * 1000)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _asked_to_stop.set()
    raise Interrupted


def _heed() -> None:
    if _asked_to_stop.is_set():
        raise Interrupted
