"""Lets the rehearsal hospital speak: yesterday in bulk, then today in hospital time, over MLLP and in its database.

What a feed accepted is written to the told record; what happened is on record before anybody speaks.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Day, Told, write_facts
from infra.rehearsal.faults import chosen
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import Wire, wires
from infra.rehearsal.progress import note
from infra.rehearsal.sizes import SIZES, Size
from infra.rehearsal.sources import ALSO_FEED_OF, FEED_OF, FHIR, IN_TABLES
from infra.rehearsal.speakers import Address, Speakers
from infra.rehearsal.ways import speaks_all
from ingest.clock import ClockMap, load_clock, real_now_ms, write_clock
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site, home, load_site

_HOLD_LOOK_S = 0.2
_PATIENCE_S = 30.0  # how long the feeds may take to listen
_STEP_MS = 200  # how finely the live day is paced, real time


class Rehearsal(NamedTuple):
    """What a user asked for."""

    size: str = "clinic"
    seed: int = 20250303
    speed: float = 60.0
    day: str = ""
    start: str = "07:20"
    until: str = "24:00"
    faults: str = "all"
    yesterday: bool = True
    ways: str = "usual"


def records() -> Path:
    """Where the two records lie."""
    return home() / "rehearsal"


def run(site_name: str, wanted: Rehearsal) -> int:
    """Rehearse until the day is over or the process is asked to stop. The exit code."""
    asyncio.run(_rehearse(load_site(site_name), wanted, Console(stderr=True, highlight=False)))
    return 0


async def _rehearse(site: Site, wanted: Rehearsal, console: Console) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    _size(wanted.size), chosen(wanted.faults)  # or say at once what is wrong with them
    _knows_all_ways(site, wanted.ways)
    today = _today(site, wanted.day)
    starts_at, ends_at = (_local_ms(site, today, text) for text in (wanted.start, wanted.until))
    console.print(f"rehearsing {today} ({wanted.size}, seed {wanted.seed}, faults {wanted.faults})")
    days = [_a_day(site, wanted, today - timedelta(days=1))] if wanted.yesterday else []
    days.append(_a_day(site, wanted, today))
    _keep_facts(day for day, _ in days)
    await _listening(site, stop)
    everything = sorted((wire for day, told in days for wire in wires(told, day.people)), key=lambda w: w.told_at)
    bulk_until = ends_at if wanted.speed == 0 else starts_at
    _set_clock(bulk_until, 0.0)
    async with Speakers(site, records() / "told.ndjson") as speakers:
        await _in_bulk([w for w in everything if w.told_at < bulk_until], speakers, stop, console)
        if wanted.speed:
            _set_clock(starts_at, wanted.speed)
            console.print(f"today begins at {wanted.start}, {wanted.speed:g} times as fast")
            await _live([w for w in everything if starts_at <= w.told_at < ends_at], speakers, stop)
        await speakers.finish(stop)
        console.print(speakers.summary())


def _a_day(site: Site, wanted: Rehearsal, day: date) -> tuple[Day, list[Told]]:
    simulated = simulate(_size(wanted.size), wanted.seed, day, site.zone)
    return simulated, tell(simulated, wanted.seed, chosen(wanted.faults), wanted.ways)


def _size(name: str) -> Size:
    if name not in SIZES:
        raise Misconfigured(f"Unknown size {name}: choose from {', '.join(SIZES)}.")
    return SIZES[name]


async def _in_bulk(bulk: list[Wire], speakers: Speakers, stop: asyncio.Event, console: Console) -> None:
    """As fast as the feeds take it, with a bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as bar:
        loading = bar.add_task("what came before", total=len(bulk))
        for number, wire in enumerate(bulk, 1):
            if stop.is_set():
                return
            await speakers.say(wire)
            if number % 200 == 0:
                bar.update(loading, completed=speakers.answered)
                note(home(), speakers.answered, len(bulk))
        await speakers.settle()
        note(home(), len(bulk), len(bulk))
        bar.update(loading, completed=len(bulk))


async def _live(live: list[Wire], speakers: Speakers, stop: asyncio.Event) -> None:
    """Each message when its time has come on the hospital's clock; nothing while a hold file asks for silence."""
    clock = load_clock()
    for wire in live:
        while not stop.is_set() and (wire.told_at > clock.now_ms() or _is_held()):
            wait_s = (wire.told_at - clock.now_ms()) / 1000 / max(clock.rate, 0.001)
            await asyncio.sleep(min(max(wait_s, 0.01), _STEP_MS / 1000))
        if stop.is_set():
            return
        await speakers.say(wire)


def _is_held() -> bool:
    return (records() / "hold").exists()


def _keep_facts(days: Iterator[Day]) -> None:
    directory = records()
    directory.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        (directory / "hold").unlink()
    for day in days:
        path = directory / f"facts-{day.day}.ndjson"
        path.unlink(missing_ok=True)
        write_facts(path, day.facts)


def _today(site: Site, text: str) -> date:
    if not text:
        return datetime.fromtimestamp(load_clock().now_ms() / 1000, site.zone).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured("--day is no date; write it as 2025-03-03.") from None


def _local_ms(site: Site, day: date, text: str) -> int:
    try:
        hour, minute = (int(part) for part in text.split(":"))
        if not (0 <= hour <= 24 and 0 <= minute < 60):
            raise ValueError
        moment = datetime.combine(day, time(), site.zone) + timedelta(hours=hour, minutes=minute)
    except ValueError:
        raise Misconfigured(f"{text} is no time of day; write it as 07:20.") from None
    return round(moment.timestamp() * 1000)


def _knows_all_ways(site: Site, ways: str) -> None:
    """Raise Misconfigured when the site has no feed for a way in which the hospital is to speak."""
    lacking = [name for name in ALSO_FEED_OF.values() if name not in site.names("feeds")]
    if speaks_all(ways) and lacking:
        raise Misconfigured(
            f"{site.path} has no feed {', '.join(lacking)}: hispulse rehearse --print-site > six-ways.toml writes a "
            "site with them; then start the stack with --site six-ways.toml."
        )


async def _listening(site: Site, stop: asyncio.Event) -> None:
    """Wait until every feed listens: they may be starting too. Raises Unavailable when one does not."""
    listeners = {source: name for source, name in FEED_OF.items() if source not in IN_TABLES}
    if ALSO_FEED_OF[FHIR] in site.names("feeds"):
        listeners[FHIR] = ALSO_FEED_OF[FHIR]
    for name in listeners.values():
        address = site.section(f"feeds.{name}", Address)
        deadline = monotonic() + _PATIENCE_S
        while not stop.is_set():
            try:
                _, writer = await asyncio.open_connection(address.host, address.port)
                writer.close()
                break
            except OSError:
                if monotonic() > deadline:
                    raise Unavailable(
                        f"Feed {name} does not listen on {address.host}:{address.port}: start it with `hispulse up`."
                    ) from None
                await asyncio.sleep(_HOLD_LOOK_S)


def _set_clock(hospital_ms: int, rate: float) -> None:
    """Set the hospital's clock, where the processes share one."""
    if named := os.environ.get("HISPULSE_CLOCK"):
        write_clock(Path(named), ClockMap(real_now_ms(), hospital_ms, rate))
