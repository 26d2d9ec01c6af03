"""Every value that was published is kept, and a restated one says by how much and because of what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.events.envelope import Event, kind_of
from ingest.settings import load_site
from streams.kpis import catalogue
from tests import worked_example as example
from tests.marts.commands import Terminal
from tests.timeline import DAY, at, retold, retraction, timeline
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.kpi_history import Published, Why, history_of
from warehouse.marts import DayBuild, build_day, measured
from warehouse.period_marts import build_touched
from warehouse.rows import store

pytestmark = pytest.mark.services

SITE = load_site("demo")
LATER = at("33:00")  # the next morning at nine


def publish(warehouse: Warehouse, *more: Event, as_of: int = example.AS_OF) -> None:
    """Hear more, each at nine the next morning, and publish the day (again)."""
    store(warehouse, [msgspec.structs.replace(event, ingested_at=LATER) for event in more])
    build_day(warehouse, SITE, DAY, as_of)


@pytest.fixture
def told(example_day: Warehouse) -> Warehouse:
    """The worked example, published."""
    return example_day


def history(warehouse: Warehouse, code: str, **where: str) -> list[Published]:
    return history_of(warehouse, "H001", catalogue()[code], "day", DAY, where)


def event_of(kind: str, visit: str | None = None) -> Event:
    return next(e for e in example.events() if kind_of(e) == kind and visit in (None, e.visit_id))


def entries(warehouse: Warehouse) -> int:
    return int(warehouse.rows("select count() as n from kpi_ledger")[0]["n"])


def test_the_first_publication_is_entered_with_what_it_was_made_of(told: Warehouse) -> None:
    [first] = history(told, "consult_wait")
    assert (first.value, first.n, first.by, first.why) == (52.0, 2, None, ())
    assert (first.version, first.events, first.as_of_ms) == (1, len(example.events()), example.AS_OF)
    assert len(first.code) == 12 and first.release
    published = told.rows("select count() as n from kpi_values")[0]["n"]
    assert entries(told) == published


def test_a_day_published_again_unchanged_enters_nothing(told: Warehouse) -> None:
    before = entries(told)
    publish(told)
    assert entries(told) == before
    assert told.rows("select count() as n from restated_rows") == [{"n": 0}]


def test_a_corrected_time_restates_its_value_and_no_other(told: Warehouse) -> None:
    publish(told, example.correction())
    _, restated = history(told, "consult_wait")
    assert (restated.value, restated.by) == (42.0, -10.0)
    assert restated.why == (Why("corrected", rows=1, event_types=("consultation.started",)),)
    assert len(history(told, "lab_intra_tat")) == 1
    assert [each.value for each in history(told, "consult_wait", dept="DERM")] == [70.0, 50.0]
    assert [each.value for each in history(told, "consult_wait", dept="CARD")] == [34.0]


def test_a_fact_told_late(told: Warehouse) -> None:
    publish(told, *timeline("10:45 V4 consultation.started patient=P4 consultation_seq=1 doctor_id=DR1 dept_code=CARD"))
    restated = history(told, "service_volume")[-1]
    assert (restated.by, restated.why) == (1.0, (Why("late", rows=1, event_types=("consultation.started",)),))


def test_a_fact_retracted(told: Warehouse) -> None:
    publish(told, example.retraction_of_miss())
    restated = history(told, "queue_missed_rate", service_point_type="clinic")[-1]
    assert (restated.value, restated.by, restated.num, restated.den) == (0.0, -100.0, 0, 1)
    assert restated.why == (Why("retracted", rows=1, event_types=("queue.missed",)),)


def test_visits_joined(told: Warehouse) -> None:
    publish(told, *timeline("12:00 V1 visit.moved prior_visit_id=V2 to_patient_id=P1"))
    restated = history(told, "service_volume")[-1]
    assert (restated.value, restated.by) == (1.0, -1.0)
    assert {why.cause for why in restated.why} == {"merged"}


def test_a_mended_mapping(told: Warehouse) -> None:
    wrong = event_of("order.placed")
    version, _, said = wrong.revision.split("-")
    publish(told, msgspec.structs.replace(wrong, revision=f"{version}-0002-{said}", item_code="HGB"))
    restated = history(told, "lab_intra_tat", item_code="HGB")
    mapped = (Why("mapped", rows=1, event_types=("order.placed",)),)
    assert [(each.value, each.why) for each in restated] == [(45.0, mapped)]  # new, in a day that was published
    [gone] = [each for each in history(told, "lab_intra_tat", item_code="CBC") if each.is_gone]
    assert gone.why == mapped


def test_a_message_read_again_is_no_correction(told: Warehouse) -> None:
    """Under the mended mapping, whose version nobody raised, the same message says another code; it came long ago."""
    wrong = event_of("order.placed")
    version, mapping, said = wrong.revision.split("-")
    again = msgspec.structs.replace(wrong, revision=f"{version}-{mapping}-{'f' * len(said)}", item_code="HGB")
    assert again.ingested_at < at("26:00")
    store(told, [again])
    build_day(told, SITE, DAY, example.AS_OF)
    [new] = history(told, "lab_intra_tat", item_code="HGB")
    assert new.why == (Why("mapped", rows=1, event_types=("order.placed",)),)


def test_what_was_open_runs_out_of_its_time(warehouse: Warehouse) -> None:
    store(warehouse, timeline("16:00 - complaint.received complaint_id=C1 dept_code=CARD channel=phone"))
    publish(warehouse, as_of=at("30:00"))
    publish(warehouse, as_of=at("30:00") + 15 * 24 * 3600 * 1000)
    first, restated = history(warehouse, "complaint_first_response_time")
    assert (first.value, restated.value) == (None, None)
    assert restated.why == (Why("judged_later"),)


def test_another_definition(told: Warehouse) -> None:
    build = DayBuild(told, SITE, DAY, example.AS_OF)
    build.make_rows()
    for kpi in measured():
        build.make_values(msgspec.structs.replace(kpi, version=2) if kpi.code == "consult_wait" else kpi)
    build.publish()
    restated = history(told, "consult_wait")[-1]
    assert (restated.version, restated.by) == (2, 0.0)
    assert restated.why == (Why("definition", note="1 → 2"),)


def test_a_value_that_is_gone_and_comes_back(told: Warehouse) -> None:
    publish(told, *(retraction(e) for e in example.events() if getattr(e, "order_id", None) == "O1"))
    assert [each.is_gone for each in history(told, "lab_intra_tat", item_code="CBC")] == [False, True]
    publish(told, *(retold(e, 120_000) for e in example.events() if getattr(e, "order_id", None) == "O1"))
    assert [each.value for each in history(told, "lab_intra_tat", item_code="CBC")] == [45.0, None, 45.0]


def test_a_day_that_is_still_running_is_not_published(warehouse: Warehouse) -> None:
    store(warehouse, example.events())
    build_day(warehouse, SITE, DAY, at("12:00"))
    assert entries(warehouse) == 0
    assert history(warehouse, "consult_wait") == []


def test_a_period_says_which_of_its_days_were_restated(told: Warehouse) -> None:
    build_touched(told, SITE)
    publish(told, example.correction())
    build_touched(told, SITE)
    store(told, timeline("09:00 V9 patient.checked_in point=clinic\n09:30 V9 consultation.started consultation_seq=1",
                         day="2025-03-05"))  # fmt: skip
    build_day(told, SITE, "2025-03-05", at("30:00", "2025-03-05"))
    build_touched(told, SITE)
    week = history_of(told, "H001", catalogue()["consult_wait"], "week", DAY, {})
    assert [each.value for each in week] == [52.0, 42.0, 34.0]
    assert [each.why for each in week] == [
        (), (Why("day_restated", days=(DAY,)),), (Why("day_added", days=("2025-03-05",)),)
    ]  # fmt: skip


def test_the_command_tells_the_history(told: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path) -> None:
    publish(told, example.correction())
    terminal = Terminal(warehouse_settings, tmp_path)
    said = " ".join(terminal.said("kpi", "history", "consult_wait", DAY).split())
    assert "1 × 更正 corrected (consultation.started)" in said and "-10" in said
    found: list[dict[str, Any]] = msgspec.json.decode(
        terminal.said("kpi", "history", "consult_wait", DAY, "--where", "dept=DERM", "--json")
    )
    assert [each["value"] for each in found] == [70.0, 50.0]
    assert "nothing was published" in terminal.said("kpi", "history", "consult_wait", "2025-03-09")
    assert "not counted by moon" in terminal.said("kpi", "history", "consult_wait", DAY, "--where", "moon=1", code=2)
