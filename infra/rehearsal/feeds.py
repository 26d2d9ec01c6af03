"""What each of the hospital's systems tells of what happened, when it tells it, and what it never knew.

Four systems speak HL7 v2; the emergency department's lives in a database view. Faults are laid over their words
by `faults.py`. The result is the second record: every telling, right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from infra.rehearsal.facts import Day, Fact, Told
from infra.rehearsal.faults import FAULTS, lay_over
from infra.rehearsal.message_numbers import Numbers

HIS, QUEUE, LIS, RIS, ED = "HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO", "ED^DEMO"
FEED_OF = {HIS: "his", QUEUE: "queue", LIS: "lis", RIS: "ris", ED: "ed"}

_DELAY_S = {HIS: (0.3, 3.0), QUEUE: (0.1, 1.0), LIS: (0.5, 5.0), RIS: (0.5, 6.0), ED: (0.5, 4.0)}
# What a queue server at a consulting room never learns: the doctor's own system opens and closes the visit.
_CLINIC_SILENT = ("queue.served", "queue.completed")
_CLINIC_THAT_TELLS = "DERM"


def tell(day: Day, seed: int, faults: Iterable[str] = FAULTS) -> list[Told]:
    """Everything the feeds say of a day, in the order in which it arrives."""
    rng = Random(f"{seed}|{day.day}|feeds")
    numbers = Numbers(day.day)
    told = [telling for fact in day.facts if (telling := _straight(fact, rng, numbers)) is not None]
    chosen = lay_over(told, day, set(faults), Random(f"{seed}|{day.day}|faults"), numbers)
    return sorted(chosen, key=lambda t: t.told_at)


def source_of(fact: Fact) -> str:
    """Which system tells a fact."""
    if fact.kind.startswith("queue."):
        return QUEUE
    if fact.kind.startswith("ed.") or (fact.kind == "triage.completed" and fact.fields["assigned_dept"] == "ED"):
        return ED
    if fact.kind.startswith("specimen."):
        return LIS
    if fact.kind.startswith("exam."):
        return RIS
    if fact.kind == "report.issued":
        return LIS if fact.fields["category"] == "lab" else RIS
    return HIS


def _straight(fact: Fact, rng: Random, numbers: Numbers) -> Told | None:
    """A fact as an honest, punctual system tells it; None when no system knows it."""
    if fact.kind in _CLINIC_SILENT and fact.fields["service_point_type"] == "clinic":
        if fact.fields["dept_code"] != _CLINIC_THAT_TELLS:
            return None
    source = source_of(fact)
    at = fact.at if source == QUEUE else fact.at // 1000 * 1000  # most systems keep whole seconds
    sent = fact.at + round(rng.uniform(*_DELAY_S[source]) * 1000)
    return Told(
        kind=fact.kind,
        source=source,
        message=numbers.of(source, fact),
        at=at,
        sent_at=sent,
        told_at=sent + rng.randint(20, 400),
        visit=fact.visit if fact.known else "",
        fields=_known(fact, source),
    )


def _known(fact: Fact, source: str) -> dict[str, Any]:
    """The fields that the source's messages have a place for."""
    dropped = {"fee_amount", "method", "lines", "reject_reason", "parts"} if source != HIS else {"lines"}
    if fact.kind == "queue.joined":
        dropped |= {"position"}
    return {name: value for name, value in fact.fields.items() if name not in dropped}
