"""Partials become one, and are judged at an instant: who is open beyond the time counts as unfinished, or as late."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from streams.cells import Partial
from streams.facts import money
from streams.stages.stage import Stage


def merge(partials: Iterable[Partial]) -> Partial:
    """Partials of any cells, of any shards, as one: addition, and for distinct keys the union."""
    total = Partial(seconds=[], waiting=[], excluded={}, distinct={})
    amount_hits = amount_trials = Decimal(0)
    for part in partials:
        total.seconds.extend(part.seconds)
        total.waiting.extend(part.waiting)
        total.sum_ms += part.sum_ms
        total.rows += part.rows
        total.hits += part.hits
        total.trials += part.trials
        for reason, n in part.excluded.items():
            total.excluded[reason] = total.excluded.get(reason, 0) + n
        for key, hit in part.distinct.items():
            total.distinct[key] = hit or total.distinct.get(key, False)
        if part.amount_trials != "0" or part.amount_hits != "0":
            amount_hits += Decimal(part.amount_hits)
            amount_trials += Decimal(part.amount_trials)
    total.seconds.sort()
    total.waiting.sort()
    total.amount_hits, total.amount_trials = money(amount_hits), money(amount_trials)
    return total


def judged(part: Partial, stage: Stage, as_of: int) -> Partial:
    """The partial as it stands at an instant: rows open beyond their time are left out; what was due was not done."""
    if stage.kind != "due":
        return overdue(part, stage.unfinished, as_of)
    n_late = late(part, as_of)
    return msgspec.structs.replace(
        part,
        waiting=[w for w in part.waiting if w[1] > as_of],
        trials=part.trials + n_late,
        hits=part.hits + (n_late if stage.overdue_counts else 0),
    )


def overdue(part: Partial, unfinished: str, as_of: int) -> Partial:
    """The partial as it stands at an instant: rows open beyond their time count as `unfinished`."""
    n_late = late(part, as_of)
    if not n_late:
        return part
    excluded = {**part.excluded, unfinished: part.excluded.get(unfinished, 0) + n_late}
    return msgspec.structs.replace(part, waiting=[w for w in part.waiting if w[1] > as_of], excluded=excluded)


def late(part: Partial, as_of: int) -> int:
    """How many of it are open beyond their time."""
    return sum(1 for _, until in part.waiting if until <= as_of)
