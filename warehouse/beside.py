"""What stands beside a day while it is built: each KPI's value, how many values it has, and how they lie by hour."""

from __future__ import annotations

from typing import Any

from streams.house import HouseRules
from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse

_WHERE = "facility_id = {facility:String} and day = {day:Date}"
_OF_KPI = f"{_WHERE} and kpi = {{kpi:String}}"
_HEADLINE = f"{_OF_KPI} and empty(dims) and series = ''"


class Beside:
    """Reads what a build of a day has made and not yet published."""

    def __init__(self, warehouse: Warehouse, house: HouseRules, day: str) -> None:
        self._warehouse, self._zone = warehouse, house.zone
        self._asked = {"facility": house.facility_id, "day": day}

    def count_of(self, kpi: Kpi) -> int:
        """How many values a KPI has."""
        found = self._rows(f"select count() as n from kpi_values_building where {_OF_KPI}", kpi)
        return int(found[0]["n"])

    def value_of(self, kpi: Kpi) -> dict[str, Any]:
        """A KPI's value of the whole day and hospital."""
        found = self._rows(
            f"select n, value, mean, p50, p90, completeness from kpi_values_building where {_HEADLINE}"
            " and grain = 'day'",
            kpi,
        )
        return found[0] if found else {}

    def hours_of(self, kpi: Kpi) -> list[float | None]:
        """A KPI's value of each of the 24 hours; None where there is none."""
        return _by_hour(
            self._rows(
                f"select toUInt8(assumeNotNull(hour)) as hour, value from kpi_values_building where {_HEADLINE}"
                " and grain = 'hour'",
                kpi,
            )
        )

    def rows_by_hour(self) -> list[float | None]:
        """How many stage rows each of the 24 hours has."""
        sql = (
            "select toHour(at, {zone:String}) as hour, toFloat64(count()) as value from stage_rows_building"
            f" where {_WHERE} group by hour"
        )
        return _by_hour(self._warehouse.rows(sql, self._asked | {"zone": self._zone}))

    def _rows(self, sql: str, kpi: Kpi) -> list[dict[str, Any]]:
        return self._warehouse.rows(sql, self._asked | {"kpi": kpi.code})


def _by_hour(rows: list[dict[str, Any]]) -> list[float | None]:
    known = {row["hour"]: row["value"] for row in rows}
    return [known.get(hour) for hour in range(24)]
