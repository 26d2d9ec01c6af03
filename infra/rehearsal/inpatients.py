"""The wards, day and night: people who were admitted days ago or today, their calls, their tests, their way home."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import simpy

from infra.rehearsal.facts import Person
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.investigations import Investigation
from infra.rehearsal.outpatient import age_band
from infra.rehearsal.people import person
from infra.rehearsal.service_point import Steps

_DAY_S = 86_400
_BETWEEN_CALLS_S = 4 * 3600
_ONE_MOVED_IN = 8
_FROM_EMERGENCY, _BY_APPOINTMENT = "7", "2"  # table 0023


class Stay:
    """One stay on a ward; a ward is called by its department."""

    def __init__(self, hospital: Hospital, rng: Random, who: Person, ward: str, request_id: str = "") -> None:
        self._hospital = hospital
        self._rng = rng
        self._who = who
        self._ward = ward
        self._request_id = request_id
        self.visit = hospital.number("I")
        self._bed = f"{ward}-{int(self.visit[-6:]) % 90 + 1:02d}"
        hospital.people[self.visit] = who

    def admitted(self, second: float) -> None:
        """The bed is taken; a second before midnight is of an earlier day."""
        source = _FROM_EMERGENCY if self._request_id else _BY_APPOINTMENT
        self._hospital.note_at(
            self._hospital.at(second), "inpatient.admitted", self.visit, request_id=self._request_id or None,
            ward=self._ward, dept=self._ward, admit_source=source,
            age_band=age_band(self._who.birth, self._hospital.day), sex=self._who.sex, patient_group=self._who.group,
        )  # fmt: skip

    def day(self, goes_home: bool) -> Steps:
        """From midnight, or from the admission, until midnight or until the patient goes home."""
        env, rng = self._hospital.env, self._rng
        calling = env.process(self._calls())
        round_s = 9 * 3600 + rng.uniform(-1800, 3600)
        if env.now < round_s:
            yield env.timeout(round_s - env.now)
            env.process(self._tests())
            if self._hospital.one_in(_ONE_MOVED_IN, "bed on the round"):
                self._moved()
        if goes_home:
            yield from self._goes_home()
            if calling.is_alive:
                calling.interrupt()

    def _moved(self) -> None:
        """To another bed of the ward."""
        place = f"{self._ward}-{self._rng.randint(91, 99)}"
        self._hospital.note("inpatient.transferred", self.visit, from_location=self._bed, to_location=place)

    def _goes_home(self) -> Steps:
        env, rng, note = self._hospital.env, self._rng, self._hospital.note
        yield env.timeout(rng.uniform(600, 5400))
        note("inpatient.discharge_ordered", self.visit)
        yield env.timeout(rng.uniform(1200, 7200))
        place = rng.choices(("bedside", "window", "mobile"), (0.4, 0.4, 0.2))[0]
        note("inpatient.settled", self.visit, settlement_id=self.visit, settle_place=place)
        yield env.timeout(rng.uniform(600, 3600))
        note("inpatient.discharged", self.visit, disposition="home", ward=self._ward)

    def _calls(self) -> Steps:
        """The patient rings; somebody comes, sooner by day than by night."""
        env, rng = self._hospital.env, self._rng
        call: dict[str, Any] = {}
        try:
            while env.now < _DAY_S:
                yield env.timeout(rng.expovariate(1 / _BETWEEN_CALLS_S))
                call = {"call_id": self._hospital.number("N")}
                self._hospital.note("nursecall.raised", self.visit, ward=self._ward, bed=self._bed, **call)
                by_day = 7 * 3600 < env.now < 22 * 3600
                yield env.timeout(rng.lognormvariate(0, 0.7) * (45 if by_day else 80))
                self._answered(call)
                call = {}
        except simpy.Interrupt:
            if call:
                self._answered(call)

    def _answered(self, call: dict[str, Any]) -> None:
        self._hospital.note(
            "nursecall.answered", self.visit, nurse_id=f"{self._ward}-N{self._rng.randint(1, 6)}", **call
        )

    def _tests(self) -> Steps:
        """What the round orders: blood, more often than a picture."""
        doctor = f"{self._ward}-D{self._rng.randint(1, 4)}"
        for chance, is_lab in ((0.6, True), (0.25, False)):
            if self._rng.random() < chance:
                test = Investigation(self._hospital, self._rng, self.visit, self._ward, doctor, bed=self._ward)
                test.order_lab() if is_lab else test.order_exam()
                yield from (test.lab() if is_lab else test.exam())


def in_their_beds(hospital: Hospital) -> Iterator[Steps]:
    """Those who are on the wards as the day begins: a third of them go home today."""
    for number in range(hospital.size.beds):
        rng = hospital.rng(f"bed {number}")
        ward = hospital.size.departments[number % len(hospital.size.departments)]
        who = person(rng, hospital.number("P"), hospital.day, child=ward == "PED")
        stay = Stay(hospital, rng, who, ward)
        stay.admitted(-rng.uniform(0.3, 6.5) * _DAY_S)
        yield stay.day(goes_home=number % 3 == 0)
