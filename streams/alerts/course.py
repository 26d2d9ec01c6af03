"""The course of incidents: from reading to reading, pure, and with no memory but the records themselves.

What it remembers between two readings is in the incidents that it gave, so that whoever reads them again goes on where
they stand: a restart neither repeats an incident nor forgets one. Places are independent of each other; within a place
a reading that is not newer than the last changes nothing, so duplicates and the order of places do not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from streams.alerts.incident import Incident, Incidents, Where, incident_id
from streams.alerts.rule import Rule, Verdict
from streams.hours import Opening

GAP_MS = 15 * 60_000  # nobody could see for so long: what was pending, or ending, begins anew
_TOLD_EVERY_MS = 60_000  # how often the figures of what is pending or open are written anew


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule finds at a place at an instant of the hospital's clock."""

    rule: str
    where: Where = ()
    at: int
    verdict: Verdict | Literal["unknown"]  # unknown: stale, broken or catching up; nothing is concluded from it
    hours: Opening = "open"  # of the department, or of the feed
    value: float | None = None
    n: int = 0
    cause: str = ""
    limit: float | None = None  # where it is not the rule's own
    kpi: str = ""

    @property
    def place(self) -> tuple[str, Where]:
        """What there is one incident of at a time."""
        return self.rule, self.where


class Changes(msgspec.Struct, frozen=True):
    """What follows from readings: incidents as they are now, and the ids of those that came to nothing."""

    incidents: tuple[Incident, ...] = ()
    dropped: tuple[str, ...] = ()


class Course:
    """All incidents of a facility under its rules."""

    def __init__(self, facility: str, rules: Mapping[str, Rule], known: Incidents, gap_ms: int = GAP_MS) -> None:
        self._facility, self._rules, self._known = facility, rules, known
        self.gap_ms = gap_ms
        self._last: dict[tuple[str, Where], int] = {}  # only a short cut: the incidents say it too

    def observe(self, readings: Iterable[Reading]) -> Changes:
        """What follows. The caller writes it down and puts it into `Incidents`; until then nothing has happened."""
        current: dict[tuple[str, Where], Incident] = {}
        told: dict[str, Incident | None] = {}
        unfinished = (each for each in self._known.known.values() if each.state != "closed")
        for each in sorted(unfinished, key=lambda each: (not each.is_open, each.since, each.id)):
            if each is not current.setdefault(each.place, each):  # two watches at once: there is one of a place
                told[each.id] = _closed(each, each.seen_at, "withdrawn") if each.is_open else None
        for reading in sorted(readings, key=lambda each: (each.place, each.at)):
            before = current.pop(reading.place, None)
            after = self._next(before, reading)
            if before is not None and (after is None or after.id != before.id):
                told[before.id] = None
            if after is not None and after != before:
                told[after.id] = after
            if after is not None and after.state != "closed":
                current[reading.place] = after
        return Changes(
            tuple(each for each in told.values() if each is not None),
            tuple(id_ for id_, each in told.items() if each is None),
        )

    def withdrawn(self, at: int) -> Changes:
        """What is pending or open under a rule that is no more."""
        orphans = [e for e in self._known.known.values() if e.state != "closed" and e.rule not in self._rules]
        closed = (_closed(each, at, "withdrawn") for each in orphans if each.is_open)
        return Changes(tuple(closed), tuple(each.id for each in orphans if not each.is_open))

    def _next(self, before: Incident | None, reading: Reading) -> Incident | None:
        if reading.at <= max(self._last.get(reading.place, -1), _newest(before)):
            return before
        self._last[reading.place] = reading.at
        rule = self._rules.get(reading.rule)
        if rule is None or reading.verdict == "unknown":
            return before
        was_blind = before is not None and reading.at - before.seen_at > self.gap_ms
        if before is not None and before.is_open:
            if was_blind:
                before = msgspec.structs.replace(before, well_since=None, far_since=None)
            return _open(before, reading, rule, is_taken=before.id in self._known.acknowledged)
        if was_blind:
            before = None
        if reading.hours != "open" or reading.verdict not in ("over", "far"):
            return None
        begun = before or self._begun(reading, rule)
        return _opening(_told(begun, reading), reading, rule)

    def _begun(self, reading: Reading, rule: Rule) -> Incident:
        return Incident(
            id=incident_id(self._facility, reading.rule, reading.where, reading.at),
            rule=reading.rule,
            where=reading.where,
            state="pending",
            since=reading.at,
            seen_at=reading.at,
            kpi=rule.kpi or reading.kpi,
            cause=reading.cause,
            value=reading.value,
            worst=reading.value,
            limit=rule.limit if reading.limit is None else reading.limit,
            direction=rule.direction,
            statistic=rule.statistic,
            n=reading.n,
            who=rule.who,
            escalates_to=rule.escalates_to,
        )


