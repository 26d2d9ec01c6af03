"""Two numbers that are one patient: registered without a card under a new number, and found again later in the day."""

from __future__ import annotations

from random import Random

import msgspec

from infra.rehearsal.facts import Person
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps


def found_again(hospital: Hospital, rng: Random, who: Person) -> Steps:
    """The number of today is merged into that of an earlier visit."""
    old = hospital.number("P")
    hospital.people[old] = msgspec.structs.replace(who, number=old)
    yield hospital.env.timeout(rng.uniform(1200, 4 * 3600))
    hospital.note("patient.merged", "", surviving_patient_id=old, prior_patient_id=who.number, scope="patient")
