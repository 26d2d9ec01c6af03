"""Values that are final: what was published when their time was over stays, and what is told later stands beside it.

A KPI says how many days after a day its values are final. From then on a build of that day changes neither its values
nor the stage rows that nothing but final KPIs are made of; what would be different is entered as an adjustment.
"""

from __future__ import annotations

from typing import Any

import msgspec

from streams.house import HouseRules
from streams.kpis.kpi import Kpi
from streams.stages import stages
from warehouse.client import Warehouse
from warehouse.mart_queries import measured

_STANDING = """
select toString(kpi) as kpi from kpi_values where facility_id = {facility:String} and day = {day:Date} group by kpi
"""
# Those whose standing values a build that was interrupted has put back already have other times than the build's.
_MADE_NOW = """
select toString(kpi) as kpi from kpi_values_building
where facility_id = {facility:String} and day = {day:Date}
group by kpi having max(computed_at) != {computed_at:DateTime64(3, 'UTC')}
"""
_PUBLISHED = """
select count() as n from publications where facility_id = {facility:String} and grain = 'day' and day = {day:Date}
"""
_PUT_BACK = (
    "delete from kpi_values_building where {where} and has({{kpis:Array(String)}}, kpi)",
    "insert into kpi_values_building select * from kpi_values where {where} and has({{kpis:Array(String)}}, kpi)",
    "delete from stage_rows_building where {where} and has({{stages:Array(String)}}, stage)",
    "insert into stage_rows_building select * from stage_rows where {where} and has({{stages:Array(String)}}, stage)",
)
_WHERE = "facility_id = {facility:String} and day = {day:Date}"


class Final(msgspec.Struct, frozen=True):
    """Of a day: the KPIs whose published values stay, and the stages whose rows do."""

    kpis: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


def is_final(house: HouseRules, kpi: Kpi, day: str, as_of_ms: int) -> bool:
    """Whether a KPI's values of a day are final at an instant: its time after the day is over."""
    return as_of_ms >= house.instant(day, (1 + kpi.final_after_days) * 24 * 60)


def final_of(warehouse: Warehouse, house: HouseRules, day: str, as_of_ms: int) -> Final:
    """What of a published day stays as it is."""
    over = [kpi for kpi in measured() if is_final(house, kpi, day, as_of_ms)]
    asked = {"facility": house.facility_id, "day": day}
    if not over or not warehouse.rows(_PUBLISHED, asked)[0]["n"]:
        return Final()
    standing = {row["kpi"] for row in warehouse.rows(_STANDING, asked)}
    kept = tuple(kpi.code for kpi in over if kpi.code in standing)
    return Final(kept, tuple(stage for stage in stages() if _only_in(stage, kept)))


def not_put_back(warehouse: Warehouse, house: HouseRules, day: str, final: Final, computed_at: str) -> list[str]:
    """Of the KPIs that stay those whose new values still lie beside the day."""
    asked = {"facility": house.facility_id, "day": day, "computed_at": computed_at}
    done = {row["kpi"] for row in warehouse.rows(_MADE_NOW, asked)}
    return [code for code in final.kpis if code not in done]


def put_back(warehouse: Warehouse, house: HouseRules, day: str, final: Final) -> None:
    """Let the build of a day have for what stays what the day has."""
    asked: dict[str, Any] = {"facility": house.facility_id, "day": day}
    asked |= {"kpis": list(final.kpis), "stages": list(final.stages)}
    for statement in _PUT_BACK if final.kpis else ():
        warehouse.command(statement.format(where=_WHERE), asked)


def _only_in(stage: str, kept: tuple[str, ...]) -> bool:
    """Whether a stage's rows make some KPI, and none that may still change."""
    made_of_it = [kpi.code for kpi in measured() if stage in kpi.over]
    return bool(made_of_it) and all(code in kept for code in made_of_it)
