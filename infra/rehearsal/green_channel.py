"""The green channel: who is on a time-critical pathway, and when each of its milestones is reached."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps

_ONE_PATHWAY_IN = 6


class Pathway(NamedTuple):
    """A pathway, and its milestones with the usual minutes from the door."""

    name: str
    milestones: tuple[tuple[str, float], ...]


# In turn, so that even a small hospital's day has the first.
_PATHWAYS = (
    Pathway("chest_pain", (("ecg", 7), ("needle", 32))),
    Pathway("stroke", (("ct", 24), ("needle", 52))),
    Pathway("chest_pain", (("ecg", 7), ("balloon", 84))),
    Pathway("trauma", (("ct", 28), ("or", 95))),
)


def pathway_of(hospital: Hospital) -> Pathway | None:
    """The next arrival's pathway; most have none."""
    turn = hospital.turn("arrival at the emergency department")
    if turn % _ONE_PATHWAY_IN != _ONE_PATHWAY_IN // 2:
        return None
    return _PATHWAYS[turn // _ONE_PATHWAY_IN % len(_PATHWAYS)]


def milestones(hospital: Hospital, rng: Random, visit: str, pathway: Pathway) -> Steps:
    """Each in its time; the last may lie after the departure to a theatre or a ward."""
    passed_s = 0.0
    for kind, minutes in pathway.milestones:
        after_s = max(passed_s, rng.lognormvariate(0, 0.25) * minutes * 60)
        yield hospital.env.timeout(after_s - passed_s)
        passed_s = after_s
        hospital.note("ed.green_channel_milestone", visit, pathway=pathway.name, kind=kind)
