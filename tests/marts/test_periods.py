"""Weeks, months, quarters and years on the real engine: made of the rows of their published days and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ingest.settings import load_site
from streams.house import house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import aggregate, of_kpi
from streams.kpis.kpi import Kpi
from streams.stages.stage import StageRow
from tests.marts.commands import Terminal
from tests.marts.random_day import story
from tests.marts.rows import rows_of_day
from tests.marts.values import expected, place_of, published, says
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import at, timeline
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.mart_queries import cuts, measured
from warehouse.marts import build_day
from warehouse.period_marts import build_touched, touched_periods
from warehouse.period_values import values_of_period, values_over
from warehouse.periods import Grain, period_of
from warehouse.rows import store

pytestmark = pytest.mark.services

SITE = load_site("demo")
HOUSE = house_rules(SITE)
CLOSED = "30:00"  # 06:00 of the next day


def waits(day: str, *minutes: int) -> str:
    """A cashier's queue: each joins at 09:00 and waits so long."""
    told = ""
    for n, length in enumerate(minutes):
        told += f"09:00 - queue.joined ticket_id={day}-{n} service_point_type=cashier queue_id=Q1 day={day}\n"
        told += f"09:{length:02d} - queue.served ticket_id={day}-{n} serve_seq=1 window_id=W1 day={day}\n"
    return told


def publish(warehouse: Warehouse, *days: str, clock: str = CLOSED) -> None:
    """Build days, each judged at a time of its own."""
    for day in days:
        build_day(warehouse, SITE, day, at(clock, day), kpis=())  # periods are made of rows


def week_of(warehouse: Warehouse, code: str, day: str, grain: Grain = "week", by: str | None = None) -> list[Any]:
    """The values of a period of a KPI, main series."""
    _, rows = values_of_period(warehouse, HOUSE, catalogue()[code], period_of(grain, day), by)
    return [row for row in rows if row["series"] == ""]


def test_percentiles_are_those_of_the_rows_and_not_of_the_days(warehouse: Warehouse) -> None:
    days = {"2025-03-03": (10, 20, 30), "2025-03-04": (2,), "2025-03-09": (50, 51, 52, 53)}
    store(warehouse, timeline("".join(waits(day, *minutes) for day, minutes in days.items())))
    publish(warehouse, *days)
    build_touched(warehouse, SITE)
    [week] = week_of(warehouse, "window_wait", "2025-03-05")
    assert (week["n"], week["p50"], week["mean"]) == (8, 40.0, 33.5)  # the mean of the days' medians would be 24.5
    assert week["p90"] == 52.3
    by_window = week_of(warehouse, "window_wait", "2025-03-05", by="window")
    assert [(row["dims"], row["n"]) for row in by_window] == [({"window": "W1"}, 8)]


def test_a_ratio_is_summed_again_from_what_the_days_counted(warehouse: Warehouse) -> None:
    for day, missed in (("2025-03-03", 1), ("2025-03-04", 0), ("2025-04-01", 1)):
        for ticket in range(1 + 3 * (1 - missed)):
            told = f"09:00 - queue.called ticket_id={day}-{ticket} call_seq=1 service_point_type=clinic\n"
            told += f"09:01 - queue.missed ticket_id={day}-{ticket} call_seq=1\n" * missed
            store(warehouse, timeline(told, day=day))
    publish(warehouse, "2025-03-03", "2025-03-04", "2025-04-01")
    build_touched(warehouse, SITE)
    [week] = week_of(warehouse, "queue_missed_rate", "2025-03-03")
    assert (week["num"], week["den"], week["value"]) == (1, 5, 20.0)  # the mean of the days would be 50
    [year] = week_of(warehouse, "queue_missed_rate", "2025-03-03", "year")
    assert (year["num"], year["den"]) == (2, 6)


def test_only_days_that_were_published_count_and_it_is_said_which(warehouse: Warehouse) -> None:
    days = ("2025-03-03", "2025-03-04", "2025-03-05")
    store(warehouse, timeline("".join(waits(day, 10) for day in days)))
    publish(warehouse, "2025-03-03", "2025-03-05")
    publish(warehouse, "2025-03-04", clock="16:00")  # somebody looked at its rows while it was running
    build_touched(warehouse, SITE)
    coverage, [value] = values_of_period(
        warehouse, HOUSE, catalogue()["window_wait"], period_of("week", "2025-03-03"), None
    )
    assert (value["n"], coverage.published_days, coverage.days, coverage.is_outdated) == (2, 2, 7, False)
    assert coverage.missing == ("2025-03-04", "2025-03-06", "2025-03-07", "2025-03-08", "2025-03-09")
    covered, [any_days] = values_over(warehouse, HOUSE, catalogue()["window_wait"], "2025-03-04", "2025-03-05", None)
    assert ([built.day for built in covered.days], any_days["n"]) == (["2025-03-05"], 1)


