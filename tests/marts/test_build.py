"""A day's build and what is read of it: the last good day stays until the new one is whole, and every number opens."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hispulse import app
from ingest.errors import Misconfigured
from ingest.settings import load_site
from streams.kpis import catalogue
from tests import worked_example as example
from tests.marts.rows import build, rows_of_day
from tests.timeline import DAY, at, timeline
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.history import builds, hours_of_day, rows_behind, usual, values_of_day
from warehouse.history import timeline as events_of
from warehouse.marts import DayBuild, build_day
from warehouse.rows import store
from warehouse.undisturbed import undisturbed

pytestmark = pytest.mark.services

SITE = load_site("demo")
ZONE = "Asia/Shanghai"
WINDOW_WAIT = catalogue()["window_wait"]


def _wait(warehouse: Warehouse, day: str = DAY) -> float | None:
    found = values_of_day(warehouse, "H001", "consult_wait", day)
    return found[0]["value"] if found else None


def test_a_build_takes_the_place_of_the_last_one_and_of_no_other_day(example_day: Warehouse) -> None:
    warehouse = example_day
    other_day = timeline("09:00 - queue.joined ticket_id=T9 service_point_type=cashier", day="2025-03-04")
    store(warehouse, other_day)
    build_day(warehouse, SITE, "2025-03-04", example.AS_OF, kpis=())
    assert _wait(warehouse) == 52

    store(warehouse, [example.correction()])
    report = build_day(warehouse, SITE, DAY, example.AS_OF)

    assert _wait(warehouse) == 42
    assert len(rows_of_day(warehouse, DAY)) == sum(report.rows.values())
    assert [row.scope_id for row in rows_of_day(warehouse, "2025-03-04")] == ["T9", "T9"]
    assert [str(b["day"]) for b in builds(warehouse, "H001")] == ["2025-03-04", DAY, DAY]


def test_until_it_is_published_the_last_good_day_is_seen(example_day: Warehouse) -> None:
    store(example_day, [example.correction()])
    DayBuild(example_day, SITE, DAY, example.AS_OF).make_rows()
    assert _wait(example_day) == 52


def test_a_day_of_which_nothing_is_left_is_empty_again(example_day: Warehouse) -> None:
    assert build(example_day, SITE, [], DAY, example.AS_OF) == []
    assert _wait(example_day) is None


def test_a_build_leaves_none_of_its_working_relations_behind(published_example: Warehouse) -> None:
    assert published_example.rows("show tables like 'working_%'") == []
    assert published_example.rows("select count() as n from stage_rows_building")[0]["n"] == 0


def test_what_is_open_waits_until_its_time_is_over(warehouse: Warehouse) -> None:
    joined = timeline("16:00 - queue.joined ticket_id=T9 service_point_type=cashier")
    for clock, waiting, excluded in (("19:29", 1, {}), ("19:30", 0, {"missing_end": 1})):
        build(warehouse, SITE, joined, DAY, at(clock), kpis=[WINDOW_WAIT])
        (value,) = values_of_day(warehouse, "H001", "window_wait", DAY)
        assert (value["n"], value["waiting"], value["excluded"]) == (0, waiting, excluded)


def test_values_by_dimension_and_by_hour(published_example: Warehouse) -> None:
    by_dept = values_of_day(published_example, "H001", "consult_wait", DAY, by="dept")
    assert {(v["dims"]["dept"], v["value"]) for v in by_dept if not v["series"] and v["n"]} == {
        ("CARD", 34.0),
        ("DERM", 70.0),
    }
    hours = hours_of_day(published_example, "H001", "consult_wait", DAY, {"dept": "CARD"})
    assert [(v["hour"], v["n"], v["value"]) for v in hours if not v["series"]] == [(9, 1, 34.0), (10, 0, None)]


def test_the_usual_is_that_of_the_same_weekday(warehouse: Warehouse) -> None:
    for weeks, day, minute in ((1, "2025-02-24", 20), (2, "2025-02-17", 10), (0, "2025-02-25", 50)):
        told = timeline(
            f"""
            09:00     - queue.joined  ticket_id=T{weeks} service_point_type=cashier
            09:{minute} - queue.served  ticket_id=T{weeks} serve_seq=1
            """,
            day=day,
        )
        build(warehouse, SITE, told, day, example.AS_OF, kpis=[WINDOW_WAIT])
    band = {row["hour"]: (row["days"], row["quartiles"]) for row in usual(warehouse, "H001", "window_wait", DAY)}
    assert band == {None: (2, [12.5, 15.0, 17.5]), 9: (2, [12.5, 15.0, 17.5])}


def test_behind_a_number_are_its_rows_longest_first(published_example: Warehouse) -> None:
    rows = rows_behind(published_example, "H001", ZONE, ("consult_wait",), DAY)
    assert [(r["scope_id"], r["millis"], r["excluded"], r["patient_id"]) for r in rows if not r["series"]] == [
        ("V2", 70 * 60_000, "", "P2"),
        ("V1", 34 * 60_000, "", "P1"),
        ("V4", None, "refunded", "P4"),
    ]
    of_ten = rows_behind(published_example, "H001", ZONE, ("consult_wait",), DAY, {"dept": "DERM"}, hour=10)
    assert [r["scope_id"] for r in of_ten] == ["V2"]


def test_a_row_opens_into_its_events_and_who_told_them(warehouse: Warehouse) -> None:
    store(warehouse, [*example.events(), example.correction()])
    visit = events_of(warehouse, "H001", "V2", ("HIS^DEMO",))
    assert [(e["event_type"], e["source_system"], e["tellings"]) for e in visit] == [
        ("registration.created", "HIS^DEMO", 1),
        ("patient.checked_in", "HIS^DEMO", 1),
        ("consultation.started", "HIS^DEMO", 2),
    ]
    assert visit[-1]["occurred_ms"] == at("10:21")
    first_visit = {e["event_type"] for e in events_of(warehouse, "H001", "V1")}
    assert first_visit >= {"appointment.booked", "queue.missed", "report.issued", "bill.paid", "dispensing.dispensed"}
    ticket = events_of(warehouse, "H001", "T4")
    assert [e["event_type"] for e in ticket] == ["queue.joined", "queue.served", "queue.completed"]


def test_a_visit_opens_into_what_belongs_to_it_though_it_does_not_say_so(warehouse: Warehouse) -> None:
    store(
        warehouse,
        timeline(
            """
            08:00  V8  registration.created  visit_class=outpatient appointment_id=A1
            08:30  V9  visit.moved           prior_visit_id=V8 to_patient_id=P1
            09:00  V9  order.placed          order_id=O1
            09:10  -   specimen.collected    order_id=O1 specimen_id=S1
            09:20  V9  bill.created          bill_id=B1
            09:30  -   queue.joined          ticket_id=T1 service_point_type=cashier ref_ids=B1
            09:40  -   queue.served          ticket_id=T1 serve_seq=1
            10:00  V7  registration.created  visit_class=outpatient
            """
        ),
    )
    assert [e["event_type"] for e in events_of(warehouse, "H001", "V9")] == [
        "registration.created", "visit.moved", "order.placed", "specimen.collected", "bill.created", "queue.joined",
        "queue.served",
    ]  # fmt: skip


def test_the_commands_build_and_show(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    store(warehouse, example.events())
    env = {f"HISPULSE_WAREHOUSE_{name}": str(getattr(warehouse_settings, name.lower())) for name in
           ("HOST", "PORT", "USER", "DATABASE", "PASSWORD_FILE")}  # fmt: skip

    def hispulse(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), env=env, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "nothing in the mart" in hispulse("kpi", "show", "consult_wait", "--day", DAY)
    said = hispulse("mart", "build", "--day", DAY)
    [values] = warehouse.rows("select count() as n from kpi_values where day = {day:Date}", {"day": DAY})
    rows, events = len(rows_of_day(warehouse, DAY)), len(example.events())
    told_of = f"{rows} stage rows, {values['n']} KPI values from {events} events"
    assert said.startswith(f"{DAY}: {told_of} in ") and values["n"] > 100
    told = json.loads(hispulse("kpi", "show", "consult_wait", "--day", DAY, "--by", "dept", "--json"))
    assert {(v["dims"]["dept"], v["value"]) for v in told["values"] if not v["series"] and v["n"]} == {
        ("CARD", 34.0),
        ("DERM", 70.0),
    }
    assert "候诊时间" in hispulse("kpi", "show", "consult_wait", "--day", DAY)


def test_a_period_is_built_day_by_day_and_a_day_that_fails_stops_no_other(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings
) -> None:
    store(warehouse, example.events())
    days = ["2025-03-02", DAY, "2025-03-04"]
    env = {f"HISPULSE_WAREHOUSE_{name}": str(getattr(warehouse_settings, name.lower())) for name in
           ("HOST", "PORT", "USER", "DATABASE", "PASSWORD_FILE")}  # fmt: skip
    done = CliRunner().invoke(app, ["mart", "build", "--from", days[0], "--to", days[-1]], env=env)
    assert done.exit_code == 0, done.output
    assert [line[:10] for line in done.output.splitlines()] == days
    assert all(line.endswith(" s") for line in done.output.splitlines())
    before = warehouse.rows("select day, count() as n from mart_builds group by day order by day")
    rows_before = rows_of_day(warehouse, DAY)

    warehouse.command("alter table stage_rows_building add constraint closed check day != '2025-03-03'")
    done = CliRunner().invoke(app, ["mart", "build", "--from", days[0], "--to", days[-1]], env=env)
    assert done.exit_code == 1
    *lines, end = done.output.splitlines()
    assert [line[:10] for line in lines] == days
    assert "failed" in lines[1] and DAY in end and days[0] not in end
    after = warehouse.rows("select day, count() as n from mart_builds group by day order by day")
    assert [row["n"] for row in before] == [1, 1, 1]
    assert [row["n"] for row in after] == [2, 1, 2]
    assert rows_before and rows_of_day(warehouse, DAY) == rows_before  # as it was


def test_what_is_to_be_built_is_one_day_or_a_whole_period() -> None:
    for words in (["--to", DAY], ["--day", DAY, "--from", DAY], ["--from", DAY, "--to", "2025-03-01"]):
        done = CliRunner().invoke(app, ["mart", "build", *words])
        assert isinstance(done.exception, Misconfigured), words


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as at a terminal: what a shell starts in the background ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_waits_for_steps_that_belong_together() -> None:
    steps = []
    with pytest.raises(KeyboardInterrupt), undisturbed():
        for step in range(3):
            signal.raise_signal(signal.SIGINT)
            steps.append(step)
    assert steps == [0, 1, 2]
