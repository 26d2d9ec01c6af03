"""How the times of a desk's work are entered, day by day: a score of the data, never of people.

A desk is a window, a consulting room or a queue, by its code; who sat there is not looked at. Of its acts (calls,
services, consultations) it is counted how many

* lie in the minutes :00 and :30: chance gives one in thirty; what goes beyond loses up to 40 points, all at 30 %,
* came within two seconds of an act for somebody else (batch clicks): up to 20 points, all at 30 % of the acts,
* ended a service or a consultation within two seconds of its start: up to 20 points, all at 20 % of the ends,
* called, in the last five minutes before the desk's last act, a ticket that was never served (calls before sign-out):
  up to 10 points, all at 20 % of the calls;

and of a queue's tickets how many nobody ever served, closed or gave up (what a machine closes at night is not
closed): up to 10 points, all at 20 %. The score is 100 less the points lost, of those that a desk could lose; 0 to 100.
Of fewer than 20 acts or tickets there is none. Below 80 a desk's data deserve a look: usually a habit of a program, a
clock or a form, seldom of anybody.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from ingest.settings import Site
from streams.house import house_rules
from streams.names import SERVICE_POINTS
from warehouse.client import Warehouse
from warehouse.mart_queries import stamp

LEAST = 20  # of fewer nothing is said
LOOK_BELOW = 80
_CHANCE = 2 / 60
_KINDS = {"window": ("窗口", "window"), "room": ("诊室", "room"), "queue": ("队列", "queue")}
_DAY_MS = 24 * 3_600_000


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One desk on one day."""

    kind: Literal["window", "room", "queue"]
    desk: str  # its code
    point: str  # kind of service point; "" = not told
    acts: int = 0
    on_half_hours: int = 0
    batch_clicks: int = 0
    ends: int = 0
    zero_lengths: int = 0
    calls: int = 0
    calls_at_sign_out: int = 0
    tickets: int = 0
    never_closed: int = 0

    @property
    def heaped(self) -> float:
        """The share of its instants on :00 and :30 beyond what chance gives, of all that could be beyond: 0 to 1."""
        return max(0.0, (self.on_half_hours / self.acts - _CHANCE) / (1 - _CHANCE)) if self.acts else 0.0

    @property
    def score(self) -> int | None:
        """0 to 100; None of too few."""
        if self.acts + self.tickets < LEAST:
            return None
        parts = [part for part in self._parts() if part[2]]
        lost = sum(points * min(1.0, share / bound) for points, bound, _, share in parts)
        return round(100 - 100 * lost / sum(points for points, *_ in parts))

    def _parts(self) -> list[tuple[int, float, int, float]]:
        """Points that may be lost, the share at which all are, of how many, and the share."""
        shares = (
            (20, 0.3, self.acts, self.batch_clicks),
            (20, 0.2, self.ends, self.zero_lengths),
            (10, 0.2, self.calls, self.calls_at_sign_out),
            (10, 0.2, self.tickets, self.never_closed),
        )
        return [(40, 0.3, self.acts, self.heaped), *((p, b, of, n / of if of else 0.0) for p, b, of, n in shares)]

    @property
    def called(self) -> tuple[str, str]:
        """What people call it."""
        zh, en = _KINDS[self.kind]
        point = SERVICE_POINTS.get(self.point, ("", ""))
        return f"{point[0]}{zh} {self.desk}", f"{point[1]} {en} {self.desk}".strip()

    @property
    def shows(self) -> tuple[str, str]:
        """What cost it points, in figures; the dearest first."""
        told = (
            (
                self._lost(0),
                f"整点半点 {self.on_half_hours}/{self.acts}",
                f"on :00 and :30 {self.on_half_hours}/{self.acts}",
            ),
            (self._lost(1), f"连击 {self.batch_clicks}/{self.acts}", f"batch clicks {self.batch_clicks}/{self.acts}"),
            (self._lost(2), f"零时长 {self.zero_lengths}/{self.ends}", f"zero lengths {self.zero_lengths}/{self.ends}"),
            (
                self._lost(3),
                f"签退前空叫 {self.calls_at_sign_out}/{self.calls}",
                f"vain calls before sign-out {self.calls_at_sign_out}/{self.calls}",
            ),
            (
                self._lost(4),
                f"未关闭的号 {self.never_closed}/{self.tickets}",
                f"tickets never closed {self.never_closed}/{self.tickets}",
            ),
        )
        dearest = sorted((each for each in told if each[0]), key=lambda each: -each[0])
        return "、".join(zh for _, zh, _ in dearest), ", ".join(en for _, _, en in dearest)

    def _lost(self, part: int) -> float:
        points, bound, _, share = self._parts()[part]
        return points * min(1.0, share / bound)

    @property
    def deserves_a_look(self) -> bool:
        """Whether somebody should ask how its times come about."""
        return self.score is not None and self.score < LOOK_BELOW


def desks(warehouse: Warehouse, site: Site, day: str) -> list[Desk]:
    """All desks of a day: those that deserve a look first, the worst of them before; then the others."""
    house = house_rules(site)
    since = house.instant(day, 0)
    asked = {
        "facility": house.facility_id, "zone": house.zone, "priority": list(house.source_priority),
        "since": stamp(since), "until": stamp(since + _DAY_MS),
    }  # fmt: skip
    found = [msgspec.convert(row, Desk) for row in warehouse.rows(_query(), asked)]
    return sorted(found, key=lambda desk: (101 if desk.score is None else desk.score, desk.kind, desk.desk))


@cache
def _query() -> str:
    return Path(__file__).with_suffix(".sql").read_text("utf-8")
