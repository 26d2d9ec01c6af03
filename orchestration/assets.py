"""The day as assets: its stage rows, one asset for each KPI, and the day itself, published when its checks allow.

All of one day's assets share one build in the warehouse: rows and values are made beside the day as it was, and take
its place in the last step, so that readers never see half a day and a withheld day leaves the last good one standing.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg

from expectations.kpis import has_daily_rows
from ingest.clock import load_clock
from orchestration.about import about, counted
from orchestration.heard import HEARD, heard_asset
from orchestration.plots import bars_plot, hours_plot
from orchestration.resources import Hospital
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi
from streams.stages import stages
from warehouse.beside import Beside, Made
from warehouse.marts import DayBuild, grain
from warehouse.period_marts import PeriodReport, build_touched

ROWS = dg.AssetKey(["day", "stage_rows"])
PUBLISHED = dg.AssetKey(["day", "published"])
PERIODS = dg.AssetKey(["day", "periods"])
POOL = "warehouse"  # one build at a time leaves the board's queries room
_RETRY = dg.RetryPolicy(max_retries=1, delay=5)


def key_of(kpi: Kpi) -> dg.AssetKey:
    """The asset of a KPI."""
    return dg.AssetKey(["kpi", kpi.code])


def daily_kpis() -> list[Kpi]:
    """The KPIs that have an asset: those with daily rows."""
    return [kpi for kpi in catalogue().values() if has_daily_rows(kpi)]


def build_assets(days: dg.DailyPartitionsDefinition, zone: str) -> list[dg.AssetsDefinition]:
    """Every asset, from the stages and the KPI catalogue."""
    fresh = dg.FreshnessPolicy.cron(deadline_cron="30 6 * * *", lower_bound_delta=timedelta(hours=1), timezone=zone)
    kpis = daily_kpis()
    return [
        heard_asset(days),
        _rows_asset(days),
        _kpi_assets(kpis, days, fresh),
        _published_asset(days, kpis, fresh),
        _periods_asset(days),
    ]


def _rows_asset(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=ROWS, deps=[HEARD], partitions_def=days, group_name="stages", kinds={"clickhouse", "sql"}, pool=POOL,
        retry_policy=_RETRY, owners=["team:quality"],
        metadata=about(grain("stage_rows"), "warehouse/marts/stage_rows/query.sql"),
        description=f"各环节明细 · The day's stage rows. {grain('stage_rows')}",
    )  # fmt: skip
    def stage_rows(context: dg.AssetExecutionContext, hospital: Hospital) -> dg.MaterializeResult[None]:
        build = _build(context, hospital)
        rows = build.make_rows()
        table = [dg.TableRecord({"stage": stage, "rows": rows.get(stage, 0)}) for stage in stages()]
        return dg.MaterializeResult(
            metadata={
                **counted(sum(rows.values())),
                "by stage": dg.MetadataValue.table(table),
                "by hour": hours_plot("stage rows by hour", _beside(context, hospital).rows_by_hour()),
            }
        )

    return stage_rows


def _kpi_assets(
    kpis: Sequence[Kpi], days: dg.DailyPartitionsDefinition, fresh: dg.FreshnessPolicy
) -> dg.AssetsDefinition:
    """All KPIs in one step: a step for each would take ten times as long, and a build works them out together."""

    @dg.multi_asset(
        name="kpi_values", specs=[_spec(kpi, fresh) for kpi in kpis], partitions_def=days, can_subset=True, pool=POOL,
        retry_policy=_RETRY,
    )  # fmt: skip
    def kpi_values(context: dg.AssetExecutionContext, hospital: Hospital) -> Iterator[dg.MaterializeResult[None]]:
        wanted = [kpi for kpi in kpis if key_of(kpi) in context.op_execution_context.selected_asset_keys]
        _build(context, hospital).make_values(*wanted)
        made = _beside(context, hospital).values()
        for kpi in wanted:
            yield _shown(kpi, made.get(kpi.code, Made()))

    return kpi_values


def _spec(kpi: Kpi, fresh: dg.FreshnessPolicy) -> dg.AssetSpec:
    return dg.AssetSpec(
        key_of(kpi), deps=[ROWS], group_name=f"kpis_{kpi.group}", kinds={"clickhouse", "sql"}, freshness_policy=fresh,
        owners=["team:quality"], code_version=str(kpi.version),
        description=f"{kpi.zh} · {kpi.en}\n\n{kpi.formula_zh}\n\n{kpi.formula_en}\n\ngrain: kpi × cut × day and hour",
        metadata=about("kpi × cut × day and hour", f"docs/reference/kpis.md#{kpi.code}", unit=kpi.unit),
    )  # fmt: skip


def _shown(kpi: Kpi, made: Made) -> dg.MaterializeResult[None]:
    figures = {name: dg.MetadataValue.float(v) for name, v in made.day.items() if isinstance(v, float)}
    plot = hours_plot(f"{kpi.code} ({kpi.unit})", made.hours)
    told: dict[str, Any] = {**counted(made.rows), "n": int(made.day.get("n") or 0), **figures, "by hour": plot}
    return dg.MaterializeResult(asset_key=key_of(kpi), metadata=told)


def _published_asset(
    days: dg.DailyPartitionsDefinition, kpis: Sequence[Kpi], fresh: dg.FreshnessPolicy
) -> dg.AssetsDefinition:
    @dg.asset(
        key=PUBLISHED, deps=[ROWS, *(key_of(kpi) for kpi in kpis)], partitions_def=days, group_name="day",
        kinds={"clickhouse"}, pool=POOL, retry_policy=_RETRY, freshness_policy=fresh, owners=["team:quality"],
        metadata=about("the day's stage rows and KPI values, as board and reports read them", "warehouse/marts.py"),
        description="结账:当日替换上一次的结果 · The day takes its place: what board and reports read from now on.",
    )  # fmt: skip
    def published(context: dg.AssetExecutionContext, hospital: Hospital) -> dg.MaterializeResult[None]:
        build = _build(context, hospital)
        by_hour = _beside(context, hospital).rows_by_hour()
        report = build.publish()
        return dg.MaterializeResult(
            metadata={
                **counted(sum(report.rows.values()) + sum(report.values.values())),
                "by hour": hours_plot("stage rows by hour", by_hour),
                "stage rows": sum(report.rows.values()),
                "KPI rows": sum(report.values.values()),
                "as of (UTC ms)": report.as_of_ms,
            }
        )

    return published


class Periods(dg.Config):
    """Whether a run leaves the periods to a later one: of many days only the last needs to make them."""

    later: bool = False


def _periods_asset(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    @dg.asset(
        key=PERIODS, deps=[PUBLISHED], partitions_def=days, group_name="day", kinds={"clickhouse", "sql"}, pool=POOL,
        retry_policy=_RETRY, owners=["team:quality"],
        metadata=about("kpi × cut × week, month, quarter or year", "warehouse/period_marts.py"),
        description="周、月、季、年 · Weeks, months, quarters and years that published days have touched, made anew.",
    )  # fmt: skip
    def periods(config: Periods, hospital: Hospital) -> dg.MaterializeResult[None]:
        made = [] if config.later else build_touched(hospital.warehouse, hospital.site)
        rows = counted(sum(each.values for each in made))
        return dg.MaterializeResult(metadata=rows | (_of_periods(made) if made else {}))

    return periods


def _of_periods(made: Sequence[PeriodReport]) -> dict[str, Any]:
    table = [dg.TableRecord({"period": each.period.name, "days": each.days, "KPI rows": each.values}) for each in made]
    rows: dict[str, float | None] = {each.period.name: each.values for each in made}
    return {"made": dg.MetadataValue.table(table), "by period": bars_plot("KPI rows by period", rows)}


def _beside(context: dg.AssetExecutionContext, hospital: Hospital) -> Beside:
    return Beside(hospital.warehouse, house_rules(hospital.site), context.partition_key)


def _build(context: dg.AssetExecutionContext, hospital: Hospital) -> DayBuild:
    """The warehouse build of the run's day, judged as of the hospital's now. Nobody else builds the day meanwhile."""
    hospital.hold(context.partition_key)
    return DayBuild(hospital.warehouse, hospital.site, context.partition_key, load_clock().now_ms())
