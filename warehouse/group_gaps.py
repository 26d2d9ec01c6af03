"""Patient groups of a day beside everybody else, from the rows behind a KPI, and how commands show them. Reads only."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from ingest.settings import Site
from streams.groups import DIM, LEAST, NAMES, Gap, gaps, told_by_group
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi
from warehouse.client import Warehouse

_LENGTHS = """
select dims[{dim:String}] as of_group, groupArray(intDiv(assumeNotNull(millis), 1000)) as seconds
from stage_rows
where facility_id = {facility:String} and day = {day:Date} and has({stages:Array(String)}, stage)
    and series = {series:String} and excluded = '' and ended_at is not null and millis is not null
group by of_group
"""
_STATISTICS = ("value", "mean", "p50", "p90", "sum_ms", "num", "den", "completeness", "amount_num", "amount_den")


def gaps_of_day(warehouse: Warehouse, facility: str, kpi: Kpi, day: str) -> list[Gap]:
    """Every patient group's wait on a day, and how much longer it is than everybody else's."""
    asked = {"facility": facility, "day": day, "stages": list(kpi.over), "series": kpi.series[0], "dim": DIM}
    rows = warehouse.rows(_LENGTHS, asked)
    return gaps(kpi, {row["of_group"]: row["seconds"] for row in rows})


def gaps_of_all(warehouse: Warehouse, facility: str, day: str) -> dict[str, tuple[Gap, ...]]:
    """The same of every KPI that is known by group."""
    known = (kpi for kpi in catalogue().values() if told_by_group(kpi) and kpi.mode != "L")
    return {kpi.code: tuple(gaps_of_day(warehouse, facility, kpi, day)) for kpi in known}


class Groups(NamedTuple):
    """What is told beside values by patient group: of a day, the gaps."""

    kpi: Kpi
    found: Sequence[Gap]

    @property
    def told(self) -> dict[str, Any]:
        """For JSON; nothing where nothing was asked by group."""
        return {"gaps": self.found} if self.found else {}

    def show(self, title: str) -> None:
        """For the terminal."""
        from rich.console import Console

        if self.found:
            (Console() if sys.stdout.isatty() else Console(width=160)).print(_table(self.kpi, title, self.found))


def by_group(
    warehouse: Warehouse, site: Site, kpi: Kpi, rows: list[dict[str, Any]], day: str | None, by: str | None
) -> tuple[Groups, list[dict[str, Any]]]:
    """Values as they may be shown, where they are by patient group those of a few people without their numbers; and of
    a day, the gaps of the groups."""
    if by != DIM:
        return Groups(kpi, ()), rows
    found = gaps_of_day(warehouse, site.hospital.facility_id, kpi, day) if day and told_by_group(kpi) else []
    return Groups(kpi, found), [_told(row) if 0 < row["n"] < LEAST else row for row in rows]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row of few people: that they are few, and nothing else of them."""
    nothing: dict[str, Any] = {
        **dict.fromkeys(_STATISTICS),
        "n": f"<{LEAST}",
        "shares": {},
        "excluded": {},
        "waiting": 0,
    }
    return row | {name: value for name, value in nothing.items() if name in row}


def _table(kpi: Kpi, title: str, found: Sequence[Gap]) -> Any:
    from rich.table import Column, Table

    numbers = [Column(name, justify="right") for name in ("n", "p50", "p90", "others n", "others p50", "gap")]
    head = f"人群差距 gap to everybody else · {title} · {kpi.unit}"
    table = Table("人群 patient group", *numbers, box=None, title=head)
    for gap in found:
        p50, p90, others = (_figure(each) for each in (gap.value, gap.p90, gap.others))
        table.add_row(
            " ".join(NAMES[gap.group]), _people(gap.n), p50, p90, _people(gap.others_n), others, _signed(gap.by)
        )
    return table


def _people(n: int | None) -> str:
    return f"<{LEAST}" if n is None else f"{n}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def _signed(value: float | None) -> str:
    return f"+{_figure(value)}" if value is not None and value > 0 else _figure(value)
