"""Compares what a view has with what was told of it, by department and hour, and says what must be pulled again.

In two steps: a look asks for totals, and for the keys of hours whose totals are not as they were; what is not told then
may still be on its way. Only what the next reading of the overlap has not told either is a gap. What is told and no
longer there is shown, and never taken back: only the view's own `is_deleted` says that a row was never true.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from ingest.clock import real_now_ms
from ingest.databases.counting import Counting, Place
from ingest.databases.lines import Line
from ingest.databases.reconciled import DayCount
from ingest.databases.statements import Statement
from ingest.databases.told import Row, There, Told
from ingest.interpret.row import says_yes
from ingest.positions import Mark

_LEAST_SHARE = 50  # a look that takes a second is followed by so many seconds without one
_PATIENCE_MS = 60_000
_SETTLING_MS = 60_000  # after a start


class Check:
    """The reconciliation of one view. Instants are real time but where a hospital time is named."""

    def __init__(self, counting: Counting, told: Told, begun: str | None, *, every_s: float, days: int) -> None:
        self.view = counting.view
        self.counting = counting
        self._told, self._days = told, days
        self._after = Mark(begun, "") if begun is not None else None
        self._every_ms = round(every_s * 1000)
        self._due_at = real_now_ms() + min(self._every_ms, _SETTLING_MS)
        self._looked_at = 0
        self._oldest = self._end = ""  # dates: what lies before is not remembered; from then on nothing is compared yet
        self._there: dict[Place, There] = {}
        self._hours: list[str] = []
        self._doubts: list[Row] = []
        self._absent: set[bytes] = set()
        self._told_since: set[str] = set()
        self._seen: set[str] = set()  # keys, while a look reads
        self.is_in_doubt = False

    def is_due(self, now_ms: int) -> bool:
        """Whether it is time for a look."""
        return not self.is_in_doubt and now_ms >= self._due_at

    def may_conclude(self, overlapped_at: int, now_ms: int) -> bool:
        """Whether what was on its way at the look has had time to be told."""
        return overlapped_at > self._looked_at or now_ms - self._looked_at >= _PATIENCE_MS

    def keep(self, lines: Iterable[Line], hospital: datetime) -> None:
        """These were told."""
        if not self._oldest:
            self._oldest = self._window(hospital)[0].date().isoformat()
        rows = [row for line in lines if (row := self._row(line)) is not None and row.place.hour >= self._oldest]
        if self.is_in_doubt:
            self._told_since.update(row.src_pk for row in rows)
        self._told.keep(self.view, rows)

    def refuse(self, keys: Sequence[str]) -> None:
        """What these rows said became a dead letter."""
        self._told.refuse(self.view, keys)

    # The look

    def totals(self, hospital: datetime) -> Statement:
        """What to ask first: how much there is, by department and hour."""
        since, until = self._window(hospital)
        self._oldest, self._end = since.date().isoformat(), until.date().isoformat()
        self._told.forget(self.view, self._oldest)
        return self.counting.totals(since, until, self._after)

    def look(self, totals: Iterable[Sequence[Any]], now_ms: int) -> list[str]:
        """The hours whose keys must be read: their totals are not those of the last comparison, or something lacked."""
        self._looked_at = now_ms
        self._doubts, self._absent, self._told_since, self._seen = [], set(), set(), set()
        found: Counter[Place] = Counter()
        sums: Counter[Place] = Counter()
        for hour, dept, n, total in totals:
            place = Place(str(hour).strip(), str(dept or "").strip())
            found[place] += int(n)
            sums[place] += int(total or 0)
        self._there = {place: There(n, str(sums[place])) for place, n in found.items()}
        before = self._told.there(self.view)
        changed = {place.hour for place in {*self._there, *before} if self._is_changed(place, before.get(place))}
        self._hours = sorted(changed | self._not_as_told(before))
        return self._hours

    def _not_as_told(self, before: dict[Place, There]) -> set[str]:
        """Hours of which we hold another number of rows than there are."""
        held = Counter(self._told.by_hour(self.view))
        for place, there in self._there.items():
            held[place.hour] -= there.n
        for place, there in before.items():
            held[place.hour] += there.unversioned
        return {hour for hour, n in held.items() if n and hour < self._end}

    def rows_of(self, hour: str) -> Statement:
        """What to ask for an hour, or a day where the view tells no more than that."""
        if len(hour) < len("2026-11-22 08"):
            first = datetime.fromisoformat(hour)
            return self.counting.rows(first, first + timedelta(days=1), self._after)
        first = datetime.fromisoformat(f"{hour}:00")
        return self.counting.rows(first, first + timedelta(hours=1), self._after)

    def compare(self, lines: Iterable[Line]) -> None:
        """The keys of an hour: what of them is not told."""
        rows = [row for line in lines if (row := self._row(line)) is not None]
        self._doubts += self._told.untold(self.view, rows)
        for row in rows:
            there = self._there.get(row.place)
            if there is not None and row.is_deleted:
                self._there[row.place] = there._replace(deleted=there.deleted + 1)
        self._seen.update(row.src_pk for row in rows)

    def compared(self, seconds: float, now_ms: int) -> None:
        """All hours that had changed were read; the look took so long."""
        self._absent = self._told.not_among(self.view, self._hours, self._seen)
        self._seen, self.is_in_doubt = set(), True
        self.postpone(seconds, now_ms)

    def postpone(self, seconds: float, now_ms: int) -> None:
        """A look took so long, or was broken off after it: the next one is due so much later."""
        self._due_at = now_ms + max(self._every_ms, round(seconds * 1000 * _LEAST_SHARE))

    # The conclusion

    def missing(self) -> list[str]:
        """The keys of what is still not told, and can be: rows without a version are not read."""
        self._doubts = [row for row in self._told.untold(self.view, self._doubts) if row.src_pk not in self._told_since]
        return [row.src_pk for row in self._doubts if row.row_ver]

    def pulled(self, keys: Sequence[str]) -> None:
        """These were asked for again: what was still there is told now."""
        settled = set(keys)
        self._doubts = [row for row in self._doubts if row.src_pk not in settled]

    def conclude(self) -> None:
        """Remember how the view stands."""
        self._told.lose(self.view, self._absent - self._told.hashes(self._told_since))
        for row in self._doubts:
            there = self._there.get(row.place, There(0, ""))
            if row.row_ver:
                there = there._replace(missing=there.missing + 1)
            else:
                there = there._replace(unversioned=there.unversioned + 1)
            self._there[row.place] = there
        hours = set(self._hours)
        self._told.settle(self.view, hours, {p: each for p, each in self._there.items() if p.hour in hours})
        self.is_in_doubt = False

    def standing(self) -> list[DayCount]:
        """What the HIS has and what of it was told, by day and department."""
        found: dict[tuple[str, str], DayCount] = {}
        for place, there in self._told.there(self.view).items():
            count = found.setdefault((place.day, place.dept), DayCount(place.day, place.dept))
            count.rows += there.n - there.deleted
            count.missing += there.missing
            count.unversioned += there.unversioned
        for (day, dept), (refused, gone) in self._told.apart(self.view).items():
            count = found.setdefault((day, dept), DayCount(day, dept))
            count.refused, count.gone = refused, gone
        return [found[key] for key in sorted(found)]

    def _row(self, line: Line) -> Row | None:
        place = self.counting.place_of(line)
        if place is None:
            return None
        return Row(line.src_pk, line.row_ver, place, says_yes(line.columns.get("is_deleted")) is True)

    def _window(self, hospital: datetime) -> tuple[datetime, datetime]:
        """From the first of the days that count to the end of today, local."""
        midnight = hospital.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return midnight - timedelta(days=self._days - 1), midnight + timedelta(days=1)

    def _is_changed(self, place: Place, before: There | None) -> bool:
        now = self._there.get(place)
        return now is None or before is None or (now.n, now.total) != (before.n, before.total) or before.missing > 0


def hospital_time(now_ms: int, offset_min: int) -> datetime:
    """The hospital's local time of an instant, without a zone as databases write it."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).replace(tzinfo=None) + timedelta(minutes=offset_min)
