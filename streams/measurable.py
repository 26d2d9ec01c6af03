"""Which KPIs a hospital can have: one that needs what none of its feeds tells says so, and is never 0."""

from __future__ import annotations

import msgspec

from ingest.events import catalogue as events
from streams.kpis.kpi import Kpi

LONG_ENOUGH_MS = 24 * 3600 * 1000  # sooner nobody knows what will still be told


class Arrived(msgspec.Struct, frozen=True):
    """The event types that came of late, and when the first of their events did (our clock, UTC ms)."""

    event_types: frozenset[str] = frozenset()
    since: int | None = None


def lacking(kpi: Kpi, arrived: Arrived | None, now: int) -> tuple[str, ...]:
    """What a KPI needs and nobody tells; nothing while nobody can know."""
    if arrived is None or arrived.since is None or now - arrived.since < LONG_ENOUGH_MS:
        return ()
    return tuple(name for name in kpi.needs if name not in arrived.event_types)


def titles(event_types: tuple[str, ...]) -> tuple[str, str]:
    """What event types are called, in Chinese and in English."""
    named = [events()[name].title for name in event_types]
    return "、".join(zh for zh, _ in named), ", ".join(en for _, en in named)


def sentence(event_types: tuple[str, ...]) -> str:
    """Why a KPI has no value here, in both languages."""
    zh, en = titles(event_types)
    return f"本院尚不可测:需要 {zh} · not measurable here: needs {en}"
