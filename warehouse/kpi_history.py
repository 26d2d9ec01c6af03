"""The history of one published value: what it was at first, by how much it was restated since, and why. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse
from warehouse.mart_queries import stages_of

# Why a value was restated, as people say it.
CAUSES = {
    "late": ("迟到", "told late"),
    "corrected": ("更正", "corrected"),
    "retracted": ("撤回", "retracted"),
    "merged": ("合并", "joined with another"),
    "mapped": ("映射变更", "mapping changed"),
    "linked": ("关联变化", "through something that it is linked with"),
    "code": ("程序变更", "the code changed"),
    "definition": ("口径变更", "the definition changed"),
    "judged_later": ("到期判定", "what was open then has run out of its time"),
    "day_added": ("新增日期", "day published"),
    "day_restated": ("日期重报", "day restated"),
}

_ENTRIES = """
select
    toUnixTimestamp64Milli(published_at) as published_ms, toUnixTimestamp64Milli(as_of) as as_of_ms,
    is_gone, version, toString(code) as code, n, value, num, den, is_adjustment
from (
    select *, false as is_adjustment from kpi_ledger
    where facility_id = {facility:String} and kpi = {kpi:String} and grain = {grain:String} and day = {day:Date}
    union all
    select *, true as is_adjustment from adjustments
    where facility_id = {facility:String} and kpi = {kpi:String} and grain = {grain:String} and day = {day:Date}
)
where series = {series:String} and mapSort(dims) = mapSort({where:Map(String, String)})
order by published_at, is_adjustment
"""

_PUBLICATIONS = """
select
    toUnixTimestamp64Milli(published_at) as published_ms, toString(release) as release, events,
    lower(hex(events_hash)) as events_hash, toUnixTimestamp64Milli(heard_until) as heard_until_ms,
    mapApply((made, at) -> (toString(made), toUnixTimestamp64Milli(at)), days) as days
from publications
where facility_id = {facility:String} and grain = {grain:String} and day = {day:Date}
order by published_at
"""

# Of rows that a publication restated: how many, by what came for them.
_ROWS = """
select
    if(empty(causes), 'linked', arrayJoin(causes)) as cause,
    uniqExact(stage, series, scope_id, part) as n_rows,
    arraySort(arrayDistinct(arrayFlatten(groupArray(event_types)))) as types
from restated_rows
where facility_id = {facility:String} and day = {day:Date} and has({stages:Array(String)}, stage)
    and (empty({any_series:Array(String)}) or has({any_series:Array(String)}, series))
    and published_at > fromUnixTimestamp64Milli({after_ms:Int64})
    and published_at <= fromUnixTimestamp64Milli({until_ms:Int64})
group by cause
order by n_rows desc, cause
"""


class Why(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason: how many stage rows it changed, by which kinds of events; of a period, which days."""

    cause: str
    rows: int = 0
    event_types: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    note: str = ""


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it was published, and what it was made of. `by` is how much it differs from the one before.

    An adjustment was not published in its place, since that was final or frozen: it differs from what stands there."""

    published_ms: int
    as_of_ms: int
    value: float | None
    by: float | None
    n: int
    num: int | None
    den: int | None
    is_gone: bool
    version: int
    code: str
    release: str
    events: int
    events_hash: str
    heard_until_ms: int
    why: tuple[Why, ...]
    is_adjustment: bool = False


def history_of(
    warehouse: Warehouse, facility: str, kpi: Kpi, grain: str, day: str, where: Mapping[str, str]
) -> list[Published]:
    """Every value that was published of a KPI for a day, or for the period that begins on it; oldest first."""
    asked: dict[str, Any] = {"facility": facility, "grain": grain, "day": day}
    entries = warehouse.rows(_ENTRIES, {**asked, "kpi": kpi.code, "series": kpi.series[0], "where": dict(where)})
    publications = warehouse.rows(_PUBLICATIONS, asked)
    told: list[Published] = []
    for before, entry in zip([None, *entries], entries, strict=False):
        made = [p for p in publications if p["published_ms"] <= entry["published_ms"]]
        why = _why(warehouse, facility, kpi, day, before, entry, made) if len(made) > 1 else ()
        stands = [each for each in told if not each.is_adjustment]
        told.append(_published(stands[-1].value if stands else None, entry, made[-1], why))
    return told


def _published(stands: float | None, entry: dict[str, Any], made: dict[str, Any], why: tuple[Why, ...]) -> Published:
    return Published(
        **entry,
        by=None if stands is None or entry["value"] is None else round(entry["value"] - stands, 6),
        release=made["release"],
        events=made["events"],
        events_hash=made["events_hash"],
        heard_until_ms=made["heard_until_ms"],
        why=why,
    )


def _why(
    warehouse: Warehouse, facility: str, kpi: Kpi, day: str, before: dict[str, Any] | None, entry: dict[str, Any],
    made: list[dict[str, Any]],
) -> tuple[Why, ...]:  # fmt: skip
    """From what has changed since the publication before this one. `before` is None where that had no value here."""
    changed = _changed_itself(before, entry) if before else []
    if made[-1]["days"]:
        return (*changed, *_days(made[-2]["days"], made[-1]["days"]))
    asked = {
        "facility": facility,
        "day": day,
        "stages": stages_of(kpi),
        "any_series": [] if kpi.stage == "*" else [kpi.series[0]],
        "after_ms": made[-2]["published_ms"],
        "until_ms": entry["published_ms"],
    }
    rows = [Why(row["cause"], row["n_rows"], tuple(row["types"])) for row in warehouse.rows(_ROWS, asked)]
    if changed:  # what nobody told anew, the code did
        rows = [why for why in rows if why.cause != "linked"]
    return (*changed, *rows) or (Why("judged_later"),)


def _changed_itself(before: dict[str, Any], entry: dict[str, Any]) -> list[Why]:
    said = []
    if before["version"] != entry["version"]:
        said.append(Why("definition", note=f"{before['version']} → {entry['version']}"))
    if before["code"] != entry["code"]:
        said.append(Why("code", note=f"{before['code']} → {entry['code']}"))
    return said


def _days(before: Mapping[str, int], now: Mapping[str, int]) -> list[Why]:
    added = tuple(day for day in now if day not in before)
    restated = tuple(day for day, built in now.items() if day in before and before[day] != built)
    return [why for why in (Why("day_added", days=added), Why("day_restated", days=restated)) if why.days]
