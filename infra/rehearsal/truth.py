"""Works out what the numbers must be, by code of its own, from what the feeds told.

Nothing here is shared with the fold or the SQL: it reads the told record, keeps of every fact the telling that counts
(specification 5.1), lays facts to their visits, and leaves the rules to `truth_visits.py` and `truth_subjects.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.rehearsal.facts import Fact, Told
from infra.rehearsal.truth_identity import identity
from ingest.settings import Site

HOUR = 3600 * 1000
TWO_HOURS = 2 * HOUR
SKEW = 120_000

_SUBJECTS = ("ticket", "order", "bill", "prescription", "call", "complaint", "inquiry")
_OF_VISITS = ("patient.checked_in",)  # whose subject is the visit, though they name others


@dataclass
class Row:
    """One stretch of somebody's day as it must come out."""

    stage: str
    whom: str
    day: str
    at: int
    dims: dict[str, str]
    start: int | None = None
    end: int | None = None
    millis: int | None = None
    until: int | None = None  # set on rows that are still open
    reason: str = ""
    series: str = ""
    part: str = ""
    hit: bool | None = None
    once: str = ""  # rows with one such value count once
    amount: str = ""
    amount_hit: str = ""


@dataclass
class House:
    """The hospital as truth needs it: its days, its sessions, whom it believes."""

    zone: ZoneInfo
    session_end: int  # minutes after midnight
    session_ends: dict[str, int]
    priority: Sequence[str]
    open_times: dict[str, list[tuple[int, int]]] = field(default_factory=dict)  # department ("" = all) → minutes
    staff: Callable[[str], str] = str  # how a member of staff appears in the numbers

    def day_of(self, at: int) -> str:
        """The local date."""
        return datetime.fromtimestamp(at / 1000, self.zone).date().isoformat()

    def midnight_after(self, day: str) -> int:
        """The end of a local day."""
        begins = datetime.fromisoformat(day).replace(tzinfo=self.zone)
        return round((begins + timedelta(days=1)).timestamp() * 1000)

    def closes(self, dept: str, at: int) -> int:
        """When something that began then in a department is given up: two hours after its session."""
        day = self.day_of(at)
        minutes = self.session_ends.get(dept, self.session_end)
        ends = round(datetime.fromisoformat(day).replace(tzinfo=self.zone).timestamp() * 1000) + minutes * 60_000
        return (ends if at < ends else self.midnight_after(day)) + TWO_HOURS


@dataclass
class World:
    """What counts of all that was told: by kind, by visit, and by what it is about: tickets, orders, bills, calls."""

    house: House
    facts: list[Told]
    retracted: set[str]  # visits whose registration never happened
    by_visit: dict[str, list[Told]] = field(default_factory=lambda: defaultdict(list))
    by_subject: dict[tuple[str, str], list[Told]] = field(default_factory=lambda: defaultdict(list))
    visit_of: dict[tuple[str, str], str] = field(default_factory=dict)
    bookings: dict[str, Told] = field(default_factory=dict)


def house_of(site: Site, staff: Callable[[str], str] = str) -> House:
    """The house of a site file."""
    own = {code: _last(d.open_hours) for code, d in site.departments.items() if d.open_hours}
    times = {code: _times(d.open_hours) for code, d in site.departments.items() if d.open_hours}
    times[""] = _times(site.hospital.open_hours)
    return House(site.zone, _last(site.hospital.open_hours), own, site.hospital.source_priority, times, staff)


def world_of(told: Iterable[Told], house: House) -> World:
    """Everything in its place."""
    facts, retracted = _counting(told, house.priority)
    world = World(house, facts, retracted)
    for fact in facts:
        for kind in _SUBJECTS:
            if fact.kind not in _OF_VISITS and (number := fact.fields.get(f"{kind}_id")):
                world.by_subject[(kind, number)].append(fact)
                if fact.visit:
                    world.visit_of[(kind, number)] = fact.visit
        if fact.kind == "appointment.booked":
            world.bookings[fact.fields["appointment_id"]] = fact
    for (kind, number), about in world.by_subject.items():
        if kind == "ticket" and (kind, number) not in world.visit_of and (visit := _referred(world, about)):
            world.visit_of[(kind, number)] = visit
    for fact in facts:
        if visit := _visit_of(world, fact):
            world.by_visit[visit].append(fact)
    return world


