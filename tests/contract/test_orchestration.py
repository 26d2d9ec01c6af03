"""What Dagster loads: one asset and one check for each KPI with daily rows, found in the catalogue by themselves."""

import dagster as dg

from orchestration.assets import PUBLISHED, ROWS, daily_kpis, key_of
from orchestration.definitions import defs


def test_definitions_load_with_an_asset_and_a_check_for_each_kpi() -> None:
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    expected = {ROWS, PUBLISHED, *(key_of(kpi) for kpi in daily_kpis())}
    assert set(graph.get_all_asset_keys()) == expected
    checked = {key.asset_key for key in graph.asset_check_keys}
    assert checked == expected - {PUBLISHED}


def test_the_day_is_published_after_everything_else() -> None:
    graph = defs.resolve_asset_graph()
    assert set(graph.get(PUBLISHED).parent_keys) == {ROWS, *(key_of(kpi) for kpi in daily_kpis())}


def test_the_day_closes_at_six_in_the_hospitals_zone() -> None:
    schedule = defs.resolve_schedule_def("close_the_day")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Shanghai")
