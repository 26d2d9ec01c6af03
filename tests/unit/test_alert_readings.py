"""What is judged, by which rule, and what is not: from a site file and a rehearsed morning to incidents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import messages
from infra.rehearsal.sizes import SIZES
from ingest.clock import Clock, ClockMap, write_clock
from ingest.errors import Misconfigured
from ingest.events.envelope import Event
from ingest.interpret.messages import interpret_message
from ingest.settings import Site, load_site
from streams.alerts.course import Reading
from streams.alerts.incident import Incident, Incidents
from streams.alerts.readings import Moment, readings, watched
from streams.alerts.rule import FEEDS, LIVE, rules
from streams.alerts.watch import Watch
from streams.feeds import Feed, Heard
from streams.house import house_rules
from streams.live import LiveValues
from tests.morning import DAY, SOURCE, ZONE, Worker
from tests.timeline import at, timeline

DEMO = load_site("demo")
SOURCES = ("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "RIS^DEMO")


def site_of(folder: Path, text: str) -> Site:
    path = folder / "hospital.toml"
    path.write_text(f"{DEMO.path.read_text('utf-8')}\n{text}", "utf-8")
    return load_site(str(path))


# --- rules ---------------------------------------------------------------------------------------------------------


def test_every_live_wait_and_deadline_with_a_target_has_a_rule() -> None:
    found = rules(DEMO)
    wait = found["consult_wait"]
    assert (wait.by, wait.statistic, wait.limit, wait.alarm, wait.clear) == ("dept", "p50", 30.0, 60.0, 27.0)
    assert (found["window_wait"].by, found["window_wait"].alarm) == ("service_point_type", 20.0)
    assert found["window_wait"].but_not == ("imaging", "ultrasound"), "as on the wall"
    assert {FEEDS, LIVE} <= set(found)
    four_hours = found["ed_4h_rate"]
    assert (four_hours.limit, four_hours.direction, four_hours.window) == (95.0, "≥", "today")
    assert "appt_wait_official" not in found, "the demo has switched it off"


def test_a_site_changes_a_rule_and_adds_its_own(tmp_path: Path) -> None:
    found = rules(site_of(tmp_path, """
        [alerts.rules.consult_wait]
        limit = 45
        opens_after_s = 600
        who = ["nurse office"]
        [alerts.rules.elderly_wait]
        kpi = "consult_wait"
        where = { patient_group = "elderly" }
        limit = 20
        [alerts.rules.ed_4h_rate]
    """))  # fmt: skip
    wait, elderly, four_hours = found["consult_wait"], found["elderly_wait"], found["ed_4h_rate"]
    assert (wait.limit, wait.alarm, wait.clear, wait.opens_after_s) == (45.0, 90.0, 40.5, 600)
    assert (elderly.where, elderly.limit) == ((("patient_group", "elderly"),), 20.0)
    assert (four_hours.limit, four_hours.direction, four_hours.clear, four_hours.window) == (95.0, "≥", 95.5, "today")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[alerts.rules.consult_wiat]\nlimit = 3", "there is no KPI consult_wiat"),
        ("[alerts.rules.consult_wait]\nby = 'ward'", "not counted by ward"),
        ("[alerts.rules.consult_wait]\nby = 'doctor'", "names places, not people"),
        ("[alerts.rules.rx_review_time]", "has no target; write limit and direction"),
        ("[alerts.rules.refund_rate]", "has no live value"),
        ("[alerts.rules.consult_wait]\nlimt = 3", "limt: no such setting"),
    ],
)
def test_a_wrong_rule_is_one_sentence(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=says):
        rules(site_of(tmp_path, text))


# --- readings ------------------------------------------------------------------------------------------------------

WAITING = "".join(f"09:00 V{n} patient.checked_in point=clinic dept_code=CARD\n" for n in range(6))


def found_at(clock: str, text: str = WAITING, known: tuple[Incident, ...] = (), **of: object) -> dict[str, Reading]:
    """The readings of a moment by rule and place: `consult_wait CARD`."""
    worker, live = Worker(house_rules(DEMO)), LiveValues(house_rules(DEMO), 1)
    for key, value in worker.take(timeline(text), 1):
        live.apply(key, value)
    made = readings(watched(DEMO), live, Moment(at=at(clock), **of), known)  # type: ignore[arg-type]  # of is its fields
    return {" ".join([each.rule, *(value for _, value in each.where)]): each for each in made}


def test_a_wait_that_nobody_has_finished_is_judged() -> None:
    found = found_at("09:45")["consult_wait CARD"]
    assert (found.verdict, found.value, found.n, found.hours) == ("over", 45.0, 6, "open")
    assert found_at("10:10")["consult_wait CARD"].verdict == "far"


def test_so_few_open_nothing_and_end_nothing() -> None:
    few = "".join(WAITING.splitlines(keepends=True)[:3])
    assert found_at("09:45", few)["consult_wait CARD"].verdict == "between"


def test_outside_its_hours_a_department_is_quiet() -> None:
    assert found_at("12:30")["consult_wait CARD"].hours == "break"
    assert found_at("17:45")["consult_wait CARD"].hours == "closed"


def test_where_something_is_open_and_nobody_is_left_all_is_well() -> None:
    left = Incident(
        id="1", rule="consult_wait", where=(("dept", "PED"),), state="open", since=1, seen_at=1, opened_at=1
    )
    assert found_at("09:45", known=(left,))["consult_wait PED"].verdict == "well"


def test_a_number_whose_feed_is_silent_says_nothing_and_the_feed_does() -> None:
    feed = Feed(name="his", source_system="HIS^DEMO", link="up", silent_since=at("09:30"), patience_ms=300_000,
                heard_at=at("09:30"))  # fmt: skip
    told = {"HIS^DEMO": Heard(at("09:30"), 6, frozenset({"registration", "consultation"}))}
    found = found_at("09:45", feeds=(feed,), told=told)
    assert found["consult_wait CARD"].verdict == "unknown"
    silent = found["feeds his"]
    assert (silent.verdict, silent.cause, silent.value, silent.limit) == ("over", "silent", 900, 300)


@pytest.mark.parametrize(
    ("feed", "verdict", "cause"),
    [
        (Feed(name="lis", source_system="LIS", link="up", heard_at=at("09:44")), "well", ""),
        (Feed(name="lis", source_system="LIS", link="down", link_since=at("09:40")), "over", "link"),
        (Feed(name="lis", source_system="LIS", link="up", is_certain=False), "unknown", ""),
        (Feed(name="lis", source_system="LIS", link="up", late_ms=9, late_after_ms=8, heard_at=1), "over", "late"),
        (Feed(name="lis", source_system="LIS", link="up", opening="break", heard_at=at("08:00")), "unknown", ""),
    ],
)
def test_what_a_feed_is(feed: Feed, verdict: str, cause: str) -> None:
    found = found_at("09:45", feeds=(feed,))["feeds lis"]
    assert (found.verdict, found.cause) == (verdict, cause)


def test_a_late_feed_is_not_over_while_too_little_comes_to_say_so() -> None:
    feed = Feed(name="lis", source_system="LIS", link="up", heard_at=at("09:44"))
    late = Incident(id="1", rule=FEEDS, where=(("feed", "lis"),), state="open", since=1, seen_at=1, cause="late")
    assert found_at("09:45", known=(late,), feeds=(feed,))["feeds lis"].verdict == "unknown"
    on_time = msgspec.structs.replace(feed, late_ms=60_000, late_after_ms=3_600_000)
    assert found_at("09:45", known=(late,), feeds=(on_time,))["feeds lis"].verdict == "well"


def test_a_feed_that_never_came_is_no_incident() -> None:
    assert "feeds lis" not in found_at("09:45", feeds=(Feed(name="lis", source_system="LIS"),))


def test_workers_that_are_gone_are_one_incident_and_no_feeds() -> None:
    silent = Feed(name="lis", source_system="LIS", link="up", silent_since=1, heard_at=1)
    found = found_at("09:45", feeds=(silent,), silent_for_ms=60_000)
    assert (found["live"].verdict, found["consult_wait CARD"].verdict) == ("over", "unknown")
    assert "feeds lis" not in found


# --- the rehearsal's fault -----------------------------------------------------------------------------------------


def heard_by(clock: str) -> Iterator[tuple[int, list[Event]]]:
    """The events of a clinic's morning at which the laboratory falls silent from 10:20 to 10:50, by when they come."""
    day = simulate(SIZES["clinic"], 7, DAY, ZONE)
    said = tell(day, 7, ("silent",))
    for wire in sorted(messages(said, day.people), key=lambda each: each.told_at):
        if wire.told_at > at(clock):
            return
        yield wire.told_at, interpret_message(wire.body, SOURCE, wire.told_at)