def as_told(facts: Iterable[Fact]) -> Iterable[Told]:
    """What really happened, as if somebody who knows everything had told it at once."""
    for number, fact in enumerate(facts):
        visit = "" if fact.kind.startswith("appointment.") else fact.visit
        yield Told(kind=fact.kind, source="", message=str(number), at=fact.at, sent_at=fact.at, told_at=fact.at,
                   visit=visit, fields=fact.fields)  # fmt: skip


def interval(
    world: World, stage: str, whom: str, start: int, end: int, dims: Mapping[str, str], *,
    bucket: str = "end", ceiling_h: float | None = 12, **more: Any,
) -> Row:  # fmt: skip
    """A finished row, guarded: a little backwards is nothing, more is `negative`, too long is `ceiling`."""
    millis = more.pop("millis", None)
    millis = end - start if millis is None else millis
    reason = more.pop("reason", "")
    if millis < -SKEW:
        reason = reason or "negative"
    elif millis < 0:
        millis = 0
    elif ceiling_h is not None and millis > ceiling_h * HOUR:
        reason = reason or "ceiling"
    at = start if bucket == "start" else end
    day = more.pop("day", "") or world.house.day_of(at)
    return Row(stage, whom, day, at, dict(dims), start, end, millis, reason=reason, **more)


def still_open(
    world: World, stage: str, whom: str, start: int, until: int, dims: Mapping[str, str], **more: Any
) -> Row:
    """A row that has begun and not ended."""
    day = more.pop("day", "") or world.house.day_of(start)
    return Row(stage, whom, day, start, dict(dims), start=start, until=until, **more)


def without(world: World, stage: str, whom: str, reason: str, at: int, dims: Mapping[str, str], **more: Any) -> Row:
    """A row that is left out for a reason."""
    day = more.pop("day", "") or world.house.day_of(at)
    return Row(stage, whom, day, at, dict(dims), reason=reason, **more)


def of_kind(facts: Iterable[Told], *kinds: str) -> list[Told]:
    """Facts of some kinds, in order of time."""
    return sorted((f for f in facts if f.kind in kinds), key=lambda f: f.at)


def first(facts: Iterable[Told], kind: str) -> Told | None:
    """The first fact of a kind."""
    return next(iter(of_kind(facts, kind)), None)


def _counting(told: Iterable[Told], priority: Sequence[str]) -> tuple[list[Told], set[str]]:
    """Of every fact the telling that counts: best source first, then the latest word of it."""
    best: dict[tuple[str, ...], tuple[tuple[int, str], int, int, Told]] = {}
    for number, t in enumerate(told):
        rank = (priority.index(t.source), "") if t.source in priority else (len(priority), t.source)
        known_as = identity(t)
        rival = best.get(known_as)
        if rival is None or rank < rival[0] or (rank == rival[0] and (t.sent_at, number) >= rival[1:3]):
            best[known_as] = (rank, t.sent_at, number, t)
    counting = [t for *_, t in best.values() if t.op == "assert"]
    registered = {t.visit for *_, t in best.values() if t.op == "retract" and t.kind == "registration.created"}
    return sorted(counting, key=lambda t: t.at), registered


def _referred(world: World, about: list[Told]) -> str:
    """The visit of the bill, order or prescription that a ticket names."""
    for fact in about:
        for number in fact.fields.get("ref_ids") or ():
            for kind in ("bill", "order", "prescription"):
                if (kind, number) in world.visit_of:
                    return world.visit_of[(kind, number)]
    return ""


def _visit_of(world: World, fact: Told) -> str:
    if fact.visit:
        return fact.visit
    for kind in ("ticket", "order", "bill", "prescription"):
        if (number := fact.fields.get(f"{kind}_id")) and (kind, number) in world.visit_of:
            return world.visit_of[(kind, number)]
    return ""


def _times(open_hours: Iterable[str]) -> list[tuple[int, int]]:
    ends = [[end.split(":") for end in hours.split("-")] for hours in open_hours]
    return [(int(b[0]) * 60 + int(b[1]), int(e[0]) * 60 + int(e[1])) for b, e in ends]


def _last(open_hours: Iterable[str]) -> int:
    return max(end for _, end in _times(open_hours))
