"""What stands beside a day while it is built: each KPI's value, how many values it has, and how they lie by hour."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.house import HouseRules
from warehouse.client import Warehouse

_WHERE = "facility_id = {facility:String} and day = {day:Date}"
_HEADLINES = f"{_WHERE} and empty(dims) and series = ''"


class Made(msgspec.Struct, frozen=True):
    """Of one KPI: how many values it has, that of the whole day and hospital, and that of each hour (None: none)."""

    rows: int = 0
    day: dict[str, Any] = {}
    hours: tuple[float | None, ...] = (None,) * 24


class Beside:
    """Reads what a build of a day has made and not yet published."""

    def __init__(self, warehouse: Warehouse, house: HouseRules, day: str) -> None:
        self._warehouse, self._zone = warehouse, house.zone
        self._asked = {"facility": house.facility_id, "day": day}

    def values(self) -> dict[str, Made]:
        """Of each KPI that has values."""
        counted = self._rows(
            f"select toString(kpi) as kpi, count() as n from kpi_values_building where {_WHERE} group by kpi"
        )
        whole = self._rows(
            "select toString(kpi) as kpi, n, value, mean, p50, p90, completeness from kpi_values_building"
            f" where {_HEADLINES} and grain = 'day'"
        )
        hours = self._rows(
            "select toString(kpi) as kpi, toUInt8(assumeNotNull(hour)) as hour, value from kpi_values_building"
            f" where {_HEADLINES} and grain = 'hour'"
        )
        days = {row["kpi"]: {name: said for name, said in row.items() if name != "kpi"} for row in whole}
        return {
            row["kpi"]: Made(row["n"], days.get(row["kpi"], {}), _by_hour([h for h in hours if h["kpi"] == row["kpi"]]))
            for row in counted
        }

    def rows_by_hour(self) -> tuple[float | None, ...]:
        """How many stage rows each of the 24 hours has."""
        return _by_hour(
            self._rows(
                "select toHour(at, {zone:String}) as hour, toFloat64(count()) as value from stage_rows_building"
                f" where {_WHERE} group by hour"
            )
        )

    def _rows(self, sql: str) -> list[dict[str, Any]]:
        return self._warehouse.rows(sql, self._asked | {"zone": self._zone})


def _by_hour(rows: list[dict[str, Any]]) -> tuple[float | None, ...]:
    known = {row["hour"]: row["value"] for row in rows}
    return tuple(known.get(hour) for hour in range(24))
