"""The pharmacy: a prescription reviewed, paid, prepared, and handed over at a window."""

from __future__ import annotations

from random import Random

import simpy

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.money import Purse
from infra.rehearsal.service_point import Steps


class Prescription:
    """One prescription's way to the patient's hand."""

    def __init__(self, hospital: Hospital, rng: Random, visit: str, dept: str, purse: Purse) -> None:
        self._hospital = hospital
        self._rng = rng
        self._visit = visit
        self._dept = dept
        self._purse = purse
        self._review = hospital.env.event()
        self.id = hospital.number("X")

    def submit(self, doctor: str) -> str:
        """The doctor sends it; the reviewer's work begins. The drug bill's number."""
        kind = self._rng.choices(("western", "patent_tcm", "herbal"), (0.75, 0.17, 0.08))[0]
        self._hospital.note("prescription.submitted", self._visit, prescription_id=self.id, doctor_id=doctor,
                            dept_code=self._dept, rx_type=kind, items=self._rng.randint(1, 5),
                            decoction=False)  # fmt: skip
        self._hospital.env.process(self._reviewing())
        return self._purse.bill("drug", [self.id])

    def fetch(self) -> Steps:
        """Paid: the patient walks over while the pharmacy prepares."""
        yield self._review
        ready = self._hospital.env.event()
        self._hospital.env.process(self._prepare(ready))
        if self._rng.random() < 0.04:
            return  # never comes for it
        yield self._hospital.env.timeout(self._rng.uniform(60, 420))
        if self._rng.random() < 0.85:
            yield from self._with_ticket(ready)
        else:
            yield ready
            yield self._hospital.env.timeout(self._rng.uniform(60, 600))
            self._dispense(f"P{self._rng.randint(1, self._hospital.size.pharmacy):02d}", "PHM-S99")

    def _reviewing(self) -> Steps:
        automatic = self._rng.random() < 0.35
        yield self._hospital.env.timeout(self._rng.uniform(0.2, 2))
        if automatic:
            self._reviewed(1, "pass", "auto")
        else:
            yield self._hospital.env.timeout(self._rng.expovariate(1 / 110) + 20)
            rejected = self._rng.random() < 0.03
            self._reviewed(1, "reject" if rejected else "pass", "pharmacist")
            if rejected:
                yield self._hospital.env.timeout(self._rng.uniform(180, 600))
                self._reviewed(2, "override", "pharmacist")
        self._review.succeed()

    def _reviewed(self, seq: int, result: str, mode: str) -> None:
        self._hospital.note("prescription.reviewed", self._visit, prescription_id=self.id, review_seq=seq,
                            result=result, mode=mode, reviewer_id=None if mode == "auto" else "PHM-R1")  # fmt: skip

    def _prepare(self, ready: simpy.Event) -> Steps:
        yield self._hospital.env.timeout(self._rng.uniform(100, 520))
        robot = self._rng.random() < 0.4
        window = f"P{self._rng.randint(1, self._hospital.size.pharmacy):02d}"
        self._hospital.note("dispensing.prepared", self._visit, prescription_id=self.id, pharmacy_id="PHM",
                            window_id=window, robot=robot)  # fmt: skip
        ready.succeed()

    def _with_ticket(self, ready: simpy.Event) -> Steps:
        pharmacy = self._hospital.points["pharmacy"]

        def hand_over(window: str, staff: str) -> Steps:
            yield ready
            yield self._hospital.env.timeout(self._rng.uniform(25, 80))
            self._dispense(window, staff)

        known = self._rng.random() < 0.5
        ticket = pharmacy.ticket(self._hospital.stamp, self._visit, hand_over, known=known, refs=(self.id,))
        pharmacy.join(ticket)
        yield ticket.done | self._hospital.env.timeout(3 * 3600)
        if not ticket.done.triggered and ticket.state != "called":
            pharmacy.leave(ticket)
        elif not ticket.done.triggered:
            yield ticket.done

    def _dispense(self, window: str, staff: str) -> None:
        self._hospital.note("dispensing.dispensed", self._visit, prescription_id=self.id, pharmacy_id="PHM",
                            window_id=window, dispenser_id=staff, partial=False, delivery="window",
                            dispense_seq=1)  # fmt: skip
