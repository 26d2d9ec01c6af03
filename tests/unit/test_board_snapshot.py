"""From packs to the wall: the numbers are the KPIs' own, judged and placed, and the states never look alike."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from board.rollup import Rollup
from board.snapshot import Moment, snapshot
from board.view import View, view_of
from board.wall import Cell, Snapshot, Trouble
from ingest.settings import load_site
from streams.cells import Pack
from streams.feeds import Feed, Heard
from streams.house import HouseRules, house_rules
from streams.latest import Latest
from streams.live import LiveValues
from tests.morning import Worker
from tests.timeline import DAY, at, timeline

SITE = load_site("demo")
VIEW: View = view_of(SITE)
HOUSE: HouseRules = house_rules(SITE)

# Two hearts seen after 10 and 50 minutes, one who has waited since 09:00; a cashier's queue; nobody elsewhere.
MORNING = """
    08:00  V1  registration.created  visit_class=outpatient dept_code=CARD
    08:00  V1  patient.checked_in    point=clinic dept_code=CARD
    08:10  V1  consultation.started  consultation_seq=1 doctor_id=D1 dept_code=CARD
    08:16  V1  consultation.ended    consultation_seq=1
    08:20  V2  registration.created  visit_class=outpatient dept_code=CARD
    08:20  V2  patient.checked_in    point=clinic dept_code=CARD
    09:10  V2  consultation.started  consultation_seq=1 doctor_id=D1 dept_code=CARD
    09:00  V3  registration.created  visit_class=outpatient dept_code=CARD
    09:00  V3  patient.checked_in    point=clinic dept_code=CARD
    08:30  V1  queue.joined          ticket_id=T1 service_point_type=cashier source=QUEUE^DEMO
    08:33  V1  queue.served          ticket_id=T1 service_point_type=cashier window_id=W1 source=QUEUE^DEMO
    09:20  V2  queue.joined          ticket_id=T2 service_point_type=cashier source=QUEUE^DEMO
