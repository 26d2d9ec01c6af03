"""A synthetic hospital's day, simulated: the same seed gives the same day, fact by fact.

It knows what truly happened. What its systems tell of it is the matter of `feeds.py`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import simpy

from infra.rehearsal.facts import Fact, Person
from infra.rehearsal.service_point import ServicePoint
from infra.rehearsal.sizes import Size

_SERVICE = {
    "registration": ("REG", "R"),
    "cashier": ("PAY", "C"),
    "phlebotomy": ("BLD", "B"),
    "ultrasound": ("USX", "U"),
    "imaging": ("IMG", "I"),
    "pharmacy": ("PHM", "P"),
}


class Hospital:
    """What a simulated day runs on: its clock, its places, and the record of what happens."""

    def __init__(self, size: Size, seed: int, day: date, zone: ZoneInfo) -> None:
        self.env = simpy.Environment()
        self.size = size
        self.day = day
        self.stamp = f"{day:%Y%m%d}"
        self.facts: list[Fact] = []
        self.people: dict[str, Person] = {}
        self._seed = seed
        self._midnight = round(datetime.combine(day, time(), zone).timestamp() * 1000)
        self._numbers: dict[str, int] = {}
        self._turns: dict[str, int] = {}
        self.clinics = {dept: self._clinic(dept) for dept in size.departments}
        self.points = {kind: self._point(kind) for kind in _SERVICE}
        self.ed_doctors = simpy.PriorityResource(self.env, size.ed_doctors)
        self.benches = simpy.Resource(self.env, max(2, size.phlebotomy * 3))

    def rng(self, purpose: str) -> Random:
        """Chance for one purpose, so that one person's luck does not change another's."""
        return Random(f"{self._seed}|{self.day}|{purpose}")

    def number(self, letter: str) -> str:
        """The next number of a kind: visits, orders, bills."""
        self._numbers[letter] = self._numbers.get(letter, 0) + 1
        return f"{letter}{self.stamp}{self._numbers[letter]:06d}"

    def turn(self, what: str) -> int:
        """The how-manieth of its kind this is today."""
        self._turns[what] = self._turns.get(what, 0) + 1
        return self._turns[what]

    def one_in(self, many: int, what: str) -> bool:
        """Whether it happens this time: not by chance, so that even a small hospital's day has some of it."""
        return self.turn(what) % many == many // 2

    def note(self, kind: str, visit: str, /, *, known: bool = True, **fields: Any) -> None:
        """Write down a fact that happens now."""
        self.note_at(self.at(self.env.now), kind, visit, known=known, **fields)

    def note_at(self, at: int, kind: str, visit: str, /, *, known: bool = True, **fields: Any) -> None:
        """Write down a fact of another moment: a booking made days ago."""
        given = {name: value for name, value in fields.items() if value is not None}
        self.facts.append(Fact(kind=kind, at=at, visit=visit, known=known, fields=given))

    def at(self, second: float) -> int:
        """A second of the day as UTC ms."""
        return self._midnight + int(second * 1000)

    def _clinic(self, dept: str) -> ServicePoint:
        rooms = tuple(f"{dept}-R{n + 1:02d}" for n in range(self.size.rooms(dept)))
        return ServicePoint(self, self.rng(f"clinic {dept}"), "clinic", f"CL{dept}", dept, rooms, miss_share=0.07)

    def _point(self, kind: str) -> ServicePoint:
        code, letter = _SERVICE[kind]
        windows = tuple(f"{letter}{n + 1:02d}" for n in range(int(getattr(self.size, kind))))
        return ServicePoint(self, self.rng(kind), kind, code, "", windows)
