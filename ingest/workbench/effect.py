"""What the rooms to the right make of events, as the page shows it: journeys, and what the KPIs would say.

They are handed events, whose numbers are pseudonyms already; the message itself never leaves this room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ingest.events.envelope import Event


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened on a journey."""

    at: int
    zh: str
    en: str
    code: str
    is_retracted: bool = False


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a journey; without an end it is still open."""

    started: int
    ended: int | None
    zh: str
    en: str
    code: str
    left_out: str = ""  # why it does not count


class Journey(msgspec.Struct, frozen=True, kw_only=True):
    """What happened to one visit, or around one paper that names none."""

    name: str  # a pseudonym, shortened
    is_visit: bool
    marks: list[Mark]
    bars: list[Bar]


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What a KPI would say of these events alone."""

    code: str
    zh: str
    en: str
    of: str
    n: int
    value: str
    unit: str
    waiting: int
    left_out: str


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    journeys: list[Journey] = []
    figures: list[Figure] = []


Judge = Callable[[Sequence[Event], int], Effect]  # of events, as judged at an instant
