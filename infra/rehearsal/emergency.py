"""The emergency department, day and night: arrival, triage, a doctor, tests, a decision, departure or a bed."""

from __future__ import annotations

from random import Random
from typing import Any

from infra.rehearsal.green_channel import Pathway, milestones, pathway_of
from infra.rehearsal.hospital import Hospital
from infra.rehearsal.inpatients import Stay
from infra.rehearsal.investigations import Investigation
from infra.rehearsal.money import Purse
from infra.rehearsal.outpatient import age_band
from infra.rehearsal.people import person
from infra.rehearsal.service_point import Steps

_ACUITY = (0.02, 0.12, 0.46, 0.40)
_RESUS: dict[str, Any] = {"kind": "resus", "location_id": "RESUS"}


def emergency(hospital: Hospital, number: int) -> Steps:
    """One emergency patient, from the door to the door."""
    env, rng, pathway = hospital.env, hospital.rng(f"emergency {number}"), pathway_of(hospital)
    visit = hospital.number("E")
    who = person(rng, hospital.number("P"), hospital.day)
    hospital.people[visit] = who
    acuity = rng.choices((1, 2, 3, 4), _ACUITY)[0]
    acuity = min(acuity, 2) if pathway else acuity
    ways = (0.6, 0.2, 0.15, 0.05) if acuity <= 2 else (0.1, 0.4, 0.3, 0.2)
    mode = rng.choices(("ambulance", "car", "foot", "public"), ways)[0]
    band = age_band(who.birth, hospital.day)
    hospital.note("ed.arrived", visit, arrival_mode=mode)
    if pathway is not None:
        env.process(milestones(hospital, hospital.rng(f"pathway {number}"), visit, pathway))
    in_resus = acuity == 1 or pathway is not None
    if in_resus:  # straight past the desk: triage comes to the bed
        yield env.timeout(rng.uniform(15, 50))
        hospital.note("ed.resus_entered", visit, **_RESUS)
    yield env.timeout(rng.uniform(60, 480) if acuity > 1 else rng.uniform(20, 90))
    hospital.note("triage.completed", visit, acuity=str(acuity), assigned_dept="ED", triage_seq=1)
    hospital.note("registration.created", visit, visit_class="emergency", dept_code="ED", channel="window",
                  planned_date=hospital.day.isoformat(), age_band=band, sex=who.sex, patient_group=who.group,
                  visit_kind="first", register_no=visit[-6:], is_add=False, fee_amount="10.00")  # fmt: skip
    if acuity > 1 and pathway is None:
        yield env.timeout(rng.uniform(60, 300 * acuity))  # to the room, undressed, first measurements
    with hospital.ed_doctors.request(priority=acuity) as doctor:
        patience = 86_400 if acuity <= 2 else rng.uniform(1.5, 4) * 3600
        yield doctor | env.timeout(patience)
        if not doctor.triggered:
            hospital.note("ed.departed", visit, disposition="lwbs")
            return
        name = f"ED-D{rng.randint(1, hospital.size.ed_doctors):02d}"
        hospital.note("ed.seen", visit, doctor_id=name)
        yield env.timeout(rng.lognormvariate(0, 0.5) * (900 if acuity <= 2 else 480))
    yield from _work_up(hospital, number, visit, name)
    yield from _out(hospital, hospital.rng(f"emergency way out {number}"), visit, pathway, acuity, in_resus)


def _work_up(hospital: Hospital, number: int, visit: str, doctor: str) -> Steps:
    env, rng = hospital.env, hospital.rng(f"emergency work-up {number}")
    for chance, is_lab in ((0.6, True), (0.4, False)):
        if rng.random() < chance:
            test = Investigation(hospital, rng, visit, "ED", doctor, bed="ED")
            test.order_lab() if is_lab else test.order_exam()
            purse = Purse(hospital, rng, visit, "ED")
            bill = purse.bill("lab" if is_lab else "exam", [test.order_id])
            yield env.timeout(rng.uniform(30, 200))
            purse.settle_at_once([bill], rng.choice(("mobile", "bedside")), "ED")
            yield from (test.lab() if is_lab else test.exam())


def _out(
    hospital: Hospital, rng: Random, visit: str, pathway: Pathway | None, acuity: int, in_resus: bool
) -> Steps:  # fmt: skip
    """The decision, the wait for what was decided, and the departure: home, elsewhere, or to a bed of a ward."""
    env = hospital.env
    yield env.timeout(rng.uniform(300, 1500))
    if in_resus:
        hospital.note("ed.resus_left", visit, **_RESUS)
        yield env.timeout(rng.uniform(60, 600))
    admitted = pathway is not None or rng.random() < (0.55 if acuity <= 2 else 0.08)
    hospital.note("ed.disposition_decided", visit, decision="admit" if admitted else "discharge")
    if not admitted:
        yield env.timeout(rng.uniform(300, 2400))
        left = rng.choices(("discharged", "ama", "transferred"), (0.95, 0.03, 0.02))[0]
        hospital.note("ed.departed", visit, disposition=left)
        return
    ward, request = rng.choice(hospital.size.departments), hospital.number("Q")
    yield env.timeout(rng.uniform(20, 240))
    hospital.note("admission.requested", visit, request_id=request, from_visit_id=visit, target_dept=ward)
    yield env.timeout(rng.uniform(1800, 14_400))
    hospital.note("ed.departed", visit, disposition="admitted")
    yield env.timeout(rng.uniform(240, 900))
    stay = Stay(hospital, rng, hospital.people[visit], ward, request)
    stay.admitted(env.now)
    yield from stay.day(goes_home=False)
