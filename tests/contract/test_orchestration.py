"""What Dagster loads: one asset and one check for each KPI with daily rows, found in the catalogue by themselves."""

from pathlib import Path

import dagster as dg
import yaml

from orchestration.assets import PERIODS, POOL, PUBLISHED, ROWS, daily_kpis, key_of
from orchestration.definitions import defs
from orchestration.heard import HEARD
from orchestration.report_assets import REPORTS
from orchestration.retention_asset import KEPT

ROOT = Path(__file__).resolve().parent.parent.parent


def test_definitions_load_with_an_asset_and_a_check_for_each_kpi() -> None:
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    checkable = {ROWS, *(key_of(kpi) for kpi in daily_kpis())}
    expected = {HEARD, *checkable, PUBLISHED, PERIODS, REPORTS, KEPT}
    assert set(graph.get_all_asset_keys()) == expected
    checked = {key.asset_key for key in graph.asset_check_keys}
    assert checked == {*checkable, PUBLISHED}


def test_every_asset_says_its_grain_its_owner_and_where_it_is_defined() -> None:
    for node in defs.resolve_asset_graph().asset_nodes:
        assert node.owners and node.description, node.key
        assert node.metadata["grain"], node.key
        told = str(node.metadata["definition"].value)
        assert (ROOT / told.partition("#")[0]).exists(), told
        assert told.partition("#")[2] in (ROOT / "docs/reference/kpis.md").read_text("utf-8")
        assert node.metadata["dagster/code_references"]


def test_one_run_at_a_time_works_in_the_warehouse_and_one_run_a_day() -> None:
    told = yaml.safe_load((ROOT / "orchestration" / "dagster.yaml").read_text("utf-8"))
    assert told["concurrency"]["pools"] == {"default_limit": 1, "granularity": "run"}
    [per_day] = told["concurrency"]["runs"]["tag_concurrency_limits"]
    assert (per_day["key"], per_day["limit"]) == ("dagster/partition", 1)
    steps = [node.definition for node in defs.resolve_job_def("close_day").graph.nodes if node.name != "day__heard"]
    assert {step.pool for step in steps if isinstance(step, dg.OpDefinition)} == {POOL}


def test_what_is_too_old_goes_before_the_day_is_closed_and_the_newest_day_is_looked_for_after() -> None:
    names = ("forget_every_night", "look_each_morning_for_the_newest_day")
    told = [defs.resolve_schedule_def(name) for name in names]
    assert [(each.cron_schedule, each.execution_timezone) for each in told] == [
        ("0 4 * * *", "Asia/Shanghai"), ("30 8 * * *", "Asia/Shanghai"),
    ]  # fmt: skip
    assert defs.resolve_job_def("forget_what_is_too_old").asset_layer.executable_asset_keys == {KEPT}
    assert KEPT not in defs.resolve_job_def("close_day").asset_layer.executable_asset_keys


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
