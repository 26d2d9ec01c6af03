"""`hispulse verify`: three answers to every question, and beside them what really happened.

The feeds hold their breath while it looks: what was told must have gone through everything before numbers compare.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import Progress

from infra.rehearsal.answers import Answers, Question, live_answers, mart_answers, questions, true_answers
from infra.rehearsal.caught_up import expected, live_values, wait_for_warehouse
from infra.rehearsal.facts import Fact, Told, read_facts, read_told
from infra.rehearsal.report import print_table
from infra.rehearsal.truth import House, Row, as_told, house_of, world_of
from infra.rehearsal.truth_rows import truth_rows
from infra.rehearsal.truth_values import Figures
from ingest.bus import BusSettings
from ingest.clock import load_clock
from ingest.errors import Misconfigured
from ingest.rotation import current_pseudonyms
from ingest.settings import Site, home, load_site
from streams.house import house_rules
from warehouse.client import WarehouseSettings, connect
from warehouse.marts import build_day

_QUIET_S = 1.5


class Verdict(NamedTuple):
    """One number from three sides. `mart` is None where there is none."""

    question: Question
    group: str
    true: Figures
    live: Figures | None
    mart: Figures | None
    happened: Figures | None

    @property
    def live_differs(self) -> bool:
        """Whether the wall is wrong."""
        return self.live is not None and self.live != self.true

    @property
    def is_silent(self) -> bool:
        """Whether nothing was told and nothing is shown."""
        return not any(_says(side) for side in (self.true, self.live, self.mart, self.happened) if side is not None)

    @property
    def mart_differs(self) -> bool:
        """Whether the report is wrong."""
        return self.mart is not None and self.mart != self.true


def run_verify(site_name: str, at: str, as_json: bool, patience_s: int) -> int:
    """Compare, print, and say by the exit code whether all agree."""
    site = load_site(site_name)
    directory = home() / "rehearsal"
    if not (directory / "told.ndjson").exists():
        raise Misconfigured(f"No told record in {directory}: start the rehearsal with `hispulse rehearse`.")
    instant = _instant(site, at)
    with _holding_breath(directory):
        verdicts = _compare(site, directory, instant, patience_s)
    wrong = [v for v in verdicts if v.live_differs or v.mart_differs]
    if as_json:
        sys.stdout.write(msgspec.json.encode(_as_json(site, verdicts, instant)).decode() + "\n")
    else:
        print_table(verdicts, instant, site.zone)
    return 1 if wrong else 0


@contextmanager
def _holding_breath(directory: Path) -> Iterator[None]:
    """The rehearsal says nothing while this file lies there."""
    hold = directory / "hold"
    hold.touch()
    try:
        _until_quiet(directory / "told.ndjson")
        yield
    finally:
        hold.unlink(missing_ok=True)


def _until_quiet(record: Path) -> None:
    size, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_S:
        if record.stat().st_size != size:
            size, since = record.stat().st_size, time.monotonic()
        time.sleep(0.1)


def _compare(site: Site, directory: Path, instant: int, patience_s: int) -> list[Verdict]:
    told = list(read_told(directory / "told.ndjson"))
    warehouse = connect(site.section("warehouse", WarehouseSettings))
    facility = site.hospital.facility_id
    with Progress(console=Console(stderr=True), transient=True) as bar:
        loading = bar.add_task("facts in the warehouse", total=None)
        bus = site.section("bus", BusSettings)
        wait_for_warehouse(
            warehouse, facility, bus, expected(told), patience_s,
            lambda n, of: bar.update(loading, completed=n, total=of),
        )  # fmt: skip
        bar.add_task("the stream's last word", total=None)
        live = live_values(bus, house_rules(site), patience_s)
        house = house_of(site, current_pseudonyms(bus).staff)
        rows = _by_stage(told, house)
        days = _days(rows, house.day_of(instant))
        for day in bar.track(days, description="building marts"):
            build_day(warehouse, site, day, instant)
        happened = _by_stage(list(as_told(_facts(directory, days, instant))), house)
        asked = questions(days, house.day_of(instant))
        return [
            verdict
            for question in bar.track(asked, description="comparing")
            for verdict in _verdicts(
                question,
                true_answers(question, rows, instant),
                live_answers(question, live, instant),
                mart_answers(question, warehouse, facility),
                true_answers(question, happened, instant),
            )
        ]


def _verdicts(
    question: Question, true: Answers, live: Answers | None, mart: Answers | None, happened: Answers
) -> Iterator[Verdict]:
    nothing = Figures()
    groups = {g for answers in (true, live or {}, mart or {}) for g, found in answers.items() if _says(found)}
    for group in sorted(groups | ({""} if not question.dim else set())):
        in_mart = None if mart is None else _or_nothing(mart.get(group))
        own = _or_nothing(true.get(group))
        on_wall = None if live is None else _or_nothing(live.get(group))
        yield Verdict(question, group, own, on_wall, in_mart, happened.get(group, nothing))


def _says(found: Figures) -> bool:
    return bool(found.n or found.den or found.waiting or found.excluded)


def _or_nothing(found: Figures | None) -> Figures:
    """A number of nothing is written in different ways: none, zero, no row."""
    return found if found is not None and _says(found) else Figures()


def _by_stage(told: Sequence[Told], house: House) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in truth_rows(world_of(told, house)):
        found[row.stage].append(row)
    return found


def _days(rows: dict[str, list[Row]], today: str) -> list[str]:
    """The day asked for and the one before, as far as anything was told of them."""
    told = {row.day for found in rows.values() for row in found}
    return sorted(day for day in told if day <= today)[-2:]


def _facts(directory: Path, days: Sequence[str], instant: int) -> Iterator[Fact]:
    for day in days:
        path = directory / f"facts-{day}.ndjson"
        if path.exists():
            yield from (fact for fact in read_facts(path) if fact.at <= instant)


def _instant(site: Site, at: str) -> int:
    if at == "now":
        return load_clock().now_ms()
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise Misconfigured("--at is no instant; write now, or 2025-03-03T10:30.") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=site.zone)
    return round(moment.timestamp() * 1000)


def _as_json(site: Site, verdicts: Sequence[Verdict], instant: int) -> dict[str, Any]:
    return {
        "at": datetime.fromtimestamp(instant / 1000, site.zone).isoformat(),
        "compared": len(verdicts),
        "live_differs": sum(v.live_differs for v in verdicts),
        "mart_differs": sum(v.mart_differs for v in verdicts),
        "numbers": [
            {
                **v.question._asdict(),
                "group": v.group,
                "told": v.true,
                "live": v.live,
                "mart": v.mart,
                "happened": v.happened,
                "differs": [side for side, wrong in (("live", v.live_differs), ("mart", v.mart_differs)) if wrong],
            }
            for v in verdicts
        ],
    }
