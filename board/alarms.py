"""Incidents as the board shows them: what is open, worst first, what is over, and whether anybody watches at all."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from board.words import local
from streams.alerts.incident import Acknowledgement, Incident, Incidents
from streams.alerts.says import Names, Pair, figures, title

MOST_PAST = 60
WATCH_GONE_MS = 30_000  # real time: the watch says every few seconds that it is there


class Alarm(msgspec.Struct, frozen=True):
    """An incident as people read it."""

    incident: Incident
    title: Pair
    figures: Pair
    taken: Acknowledgement | None = None
    undelivered: str = ""  # why the webhook was not told

    @property
    def severity(self) -> int:
        """2 = far beyond, or nobody took it up."""
        return 2 if self.incident.escalated_at is not None and self.taken is None else self.incident.severity

    def concerns(self, kpi: str, where: dict[str, str]) -> bool:
        """Whether it is about a measure, at a place or at any."""
        named = dict(self.incident.where)
        return self.incident.kpi == kpi and all(named.get(dim) == value for dim, value in where.items() if dim in named)


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, at one instant."""

    open: tuple[Alarm, ...] = ()
    past: tuple[Alarm, ...] = ()
    watch: Literal["never", "on", "gone"] = "never"
    watch_at: int | None = None  # the hospital's time when the watch last spoke
    rules: int = 0

    def about(self, kpi: str, where: dict[str, str], zone: ZoneInfo, day: str) -> tuple[Alarm, ...]:
        """What is open about a measure, at a place or at any, and what of it was over on a day."""
        today = (each for each in self.past if local(each.incident.closed_at or 0, zone).date().isoformat() == day)
        return tuple(each for each in (*self.open, *today) if each.concerns(kpi, where))

    def find(self, incident: str) -> Alarm | None:
        """The one of that id."""
        return next((each for each in (*self.open, *self.past) if each.incident.id == incident), None)


def alarms(known: Incidents, names: Names, real_ms: int) -> Alarms:
    """What is known of incidents, as the board shows it."""
    shown = [_alarm(each, known, names) for each in known.told]
    past = [each for each in shown if not each.incident.is_open]
    watch = known.watch
    state: Literal["never", "on", "gone"] = "never"
    if watch is not None:
        state = "gone" if real_ms - watch.real_at > WATCH_GONE_MS else "on"
    return Alarms(
        open=tuple(sorted((each for each in shown if each.incident.is_open), key=_urgency)),
        past=tuple(past[:MOST_PAST]),
        watch=state,
        watch_at=watch.at if watch else None,
        rules=watch.rules if watch else 0,
    )


def _alarm(incident: Incident, known: Incidents, names: Names) -> Alarm:
    sent = known.deliveries.get(incident.id)
    failing = sent.failing if sent is not None and (sent.failing or sent.given_up) else ""
    return Alarm(incident, title(incident, names), figures(incident), known.acknowledged.get(incident.id), failing)


def _urgency(alarm: Alarm) -> tuple[bool, int, int, str]:
    """Nobody's first, then the worse, then the longer."""
    return alarm.taken is not None, -alarm.severity, alarm.incident.opened_at or 0, alarm.incident.id
