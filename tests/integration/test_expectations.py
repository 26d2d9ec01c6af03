"""Checks on the real engine: a day that may be believed passes, and each kind of wrong day is found and weighed."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas
import pytest

from expectations.comparable import NOTHING, Comparable, comparable
from expectations.day import check_events, check_feeds, check_journeys, check_kpis, check_reconciliation, keep
from expectations.events import events_suite, feeds_suite, vocabulary_suite
from expectations.journeys import journey_suite, journeys_suite, orphans_suite, references_suite
from expectations.kpis import kpi_suite
from expectations.run import run, run_each
from expectations.suite import Expectation, Finding, Suite, is_withheld
from ingest.calendar import Calendar, CalendarSettings
from ingest.events.envelope import Event, kind_of
from ingest.interpret.counts import Count, Counts, interpret_counts
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.kpis import catalogue
from tests import worked_example
from tests.timeline import at, timeline
from warehouse.client import Warehouse
from warehouse.rows import store
from warehouse.views import fill_day

pytestmark = pytest.mark.services

DAY = "2025-03-03"
KPI = catalogue()["consult_wait"]


def value(grain: str = "day", n: int = 10, value: float | None = 30.0, **more: Any) -> dict[str, Any]:
    """One row of `kpi_values` as the marts write it."""
    return {
        "facility_id": "H001", "kpi": "consult_wait", "version": 1, "grain": grain, "day": "2025-03-03", "series": "",
        "dims": {}, "n": n, "value": value, "p50": value, "p90": value, "sum_ms": 0, "completeness": 99.0,
        "computed_at": "2025-03-04 06:00:00.000", "as_of": "2025-03-04 06:00:00.000", **more,
    }  # fmt: skip


def day(**wrong: Any) -> list[dict[str, Any]]:
    """A believable day of consult_wait: the day, two hours that add up, two departments that add up."""
    return [
        value(**wrong),
        value("hour", 4, hour=8),
        value("hour", 6, hour=9),
        value(n=7, dims={"dept": "CARD"}),
        value(n=3, dims={"dept": "DERM"}),
    ]


def checked(warehouse: Warehouse, rows: list[dict[str, Any]], beside: Comparable = NOTHING) -> dict[str, Finding]:
    """Findings of consult_wait by expectation."""
    if rows:
        body = b"\n".join(msgspec.json.encode(row) for row in rows)
        warehouse.insert_json("kpi_values_building", body)
    return {f.expectation: f for f in check_kpis(warehouse, "H001", DAY, [KPI], beside)}


def test_a_believable_day_passes_everything(warehouse: Warehouse) -> None:
    findings = checked(warehouse, day())
    assert [f.expectation for f in findings.values() if not f.passed] == []


def test_an_empty_day_never_passes(warehouse: Warehouse) -> None:
    findings = checked(warehouse, [])
    assert not findings["rows"].passed


@pytest.mark.parametrize(
    ("wrong", "expectation", "withheld"),
    [
        ({"value": -4.0}, "value_possible", True),
        ({"value": None}, "value_where_counted", True),
        ({"n": 11}, "hours_add_up", True),
        ({"n": 11}, "departments_add_up", True),
        ({"completeness": 80.0}, "complete", False),
    ],
)
def test_a_wrong_day_is_found_and_weighed(
    warehouse: Warehouse, wrong: dict[str, Any], expectation: str, withheld: bool
) -> None:
    findings = checked(warehouse, day(**wrong))
    assert not findings[expectation].passed
    assert is_withheld(list(findings.values())) is withheld


def test_a_day_is_held_against_days_of_its_kind(warehouse: Warehouse) -> None:
    """Four Mondays and a Friday of 40 visits that waited half an hour; then a Monday of 10, and one without any."""
    mondays = ("2025-02-24", "2025-02-17", "2025-02-10", "2025-02-03")
    before = [value(n=40, day=day) for day in (*mondays, "2025-02-28")]
    warehouse.insert_json("kpi_values", b"\n".join(msgspec.json.encode(row) for row in before))
    beside = Comparable(mondays, "2025-02-28")
    missing = checked(warehouse, [], beside)
    assert (missing["not_vanished"].passed, missing["not_vanished"].severity) == (False, "warn")
    findings = checked(warehouse, day(), beside)
    assert {f.expectation: f.observed for f in findings.values() if not f.passed} == {
        "near_usual": "0.25", "near_day_before": "0.25"
    }  # fmt: skip
    assert not is_withheld(list(findings.values()))
    alone = checked(warehouse, [])
    assert all(alone[name].passed for name in ("near_usual", "near_day_before", "not_vanished", "value_near_usual"))


def test_a_value_far_from_the_usual_is_noted(warehouse: Warehouse) -> None:
    mondays = ("2025-02-24", "2025-02-17", "2025-02-10")
    before = [value(n=40, value=30.0 + n, day=day) for n, day in enumerate(mondays)]
    warehouse.insert_json("kpi_values", b"\n".join(msgspec.json.encode(row) for row in before))
    rows = [value(n=40, value=90.0), value("hour", 40, hour=8), value(n=40, dims={"dept": "CARD"})]
    findings = checked(warehouse, rows, Comparable(mondays))
    assert [(f.suite, f.expectation) for f in findings.values() if not f.passed] == [("drift", "value_near_usual")]


def test_a_day_without_events_or_journeys_is_withheld(warehouse: Warehouse) -> None:
    found = check_events(warehouse, "H001", "Asia/Shanghai", DAY)
    assert {f.suite for f in found if not f.passed and f.severity == "withhold"} == {"events", "vocabulary"}
    assert is_withheld(check_feeds(warehouse, "H001", "Asia/Shanghai", DAY))
    assert is_withheld(check_journeys(warehouse, "H001", DAY))


def broken(findings: list[Finding]) -> dict[str, str]:
    """What did not pass, and what was seen."""
    return {f"{f.suite}.{f.expectation}": f.observed for f in findings if not f.passed}


def told(warehouse: Warehouse, *events: Event) -> list[Finding]:
    """The findings of the events of a day."""
    store(warehouse, events)
    fill_day(warehouse, load_site("demo"), DAY)
    return check_events(warehouse, "H001", "Asia/Shanghai", DAY)


def test_events_are_held_against_the_vocabulary(warehouse: Warehouse) -> None:
    """The worked example is well; a code, a type and a field that nobody knows are named, and never their content."""
    assert broken(told(warehouse, *worked_example.events())) == {}
    warehouse.command(
        "alter table day_events update body = replaceRegexpOne(replaceOne(replaceOne(body,"
        ' \'"service_point_type":"clinic"\', \'"service_point_type":"canteen"\'),'
        ' \'"call_seq":1\', \'"call_seq":"first"\'), \'^.\', \'{"moon":"Zhang San",\')'
        " where event_type = 'queue.called' settings mutations_sync = 2"
    )
    found = broken(check_events(warehouse, "H001", "Asia/Shanghai", DAY))
    assert sorted(found) == ["vocabulary.code_legal", "vocabulary.shape_known"]
    assert "queue.called.service_point_type=canteen" in found["vocabulary.code_legal"]
    assert "queue.called.call_seq:string" in found["vocabulary.shape_known"]
    assert "queue.called.moon:string" in found["vocabulary.shape_known"]
    assert "Zhang" not in str(found)


def test_what_lacks_its_beginning_is_found(warehouse: Warehouse) -> None:
    events = [e for e in worked_example.events() if kind_of(e) != "order.placed"]
    found = broken(told(warehouse, *events))
    assert found["references.beginning_told"].startswith("2 of ")
    assert "report.issued 1" in found["references.beginning_told"]


def test_what_belongs_to_no_visit_is_found(warehouse: Warehouse) -> None:
    row = {
        "facility_id": "H001", "day": DAY, "stage": "bill_to_pay", "scope": "bill", "at": f"{DAY} 02:00:00.000",
        "computed_at": "2025-03-04 06:00:00.000", "as_of": "2025-03-04 06:00:00.000",
    }  # fmt: skip
    rows = [row | {"scope_id": f"B{n}", "visit_id": "" if n < 2 else "V1"} for n in range(10)]
    desk = [
        row | {"scope": "ticket", "scope_id": f"T{n}", "dims": {"service_point_type": "registration"}} for n in (1, 2)
    ]
    warehouse.insert_json("stage_rows_building", b"\n".join(map(msgspec.json.encode, [*rows, *desk])))
    assert broken(check_journeys(warehouse, "H001", DAY))["orphans.has_visit"] == "1 of 1: bill 0.2"


def test_a_feed_that_fell_silent_is_named(warehouse: Warehouse) -> None:
    """On Friday the laboratory told thirty reports; on Monday, like the registration, nothing or little."""
    friday, source = "2025-02-28", "LIS^DEMO"
    told = [f"09:{n:02d} V1 report.issued order_id=O{n} report_id=R{n} status=final version=1" for n in range(30)]
    store(warehouse, timeline("\n".join(f"{line} source={source}" for line in told), day=friday))
    store(warehouse, timeline("09:00 V1 patient.checked_in point=clinic", day=DAY))
    beside = Comparable((), friday)
    found = check_feeds(warehouse, "H001", "Asia/Shanghai", DAY, beside)
    assert broken(found)["feeds.not_silent"] == f"1 of 2: {source} 1"
    assert broken(check_feeds(warehouse, "H001", "Asia/Shanghai", DAY)) == {}  # nothing to compare with


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(1000, {}), (1010, {"reconciliation.agrees": "1 of 1: his · v_visit 0.009901"}), (996, {}),
     (990, {"reconciliation.no_more_than_the_his": "1 of 1: his · v_visit 0.010101"}),
     (2000, {"reconciliation.agrees": "1 of 1: his · v_visit 0.5",
             "reconciliation.same_day": "1 of 1: his · v_visit 0.5"})],
)  # fmt: skip
def test_a_day_is_held_against_what_the_his_counts(warehouse: Warehouse, rows: int, expected: dict[str, str]) -> None:
    """A thousand of its rows lie here."""
    source = Source(facility_id="H001", pseudonyms=Pseudonyms(SiteKey(b"k" * 32)), source_system="HIS^DB")
    counts = Counts("v_visit", DAY, [Count("CARD", rows, 1000)], "")
    assert check_reconciliation(warehouse, "H001", DAY) == []  # nobody asked the HIS
    store(warehouse, interpret_counts(msgspec.json.encode(counts), source, at("23:59"), "his"))
    found = check_reconciliation(warehouse, "H001", DAY)
    assert broken(found) == expected
    assert is_withheld(found) is (rows == 2000)


def test_a_holiday_is_held_against_nothing_but_holidays() -> None:
    """National Day 2025 (Wednesday to Wednesday), with the make-up Sunday before it."""
    calendar, days = Calendar(said=CalendarSettings(country="CN")), [f"2025-09-{n:02d}" for n in range(1, 31)]
    assert comparable(calendar, days, "2025-10-01") == NOTHING
    assert comparable(calendar, [*days, "2025-10-01"], "2025-10-02") == Comparable((), "2025-10-01")
    assert comparable(calendar, days, "2025-09-28") == Comparable((), "2025-09-26")  # people work on that Sunday
    mondays = ("2025-09-22", "2025-09-15", "2025-09-08", "2025-09-01")
    assert comparable(calendar, days, "2025-09-29") == Comparable(mondays, "2025-09-28")


@pytest.mark.parametrize(
    "suite",
    [events_suite(), vocabulary_suite(), feeds_suite(), references_suite(), orphans_suite(), journeys_suite(),
     journey_suite("called_after_joined", ""), *(kpi_suite(kpi) for kpi in (KPI, catalogue()["service_volume"]))],
    ids=lambda suite: f"{suite.name}:{suite.kpi}",
)  # fmt: skip
def test_columns_without_values_never_pass(suite: Suite) -> None:
    columns = [e.column for e in suite.expectations if e.column]
    nulls = pandas.DataFrame({column: [None, None] for column in columns}, dtype="float64")
    found = run(nulls, suite)
    for expectation, finding in zip(suite.expectations, found, strict=True):
        assert finding.passed is (expectation.may_be_null or not expectation.column)
    empty = pandas.DataFrame({"key": []})
    assert not any(f.passed for f in run_each(empty, "key", {"a": suite}))


@pytest.mark.parametrize(
    "frame",
    [{"key": ["a"], "v": ["much"]}, {"key": ["a", "b"], "v": [None, "much"]}, {"key": ["a"], "w": [1]}],
    ids=["text", "text and null", "no such column"],
)
def test_what_could_not_be_looked_at_never_passes(frame: dict[str, list[Any]]) -> None:
    """The engine's own errors name no row: they must not be taken for rows that are well."""
    bounds = Expectation(name="bounds", column="v", at_most=3, severity="withhold", zh="上限", en="bounds")
    suite = Suite(name="s", kpi="", expectations=(bounds,))
    table = pandas.DataFrame(frame)
    found = [*run(table, suite), *run_each(table, "key", dict.fromkeys(frame["key"], suite))]
    assert len(found) == 1 + len(frame["key"])
    assert {(each.passed, each.observed) for each in found} == {(False, "could not be evaluated")}


def test_findings_are_kept_as_rows_and_the_newest_run_counts(warehouse: Warehouse) -> None:
    for name, rows in (("first", day(value=-4.0)), ("second", [])):
        findings = checked(warehouse, rows)
        keep(warehouse, list(findings.values()), "H001", DAY, name, 1_741_039_200_000 + (name == "second") * 3_600_000)
    kept = warehouse.rows("select distinct run_id from check_results final where kpi = 'consult_wait'")
    assert [row["run_id"] for row in kept] == ["second"]
