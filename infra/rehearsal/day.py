"""A whole simulated day: who comes when, booked or not, and what then happens to each of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from infra.rehearsal.emergency import emergency
from infra.rehearsal.facts import Day
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.inpatients import in_their_beds
from infra.rehearsal.merges import found_again
from infra.rehearsal.outpatient import Booking, OutpatientVisit
from infra.rehearsal.people import person, regular
from infra.rehearsal.schedule import BOOKED_SHARE, SLOT_S, publish, slots_of
from infra.rehearsal.service_desk import service_desk
from infra.rehearsal.service_point import Steps
from infra.rehearsal.sizes import OPEN_S, REOPEN_S, Size

# Weight of each hour for people without an appointment: the opening rush, the lull, a smaller second wave.
_WALK_IN_HOURS = {7: 1.1, 8: 2.6, 9: 2.2, 10: 1.4, 11: 0.5, 13: 1.0, 14: 1.5, 15: 1.0, 16: 0.5}
_ED_HOURS = (4, 3, 2, 2, 2, 3, 4, 6, 8, 9, 9, 8, 7, 7, 7, 7, 7, 8, 10, 11, 10, 8, 6, 5)
_ONE_UNKNOWN_IN = 20
_ONE_REGULAR_IN = 10
_ONE_BOOKS_LATE_IN = 6


def simulate(size: Size, seed: int, day: date, zone: ZoneInfo) -> Day:
    """What happens on one day, from midnight to the small hours of the next."""
    hospital = Hospital(size, seed, day, zone)
    publish(hospital)
    for starts_s, story in _stories(hospital):
        hospital.env.process(_begin(hospital, starts_s, story))
    hospital.env.run(until=30 * 3600)
    facts = sorted(hospital.facts, key=lambda fact: fact.at)  # stable: ties stay in the order they happened
    return Day(day=day.isoformat(), midnight=hospital.at(0), facts=facts, people=hospital.people)


def _begin(hospital: Hospital, starts_s: float, story: Steps) -> Steps:
    yield hospital.env.timeout(starts_s)
    yield from story


def _stories(hospital: Hospital) -> Iterator[tuple[float, Steps]]:
    rng = hospital.rng("arrivals")
    for number in range(hospital.size.outpatients):
        yield _outpatient(hospital, rng, number)
    for number in range(hospital.size.emergencies):
        hour = rng.choices(range(24), _ED_HOURS)[0]
        yield hour * 3600 + rng.uniform(0, 3600), emergency(hospital, number)
    for stay in in_their_beds(hospital):
        yield 0.0, stay
    yield from service_desk(hospital)


def _outpatient(hospital: Hospital, rng: Random, number: int) -> tuple[float, Steps]:
    departments = hospital.size.departments
    dept = rng.choices(departments, [hospital.size.share(d) for d in departments])[0]
    luck = hospital.rng(f"outpatient {number}")
    who = person(luck, hospital.number("P"), hospital.day, child=dept == "PED")
    if number % _ONE_REGULAR_IN == 3 and dept != "PED":
        who = regular(hospital, number)
    booking = _booking(hospital, luck) if rng.random() < BOOKED_SHARE else None
    visit = OutpatientVisit(hospital, luck, hospital.number("V"), dept, who, booking)
    hospital.people[visit.visit] = who
    if booking is None:
        hour = rng.choices(tuple(_WALK_IN_HOURS), tuple(_WALK_IN_HOURS.values()))[0]
        comes_s = max(hour * 3600 + rng.uniform(0, 3600), 7 * 3600 + 300)
        if hospital.one_in(_ONE_UNKNOWN_IN, "without a card"):
            found = found_again(hospital, hospital.rng(f"without a card {number}"), who)
            hospital.env.process(_begin(hospital, comes_s, found))
        return comes_s, visit.story()
    visit.book()
    early = rng.gauss(18 * 60, 14 * 60)
    return max(booking.starts_s - early, 7 * 3600), visit.story()


def _booking(hospital: Hospital, rng: Random) -> Booking:
    slots = [*slots_of(*OPEN_S), *slots_of(*REOPEN_S)]
    weights = [1.5 if s < 10 * 3600 else 1.0 for s in slots]
    starts_s = rng.choices(slots, weights)[0]
    channel = rng.choices(("wechat", "app", "phone", "web", "window"), (0.5, 0.2, 0.1, 0.1, 0.1))[0]
    return Booking(
        appointment_id=hospital.number("A"),
        starts_s=starts_s,
        ends_s=starts_s + SLOT_S,
        channel=channel,
        booked_s=_booked_s(hospital, rng),
        comes=rng.random() > 0.06,
        cancels=rng.random() < 0.03,
    )


def _booked_s(hospital: Hospital, rng: Random) -> float:
    """Days ahead, or early on the very day."""
    ahead_s = -rng.uniform(0.2, 6.5) * 86_400 + 9 * 3600
    return rng.uniform(600, 6.5 * 3600) if hospital.one_in(_ONE_BOOKS_LATE_IN, "booked late") else ahead_s
