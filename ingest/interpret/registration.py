"""Registrations and arrivals in ADT: A01, A04, A05, A08, A10, A11, A38.

What is read where a standard field means several things to several sites: the channel of a registration is PV1-14,
its kind PV1-4, the patient group PV1-18, the appointment it was booked under PV1-5. When it happened is EVN-6, else
PV1-44, else EVN-2, else MSH-7; an emergency patient arrived at PV1-44. A08 says what is true now, not when it began:
a registration is told anew only with its own time (PV1-44).
"""

from __future__ import annotations

from ingest.errors import Ignored
from ingest.events.emergency import EdArrived
from ingest.events.envelope import Event, Op
from ingest.events.inpatient import InpatientDischarged
from ingest.events.registration import PatientCheckedIn, RegistrationCreated, TriageCompleted, VisitCancelled
from ingest.interpret.corrections import tell_corrected
from ingest.interpret.numbering import order_given
from ingest.interpret.reading import Reading, When
from ingest.interpret.stay import admission_requested, admitted

# What OBX-3 calls an acuity: the site's own codes mean it by [codes.observation], and LOINC has one for it.
_ACUITY = ("acuity", "11283-9")


def tell_arrival(reading: Reading) -> None:
    """A01 (admit), A04 (register): by the patient's class."""
    if reading.visit_class() == "inpatient":
        admitted(reading, reading.happened())
        return
    if reading.message.get("MSH", 9, 2) == "A01" and reading.message.get("PV1", 2) == "P":
        raise Ignored("class:P")
    _registered(reading, reading.happened())
    if reading.visit_class() == "emergency":
        _at_the_door(reading, reading.when(("PV1", 44), ("EVN", 6), ("EVN", 2), ("MSH", 7)))


def tell_registration_ahead(reading: Reading) -> None:
    """A05: registered before the day of the visit."""
    if reading.visit_class() == "inpatient":
        admission_requested(reading)
    else:
        _registered(reading, reading.happened(), today=False)


def _registered(reading: Reading, when: When, *, op: Op = "assert", today: bool = True) -> Event:
    reading.need_visit()
    pv1, (occurred, flags) = reading.message.segment("PV1"), when
    get = reading.message.get
    planned = reading.day_text(get("PV2", 8), "PV2-8")
    return reading.tell(
        RegistrationCreated,
        occurred,
        op=op,
        flags=flags,
        coded={"patient_group": get("PV1", 18), "channel": get("PV1", 14), "visit_kind": get("PV1", 4)},
        visit_class=_outpatient_class(reading),
        appointment_id=reading.entity("appointment", pv1, 5) if pv1 else None,
        dept_code=reading.visit_dept(),
        doctor_id=reading.staff(get("PV1", 7)),
        planned_date=planned or (reading.local_day(occurred).isoformat() if today else None),
        **reading.person(RegistrationCreated, occurred),
    )


def _outpatient_class(reading: Reading) -> str | None:
    found = reading.visit_class()
    return None if found == "inpatient" else found


def _at_the_door(reading: Reading, when: When, *, op: Op = "assert") -> None:
    occurred, flags = when
    reading.tell(
        EdArrived,
        occurred,
        op=op,
        flags=flags,
        coded={"arrival_mode": reading.message.get("PV2", 38), "patient_group": reading.message.get("PV1", 18)},
        **reading.person(EdArrived, occurred),
    )


def tell_check_in(reading: Reading) -> None:
    """A10: the patient reports at a clinic, a ward, the emergency department, or for an examination (ORC, OBR)."""
    reading.need_visit()
    occurred, flags = reading.happened()
    order_id = next(
        (o for name, n in (("ORC", 2), ("OBR", 2), ("ORC", 3), ("OBR", 3)) if (o := _order(reading, name, n))), None
    )
    by_class = {"emergency": "ed", "inpatient": "ward"}.get(reading.visit_class() or "", "clinic")
    pv1 = reading.message.segment("PV1")
    reading.tell(
        PatientCheckedIn,
        occurred,
        flags=flags,
        appointment_id=reading.entity("appointment", pv1, 5) if pv1 else None,
        point="exam" if order_id else by_class,
        dept_code=reading.dept(reading.message.get("PV1", 11)) or reading.visit_dept(),
        order_id=order_id,
    )


