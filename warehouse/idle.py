"""Which stages of a day need not be drafted: those drafted from nothing, which in a small hospital are most."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from warehouse.client import Warehouse
from warehouse.mart_queries import query

_READ = re.compile(r"\{(\w+):Identifier\}")  # a working relation
_READ_ELSEWHERE = re.compile(r"\b(?:from|join)\s+(?:events|day_events|won_events|stage_rows|kpi_values|ev_\w+)\b")

_FILLED = """
select name from system.tables
where database = {database:String} and total_rows > 0 and has({names:Array(String)}, name)
"""


def at_work(warehouse: Warehouse, stages: Iterable[str], names: Mapping[str, str]) -> list[str]:
    """The stages that may have rows: something that they are drafted from has some. `names` are those that a build
    gave its working relations."""
    found = warehouse.rows(_FILLED, {"database": warehouse.database, "names": list(names.values())})
    filled = {row["name"] for row in found}
    empty = {relation for relation, name in names.items() if name not in filled}
    return [stage for stage in stages if not _is_idle(stage, empty)]


def _is_idle(stage: str, empty: set[str]) -> bool:
    text = query(stage)
    return (set(_READ.findall(text)) - {"drafts"}) <= empty and not _READ_ELSEWHERE.search(text)
