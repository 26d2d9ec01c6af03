"""What is kept longer than the site says is deleted for good, and no day is built of what is no longer there."""

from __future__ import annotations

import pytest

from ingest.errors import Misconfigured
from ingest.settings import load_site
from tests import worked_example as example
from tests.marts.rows import rows_of_day
from tests.timeline import DAY, timeline
from warehouse.client import Warehouse
from warehouse.history import values_of_day
from warehouse.marts import build_day
from warehouse.retention import RetentionSettings, delete, too_old
from warehouse.rows import store

pytestmark = pytest.mark.services

SETTINGS = RetentionSettings(events_days=30, stage_rows_days=10)


def test_what_is_too_old_is_deleted_and_nothing_else(example_day: Warehouse) -> None:
    warehouse = example_day
    store(warehouse, timeline("09:00 - queue.joined ticket_id=T9 service_point_type=cashier", day="2025-04-20"))
    before = warehouse.rows("select count() as n from events where toYYYYMM(occurred_at) = 202503")[0]["n"]
    assert too_old(warehouse, SETTINGS, "2025-03-12") == []
    assert too_old(warehouse, RetentionSettings(), "2045-01-01") == []

    assert {each.table for each in delete(warehouse, SETTINGS, "2025-03-14")} == {"stage_rows"}
    assert rows_of_day(warehouse, DAY) == []
    assert [value["value"] for value in values_of_day(warehouse, "H001", "consult_wait", DAY)][:1] == [52.0]

    assert {each.table for each in too_old(warehouse, SETTINGS, "2025-04-30")} <= {"events"}
    gone = [each for each in delete(warehouse, SETTINGS, "2025-05-01") if each.table == "events"]
    assert before > 0 and before in [each.rows for each in gone]
    left = warehouse.rows("select distinct toYYYYMM(occurred_at) as month from events")
    assert left == [{"month": 202504}]

    with pytest.raises(Misconfigured, match=f"{DAY} cannot be built again"):
        build_day(warehouse, load_site("demo"), DAY, example.AS_OF, kpis=())
    assert [value["value"] for value in values_of_day(warehouse, "H001", "consult_wait", DAY)][:1] == [52.0]
