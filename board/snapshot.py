"""From live values to the wall: pure, so that any instant can be shown again exactly as it was.

The numbers are the KPIs' own (streams/kpis/aggregate.py); here they are placed, judged and put in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from board.alarms import Alarms
from board.cells_now import cell_of
from board.columns import BY_CODE, COLUMNS
from board.rollup import Rollup
from board.tiles import tiles
from board.view import View
from board.wall import (
    LONGEST_SHOWN,
    Arrivals,
    Cell,
    FailedCheck,
    LongWait,
    Row,
    Snapshot,
    TimeGoes,
    Trouble,
)
from board.words import local
from streams.cells import SLOT_MS
from streams.feeds import Feed, Heard
from streams.lateness import Came
from streams.measurable import Arrived
from streams.passing import passing
from streams.stages.visit_time import VISIT_TIME

QUARTER_MS = 3 * SLOT_MS


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the numbers: the clock, the feeds, what is broken, what the checks said."""

    at: int  # hospital time
    day: str
    rate: float = 1.0
    is_rehearsal: bool = False
    feeds: tuple[Feed, ...] = ()
    told: dict[str, Heard] = {}  # by source
    broken: frozenset[str] = frozenset()  # stages
    trouble: Trouble | None = None
    checks: tuple[FailedCheck, ...] = ()
    usual_arrivals: Mapping[int, tuple[float, float]] = {}  # local hour → low and high, for a quarter of an hour
    alarms: Alarms = Alarms()
    push_p95_ms: float | None = None
    lag_buckets: dict[int, int] = {}  # of all feeds today, as streams/lag.py makes them
    came: Came = Came()  # of all feeds today: what was late
    trends: Mapping[tuple[str, str], tuple[float | None, ...]] = {}  # (column, dept) → a line that is still good enough
    arrived: Arrived | None = None  # which event types are told at all; None: not known
    with_tiles: bool = True


def snapshot(rollup: Rollup, view: View, moment: Moment, order: tuple[str, ...] = ()) -> Snapshot:
    """The wall at a moment. `order`: the departments as they stood before, which stay unless one got worse."""
    house = _row("", rollup, view, moment)
    rows = [_row(dept, rollup, view, moment) for dept in _departments(rollup, view)]
    placed = _placed(rows, order)
    own = [cell for cell in house.cells if BY_CODE[cell.column].is_waiting]
    left_out: dict[str, int] = {}
    for cell in house.cells:
        for reason, n in cell.excluded:
            left_out[reason] = left_out.get(reason, 0) + n
    visits = rollup.total("visit_counted", {})
    return Snapshot(
        at=moment.at,
        zone=view.hospital.zone,
        zh=view.hospital.zh,
        en=view.hospital.en,
        rate=moment.rate,
        is_rehearsal=moment.is_rehearsal,
        session=_session(moment.at, view),
        trouble=moment.trouble,
        visits_today=visits.rows - sum(visits.excluded.values()),
        waiting_now=sum(cell.waiting for cell in own),
        over_now=sum(cell.over for cell in own),
        rows=(house, *placed),
        longest=_longest(placed)[: LONGEST_SHOWN - bool(moment.alarms.open)],
        feeds=moment.feeds,
        arrivals=_arrivals(rollup, view, moment),
        time_goes=_time_goes(rollup, view, moment) if moment.with_tiles else (),
        tiles=tiles(rollup, view, moment) if moment.with_tiles else (),
        excluded=tuple(sorted(left_out.items(), key=lambda pair: -pair[1])),
        checks=moment.checks,
        alarms=moment.alarms,
        push_p95_ms=moment.push_p95_ms,
    )


def _row(dept: str, rollup: Rollup, view: View, moment: Moment) -> Row:
    zh, en = view.name(dept)
    cells = (cell_of(column, dept, rollup, view, moment) for column in COLUMNS)
    return Row(dept=dept, zh=zh, en=en, cells=tuple(_with_alarm(cell, moment.alarms) for cell in cells))


