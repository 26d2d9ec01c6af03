"""What rules would have raised on days that are over: the same course, over rows as they stood at each instant. Pure.

Hindsight knows a little more than anybody did: a row that was told late, or mended, is taken as it is now, and feeds
that were silent hid nothing. Hours and holidays are those of the site file. The feeds' own rule: past_feeds.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from streams.alerts.course import Course, Reading
from streams.alerts.incident import Incident, Incidents, Where
from streams.alerts.readings import NOWHERE, Watched, reading_of
from streams.alerts.rule import Rule
from streams.book import partial_of
from streams.cells import SLOT_MS, Partial
from streams.hours import opening
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi
from streams.live import measured
from streams.stages.stage import StageRow

STEP_MS = 60_000
_WINDOW_SLOTS = 12


class Told(msgspec.Struct, frozen=True):
    """A row, and its dimensions by name."""

    row: StageRow
    dims: Mapping[str, str]


class Past:
    """What readings led to, one instant after the other."""

    def __init__(self, facility: str, rules: Mapping[str, Rule]) -> None:
        self._known = Incidents()
        self._course = Course(facility, rules, self._known)

    @property
    def incidents(self) -> list[Incident]:
        """What was raised so far, in its order."""
        return list(reversed(self._known.told))

    @property
    def unfinished(self) -> list[Incident]:
        """What is pending or open."""
        return [each for each in self._known.known.values() if each.state != "closed"]

    def see(self, readings: Iterable[Reading]) -> None:
        """Readings of an instant."""
        changes = self._course.observe(readings)
        for incident in changes.incidents:
            self._known.put(incident)
        for gone in changes.dropped:
            self._known.apply(gone, None)


class Hindsight:
    """Rules that go through days, one after the other; what they raised lies in `incidents`."""

    def __init__(self, watched: Watched, rules: Mapping[str, Rule], step_ms: int = STEP_MS) -> None:
        self._watched, self._step_ms = watched, step_ms
        self._rules = {code: rule for code, rule in rules.items() if rule.kpi}
        self._past = Past(watched.house.facility_id, self._rules)

    @property
    def incidents(self) -> list[Incident]:
        """What was raised so far, in its order."""
        return self._past.incidents

    def live_through(self, day: str, rows: Iterable[Told]) -> None:
        """One day, from its first minute to the hour in which even those who came late are closed."""
        house, kept = self._watched.house, list(rows)
        places = {code: dict(_places(rule, kept)) for code, rule in self._rules.items()}
        for at in range(house.instant(day, 0), house.instant(day, 24 * 60), self._step_ms):
            self._past.see([each for code in places for each in self._of_rule(self._rules[code], places[code], at)])

    def readings_at(self, rows: Iterable[Told], at: int) -> list[Reading]:
        """What the rules would have found at one instant."""
        kept = list(rows)
        rules = self._rules.values()
        return [reading for rule in rules for reading in self._of_rule(rule, dict(_places(rule, kept)), at)]

    def _of_rule(self, rule: Rule, places: Mapping[Where, list[StageRow]], at: int) -> Iterator[Reading]:
        kpi = catalogue()[rule.kpi]
        for where, rows in places.items():
            hours = opening(self._watched.hours(where, at), at, self._watched.zone)
            if hours == "closed" and not self._is_open(rule, where):
                continue
            found = measured(kpi, _parts(rule, rows, at), at, kpi.series[0], {})
            yield reading_of(rule, kpi, where, found, at, hours)

    def _is_open(self, rule: Rule, where: Where) -> bool:
        return any(each.place == (rule.code, where) for each in self._past.unfinished)


def _places(rule: Rule, rows: Iterable[Told]) -> Iterator[tuple[Where, list[StageRow]]]:
    """The rows that a rule looks at, by place."""
    found: dict[Where, list[StageRow]] = {}
    kpi = catalogue()[rule.kpi]
    for told in rows:
        if not _is_of(kpi, told.row) or any(told.dims.get(dim) != value for dim, value in rule.where):
            continue
        group = told.dims.get(rule.by, "") if rule.by else ""
        if rule.by and (group in NOWHERE or group in rule.but_not):
            continue
        where = tuple(sorted([*rule.where, *([(rule.by, group)] if rule.by else [])]))
        found.setdefault(where, []).append(told.row)
    yield from found.items()


def _is_of(kpi: Kpi, row: StageRow) -> bool:
    return row.stage in kpi.over and row.series == kpi.series[0]


def _parts(rule: Rule, rows: Iterable[StageRow], at: int) -> dict[str, Partial]:
    """What the cells in the window, and whoever waits outside it, come to."""
    first = {"60m": at // SLOT_MS - _WINDOW_SLOTS + 1, "now": at // SLOT_MS + 1, "today": 0}[rule.window]
    by_stage: dict[str, list[StageRow]] = {}
    for row in rows:
        stood = as_of(row, at)
        if stood is None:
            continue
        is_waiting = stood.open_until is not None and stood.open_until > at
        if is_waiting or first <= stood.at // SLOT_MS <= at // SLOT_MS:
            by_stage.setdefault(stood.stage, []).append(stood)
    return {stage: partial_of(found) for stage, found in by_stage.items()}


def as_of(row: StageRow, at: int) -> StageRow | None:
    """A row as it stood at an instant: not begun (None), waiting, or as it is now."""
    if row.started_at is None:
        return row if row.at <= at else None
    if row.started_at > at:
        return None
    if row.ended_at is not None and row.ended_at > at:
        return msgspec.structs.replace(
            row, ended_at=None, millis=None, excluded="", num=None, at=row.started_at, open_until=row.ended_at
        )
    return row
