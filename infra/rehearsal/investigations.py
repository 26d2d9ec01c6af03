"""Laboratory and imaging: from the doctor's order to the report that the patient brings back."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from infra.rehearsal.critical_value import critical_value
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps

_LAB_ITEMS = ("CBC", "BIOCHEM", "COAG", "URINE", "TROPONIN")
_MINUTES_ON_ANALYSER = {"CBC": (9, 22), "BIOCHEM": (25, 55), "COAG": (20, 40), "URINE": (8, 20), "TROPONIN": (15, 35)}
_EXAMS = (("US", "ultrasound", 0.5), ("DX", "imaging", 0.3), ("CT", "imaging", 0.2))
_MINUTES_IN_ROOM = {"US": (5, 14), "DX": (2, 6), "CT": (8, 18)}
_BOOKED = "CT"  # large equipment is booked as it is ordered, and its desk checks people in
_LAST_SLOT_S = 17 * 3600
_SLOT_S = 600
_ONE_CRITICAL_IN = 14


class Investigation:
    """One order: a blood test or an examination. Who lies in a `bed` (a ward's, or ED) draws no ticket."""

    def __init__(self, hospital: Hospital, rng: Random, visit: str, dept: str, doctor: str, bed: str = "") -> None:
        self._hospital = hospital
        self._rng = rng
        self._visit = visit
        self._dept = dept
        self._doctor = doctor
        self._bed = bed
        self._is_stat = bed == "ED"
        self._slot_s = 0.0
        self.order_id = hospital.number("O")
        self.modality = ""
        self.is_for_another_day = False

    def order_lab(self) -> None:
        """The doctor orders a blood test."""
        self._place("lab", self._rng.choice(_LAB_ITEMS), "LAB")

    def order_exam(self) -> None:
        """The doctor orders an examination."""
        self.modality, category, _ = self._rng.choices(_EXAMS, [weight for *_, weight in _EXAMS])[0]
        self._place(category, f"{self.modality}-{self._rng.choice(('CHEST', 'ABDOMEN', 'LIMB'))}", "RAD")
        if self.modality == _BOOKED and not self._is_stat:
            self._book()

    def _place(self, category: str, item: str, performer: str) -> None:
        self._item, self._category = item, category
        self._hospital.note(
            "order.placed", self._visit, order_id=self.order_id, category=category, item_code=item,
            priority="stat" if self._is_stat else self._rng.choices(("routine", "urgent"), (0.9, 0.1))[0],
            ordering_dept=self._dept, performing_dept=performer, doctor_id=self._doctor,
            modality=self.modality or None,
        )  # fmt: skip

    def _book(self) -> None:
        """The next free time, from twenty minutes on; late in the day, and for some anyhow, tomorrow's."""
        free_s = self._hospital.env.now + self._rng.uniform(1200, 4200)
        self.is_for_another_day = free_s > _LAST_SLOT_S or self._rng.random() < 0.12
        if self.is_for_another_day:
            free_s = 86_400 + 8 * 3600 + self._rng.uniform(0, 6 * 3600)
        self._slot_s = free_s // _SLOT_S * _SLOT_S
        self._hospital.note("exam.booked", self._visit, order_id=self.order_id, modality=self.modality,
                            scheduled_start=self._hospital.at(self._slot_s))  # fmt: skip

    def lab(self) -> Steps:
        """Blood drawn, carried, received, measured, reported."""
        if self._bed:
            yield self._hospital.env.timeout(self._rng.uniform(120, 600))
            specimen = self._collect()
        else:
            specimen = ""
            yield from self._queue("phlebotomy", self._draw)
            specimen = self._specimen
        if not specimen:
            return
        yield from self._carry(specimen)
        yield from self._measure()

    def exam(self) -> Steps:
        """Waited for, done, written up; nothing yet of what is booked for another day."""
        if self.is_for_another_day:
            return
        if self._slot_s:
            yield from self._check_in()
        self._device = ""
        if self._bed:
            yield self._hospital.env.timeout(self._rng.uniform(300, 1200))
            yield from self._examine(f"{self.modality}-{self._bed}", "")
        else:
            yield from self._queue("ultrasound" if self.modality == "US" else "imaging", self._examine)
        if self._device:
            yield from self._write_up()

    def _check_in(self) -> Steps:
        """At the desk, mostly before the booked time."""
        env = self._hospital.env
        yield env.timeout(max(60.0, self._slot_s + self._rng.uniform(-900, 300) - env.now))
        method = self._rng.choices(("kiosk", "desk"), (0.4, 0.6))[0]
        self._hospital.note("patient.checked_in", self._visit, point="exam", order_id=self.order_id, method=method,
                            dept_code="RAD")  # fmt: skip
        yield env.timeout(self._rng.uniform(20, 120))

    def _queue(self, kind: str, serve: Callable[[str, str], Steps]) -> Steps:
        point = self._hospital.points[kind]
        self._specimen = ""
        known = self._rng.random() < 0.7
        ticket = point.ticket(self._hospital.stamp, self._visit, serve, known=known, refs=(self.order_id,))
        point.join(ticket)
        yield ticket.done | self._hospital.env.timeout(2.5 * 3600)
        if not ticket.done.triggered and ticket.state != "called":
            point.leave(ticket)
        elif not ticket.done.triggered:
            yield ticket.done

    def _draw(self, window: str, staff: str) -> Steps:
        yield self._hospital.env.timeout(self._rng.uniform(50, 180))
        self._specimen = self._collect(staff, window)
        yield self._hospital.env.timeout(self._rng.uniform(10, 40))

    def _collect(self, staff: str = "", point: str = "") -> str:
        bed = self._bed or "ED"
        specimen = self._hospital.number("S")
        self._hospital.note("specimen.collected", self._visit, order_id=self.order_id, specimen_id=specimen,
                            collector_id=staff or f"{bed}-N01", point=point or bed)  # fmt: skip
        return specimen

    def _carry(self, specimen: str) -> Steps:
        yield self._hospital.env.timeout(self._rng.uniform(300, 700 if self._is_stat else 1500))
        rejected = self._rng.random() < 0.02
        self._receive(specimen, rejected)
        if rejected:
            yield self._hospital.env.timeout(self._rng.uniform(900, 2400))
            second = self._collect()
            yield self._hospital.env.timeout(self._rng.uniform(300, 1200))
            self._receive(second, False)

    def _receive(self, specimen: str, rejected: bool) -> None:
        self._hospital.note("specimen.received", self._visit, order_id=self.order_id, specimen_id=specimen,
                            rejected=rejected, reject_reason="CLOTTED" if rejected else None)  # fmt: skip

    def _measure(self) -> Steps:
        with self._hospital.benches.request() as bench:
            yield bench
            low, high = _MINUTES_ON_ANALYSER[self._item]
            yield self._hospital.env.timeout(self._rng.uniform(low, high) * 60)
        yield from self._report("lab")

    def _examine(self, window: str, staff: str) -> Steps:
        self._device = window
        self._hospital.note("exam.started", self._visit, order_id=self.order_id, modality=self.modality,
                            device_id=window, operator_id=staff or None)  # fmt: skip
        low, high = _MINUTES_IN_ROOM[self.modality]
        yield self._hospital.env.timeout(self._rng.uniform(low, high) * 60)
        self._hospital.note("exam.completed", self._visit, order_id=self.order_id)

    def _write_up(self) -> Steps:
        low, high = (3, 15) if self.modality == "US" else (12, 45)
        yield self._hospital.env.timeout(self._rng.uniform(low, high) * 60)
        yield from self._report(self._category)

    def _report(self, category: str) -> Steps:
        report = self._hospital.number("R")
        if self._rng.random() < 0.06:
            self._issue(report, category, "preliminary", 1)
            yield self._hospital.env.timeout(self._rng.uniform(300, 1200))
        self._issue(report, category, "final", 1)
        if category == "lab" and self._hospital.one_in(_ONE_CRITICAL_IN, "critical value"):
            about = {"order_id": self.order_id, "critical_id": report}
            self._hospital.env.process(
                critical_value(self._hospital, self._rng, self._visit, self._item, self._bed, about)
            )
        if self._rng.random() < 0.015:
            self._hospital.env.process(self._correct(report, category))

    def _correct(self, report: str, category: str) -> Steps:
        yield self._hospital.env.timeout(self._rng.uniform(900, 5400))
        self._issue(report, category, "corrected", 2)

    def _issue(self, report: str, category: str, status: str, version: int) -> None:
        self._hospital.note("report.issued", self._visit, report_id=report, order_id=self.order_id, status=status,
                            version=version, category=category, reporter_id=f"{category[:3].upper()}-D1")  # fmt: skip
