"""What analysts may read: views in a database of their own, each a statistic, with its small cells left blank.

Rows of single visits, tickets or people are not among them: whoever may count them as he likes can count down to one.
They leave as files, `hispulse mart export`, which says who asked for what by being a command.
"""

from __future__ import annotations

from streams.kpis import catalogue
from streams.kpis.kpi import Census, Volume
from warehouse.client import Warehouse
from warehouse.export import counted_by
from warehouse.library import SMALL, Column, columns, grain, names, view_of

VALUES = "kpi_values"
# Cuts that tell single people apart stay inside; of the others a small one may still be a person's.
_OF_ONE_PERSON = ("doctor", "staff", "nurse")
_OF_FEW_PEOPLE = ("patient_group", "age_band", "disease")

_VALUES_GRAIN = (
    "-- One value of a KPI: of an hour, day, week, month, quarter or year, of the hospital or one cut."
    " 每个指标每时、日、周、月、季、年及每个维度一行"
)
_VALUES_COLUMNS = (
    Column("facility_id", "LowCardinality(String)", "院区", "facility"),
    Column("kpi", "LowCardinality(String)", "指标", "KPI: docs/reference/kpis.md"),
    Column("version", "UInt16", "定义版本", "version of its definition"),
    Column("grain", "LowCardinality(String)", "周期", "hour, day, week, month, quarter or year"),
    Column("day", "Date", "业务日或周期首日", "business day, or first day of the period"),
    Column("hour", "Nullable(UInt8)", "小时", "hour, of hours"),
    Column("series", "LowCardinality(String)", "系列", "series; empty: the KPI itself"),
    Column("dims", "Map(LowCardinality(String), String)", "维度", "the cut; empty: the whole hospital"),
    Column("n", "Nullable(UInt64)", "样本数", "of how many"),
    Column("value", "Nullable(Float64)", "数值", "the value, in the KPI's unit"),
    Column("mean", "Nullable(Float64)", "均值", "mean"),
    Column("p50", "Nullable(Float64)", "中位数", "median"),
    Column("p90", "Nullable(Float64)", "九成位", "90th percentile"),
    Column("num", "Nullable(UInt64)", "分子", "numerator"),
    Column("den", "Nullable(UInt64)", "分母", "denominator"),
    Column("waiting", "UInt32", "仍在等待", "still waiting at the end"),
    Column("completeness", "Nullable(Float64)", "完整率", "share of stages with both times"),
    Column("excluded", "Map(LowCardinality(String), UInt32)", "剔除及原因", "left out, by reason"),
    Column("as_of", "DateTime64(3, 'UTC')", "截至", "as of when"),
)
_BLANK_WHERE_SMALL = ("value", "mean", "p50", "p90", "num")


def database_of(database: str) -> str:
    """The analysts' database beside a warehouse's own."""
    return f"{database}_bi"


def open_marts() -> list[str]:
    """The marts by name that are statistics: no column of theirs tells people apart."""
    return [name for name in names() if not any(column.is_pseudonym for column in columns(name))]


def dictionary() -> dict[str, tuple[str, list[Column]]]:
    """View → what one row of it is, and its columns."""
    return {VALUES: (_VALUES_GRAIN.removeprefix("-- "), list(_VALUES_COLUMNS))} | {
        name: (grain(name), columns(name)) for name in open_marts()
    }


def make_analysts_views(warehouse: Warehouse) -> list[str]:
    """Make or replace the analysts' database and its views; their names. What is no more among them goes."""
    database = database_of(warehouse.database)
    warehouse.command("create database if not exists {name:Identifier}", {"name": database})
    queries = {VALUES: _values(warehouse.database)} | {name: _mart(warehouse.database, name) for name in open_marts()}
    for name, query in queries.items():
        # The definer's rights: an analyst needs none on what lies below.
        head = f"create or replace view `{database}`.`{name}` definer = current_user sql security definer as\n"
        warehouse.command(head + query)
    for row in warehouse.rows("select name from system.tables where database = {name:String}", {"name": database}):
        if row["name"] not in queries:
            warehouse.command(f"drop view `{database}`.`{row['name']}`")
    return list(queries)


def _mart(database: str, name: str) -> str:
    told = ", ".join(f"{_figure(name, column)} as `{column.name}`" for column in columns(name))
    return f"select {told} from `{database}`.`{view_of(name)}` as m"


def _figure(name: str, column: Column) -> str:
    count = counted_by(name, column)
    return f"m.{column.name}" if count is None else f"if(m.{count} < {SMALL}, null, m.{column.name})"


def _values(database: str) -> str:
    counts = ", ".join(f"'{code}'" for code, kpi in catalogue().items() if isinstance(kpi, Census | Volume))
    small = f"(v.n < {SMALL} or ifNull(v.den, {SMALL}) < {SMALL})"
    figures = f"{small} and v.kpi not in ({counts})"  # how many came is never held back, how they fared is
    cells = {column.name: f"v.{column.name}" for column in _VALUES_COLUMNS}
    cells |= {name: f"if({figures}, null, v.{name})" for name in _BLANK_WHERE_SMALL}
    cells |= {name: f"if({small} and ({_has(_OF_FEW_PEOPLE)}), null, v.{name})" for name in ("n", "den")}
    told = ", ".join(f"{cell} as `{name}`" for name, cell in cells.items())
    return " union all ".join(
        f"select {told} from `{database}`.`{table}` as v where not ({_has(_OF_ONE_PERSON)})"
        for table in ("kpi_values", "period_values")
    )


def _has(dims: tuple[str, ...]) -> str:
    return " or ".join(f"mapContains(v.dims, '{dim}')" for dim in dims)
