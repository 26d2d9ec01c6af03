"""A hospital's morning on this machine: the whole chain on the rehearsal hospital, from one command to Ctrl-C."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from infra.local import interruption, postgres
from infra.local.holdings import take_for_demo
from infra.local.keeper import Keeper
from infra.local.pulse import Pulse
from infra.local.stack import Stack, board_port, dagster_port
from infra.local.supervisor import Service, hispulse
from infra.rehearsal.progress import progress
from infra.rehearsal.sizes import SIZES
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site, load_site

MORNING = (7, 20)  # hospital time at which today begins
# How long after FOR seconds, or after the last that was told of yesterday, it still waits for its mart and checks: a
# laden machine is slow, and a large hospital's yesterday takes minutes.
GRACE_S = 600
FALLS = 3  # who falls so often in a row will not stand up
_LOOK_EVERY_S = 1.0
_SAY_EVERY_S = 15.0  # where there is no terminal to write a line anew


def run_demo(site_name: str, seconds: int, speed: float, size: str) -> int:
    """Set up, run and stop the demo. Returns the exit code: with a time limit, 0 only if all of it worked."""
    console = Console(highlight=False, soft_wrap=True)
    stack = Stack(_rehearsal(site_name))
    if size not in SIZES:
        raise Misconfigured(f"There is no size {size}: choose from {', '.join(SIZES)}.")
    if stopped := stack.stop():
        console.print(f"  stopped {stopped} processes that an earlier demo left")
    stack.check()
    _forget_the_last(stack)
    try:
        interruption.listen()
        _start(stack, speed, size, console)
        return _watch(stack, seconds, console)
    except interruption.Interrupted:
        return 0 if not seconds else 130
    finally:
        interruption.deafen()
        began = time.monotonic()
        console.print(f"  stopped {stack.stop()} processes in {time.monotonic() - began:.0f} s")


def _rehearsal(site_name: str) -> Site:
    site = load_site(site_name)
    if not site.hospital.rehearsal:
        raise Misconfigured(f"{site.path} is a real hospital's; the demo needs one with `rehearsal = true`.")
    return site


def _forget_the_last(stack: Stack) -> None:
    """Each demo is a fresh morning: an earlier one's events would lie in this one's future."""
    take_for_demo(stack.home, stack.site.hospital)
    postgres.forget(stack.home / "postgres")


def _start(stack: Stack, speed: float, size: str, console: Console) -> None:
    """Everything, with the hospital's clock standing at this morning until yesterday is loaded."""
    write_clock(stack.home / "clock.json", ClockMap(real_now_ms(), morning_ms(stack.site), 0.0))
    began = time.monotonic()

    def say(step: str) -> None:
        interruption.heed()
        console.print(f"  [{time.monotonic() - began:4.0f} s] {step}")

    stack.start_stores(say)
    stack.start_stages(say)
    say("the rehearsal hospital")
    words = ("rehearse", "--size", size, "--speed", str(speed))
    stack.supervisor.start(Service(name="rehearse", argv=hispulse(*words)))
    board, dagster = board_port(stack.site), dagster_port(stack.site)
    console.print(f"Board: http://127.0.0.1:{board}/     Dagster: http://127.0.0.1:{dagster}/")


def _watch(stack: Stack, seconds: int, console: Console) -> int:
    """A calm status until the end. Raises Unavailable when a process keeps falling."""
    pulse, keeper = Pulse(stack), Keeper(stack.supervisor, may_end=("rehearse",))
    began = said = time.monotonic()
    yesterday = Telling(stack.home, began)
    with Live(Text("…"), console=console, auto_refresh=False, transient=True) as live:
        while True:
            interruption.heed()
            _stand_up(stack, keeper, console)
            pulse.look()
            live.update(Text(pulse.lines()), refresh=console.is_terminal)
            now = time.monotonic()
            is_decided = pulse.is_whole() or bool(pulse.failed_run)
            until = began + seconds if is_decided else yesterday.went_on_at(now, began + seconds) + GRACE_S
            if seconds and now >= until:
                break
            if not console.is_terminal and now >= said + _SAY_EVERY_S:
                said = now
                console.print(pulse.line())
            time.sleep(_LOOK_EVERY_S)
    console.print(pulse.line())
    console.print(pulse.verdict())
    return 0 if pulse.is_whole() else 1


class Telling:
    """Whether the rehearsal's yesterday is still being told."""

    def __init__(self, home: Path, began: float) -> None:
        self._home = home
        self._answered = 0
        self._went_on = began

    def went_on_at(self, now: float, least: float) -> float:
        """When more of it was last seen to be told, `least` at the earliest; monotonic seconds."""
        said = progress(self._home)
        if said is not None and said.answered != self._answered:
            self._answered, self._went_on = said.answered, now
        return max(self._went_on, least)


def _stand_up(stack: Stack, keeper: Keeper, console: Console) -> None:
    """Start again what fell, and say so; the rehearsal may end when its day is over."""
    for fall in keeper.look():
        if fall.times >= FALLS:
            raise Unavailable(f"{fall.name} keeps ending by itself ({fall.why}); see {stack.supervisor.log(fall.name)}")
        console.print(f"  {fall.name} ended by itself ({fall.why}); it is started again")
    for name, code in stack.supervisor.ended():
        if name == "rehearse" and code != 0:
            raise Unavailable(
                f"{name} ended by itself (exit {code}); see {stack.supervisor.log(name)}"
                f"{stack.supervisor.last_words(name)}"
            )


def morning_ms(site: Site) -> int:
    """This morning's start in the hospital's zone, UTC ms."""
    hour, minute = MORNING
    today = datetime.fromtimestamp(real_now_ms() / 1000, site.zone)
    return int(today.replace(hour=hour, minute=minute, second=0, microsecond=0).timestamp() * 1000)
