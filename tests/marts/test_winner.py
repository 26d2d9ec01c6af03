"""Which telling of a fact counts: the site's order of sources, then the highest revision; a retract leaves none."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest

from ingest.events import catalogue
from ingest.events.envelope import Event, Instant, Telling, assemble
from ingest.events.queue import QueueCalled, QueueJoined
from ingest.settings import load_site
from warehouse.client import Warehouse
from warehouse.rows import store
from warehouse.views import fill_day, view_name

pytestmark = pytest.mark.services

MORNING = 1_740_960_000_000  # 2025-03-03 08:00 in Shanghai
MINUTE = 60_000


def joined(minute: int, source: str, version: int, ticket: str = "t1", **more: Any) -> Event:
    """A ticket taken so many minutes after eight, as a source told it in a version."""
    telling = Telling(facility_id="H001", source_system=source, ingested_at=MORNING + version, row_version=str(version))
    occurred = Instant(MORNING + minute * MINUTE, "minute", 480)
    return assemble(QueueJoined, telling, occurred, ticket_id=ticket, **more)


def test_of_two_sources_the_first_in_the_site_s_order_counts_whatever_the_other_says_later(
    warehouse: Warehouse,
) -> None:
    told = [
        joined(1, "QUEUE^DEMO", 9),
        joined(2, "HIS^DEMO", 1),
        joined(3, "HIS^DEMO", 4, position=7),  # corrected at the desk
        joined(4, "HIS^DEMO", 3),
        joined(5, "APP^OTHER", 99),
    ]
    random.Random(7).shuffle(told)
    store(warehouse, told + told[:2])
    [row] = warehouse.rows("select * from won_events")
    assert (row["source_system"], row["occurred_at"].minute) == ("HIS^DEMO", 3)


def test_unlisted_sources_are_ordered_by_name(warehouse: Warehouse) -> None:
    store(warehouse, [joined(1, "ZZZ", 9), joined(2, "AAAA", 1), joined(3, "AAA", 1)])
    [row] = warehouse.rows("select source_system from won_events")
    assert row["source_system"] == "AAA"


def test_a_fact_that_its_best_source_takes_back_is_gone_though_another_still_tells_it(warehouse: Warehouse) -> None:
    store(
        warehouse,
        [joined(1, "HIS^DEMO", 1), joined(2, "QUEUE^DEMO", 1), joined(1, "HIS^DEMO", 2, op="retract")],
    )
    assert warehouse.rows("select * from won_events") == []
    assert fill_day(warehouse, load_site("demo"), "2025-03-03") == 0


def test_a_fact_told_again_after_it_was_taken_back_is_there(warehouse: Warehouse) -> None:
    store(warehouse, [joined(1, "HIS^DEMO", n, op=op) for n, op in ((1, "assert"), (2, "retract"), (3, "assert"))])
    assert len(warehouse.rows("select * from won_events")) == 1


def test_of_equal_tellings_the_first_heard_stays(warehouse: Warehouse) -> None:
    first = joined(1, "HIS^DEMO", 1)
    later = msgspec.structs.replace(first, ingested_at=first.ingested_at + 5_000)
    for batch in ([later], [first], [later]):
        store(warehouse, batch)
    [row] = warehouse.rows("select toUnixTimestamp64Milli(ingested_at) as at from won_events")
    assert row["at"] == first.ingested_at
    warehouse.command("optimize table events final")
    [row] = warehouse.rows("select toUnixTimestamp64Milli(ingested_at) as at from events")
    assert row["at"] == first.ingested_at


def test_a_correction_that_moves_a_ticket_to_another_day_takes_it_from_the_first(warehouse: Warehouse) -> None:
    """Told for Monday, corrected to Friday: Monday's build must not believe the first telling."""
    store(warehouse, [joined(0, "HIS^DEMO", 1), joined(4 * 24 * 60, "HIS^DEMO", 2)])
    fill_day(warehouse, load_site("demo"), "2025-03-03")
    rows = warehouse.rows("select occurred_at from ev_queue_joined where build_day = '2025-03-03'")
    assert [row["occurred_at"].day for row in rows] == [7]


def test_a_day_has_the_whole_story_of_what_touches_it_and_nothing_else(warehouse: Warehouse) -> None:
    site = load_site("demo")
    telling = Telling(facility_id="H001", source_system="HIS^DEMO", ingested_at=MORNING)
    week = 7 * 24 * 60

    def at(minute: int) -> Instant:
        return Instant(MORNING + minute * MINUTE, "minute", 480)

    kinds = catalogue()
    store(
        warehouse,
        [
            assemble(kinds["registration.created"], telling, at(-week), visit_id="v1"),
            assemble(kinds["order.placed"], telling, at(-week + 1), visit_id="v1", order_id="o1"),
            assemble(kinds["report.issued"], telling, at(5), order_id="o1", report_id="r1", version=1, status="final"),
            assemble(kinds["order.placed"], telling, at(-week + 1), visit_id="v2", order_id="o2"),
            assemble(kinds["registration.created"], telling, at(-week), visit_id="v3", planned_date="2025-03-03"),
        ],
    )
    assert fill_day(warehouse, site, "2025-03-03") == 4
    rows = warehouse.rows("select visit_id from day_events where build_day = '2025-03-03' and event_type like 'reg%'")
    assert sorted(row["visit_id"] for row in rows) == ["v1", "v3"]
    assert fill_day(warehouse, site, "2025-03-03") == 4, "a second build of a day replaces the first"


def test_every_event_type_has_a_view_with_its_payload_in_typed_columns(warehouse: Warehouse) -> None:
    for name in catalogue():
        warehouse.rows(f"select * from {view_name(name)} where build_day = '2025-03-03'")
    told = joined(0, "HIS^DEMO", 1, position=3, priority="elderly", ref_ids=("o1", "o2"), queue_id="Q'1")
    telling = Telling(facility_id="H001", source_system="HIS^DEMO", ingested_at=MORNING)
    paid = assemble(
        catalogue()["bill.paid"],
        telling,
        Instant(MORNING, "ms", 480),
        bill_id="b1",
        payment_id="p1",
        amount="12.5000",
        parts=[{"channel": "cash", "amount": "12.5"}],
    )
    called = assemble(QueueCalled, telling, Instant(MORNING + 1, "ms", 480), ticket_id="t1", call_seq=1)
    store(warehouse, [told, paid, called])
    fill_day(warehouse, load_site("demo"), "2025-03-03")
    [ticket] = warehouse.rows("select * from ev_queue_joined where build_day = '2025-03-03'")
    assert (ticket["position"], ticket["priority"], ticket["ref_ids"]) == (3, "elderly", ["o1", "o2"])
    assert (ticket["queue_id"], ticket["dept_code"], ticket["recorded_at"]) == ("Q'1", None, None)
    [payment] = warehouse.rows("select amount, parts from ev_bill_paid where build_day = '2025-03-03'")
    assert str(payment["amount"]) == "12.5000"
    assert payment["parts"][0]["channel"] == "cash"
