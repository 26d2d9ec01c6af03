"""How a published value stands: as it was first said or restated, still provisional, final, or frozen. Reads only."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from streams.house import HouseRules
from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse
from warehouse.final import is_final
from warehouse.frozen import frozen_periods
from warehouse.kpi_history import Published, history_of
from warehouse.periods import GRAINS, period_of


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said beside a value. `restated` is the last that was said otherwise: in its stead, or beside it."""

    is_final: bool = False
    frozen_ms: int | None = None
    times: int = 0  # how often it was said otherwise
    restated: Published | None = None

    @property
    def is_restated(self) -> bool:
        """Whether the value itself is not the first that was published."""
        return self.restated is not None and not self.restated.is_adjustment


def standing_of(
    warehouse: Warehouse, house: HouseRules, kpi: Kpi, grain: str, day: str, where: Mapping[str, str], now_ms: int
) -> Standing:
    """How a KPI's value of a day stands, or of the period that it lies in."""
    periods = {known: period_of(known, day) for known in GRAINS}
    period = next((found for known, found in periods.items() if known == grain), None)
    told = history_of(warehouse, house.facility_id, kpi, grain, period.first if period else day, where)
    frozen = frozen_periods(warehouse, house.facility_id).get(period) if period else None
    return Standing(
        is_final=period is None and bool(told) and is_final(house, kpi, day, now_ms),
        frozen_ms=frozen.frozen_ms if frozen else None,
        times=max(0, len(told) - 1),
        restated=told[-1] if len(told) > 1 else None,
    )