def test_a_feed_that_falls_silent_is_one_incident_that_ends_when_it_speaks_again(tmp_path: Path) -> None:
    real, told = 1_000_000_000_000, list(heard_by("11:10"))
    write_clock(tmp_path / "clock.json", ClockMap(real, at("10:10"), 60.0))
    known, worker = Incidents(), Worker(house_rules(DEMO))
    watch, place = Watch(DEMO, Clock(tmp_path / "clock.json"), 1, known), 0
    for now in range(at("10:10"), at("11:10"), 120_000):  # as a demo at sixty times the pace looks every two seconds
        until = next((n for n in range(place, len(told)) if told[n][0] > now), len(told))
        watch.take(worker.take([event for _, events in told[place:until] for event in events], real))
        place = until
        for source in SOURCES:
            watch.beats.beat(source, real)
        changes = watch.look(real)
        for incident in changes.incidents:
            known.put(incident)
        for gone in changes.dropped:
            known.apply(gone, None)
        real += 2_000
    (silent,) = [each for each in known.told if each.where == (("feed", "lis"),)]
    assert (silent.cause, silent.state, silent.closed_because) == ("silent", "closed", "well")
    assert at("10:35") <= (silent.opened_at or 0) <= at("10:40")
    assert at("10:50") <= (silent.closed_at or 0) <= at("10:56")
    by_place: dict[object, list[Incident]] = {}
    for each in reversed(known.told):
        by_place.setdefault(each.place, []).append(each)
    for of_one in by_place.values():
        assert all((b.opened_at or 0) - (a.closed_at or 0) > 10 * 60_000 for a, b in pairwise(of_one)), "it flickers"
