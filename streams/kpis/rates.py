"""Rates: rows of some stages for every so many of others."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from streams.cells import Partial
from streams.kpis.kpi import Rate
from streams.kpis.numbers import ratio
from streams.stages import stages

if TYPE_CHECKING:
    from streams.kpis.aggregate import Value


def rate(kpi: Rate, common: Value, parts: dict[str, Partial]) -> Value:
    """What the partials of a rate's stages come to."""
    num = sum(counted(part) for stage, part in parts.items() if stage not in kpi.of)
    den = sum(_measure(stage, part) for stage, part in parts.items() if stage in kpi.of)
    return msgspec.structs.replace(
        common, n=den, value=ratio(num, den, kpi.per), num=num, den=den, waiting=0, oldest_since=None, completeness=None
    )


def counted(part: Partial) -> int:
    """Rows that are not excluded."""
    return part.rows - sum(part.excluded.values())


def _measure(stage: str, part: Partial) -> int:
    """How much a stage is as the measure of a rate: its rows, or what they say they weigh."""
    return int(Decimal(part.amount_trials)) if stages()[stage].weighted else counted(part)
