"""When a value is final it stays: what is told later is an adjustment beside it, and so it is with a frozen period."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from board.past import Past
from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.events.envelope import Event
from ingest.settings import load_site
from orchestration.resources import Hospital
from orchestration.schedules import late_requests
from streams.house import house_rules
from streams.kpis import catalogue
from tests import worked_example as example
from tests.integration.closing import write_site
from tests.marts.commands import Terminal
from tests.marts.rows import rows_of_day
from tests.timeline import DAY, at, retold, timeline
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.frozen import freeze
from warehouse.history import values_of_day
from warehouse.kpi_history import Published, Why, history_of
from warehouse.late import late_days
from warehouse.marts import build_day
from warehouse.period_marts import build_touched
from warehouse.periods import period_named
from warehouse.rows import store

pytestmark = pytest.mark.services

SITE = load_site("demo")
HOUSE = house_rules(SITE)
KPIS = [catalogue()[code] for code in ("consult_wait", "complaint_first_response_time", "three_visit_coverage")]
ANSWERED = "09:10 - complaint.responded complaint_id=C1"
DAY_MS = 24 * 3600 * 1000
CORRECTED = Why("corrected", rows=1, event_types=("consultation.started",))


def heard(event: Event, days_later: float) -> Event:
    """The same, heard so long after the day."""
    return msgspec.structs.replace(event, ingested_at=at("00:00") + int(days_later * DAY_MS))


def publish(warehouse: Warehouse, days_later: float) -> None:
    build_day(warehouse, SITE, DAY, at("00:00") + int(days_later * DAY_MS), kpis=KPIS)


def history(warehouse: Warehouse, code: str, grain: str = "day", day: str = DAY) -> list[Published]:
    return history_of(warehouse, "H001", catalogue()[code], grain, day, {})


def told(published: list[Published]) -> list[tuple[Any, ...]]:
    return [(each.value, each.by, each.is_adjustment) for each in published]


@pytest.fixture
def with_complaint(warehouse: Warehouse) -> Warehouse:
    """The worked example with a complaint that was answered after ten minutes, published the next morning."""
    store(warehouse, example.events())
    store(warehouse, timeline("09:00 - complaint.received complaint_id=C1 dept_code=CARD channel=phone"))
    store(warehouse, timeline(ANSWERED))
    publish(warehouse, 1.25)
    return warehouse


def test_what_is_told_after_a_value_is_final_is_an_adjustment(with_complaint: Warehouse) -> None:
    warehouse = with_complaint
    before = [row for row in rows_of_day(warehouse, DAY) if row.stage == "consult_wait"]
    store(warehouse, [heard(example.correction(), 35.9)])
    publish(warehouse, 36)  # from now on it is final, and has not been looked at for weeks
    assert told(history(warehouse, "consult_wait")) == [(52.0, None, False), (42.0, -10.0, True)]
    assert history(warehouse, "consult_wait")[-1].why == (CORRECTED,)
    [value] = values_of_day(warehouse, "H001", "consult_wait", DAY)[:1]
    assert value["value"] == 52.0
    assert [row for row in rows_of_day(warehouse, DAY) if row.stage == "consult_wait"] == before

    [first, adjusted] = Past(SITE, lambda: warehouse).published(catalogue()["consult_wait"], DAY, {})
    assert (first.value, adjusted.value, adjusted.is_adjustment) == (52.0, 42.0, True)
    assert adjusted.why == (("1 × 更正", "1 × corrected"),)

    publish(warehouse, 37)
    assert len(history(warehouse, "consult_wait")) == 2  # said once


def test_a_value_of_another_kind_is_final_later(with_complaint: Warehouse) -> None:
    warehouse = with_complaint
    [answer] = timeline(ANSWERED)
    later = retold(answer, 60_000, occurred_at=at("09:40"))
    store(warehouse, [heard(example.correction(), 40), heard(later, 40)])
    publish(warehouse, 41)
    [first, restated] = history(warehouse, "complaint_first_response_time")
    assert (first.is_adjustment, restated.is_adjustment, restated.value) == (False, False, round(40 / 60, 6))
    assert told(history(warehouse, "consult_wait"))[-1] == (42.0, -10.0, True)


def test_before_a_value_is_final_it_is_restated(with_complaint: Warehouse) -> None:
    store(with_complaint, [heard(example.correction(), 34)])
    publish(with_complaint, 35.9)
    assert told(history(with_complaint, "consult_wait")) == [(52.0, None, False), (42.0, -10.0, False)]


def test_a_frozen_period_stays_and_its_adjustments_stand_beside_it(
    with_complaint: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    warehouse, month = with_complaint, period_named("2025-03")
    with pytest.raises(Misconfigured, match="has no values"):
        freeze(warehouse, HOUSE, month, "", real_now_ms())
    build_touched(warehouse, SITE)
    with pytest.raises(Misconfigured, match="30 of its 31 days were never published"):
        freeze(warehouse, HOUSE, month, "", real_now_ms())
    terminal = Terminal(warehouse_settings, tmp_path)
    assert "1 of 31 days" in terminal.said("period", "freeze", "2025-03", "--incomplete", "--note", "regulator")

    store(warehouse, [heard(example.correction(), 2)])
    publish(warehouse, 3)
    build_touched(warehouse, SITE)
    assert build_touched(warehouse, SITE) == []
    assert told(history(warehouse, "consult_wait")) == [(52.0, None, False), (42.0, -10.0, False)]
    of_month = history(warehouse, "consult_wait", "month", "2025-03-01")
    assert told(of_month) == [(52.0, None, False), (42.0, -10.0, True)]
    assert of_month[-1].why == (Why("day_restated", days=(DAY,)),)
    assert told(history(warehouse, "consult_wait", "quarter", "2025-01-01"))[-1] == (42.0, -10.0, False)

    shown = terminal.told("kpi", "show", "consult_wait", "--day", DAY, "--grain", "month")
    assert shown["frozen_ms"] and [v["value"] for v in shown["values"] if not v["series"]] == [52.0]
    assert (shown["restated"]["value"], shown["restated"]["is_adjustment"]) == (42.0, True)
    assert "2025-03" in terminal.said("period", "list")


def test_late_data_name_the_days_that_they_touch(
    with_complaint: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    warehouse = with_complaint
    assert late_days(warehouse, HOUSE, 0) == []
    store(warehouse, [heard(example.correction(), 5)])
    store(warehouse, [heard(event, 6) for event in timeline("09:00 - queue.joined ticket_id=T9", day="2025-03-08")])
    [late] = late_days(warehouse, HOUSE, 0)  # the eighth was never published
    assert late.day == DAY
    assert late_days(warehouse, HOUSE, late.heard_ms) == []
    hospital = Hospital(site_file=str(write_site(tmp_path, warehouse_settings)))
    [run] = late_requests(hospital, late.heard_ms + DAY_MS)
    assert (run.partition_key, run.run_key) == (DAY, f"late:{DAY}:{late.heard_ms}")
    said = Terminal(warehouse_settings, tmp_path).said("day", "late", "--list", "--within", "99999")
    assert said.startswith(f"{DAY}: ") and len(said.splitlines()) == 1
    publish(warehouse, 7)
    assert late_days(warehouse, HOUSE, 0) == []
