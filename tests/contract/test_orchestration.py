"""What Dagster loads: one asset and one check for each KPI with daily rows, found in the catalogue by themselves."""

import dagster as dg

from orchestration.assets import PERIODS, PUBLISHED, ROWS, daily_kpis, key_of
from orchestration.definitions import defs
from orchestration.heard import HEARD
from orchestration.report_assets import REPORTS


def test_definitions_load_with_an_asset_and_a_check_for_each_kpi() -> None:
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    checkable = {ROWS, *(key_of(kpi) for kpi in daily_kpis())}
    expected = {HEARD, *checkable, PUBLISHED, PERIODS, REPORTS}
    assert set(graph.get_all_asset_keys()) == expected
    checked = {key.asset_key for key in graph.asset_check_keys}
    assert checked == checkable


def test_the_day_is_published_after_everything_else() -> None:
    graph = defs.resolve_asset_graph()
    assert set(graph.get(PUBLISHED).parent_keys) == {ROWS, *(key_of(kpi) for kpi in daily_kpis())}
    assert set(graph.get(PERIODS).parent_keys) == {PUBLISHED}


def test_nothing_is_built_before_the_day_has_been_heard() -> None:
    assert set(defs.resolve_asset_graph().get(ROWS).parent_keys) == {HEARD}


def test_the_day_closes_at_six_in_the_hospitals_zone() -> None:
    schedule = defs.resolve_schedule_def("close_the_day")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 * * *", "Asia/Shanghai")


def test_reports_are_sent_after_the_day_and_never_hold_it_back() -> None:
    assert set(defs.resolve_asset_graph().get(REPORTS).parent_keys) == {PERIODS}
    assert REPORTS not in defs.resolve_job_def("close_day").asset_layer.executable_asset_keys
    assert defs.resolve_job_def("send_reports").asset_layer.executable_asset_keys == {REPORTS}
    sensor = defs.resolve_sensor_def("send_reports_of_the_day")
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING
