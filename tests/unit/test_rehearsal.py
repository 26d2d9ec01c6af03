"""The rehearsal hospital: the same seed gives the same day, nobody is lost, and stages come in their order."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.facts import Day, Fact
from infra.rehearsal.faults import FAULTS, chosen
from infra.rehearsal.feeds import tell
from infra.rehearsal.segments import patient
from infra.rehearsal.sizes import SIZES
from infra.rehearsal.told_fields import TELLS
from ingest.errors import Misconfigured
from streams.kpis import catalogue

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2025, 3, 3)


@pytest.fixture(scope="module")
def day() -> Day:
    return simulate(SIZES["clinic"], 1, MONDAY, ZONE)


def test_same_seed_same_day_and_same_words(day: Day) -> None:
    again = simulate(SIZES["clinic"], 1, MONDAY, ZONE)
    assert again == day
    assert tell(again, 1, FAULTS) == tell(day, 1, FAULTS)


def test_another_seed_is_another_day(day: Day) -> None:
    assert simulate(SIZES["clinic"], 2, MONDAY, ZONE).facts != day.facts


def test_everybody_who_comes_is_accounted_for(day: Day) -> None:
    kinds = Counter(fact.kind for fact in day.facts)
    size = SIZES["clinic"]
    assert kinds["ed.arrived"] == size.emergencies
    check_ins = [f for f in day.facts if f.kind == "patient.checked_in" and f.fields["point"] == "clinic"]
    stayed_away = size.outpatients - len(check_ins)
    assert 0 <= stayed_away < 0.25 * size.outpatients
    seen = {f.visit for f in day.facts if f.kind == "consultation.started"}
    checked_in = {f.visit for f in check_ins}
    gave_up = {f.visit for f in day.facts if f.kind == "queue.left" and f.fields["service_point_type"] == "clinic"}
    twice = Counter(day.people[visit].number for visit in checked_in)
    sent_on = {visit for visit in checked_in if twice[day.people[visit].number] > 1}
    assert checked_in - seen <= gave_up | _still_waiting(day) | sent_on


def test_what_begins_comes_before_what_ends(day: Day) -> None:
    for earlier, later, subject in (
        ("queue.joined", "queue.served", "ticket_id"),
        ("queue.served", "queue.completed", "ticket_id"),
        ("specimen.collected", "specimen.received", "specimen_id"),
        ("exam.started", "exam.completed", "order_id"),
        ("order.placed", "report.issued", "order_id"),
        ("bill.created", "bill.paid", "bill_id"),
        ("prescription.submitted", "dispensing.dispensed", "prescription_id"),
        ("report.issued", "critical_value.raised", "order_id"),
        ("critical_value.raised", "critical_value.acknowledged", "critical_id"),
        ("nursecall.raised", "nursecall.answered", "call_id"),
        ("complaint.received", "complaint.responded", "complaint_id"),
        ("inquiry.received", "inquiry.responded", "inquiry_id"),
    ):
        begun, ended = _first(day, earlier, subject), _first(day, later, subject)
        assert ended, later
        for number, at in ended.items():
            assert begun[number] <= at, (earlier, later)


def test_whoever_is_admitted_from_the_emergency_department_gets_a_bed(day: Day) -> None:
    departed = {f.visit: f.at for f in day.facts if f.kind == "ed.departed" and f.fields["disposition"] == "admitted"}
    asked = {f.visit: f.fields["request_id"] for f in day.facts if f.kind == "admission.requested"}
    beds = {f.fields["request_id"]: f for f in day.facts if f.kind == "inpatient.admitted" and "request_id" in f.fields}
    assert departed.keys() <= asked.keys()
    came = {visit for visit, at in departed.items() if asked[visit] in beds and beds[asked[visit]].at > at}
    last_s = day.midnight + 29 * 3_600_000  # who leaves later is admitted after the simulation's end
    assert {visit for visit, at in departed.items() if at < last_s} <= came != set()


def test_who_is_brought_in_on_a_pathway_passes_the_desk(day: Day) -> None:
    urgent = {f.visit for f in day.facts if f.kind == "ed.green_channel_milestone"}
    entered = {f.visit: f.at for f in day.facts if f.kind == "ed.resus_entered"}
    triaged = {f.visit: f.at for f in day.facts if f.kind == "triage.completed"}
    assert urgent and all(entered[visit] < triaged[visit] for visit in urgent)


def test_who_is_booked_is_examined_later_and_some_on_another_day(day: Day) -> None:
    booked = {f.fields["order_id"]: f for f in day.facts if f.kind == "exam.booked"}
    started, came = _first(day, "exam.started", "order_id"), _first(day, "patient.checked_in", "order_id")
    assert booked.keys() & started.keys() and booked.keys() & came.keys() and booked.keys() - came.keys()
    for number in booked.keys() & started.keys():
        assert booked[number].at < came[number] < started[number]


def test_even_a_clinics_day_has_all_that_its_measures_need_whatever_the_date() -> None:
    needed = {kind for kpi in catalogue().values() for kind in kpi.needs} & TELLS.keys()
    for number in range(8):
        lived = simulate(SIZES["clinic"], 20250303, MONDAY + timedelta(days=number), ZONE)
        assert needed - {fact.kind for fact in lived.facts} == set()


def test_nobody_is_in_two_consultations_at_once(day: Day) -> None:
    steps = [f for f in day.facts if f.kind.startswith("consultation.")]
    inside: dict[str, int] = defaultdict(int)
    for fact in steps:
        inside[fact.fields["doctor_id"]] += 1 if fact.kind.endswith("started") else -1
        assert inside[fact.fields["doctor_id"]] in (0, 1)


def test_each_fault_can_be_switched_on_alone(day: Day) -> None:
    plain = tell(day, 1, ())
    for fault in FAULTS:
        assert tell(day, 1, (fault,)) != plain, fault


def test_without_faults_what_is_told_is_what_happened(day: Day) -> None:
    told = {(t.kind, t.at, t.visit) for t in tell(day, 1, ()) if t.kind == "consultation.started"}
    assert told == {(f.kind, f.at // 1000 * 1000, f.visit) for f in day.facts if f.kind == "consultation.started"}


def test_unknown_fault_is_named() -> None:
    with pytest.raises(Misconfigured, match="gremlins"):
        chosen("late,gremlins")


def test_names_are_chinese_and_survive_gb18030(day: Day) -> None:
    for person in day.people.values():
        line = patient(person)
        assert line.encode("gb18030").decode("gb18030") == line
        assert all("\u4e00" <= character <= "\u9fff" for character in person.name)


def _first(day: Day, kind: str, subject: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for fact in day.facts:
        if fact.kind == kind and subject in fact.fields:
            found.setdefault(fact.fields[subject], fact.at)
    return found


def _still_waiting(day: Day) -> set[str]:
    tickets: dict[str, Fact] = {}
    for fact in day.facts:
        if fact.kind.startswith("queue.") and fact.fields["service_point_type"] == "clinic":
            tickets[fact.fields["ticket_id"]] = fact
    return {fact.visit for fact in tickets.values() if fact.kind not in ("queue.completed", "queue.left")}