def _with_alarm(cell: Cell, alarms: Alarms) -> Cell:
    """A cell, and whether an incident is open about this very number: the last hour may be worse than the day."""
    where = dict(cell.where) | ({"dept": cell.dept} if cell.dept else {})
    about = (each for each in alarms.open if each.incident.kpi == cell.kpi and dict(each.incident.where) == where)
    found = [each.severity for each in about]
    return msgspec.structs.replace(cell, alarm=max(found)) if found else cell


def _departments(rollup: Rollup, view: View) -> list[str]:
    """The site's departments, and those that only the data know."""
    seen = rollup.values("consult_wait", "dept") | rollup.values("window_wait", "dept")
    return [*view.departments, *sorted(seen - set(view.departments) - {"", "?"})]


def _placed(rows: list[Row], order: tuple[str, ...]) -> tuple[Row, ...]:
    """Worst first. Among equals who stood higher stays higher: a wall whose rows dance cannot be read."""
    before = {dept: place for place, dept in enumerate(order)}

    def rank(row: Row) -> tuple[int, int, int]:
        over = sum(cell.over for cell in row.cells)
        return (-row.severity, before.get(row.dept, len(before)), -over)

    return tuple(sorted(rows, key=rank))


def _longest(rows: tuple[Row, ...]) -> tuple[LongWait, ...]:
    """The longest wait of each place, the longest of those first."""
    found = [
        LongWait(column=cell.column, dept=cell.dept, since=cell.oldest_since, severity=_of_one(cell))
        for row in rows
        for cell in row.cells
        if BY_CODE[cell.column].is_waiting and cell.oldest_since is not None
    ]
    return tuple(sorted(found, key=lambda wait: wait.since)[:LONGEST_SHOWN])


def _of_one(cell: Cell) -> int:
    return 0 if not cell.over else max(1, cell.severity)


def _arrivals(rollup: Rollup, view: View, moment: Moment) -> Arrivals:
    """People who came, by quarter hour: outpatients at check-in, emergency patients at arrival."""
    zone = view.zone
    midnight = int(local(moment.at, zone).replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    counts: dict[int, int] = {}
    # Who was seen has a visit; who still waits is known by when the wait began.
    for since, _ in rollup.total("consult_wait", {}).waiting:
        place = (since - midnight) // QUARTER_MS
        counts[place] = counts.get(place, 0) + 1
    for found in (rollup.quarters("visit_los", {}), rollup.quarters("visit_counted", {"class": "emergency"})):
        for quarter, n in found.items():
            place = (quarter * QUARTER_MS - midnight) // QUARTER_MS
            counts[place] = counts.get(place, 0) + n
    now = (moment.at - midnight) // QUARTER_MS
    first, last = min([28, *(q for q in counts if q >= 0)]), max(72, now + 1)
    shown = tuple(counts.get(q, 0) if q <= now else None for q in range(first, last))
    usual = moment.usual_arrivals
    band = [usual.get(q // 4, (0.0, 0.0)) for q in range(first, last)] if usual else []
    return Arrivals(
        first_quarter=first, counts=shown, low=tuple(low for low, _ in band), high=tuple(high for _, high in band)
    )


def _time_goes(rollup: Rollup, view: View, moment: Moment) -> tuple[TimeGoes, ...]:
    """The hospital first, then departments, those whose visits take longest first."""
    by_dept = rollup.tallies(VISIT_TIME.code)
    hour_ago = moment.at // SLOT_MS - 11
    everybody = [each for tallies in by_dept.values() for each in tallies]
    made = []
    for dept, tallies in [("", everybody), *sorted(by_dept.items())]:
        zh, en = view.name(dept)
        today, hour = passing(tallies, moment.at), passing(tallies, moment.at, hour_ago)
        made.append(TimeGoes(dept=dept, zh=zh, en=en, today=today, hour=hour))
    return (made[0], *sorted(made[1:], key=lambda goes: -goes.today.millis / max(1, goes.today.visits)))


def _session(at: int, view: View) -> Literal["morning", "afternoon", "evening"]:
    hour = local(at, view.zone).hour
    return "morning" if 5 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