def _newest(incident: Incident | None) -> int:
    if incident is None:
        return -1
    return max(incident.seen_at, incident.far_since or 0, incident.well_since or 0)


def _opening(pending: Incident, reading: Reading, rule: Rule) -> Incident:
    """A pending incident, opened when it has lasted long enough; the instant does not depend on who looked when."""
    opens_at = pending.since + rule.opens_after_s * 1000
    if reading.at < opens_at:
        return pending
    opened = msgspec.structs.replace(pending, state="open", opened_at=opens_at, seen_at=reading.at)
    return _escalated(_now(opened, reading), reading, rule, is_taken=False)


def _open(before: Incident, reading: Reading, rule: Rule, *, is_taken: bool) -> Incident:
    """An open incident after one more reading."""
    if reading.hours == "closed":
        return _closed(_now(before, reading), reading.at, "closed")
    if reading.verdict == "well":
        since = before.well_since or reading.at
        ends_at = since + rule.closes_after_s * 1000
        if reading.at >= ends_at:
            return _closed(_now(before, reading), ends_at, "well")
        return _told(msgspec.structs.replace(before, well_since=since, far_since=None), reading)
    after = _told(msgspec.structs.replace(before, well_since=None), reading)
    return after if reading.hours == "break" else _escalated(after, reading, rule, is_taken=is_taken)


def _escalated(incident: Incident, reading: Reading, rule: Rule, *, is_taken: bool) -> Incident:
    """Escalated once: when it was far beyond for as long as it takes to open, or when nobody took it up."""
    if incident.far_since is not None and reading.at - incident.far_since >= rule.opens_after_s * 1000:
        at = max(incident.far_since + rule.opens_after_s * 1000, incident.opened_at or 0)
        because: Literal["far", "unacknowledged"] = "far"
        incident = msgspec.structs.replace(incident, severity=2)
    elif not is_taken and reading.at - (incident.opened_at or reading.at) >= rule.escalates_after_s * 1000:
        at, because = (incident.opened_at or reading.at) + rule.escalates_after_s * 1000, "unacknowledged"
    else:
        return incident
    if incident.escalated_at is not None:
        return incident
    return msgspec.structs.replace(_now(incident, reading), escalated_at=at, escalated_because=because)


def _told(incident: Incident, reading: Reading) -> Incident:
    """With the figures of a reading, where the last ones are a minute old; what began or ended is told at once."""
    is_far = reading.verdict == "far"
    far_since = (incident.far_since or reading.at) if is_far else None
    after = msgspec.structs.replace(incident, far_since=far_since, cause=reading.cause or incident.cause)
    return _now(after, reading) if reading.at - incident.seen_at >= _TOLD_EVERY_MS else after


def _now(incident: Incident, reading: Reading) -> Incident:
    """With the figures of a reading."""
    worst = _worse(incident.worst, reading.value, incident.direction)
    value = incident.value if reading.value is None else reading.value
    return msgspec.structs.replace(incident, seen_at=reading.at, value=value, worst=worst, n=reading.n)


def _worse(one: float | None, other: float | None, direction: str) -> float | None:
    known = [value for value in (one, other) if value is not None]
    if not known:
        return None
    return max(known) if direction in ("≤", "<") else min(known)


def _closed(incident: Incident, at: int, because: Literal["well", "closed", "withdrawn"]) -> Incident:
    return msgspec.structs.replace(incident, state="closed", closed_at=at, closed_because=because, far_since=None)
