"""An outpatient's day: booking, registration, check-in, the doctor, tests, the doctor again, the cashier, the drugs."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

import simpy

from infra.rehearsal.drugs import Prescription
from infra.rehearsal.facts import Person
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.investigations import Investigation
from infra.rehearsal.money import Purse
from infra.rehearsal.service_point import Steps, Ticket
from infra.rehearsal.sizes import DEPARTMENTS

_PATIENCE_S = (2.5 * 3600, 4 * 3600)
_ONE_SENT_ON_IN = 45
_HOME_S = 17 * 3600  # reports later than this are for tomorrow


@dataclass(frozen=True)
class Booking:
    """An appointment made days ago. Seconds count from this day's midnight."""

    appointment_id: str
    starts_s: int
    ends_s: int
    channel: str
    booked_s: float
    comes: bool
    cancels: bool


class OutpatientVisit:
    """One visit, told as a story."""

    def __init__(
        self, hospital: Hospital, rng: Random, visit: str, dept: str, person: Person, booking: Booking | None
    ) -> None:
        self.visit = visit
        self._hospital = hospital
        self._rng = rng
        self._dept = dept
        self._person = person
        self._booking = booking
        self._kind = rng.choices(("first", "return"), (0.55, 0.45))[0]
        self._class = "health_check" if booking is None and rng.random() < 0.02 else "outpatient"
        self._purse = Purse(hospital, rng, visit, dept)
        self._doctor = ""
        self._consultations = 0
        self._tests: list[Investigation] = []
        self._prescription: Prescription | None = None

    def book(self) -> None:
        """The booking, days ago; two in three are registered and paid with it."""
        booking = self._booking
        assert booking is not None
        booked = self._hospital.at(booking.booked_s)
        slot: dict[str, Any] = {
            "slot_start": self._hospital.at(booking.starts_s),
            "slot_end": self._hospital.at(booking.ends_s),
        }
        self._hospital.note_at(booked, "appointment.booked", self.visit, appointment_id=booking.appointment_id,
                               dept_code=self._dept, visit_kind=self._kind, channel=booking.channel,
                               object="consultation", **slot)  # fmt: skip

    def story(self) -> Steps:
        """From the door to the door."""
        if self._booking and self._booking.cancels:
            self._hospital.note("appointment.cancelled", self.visit, appointment_id=self._booking.appointment_id,
                                initiator="patient")  # fmt: skip
            return
        if self._booking and not self._booking.comes:
            return
        yield from self._register()
        yield from self._arrive()
        if self._hospital.one_in(_ONE_SENT_ON_IN, "triage"):
            self._sent_on()
            return
        ticket = self._queue_up()
        if not (yield from self._wait_for(ticket)):
            return
        yield from self._after_the_doctor(ticket)

    def _register(self) -> Steps:
        env, rng = self._hospital.env, self._rng
        at_window = rng.random() < (0.12 if self._booking else 0.7)
        if at_window:
            yield from self._at_the_registration_window()
            return
        yield env.timeout(rng.uniform(20, 120))
        channel = self._booking.channel if self._booking else "kiosk"
        self._registered(channel)
        yield env.timeout(rng.uniform(5, 40))
        self._purse.settle_at_once([self._fee], "kiosk" if channel == "kiosk" else "mobile", "K1")

    def _at_the_registration_window(self) -> Steps:
        window_point = self._hospital.points["registration"]

        def at_window(window: str, _staff: str) -> Steps:
            yield self._hospital.env.timeout(self._rng.uniform(30, 130))
            self._registered("window")
            yield self._hospital.env.timeout(self._rng.uniform(10, 40))
            self._purse.settle_at_once([self._fee], "window", window)

        priority = self._person.group if self._person.group in ("elderly", "disabled", "child") else "normal"
        ticket = window_point.ticket(self._hospital.stamp, self.visit, at_window, known=False, priority=priority)
        window_point.join(ticket)
        yield ticket.done

    def _registered(self, channel: str) -> None:
        booking = self._booking
        self._hospital.note(
            "registration.created", self.visit, visit_class=self._class, register_no=self.visit[-6:],
            appointment_id=booking.appointment_id if booking else None, dept_code=self._dept, visit_kind=self._kind,
            channel=channel, is_add=False, fee_amount="10.00", planned_date=self._hospital.day.isoformat(),
            age_band=age_band(self._person.birth, self._hospital.day), sex=self._person.sex,
            patient_group=self._person.group,
        )  # fmt: skip
        self._fee = self._purse.bill("registration", [])

    def _arrive(self) -> Steps:
        env, rng = self._hospital.env, self._rng
        yield env.timeout(rng.uniform(60, 300))
        booking = self._booking.appointment_id if self._booking else None
        method = rng.choices(("kiosk", "qr", "desk"), (0.5, 0.3, 0.2))[0]
        self._hospital.note("patient.checked_in", self.visit, appointment_id=booking, point="clinic", method=method,
                            dept_code=self._dept)  # fmt: skip
        yield env.timeout(rng.uniform(20, 200))
        clinic = self._hospital.clinics[self._dept]
        self._hospital.note("triage.completed", self.visit, assigned_dept=self._dept, triage_seq=1,
                            acuity=rng.choice(("3", "4")),
                            assigned_queue_id=clinic.queue_id, nurse_id=f"{self._dept}-N1")  # fmt: skip

    def _sent_on(self) -> None:
        """The triage was wrong: the patient registers again, in another department."""
        elsewhere = next(dept for dept in self._hospital.size.departments if dept != self._dept)
        other = OutpatientVisit(self._hospital, self._rng, self._hospital.number("V"), elsewhere, self._person, None)
        self._hospital.people[other.visit] = self._person
        self._hospital.env.process(other.story())

    def _queue_up(self) -> Ticket:
        clinic = self._hospital.clinics[self._dept]
        priority = self._person.group if self._person.group in ("elderly", "disabled", "child") else "normal"
        if self._booking and priority == "normal":
            priority = "normal" if self._rng.random() < 0.8 else "urgent"
        ticket = clinic.ticket(self._hospital.stamp, self.visit, self._consult, priority=priority)
        clinic.join(ticket)
        return ticket

    def _wait_for(self, ticket: Ticket) -> Generator[Any, Any, bool]:
        """Until the doctor is done with the patient; False when the patient gives up."""
        env, clinic = self._hospital.env, self._hospital.clinics[self._dept]
        yield ticket.done | env.timeout(self._rng.uniform(*_PATIENCE_S))
        if ticket.done.triggered:
            return True
        if ticket.state == "called":
            yield ticket.done
            return True
        clinic.leave(ticket)
        if self._rng.random() < 0.7:
            yield env.timeout(self._rng.uniform(300, 1500))
            self._hospital.note("registration.refunded", self.visit, amount="10.00", initiator="patient",
                                before_check_in=False)  # fmt: skip
            self._purse.refund(self._fee, of_registration=True)
        return False

    def _consult(self, room: str, doctor: str) -> Steps:
        self._consultations += 1
        self._doctor = doctor
        _, minutes, lab, exam, drugs = DEPARTMENTS[self._dept]
        first = self._consultations == 1
        seq: dict[str, Any] = {"consultation_seq": self._consultations, "doctor_id": doctor}
        self._hospital.note(
            "consultation.started", self.visit, dept_code=self._dept, room_id=room, mode="onsite", **seq
        )
        length = self._rng.lognormvariate(0, 0.45) * minutes * 60 * (1 if first else 0.55)
        yield self._hospital.env.timeout(max(60.0, length * 0.8))
        if first:
            self._order(doctor, lab, exam)
        if not self._tests or not first:
            self._prescribe(doctor, drugs)
        yield self._hospital.env.timeout(max(10.0, length * 0.2))
        outcome = "ordered_tests" if first and self._tests else "done"
        self._hospital.note("consultation.ended", self.visit, consultation_seq=self._consultations, outcome=outcome,
                            doctor_id=doctor)  # fmt: skip

    def _order(self, doctor: str, lab: float, exam: float) -> None:
        for chance, is_lab in ((lab, True), (exam, False)):
            if self._rng.random() < chance:
                test = Investigation(self._hospital, self._rng, self.visit, self._dept, doctor)
                test.order_lab() if is_lab else test.order_exam()
                self._tests.append(test)

    def _prescribe(self, doctor: str, chance: float) -> None:
        if self._rng.random() < chance:
            self._prescription = Prescription(self._hospital, self._rng, self.visit, self._dept, self._purse)
            self._drug_bill = self._prescription.submit(doctor)

    def _after_the_doctor(self, ticket: Ticket) -> Steps:
        env = self._hospital.env
        if self._tests:
            yield from self._get_tested()
        if any(not test.is_for_another_day for test in self._tests):
            if env.now > _HOME_S or self._rng.random() < 0.08:
                return
            yield env.timeout(self._rng.uniform(60, 900))
            self._hospital.clinics[self._dept].come_back(ticket, "return_with_results")
            if not (yield from self._wait_for(ticket)):
                return
        if self._prescription is not None:
            if self._rng.random() < 0.04:
                return  # leaves without paying for the drugs
            yield from self._purse.pay([self._drug_bill])
            yield from self._prescription.fetch()

    def _get_tested(self) -> Steps:
        bills = [self._purse.bill("exam" if t.modality else "lab", [t.order_id]) for t in self._tests]
        yield from self._purse.pay(bills)
        steps = [t.exam() if t.modality else t.lab() for t in self._tests]
        yield simpy.AllOf(self._hospital.env, [self._hospital.env.process(step) for step in steps])


def age_band(birth: str, day: date) -> str:
    """The vocabulary's age band on a day."""
    born = date.fromisoformat(birth)
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    limits = ((13, "0-13"), (59, "14-59"), (64, "60-64"), (79, "65-79"), (89, "80-89"))
    return next((band for limit, band in limits if age <= limit), "90+")
