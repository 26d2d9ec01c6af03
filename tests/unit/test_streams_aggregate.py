"""From rows to numbers: percentiles, shares, rounding and what is left out, against values worked by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate
from streams.kpis.numbers import quantile, ratio, rounded
from streams.stages.stage import StageRow
from tests.timeline import at


def test_the_median_of_nought_to_nine_is_four_and_a_half() -> None:
    assert quantile(range(10), 50) == Fraction(9, 2)
    assert quantile([34, 70], 90) == Fraction(664, 10)
    assert quantile([7], 90) == 7


@pytest.mark.parametrize(
    ("exact", "published"),
    [
        (Fraction(1, 3), 0.333333),
        (Fraction(5, 10_000_000), 0.0),  # exactly between 0 and 0.000001: to the even one
        (Fraction(15, 10_000_000), 0.000002),
        (Fraction(25, 10_000_000), 0.000002),
    ],
)
def test_published_numbers_are_rounded_half_even(exact: Fraction, published: float) -> None:
    assert rounded(exact) == published


def test_a_ratio_of_nothing_is_nothing() -> None:
    assert ratio(0, 0) is None
    assert ratio(1, 3) == 33.333333


def wait(scope_id: str, millis: int | None, excluded: str = "", until: str = "19:30") -> StageRow:
    start = at("09:00")
    return StageRow(
        stage="consult_wait", scope_id=scope_id, day="2025-03-03", at=start, started_at=start, millis=millis,
        ended_at=None if millis is None else start + millis,
        open_until=at(until) if millis is None and not excluded else None,
        excluded=excluded, dims=("CARD", "DR1", "booked", "normal"),
    )  # fmt: skip


def of(rows: list[StageRow], as_of: str = "12:00") -> Value:
    (found,) = aggregate(catalogue()["consult_wait"], rows, at(as_of))
    return found


def test_shares_compare_whole_seconds_and_means_do_not() -> None:
    value = of([wait("V1", 1_800_999), wait("V2", 1_801_000)])
    assert value.shares == {"share≤1800": 50.0}
    assert value.mean == round((1_800_999 + 1_801_000) / 2 / 60_000, 6)
    assert value.p50 == round(1800.5 / 60, 6)


def test_completeness_leaves_out_what_does_not_apply() -> None:
    value = of([
        wait("V1", 60_000), wait("V2", -300_000, "negative"), wait("V3", None, "missing_start"),
        wait("V4", None, "refunded"), wait("V5", None),
    ])  # fmt: skip
    assert value.excluded == {"missing_start": 1, "negative": 1, "refunded": 1}
    assert (value.n, value.waiting, value.completeness) == (1, 1, 66.666667)


def test_who_is_overdue_is_left_out_for_the_stages_reason() -> None:
    rows = [wait("V1", 60_000), wait("V2", None)]
    assert of(rows, "19:29").waiting == 1
    late = of(rows, "19:30")
    assert (late.waiting, late.excluded, late.completeness) == (0, {"unseen": 1}, 100.0)


LOG = """case;what;when
NA;come;2025-03-03 09:00
NA;seen;2025-03-03 09:20
2;come;2025-03-03 09:10
2;sung;2025-03-03 09:11
3;come;never
"""

SITE = """
[hospital]
facility_id = "T"
zh = "试"
en = "Trial"

[feeds.log]
kind = "files"
source_system = "LOG^T"

[feeds.log.csv]
layout = "long"
delimiter = ";"
encoding = "utf-8"
time_format = "%Y-%m-%d %H:%M"
activity = "what"
time = "when"
visit = "case"

[[feeds.log.csv.events]]
activity = "come"
event = "patient.checked_in"
values = { point = "clinic" }

[[feeds.log.csv.events]]
activity = "seen"
event = "consultation.started"
values = { consultation_seq = "1" }
"""


@pytest.fixture
def log(tmp_path: Path) -> list[str]:
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "trial.toml").write_text(SITE)
    return ["try", str(tmp_path / "log.csv"), "--site", str(tmp_path / "trial.toml")]


def hispulse(*words: str) -> str:
    from hispulse import app

    result = CliRunner().invoke(app, list(words), env={"HISPULSE_HOME": "/nowhere"})  # no keys
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_new_log_needs_a_new_site_file_and_no_code(log: list[str]) -> None:
    told = json.loads(hispulse(*log, "--json"))
    assert (told["files"], told["messages"], len(told["events"])) == (1, 5, 3)
    assert {(each["outcome"], each["message"]) for each in told["aside"]} == {("ignored", 4), ("malformed", 5)}
    waits = {value["kpi"]: value for value in told["values"]}["consult_wait"]
    assert (waits["n"], waits["value"], waits["excluded"]) == (1, 20.0, {"unseen": 1})
    assert "NA" not in {event["visit_id"] for event in told["events"]}


def test_a_trial_line_by_line_and_as_a_table(log: list[str]) -> None:
    lines = [json.loads(line) for line in hispulse(*log, "--ndjson").splitlines()]
    assert [line["kind"] for line in lines[:5]] == ["event"] * 3 + ["aside"] * 2
    assert "consult_wait" in hispulse(*log)


def test_the_list_of_kpis_for_people_and_programs() -> None:
    assert [kpi["code"] for kpi in json.loads(hispulse("kpi", "list", "--json"))] == list(catalogue())
    assert "候诊时间" in hispulse("kpi", "list")
