"""What the warehouse knows of the sources: whose clock is off in a rehearsed day, and how much each usually tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from ingest.events.envelope import Event
from ingest.settings import load_site
from streams.house import house_rules
from tests.morning import DAY, heard
from tests.timeline import at, timeline
from warehouse.client import Warehouse
from warehouse.clock_offsets import ClockOffset, clock_offsets, combined
from warehouse.feed_rates import DeptRate, feed_rates
from warehouse.rows import store

pytestmark = pytest.mark.services

QUEUE = "QUEUE^DEMO"
OFF_S = 90.0


def test_a_source_whose_clock_is_ninety_seconds_ahead_is_found(warehouse: Warehouse) -> None:
    told = heard("clinic", at("23:00"))
    right = _offsets(warehouse, told)["HIS^DEMO", QUEUE]
    assert not right.is_off and _bounds(right)[0] <= 0 <= _bounds(right)[1] < 30

    wrong = _offsets(warehouse, [_ahead(each) if each.source_system == QUEUE else each for each in told])
    queue = wrong["HIS^DEMO", QUEUE]
    assert _bounds(queue) == pytest.approx([bound + OFF_S for bound in _bounds(right)])
    assert queue.is_off and 60 < queue.least_off_s <= OFF_S <= _bounds(queue)[1]
    assert queue.estimate_s == pytest.approx(OFF_S, abs=15)
    assert queue.by == ("queue.called → consultation.started", "patient.checked_in → queue.joined")
    # Orders are placed before specimens are taken, and nothing of the laboratory must come before what others tell.
    laboratory = wrong["HIS^DEMO", "LIS^DEMO"]
    assert laboratory.at_least_s is None and laboratory.estimate_s is None and not laboratory.is_off
    assert next(iter(wrong)) == ("HIS^DEMO", QUEUE)  # the worst comes first


def test_the_tightest_of_all_kinds_of_facts_counts() -> None:
    def row(earlier: str, later: str, before: str, least_ms: int) -> dict[str, Any]:
        return {"earlier": earlier, "later": later, "before": before, "after": "x", "n": 20, "least_ms": least_ms}

    (found,) = combined(
        [row("A", "B", "a", 9_000), row("A", "B", "b", -4_000), row("B", "A", "c", 7_000), row("B", "A", "d", 30_000)]
    )
    assert (found.at_least_s, found.at_most_s, found.estimate_s, found.pairs) == (-7.0, -4.0, -5.5, 80)
    assert found.is_off and found.least_off_s == 4.0 and found.by == ("c → x", "b → x")


def _ahead(event: Event) -> Event:
    return msgspec.structs.replace(event, occurred_at=event.occurred_at + round(OFF_S * 1000))


def _bounds(found: ClockOffset) -> list[float]:
    assert found.at_least_s is not None and found.at_most_s is not None
    return [found.at_least_s, found.at_most_s]


def _offsets(warehouse: Warehouse, told: Iterable[Event]) -> dict[tuple[str, str], ClockOffset]:
    warehouse.command("truncate table events")
    store(warehouse, told)
    found = clock_offsets(warehouse, load_site("demo"), DAY.isoformat())
    return {(each.first, each.second): each for each in found}


def test_how_much_each_source_tells_of_each_department(warehouse: Warehouse) -> None:
    warehouse.command("truncate table events")
    days = ["2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06"]  # Monday to Thursday
    for n, day in enumerate(days):
        text = "\n".join(f"09:{minute:02d} V{n}{minute} consultation.started dept_code=CARD consultation_seq=1"
                         for minute in range(10, 20 if day != days[-1] else 12))  # fmt: skip
        store(warehouse, timeline(f"{text}\n11:00 V{n} consultation.started dept_code=DERM", day=day))
    house = house_rules(load_site("demo"))
    found = feed_rates(warehouse, house, house.calendar, at("10:05", days[-1]))
    assert found == [DeptRate("HIS^DEMO", "CARD", 2, 10.0, 3)]
    assert feed_rates(warehouse, house, house.calendar, at("10:05", "2025-03-08")) == []  # Saturdays are another kind