"""


def packs(text: str) -> tuple[Latest, dict[str, Pack]]:
    latest = Latest(1)
    for key, value in Worker(HOUSE).take(timeline(text), 1):
        latest.apply(key, value)
    kept = {key: shown.pack for by_key in latest.packs.values() for key, shown in by_key.items()}
    return latest, {key: pack for key, pack in kept.items() if key.split("|")[2] == DAY}


def wall(clock: str = "09:30", text: str = MORNING, order: tuple[str, ...] = (), **moment: Any) -> Snapshot:
    rollup = Rollup(ZoneInfo("Asia/Shanghai"))
    rollup.take(packs(text)[1])
    return snapshot(rollup, VIEW, Moment(at=at(clock), day=DAY, **moment), order)


def cell(shot: Snapshot, dept: str, column: str) -> Cell:
    row = next(row for row in shot.rows if row.dept == dept)
    return next(c for c in row.cells if c.column == column)


def test_a_wait_counts_those_still_waiting() -> None:
    waiting = cell(wall("09:30"), "CARD", "wait")
    assert (waiting.finished, waiting.waiting, waiting.oldest_since) == (2, 1, at("09:00"))
    finished_only_median_ms = 30 * 60_000
    assert waiting.p50_ms is not None
    assert waiting.p50_ms > finished_only_median_ms


def test_a_stalled_queue_gets_worse_by_itself() -> None:
    severities = [cell(wall(clock), "CARD", "wait").severity for clock in ("09:02", "09:30", "10:30")]
    assert severities == sorted(severities)
    assert severities[-1] == 1, "over the site's 30 minutes, not yet over its 60"
    assert cell(wall("10:30"), "CARD", "wait").over == 1


def test_the_numbers_are_those_of_any_reader() -> None:
    live = LiveValues(HOUSE, 1)
    for key, value in Worker(HOUSE).take(timeline(MORNING), 1):
        live.apply(key, value)
    shown = cell(wall("09:30"), "CARD", "wait")
    read = live.measure("consult_wait", at("09:30"), where={"dept": "CARD"})
    assert (shown.finished, shown.waiting) == (read.n, read.waiting)
    assert shown.p50_ms == pytest.approx((read.p50_waiting or 0) * 60_000)
    assert shown.p90_ms == pytest.approx((read.p90_waiting or 0) * 60_000)


def test_the_hospital_is_the_sum_of_its_departments() -> None:
    shot = wall("09:30")
    house = cell(shot, "", "pay")
    rows = [row for row in shot.rows if row.dept]
    assert house.waiting == sum(c.waiting for row in rows for c in row.cells if c.column == "pay") == 1
    assert shot.waiting_now == sum(c.waiting for c in shot.rows[0].cells if c.column != "consult")


def test_the_worst_department_stands_first_and_equals_keep_their_places() -> None:
    shot = wall("10:30", order=("DERM", "CARD", "PED"))
    assert [row.dept for row in shot.rows[:2]] == ["", "CARD"]
    assert [row.dept for row in shot.rows[2:4]] == ["DERM", "PED"]


def test_the_longest_wait_is_a_place_and_a_time_never_a_person() -> None:
    longest = wall("10:30").longest[0]
    assert (longest.column, longest.dept, longest.since) == ("wait", "CARD", at("09:00"))


@pytest.mark.parametrize(
    ("clock", "says"), [("06:50", "not_open"), ("09:30", "no_patients"), ("13:00", "no_patients"), ("18:30", "closed")]
)
def test_an_empty_cell_says_why(clock: str, says: str) -> None:
    empty = cell(wall(clock, text=""), "DERM", "wait")
    assert (empty.state, empty.trouble) == ("empty", Trouble(says=says))


def test_nobody_knows_the_department_of_a_registration_window() -> None:
    told = wall("08:01", "08:00 - queue.joined ticket_id=T1 service_point_type=registration")
    assert cell(told, "", "checkin").waiting == 1
    assert cell(told, "CARD", "checkin").trouble == Trouble(says="counted_once")


def test_a_feed_that_is_down_makes_stale_what_it_tells_and_nothing_else() -> None:
    down = Feed(name="queue", source_system="QUEUE^DEMO", link="down", link_since=at("09:25"))
    told = {"QUEUE^DEMO": Heard(at("09:25"), 9, frozenset({"queue"}))}
    shot = wall("09:30", feeds=(down,), told=told)
    stale = cell(shot, "", "pay")
    assert (stale.state, stale.trouble) == ("stale", Trouble(says="feed", feed=("queue", "queue"), since=at("09:25")))
    assert stale.waiting == 1, "the value is kept"
    assert stale.severity == 0, "what may be old is not judged"
    assert cell(shot, "CARD", "wait").state == "fresh"


def test_a_rule_that_failed_breaks_its_measure() -> None:
    shot = wall("09:30", broken=frozenset({"consult_wait"}))
    assert cell(shot, "CARD", "wait").state == "broken"
    assert cell(shot, "CARD", "consult").state == "fresh"


def test_without_live_values_nothing_is_fresh() -> None:
    shot = wall("09:30", trouble=Trouble(says="bus_gone", since=at("09:20")))
    assert {c.state for row in shot.rows for c in row.cells} <= {"stale", "empty"}
    assert cell(shot, "CARD", "wait").state == "stale"


def test_arrivals_are_counted_by_the_quarter_hour() -> None:
    arrivals = wall("09:30").arrivals
    assert arrivals is not None
    known = {arrivals.first_quarter + i: n for i, n in enumerate(arrivals.counts) if n}
    assert known == {32: 1, 33: 1, 36: 1}
    assert arrivals.counts[38 - arrivals.first_quarter] == 0
    assert arrivals.counts[39 - arrivals.first_quarter] is None, "still to come"


def test_rolling_up_step_by_step_ends_where_rolling_up_at_once_does() -> None:
    worker, latest = Worker(HOUSE), Latest(1)
    step_by_step, at_once = Rollup(ZoneInfo("Asia/Shanghai")), Rollup(ZoneInfo("Asia/Shanghai"))
    for event in timeline(MORNING):
        for key, value in worker.take([event], 1):
            latest.apply(key, value)
        kept = {key: shown for by_key in latest.packs.values() for key, shown in by_key.items()}
        step_by_step.take({key: shown.pack for key, shown in kept.items() if shown.day == DAY})
    at_once.take(packs(MORNING)[1])
    for stage, where in (
        ("consult_wait", {}),
        ("consult_wait", {"dept": "CARD"}),
        ("window_wait", {}),
        ("visit_los", {}),
    ):
        assert step_by_step.total(stage, where) == at_once.total(stage, where)


def test_every_live_kpi_of_the_catalogue_has_a_tile() -> None:
    from streams.kpis import catalogue

    shot = wall("09:30")
    assert {tile.kpi for tile in shot.tiles} == {kpi.code for kpi in catalogue().values() if kpi.mode != "D"}