def _order(reading: Reading, name: str, field: int) -> str | None:
    segment = reading.message.segment(name)
    at = order_given(reading, reading.message.segment("ORC"), reading.message.segment("OBR"))
    return reading.entity("order", segment, field, at=at) if segment else None


def tell_update(reading: Reading) -> None:
    """A08: the registration as it is now, a triage where an acuity is told, and evidence of a changed department."""
    reading.need_visit()
    began = reading.at(reading.message.segment("PV1"), 44)
    if began and reading.visit_class() == "inpatient":
        admitted(reading, (began, ()))
    elif began:
        # When the registration was made is not said again: PV1-44 is the moment the visit began.
        registered = _registered(reading, (began, ("occurred_from:PV1-44",)))
        _corrected(reading, registered)
    acuity, when = _acuity(reading)
    if acuity and when:
        _triaged(reading, acuity, when)
    if not reading.events:
        raise Ignored("A08 without a time or an acuity")


def tell_person_update(reading: Reading) -> None:
    """A31: who a patient is changed, which tells nothing; where it names a visit and its time, as A08."""
    if reading.visit_id is None or not reading.message.get("PV1", 44):
        raise Ignored("A31 without a visit")
    tell_update(reading)


def tell_became_outpatient(reading: Reading) -> None:
    """A07: no longer admitted, and treated on as an outpatient (PV1-2); MRG-5 is the stay's number, if another."""
    visit_id, when = reading.need_visit(), reading.happened()
    mrg = reading.message.segment("MRG")
    stay = reading.identify("visit", mrg.value(5), mrg.value(5, 4), on=reading.visit_day()) if mrg else None
    occurred, flags = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    reading.tell(InpatientDischarged, occurred, flags=flags, visit_id=stay or visit_id)
    if reading.visit_class() in ("outpatient", "emergency"):
        _registered(reading, when)


def _acuity(reading: Reading) -> tuple[str, When | None]:
    """How urgent a patient is, and when that was found: PV2-25, PV2-40, or an OBX that observes it."""
    told = reading.message.get("PV2", 25) or reading.message.get("PV2", 40)
    if told and not reading.message.segments("ZCN"):  # with ZCN, EVN-6 is the consultation's time
        return told, reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    meanings = reading.source.codes.get("observation", {})
    for obx in reading.message.segments("OBX"):
        code = obx.value(3)
        if meanings.get(code, code).lower() in _ACUITY and obx.value(5):
            return obx.value(5), reading.noted(obx, 14)
    return "", None


def _triaged(reading: Reading, acuity: str, when: When) -> None:
    occurred, flags = when
    reading.tell(
        TriageCompleted,
        occurred,
        flags=flags,
        coded={"acuity": acuity},
        assigned_dept=reading.visit_dept(),
        nurse_id=reading.staff(reading.message.get("EVN", 5)),
    )


def _corrected(reading: Reading, registered: Event) -> None:
    """A08 whose PV1-6 (where the patient was) names another department than PV1-3."""
    before, now = reading.dept(reading.message.get("PV1", 6)), reading.dept(reading.message.get("PV1", 3))
    if not before or before == now:
        return
    when = reading.when(("EVN", 6), ("EVN", 2), ("MSH", 7))
    tell_corrected(reading, registered, when, {"dept_code": (before, now)})


def tell_cancellation(reading: Reading) -> None:
    """A11: the registration or admission never happened."""
    if reading.visit_class() == "inpatient":
        admitted(reading, reading.happened(), op="retract")
        return
    _registered(reading, reading.happened(), op="retract")
    if reading.visit_class() == "emergency":
        _at_the_door(reading, reading.happened(), op="retract")


def tell_preadmission_cancelled(reading: Reading) -> None:
    """A38: what was registered ahead will not take place."""
    reading.need_visit()
    occurred, flags = reading.happened()
    reading.tell(VisitCancelled, occurred, flags=flags)
