"""The course of an incident, told as a morning: it opens, escalates, is taken up, and closes, once."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.alerts.course import Changes, Course, Reading
from streams.alerts.incident import Acknowledgement, Incident, Incidents, OnWatch, encoded
from streams.alerts.lines import hear
from streams.alerts.rule import Rule
from streams.alerts.turn import LAPSE_MS, is_ours
from tests.timeline import at

RULE = Rule(
    code="consult_wait", kpi="consult_wait", by="dept", statistic="p50", limit=30.0, alarm=60.0, clear=27.0,
    opens_after_s=300, closes_after_s=300, escalates_after_s=900, who=("nurse",), escalates_to=("duty",),
)  # fmt: skip
RULES = {RULE.code: RULE}
CARD = (("dept", "CARD"),)


class Log:
    """The topic as a compacted log holds it, and a course that may be restarted from it."""

    def __init__(self, rules: dict[str, Rule] = RULES) -> None:
        self.rules = rules
        self.kept: dict[str, bytes] = {}
        self.restart()

    def restart(self) -> None:
        self.known = Incidents()
        for key, value in self.kept.items():
            self.known.apply(key, value)
        self.course = Course("H001", self.rules, self.known)

    def write(self, changes: Changes) -> None:
        for incident in changes.incidents:
            key, value = encoded(incident)
            self.kept[key] = value
            self.known.apply(key, value)
        for gone in changes.dropped:
            self.kept.pop(gone, None)
            self.known.apply(gone, None)

    def hear(self, readings: Iterable[Reading]) -> None:
        self.write(self.course.observe(readings))

    def acknowledge(self, incident: Incident, clock: str) -> None:
        key, value = encoded(Acknowledgement(incident=incident.id, by="nurse", at=at(clock)))
        self.kept[key] = value
        self.known.apply(key, value)


def reading(when: int, value: float | None, where: Any = CARD, hours: Any = "open", verdict: Any = None) -> Reading:
    judged = RULE.verdict(value) if verdict is None else verdict
    return Reading(rule="consult_wait", where=where, at=when, verdict=judged, hours=hours, value=value, n=9)


def morning(text: str, log: Log | None = None, every_s: int = 60) -> Log:
    """`08:00 20 | 08:10 45 …`: from each instant on the value stands, and is read every minute. `x` = stale,
    `break` and `closed` are hours, at which the value still stands."""
    log = log or Log()
    steps = [step.split() for step in text.split("|")]
    for (clock, *said), following in zip(steps, [*steps[1:], None], strict=True):
        when, end = at(clock), at(following[0]) if following else at(clock) + 1
        hours: Any = said[1] if len(said) > 1 else "open"
        stale = said[0] == "x"
        while when < end:
            log.hear([reading(when, None if stale else float(said[0]), CARD, hours, "unknown" if stale else None)])
            when += every_s * 1000
    return log


def only(log: Log) -> Incident:
    (incident,) = log.known.known.values()
    return incident


def test_a_wait_beyond_its_limit_for_five_minutes_is_one_incident() -> None:
    log = morning("08:00 20 | 08:10 45 | 08:15 45")
    incident = only(log)
    assert (incident.state, incident.since, incident.opened_at) == ("open", at("08:10"), at("08:15"))
    assert (incident.value, incident.limit, incident.who, incident.severity) == (45.0, 30.0, ("nurse",), 1)
    assert only(morning("08:15 45 | 08:30 45", log)).id == incident.id, "the same one, for as long as it lasts"


def test_a_peak_shorter_than_that_is_none() -> None:
    assert morning("08:00 20 | 08:10 45 | 08:14 29 | 08:30 20").kept == {}


def test_it_opens_at_the_same_instant_whoever_looks_when() -> None:
    seldom = only(morning("08:10 45 | 08:20 45", every_s=240))
    often = only(morning("08:10 45 | 08:20 45", every_s=15))
    assert (seldom.id, seldom.opened_at) == (often.id, often.opened_at) == (often.id, at("08:15"))


def test_it_is_over_when_all_is_well_for_five_minutes_and_near_the_limit_is_not_well() -> None:
    log = morning("08:10 45 | 08:20 20 | 08:23 29 | 08:40 20 | 08:44 20")
    assert only(log).is_open, "29 is within the limit, and too near to it to be over"
    closed = only(morning("08:44 20 | 08:50 20", log))
    assert (closed.state, closed.closed_at, closed.closed_because) == ("closed", at("08:45"), "well")


def test_after_its_end_the_next_is_another() -> None:
    log = morning("08:10 45 | 08:20 20 | 08:30 45 | 08:40 45")
    assert sorted(each.state for each in log.known.known.values()) == ["closed", "open"]


def test_nobody_took_it_up_so_it_escalates_once() -> None:
    incident = only(morning("08:10 45 | 08:40 45"))
    assert (incident.escalated_at, incident.escalated_because) == (at("08:30"), "unacknowledged")


def test_who_has_taken_it_up_is_not_told_again_unless_it_is_far_beyond() -> None:
    log = morning("08:10 45 | 08:16 45")
    log.acknowledge(only(log), "08:17")
    morning("08:17 45 | 08:49 45", log)
    assert only(log).escalated_at is None
    morning("08:50 70 | 09:00 70", log)
    assert (only(log).escalated_because, only(log).escalated_at, only(log).severity) == ("far", at("08:55"), 2)


def test_what_is_far_beyond_from_the_start_opens_escalated() -> None:
    incident = only(morning("08:10 70 | 08:16 70"))
    assert (incident.opened_at, incident.escalated_at, incident.severity) == (at("08:15"), at("08:15"), 2)


def test_stale_numbers_conclude_nothing() -> None:
    log = morning("08:10 45 | 08:12 x | 08:18 45 | 08:20 45")
    assert only(log).opened_at == at("08:15"), "a few blind minutes are no break"
    assert only(morning("08:20 x | 09:20 x", log)).is_open, "and no end"


def test_what_nobody_could_see_for_long_begins_anew() -> None:
    log = morning("08:10 45 | 08:12 x | 08:40 45 | 08:44 45")
    assert (only(log).state, only(log).since) == ("pending", at("08:40"))


def test_what_nobody_could_see_for_long_did_not_end_meanwhile() -> None:
    log = morning("08:10 45 | 08:20 20 | 08:22 x | 09:00 20 | 09:06 20")
    assert only(log).closed_at == at("09:05")


def test_outside_the_hours_nothing_opens_and_what_is_open_ends_with_the_day() -> None:
    assert morning("12:00 45 break | 12:30 45 break").kept == {}
    assert morning("18:00 45 closed | 18:30 45 closed").kept == {}
    log = morning("11:30 45 | 12:00 45 break | 13:29 45 break")
    assert only(log).is_open, "who still waits at noon is not forgotten"
    ended = only(morning("17:29 45 | 17:30 45 closed | 17:31 45 closed", log))
    assert (ended.state, ended.closed_at, ended.closed_because) == ("closed", at("17:30"), "closed")


def test_a_queue_that_is_empty_is_well() -> None:
    log = morning("08:10 45 | 08:20 45")
    log.hear([reading(at("08:21"), None)])
    log.hear([reading(at("08:27"), None)])
    assert only(log).closed_because == "well"


def test_the_worst_is_kept_and_the_figures_are_a_minute_old_at_most() -> None:
    log = morning("08:10 45 | 08:20 58 | 08:22 40 | 08:26 40", every_s=30)
    assert (only(log).worst, only(log).value) == (58.0, 40.0)


def test_a_rule_that_is_no_more_takes_its_incidents_with_it() -> None:
    log = morning("08:10 45 | 08:20 45")
    log.rules = {}
    log.restart()
    log.write(log.course.withdrawn(at("08:21")))
    assert (only(log).state, only(log).closed_because) == ("closed", "withdrawn")


def test_a_record_that_cannot_be_read_hides_no_other() -> None:
    known, taken = Incidents(), Acknowledgement(incident="3fa92c01", by="duty manager", at=at("10:20"))
    hear(known, [("3fa92c01", b"{"), ("ack|3fa92c02", b"[]"), encoded(taken)])
    assert (known.known, known.acknowledged) == ({}, {"3fa92c01": taken})


def test_an_incident_has_an_id_that_can_be_typed() -> None:
    assert len(only(morning("08:10 45 | 08:11 45")).id) == 8


# --- whatever the day, whoever restarts ----------------------------------------------------------------------------

PLACES = (CARD, (("dept", "DERM"),), ())
HOURS = st.sampled_from(["open"] * 8 + ["break", "closed"])
STEPS = st.lists(
    st.tuples(
        st.integers(1, 600),  # seconds to the next look
        st.lists(
            st.tuples(st.sampled_from([None, 20.0, 28.0, 45.0, 45.0, 70.0]), HOURS, st.booleans()),
            min_size=3, max_size=3,
        ),
        st.booleans(),  # the watch is restarted here
        st.booleans(),  # somebody takes up what is open
        st.randoms(use_true_random=False),
    ),
    max_size=40,
)  # fmt: skip


def live(steps: Any, *, disturbed: bool) -> dict[str, bytes]:
    log, when = Log(), at("08:00")
    for seconds, values, restarts, takes, random in steps:
        when += seconds * 1000
        readings = [
            reading(when, value, where, hours, None if is_known or value == 70.0 else "unknown")
            for where, (value, hours, is_known) in zip(PLACES, values, strict=True)
        ]
        if disturbed:
            readings += [random.choice(readings)]
            random.shuffle(readings)
            if restarts:
                log.restart()
        log.hear(readings)
        if disturbed:
            log.hear(readings[:2])
        if takes:
            for incident in log.known.open:
                if incident.id not in log.known.acknowledged:
                    key, value = encoded(Acknowledgement(incident=incident.id, by="nurse", at=when))
                    log.kept[key] = value
                    log.known.apply(key, value)
    return log.kept


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_restarts_duplicates_and_the_order_of_places_change_nothing(steps: Any) -> None:
    assert live(steps, disturbed=True) == live(steps, disturbed=False)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_at_a_place_there_is_one_incident_at_a_time(steps: Any) -> None:
    log = Log()
    for key, value in live(steps, disturbed=False).items():
        log.known.apply(key, value)
    for place in PLACES:
        told = [each for each in log.known.told if each.where == place]
        spans = sorted((each.opened_at or 0, each.closed_at or 1 << 60) for each in told)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))
        assert sum(each.state != "closed" for each in log.known.known.values() if each.where == place) <= 1


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(None, "well"), (20.0, "well"), (27.0, "well"), (28.0, "between"), (30.0, "between"), (31.0, "over"),
     (60.0, "over"), (61.0, "far")],
)  # fmt: skip
def test_what_a_value_is(value: float | None, verdict: str) -> None:
    assert RULE.verdict(value) == verdict


def test_of_two_incidents_of_one_place_one_is_left() -> None:
    """Two watches that began at once, a second apart: what one raised stands, what the other did is taken back."""
    log, other = Log(), Log()
    log.hear([reading(at("08:00"), 45.0)])
    other.hear([reading(at("08:00") + 1_000, 45.0)])
    log.kept |= other.kept
    log.restart()
    assert len(log.known.known) == 2
    morning("08:01 45 | 08:10 45", log)
    assert [each.since for each in log.known.known.values()] == [at("08:00")] and only(log).is_open

    morning("08:00 45 | 08:10 45", first := Log())
    morning("08:01 45 | 08:12 45", second := Log())
    first.kept |= second.kept
    first.restart()
    log = morning("08:13 45 | 08:14 45", first)
    assert [each.since for each in log.known.open] == [at("08:00")]
    assert [each.closed_because for each in log.known.told if not each.is_open] == ["withdrawn"]


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        (None, True),
        (OnWatch(real_at=100_000, at=0, rules=1, owner="A"), True),
        (OnWatch(real_at=100_000, at=0, rules=1, owner="B"), False),
        (OnWatch(real_at=100_000 - LAPSE_MS, at=0, rules=1, owner="B"), False),
        (OnWatch(real_at=99_999 - LAPSE_MS, at=0, rules=1, owner="B"), True),  # it has fallen silent
        (OnWatch(real_at=100_000, at=0, rules=1), True),  # it has let go
    ],
)
def test_one_of_several_watches_has_the_turn(word: OnWatch | None, ours: bool) -> None:
    assert is_ours(word, "A", 100_000) is ours