def test_late_data_make_anew_exactly_the_periods_that_they_touch(warehouse: Warehouse) -> None:
    days = ("2025-01-31", "2025-02-03", "2025-04-07")
    store(warehouse, timeline("".join(waits(day, 10) for day in days)))
    publish(warehouse, *days)
    first = build_touched(warehouse, SITE)
    assert sorted(made.period.name for made in first) == [
        "2025", "2025-01", "2025-02", "2025-04", "2025-Q1", "2025-Q2", "2025-W05", "2025-W06", "2025-W15",
    ]  # fmt: skip
    assert build_touched(warehouse, SITE) == []
    before = _stamps(warehouse)

    store(warehouse, timeline(waits("2025-02-03", 30, 40).replace("2025-02-03-", "late-"), day="2025-02-03"))
    publish(warehouse, "2025-02-03")
    coverage, _ = values_of_period(warehouse, HOUSE, catalogue()["window_wait"], period_of("month", "2025-02-03"), None)
    assert coverage.is_outdated
    assert [each.name for each, _ in touched_periods(warehouse, HOUSE)] == ["2025-W06", "2025-02", "2025-Q1", "2025"]
    build_touched(warehouse, SITE)

    after = _stamps(warehouse)
    assert {place for place in after if after[place] != before[place]} == {
        ("week", "2025-02-03"), ("month", "2025-02-01"), ("quarter", "2025-01-01"), ("year", "2025-01-01")
    }  # fmt: skip
    [year] = week_of(warehouse, "window_wait", "2025-02-03", "year")
    assert year["n"] == 5


def test_a_repeat_changes_no_value(warehouse: Warehouse) -> None:
    store(warehouse, timeline(waits("2025-03-03", 10, 20)))
    publish(warehouse, "2025-03-03")
    build_touched(warehouse, SITE)
    before = _checksum(warehouse)
    publish(warehouse, "2025-03-03")
    assert len(build_touched(warehouse, SITE)) == 4
    assert _checksum(warehouse) == before


def _stamps(warehouse: Warehouse) -> dict[tuple[str, str], Any]:
    found = warehouse.rows(
        "select toString(grain) as grain, toString(day) as first, max(computed_at) as at from period_values"
        " group by period_values.grain, period_values.day"
    )
    return {(row["grain"], row["first"]): row["at"] for row in found}


def _checksum(warehouse: Warehouse) -> Any:
    return warehouse.rows(
        "select count() as n, groupBitXor(cityHash64(toString(tuple(* except (computed_at, as_of))))) as h"
        " from period_values"
    )


class Told(NamedTuple):
    """The rows of two days, and the values of the month that they lie in."""

    rows: list[StageRow]
    values: list[dict[str, Any]]


@pytest.fixture(scope="module")
def told(embedded: EmbeddedProcess) -> Iterator[Told]:
    days = ("2025-03-02", "2025-03-03")
    with embedded.lent() as settings:
        warehouse = connect(settings)
        store(warehouse, [event for seed in range(250) for event in story(seed)])
        for day in days:
            build_day(warehouse, SITE, day, at("26:30"), kpis=())
        build_touched(warehouse, SITE)
        rows = [row for day in days for row in rows_of_day(warehouse, day)]
        yield Told(rows, warehouse.rows("select * from period_values where grain = 'month'"))
        warehouse.close()


@pytest.mark.parametrize("kpi", [k for k in measured() if k.code != "late_event_share"], ids=lambda kpi: kpi.code)
def test_a_period_says_what_the_fold_says_of_all_its_rows(told: Told, kpi: Kpi) -> None:
    found = {place_of(row): row for row in told.values if row["kpi"] == kpi.code}
    rows = [row for row in told.rows if of_kpi(kpi, row.stage, row.series)]
    for cut in cuts(kpi.dims):
        for value in filter(says, aggregate(kpi, rows, at("26:30"), by=cut)):
            place = ("2025-03-01", None, value.series, tuple(sorted(value.dims.items())))
            assert published(found.pop(place)) == expected(value), place
    assert not [row for row in found.values() if row["n"] or row["excluded"] or row["waiting"]], "values of nothing"


def test_the_commands_make_and_show_periods(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    terminal = Terminal(warehouse_settings, tmp_path)
    store(warehouse, timeline(waits("2025-03-03", 10, 20) + waits("2025-03-04", 60 - 1)))
    terminal.said("mart", "build", "--from", "2025-03-03", "--to", "2025-03-04")
    made = terminal.said("mart", "periods").splitlines()
    assert [line.split(":")[0] for line in made] == ["2025-W10", "2025-03", "2025-Q1", "2025"]
    assert "of 2 of 7 days" in made[0]
    assert "Nothing to do" in terminal.said("mart", "periods")
    week = terminal.told("kpi", "show", "window_wait", "--day", "2025-03-05", "--grain", "week")
    assert (week["period"], week["published_days"], week["days"]) == ("2025-W10", 2, 7)
    assert [value["p50"] for value in week["values"] if not value["series"]] == [20.0]
    assert "2025-W10, 2 of 7 days" in " ".join(
        terminal.said("kpi", "show", "window_wait", "--day", "2025-03-05", "--grain", "week").split()
    )
    assert "No grain decade" in terminal.said("kpi", "show", "window_wait", "--grain", "decade", code=2)
