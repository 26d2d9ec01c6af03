"""What several rules ask of a visit: its class, its business day, its registration, when it was seen; and its hint.

Source: domain specification 3.0 (1), (4), (12), (13), (25).
"""

from __future__ import annotations

from typing import NamedTuple

from streams.house import HouseRules
from streams.story import Fact, Story, VisitHint

_EMERGENCY = (
    "ed.arrived", "ed.seen", "ed.departed", "ed.resus_entered", "ed.resus_left", "ed.disposition_decided",
    "ed.green_channel_milestone",
)  # fmt: skip
_INPATIENT = (
    "inpatient.admitted", "inpatient.discharged", "inpatient.transferred", "inpatient.discharge_ordered",
    "inpatient.settled",
)  # fmt: skip

# What a rule that calls `frame` reads through it.
FRAME_READS = frozenset(
    {"registration.created", "visit.cancelled", "patient.checked_in", "consultation.started", *_EMERGENCY, *_INPATIENT}
)
_ACTS = (  # by name, so that acts come out sorted
    "bill.paid", "consultation.started", "dispensing.dispensed", "exam.started", "registration.created",
    "registration.refunded", "specimen.collected",
)  # fmt: skip
HINT_READS = FRAME_READS.union(_ACTS)


class Frame(NamedTuple):
    """A visit in outline. Texts are "" where unknown."""

    visit_class: str  # outpatient, emergency, inpatient, health_check
    day: str  # business day; "" = the local date of each row's bucket
    dropped: bool  # cancelled or retracted: in no visit measure
    registration: Fact | None
    check_in: Fact | None  # the first clinic check-in with a usable time
    seen: list[Fact]  # consultations started at a usable time, in order
    patient_group: str  # the first told by the registration, the emergency arrival or the admission
    age_band: str  # likewise
    booking_type: str  # `booked`: registration or a check-in names an appointment; else `walk_in` when registered


def frame(story: Story, house: HouseRules) -> Frame:
    """The outline of a visit. Worked out once per story.

    Class: the registration's; without one, emergency by any ed.* event, inpatient by any inpatient.* event, outpatient
    by a clinic check-in. Business day: outpatient and health check the local date of the first clinic check-in, else
    planned_date; emergency the local date of ed.arrived. A visit is dropped when a live visit.cancelled exists, or the
    winning telling of its registration.created is a retraction.
    """
    if story.frame is None:
        story.frame = _frame(story, house)
    frame: Frame = story.frame
    return frame


def _frame(story: Story, house: HouseRules) -> Frame:
    registration = story.told("registration.created")
    every_check_in = story.all("patient.checked_in")
    check_ins = [c for c in every_check_in if c.point == "clinic" or (not c.point and not c.order_id)]
    visit_class = _class(story, registration, bool(check_ins))
    day = ""
    if visit_class in ("outpatient", "health_check"):
        if check_ins:
            day = house.local_day(check_ins[0].at)
        elif registration is not None:
            day = registration.planned_date or ""
    elif visit_class == "emergency" and (arrived := story.told("ed.arrived")) is not None:
        day = house.local_day(arrived.at)
    booked = (registration is not None and registration.appointment_id) or any(c.appointment_id for c in every_check_in)
    return Frame(
        visit_class,
        day,
        bool(story.all("visit.cancelled")) or (registration is None and story.retracted("registration.created")),
        registration,
        next((c for c in check_ins if c.timed), None),
        story.timed("consultation.started"),
        *patient(story),
        "booked" if booked else "walk_in" if registration is not None else "",
    )


def patient(story: Story) -> tuple[str, str]:
    group = age = ""
    for event_type in ("registration.created", "ed.arrived", "inpatient.admitted"):
        for fact in story.all(event_type):
            group, age = group or fact.patient_group or "", age or fact.age_band or ""
    return group, age


def _class(story: Story, registration: Fact | None, checked_in: bool) -> str:
    if registration is not None and registration.visit_class:
        return registration.visit_class
    if any(story.all(event_type) for event_type in _EMERGENCY):
        return "emergency"
    if any(story.all(event_type) for event_type in _INPATIENT):
        return "inpatient"
    return "outpatient" if checked_in else ""


def visit_hint(story: Story, house: HouseRules) -> VisitHint:
    """What the subjects of this visit must know of it. Acts are the live business acts with a usable time.

    Details: bill.paid its terminal_type (only `window` is told), all others "".
    """
    outline = frame(story, house)
    registration = outline.registration
    acts: list[tuple[str, int, str]] = []
    for event_type in _ACTS:
        for fact in story.timed(event_type):
            if event_type != "bill.paid":
                acts.append((event_type, fact.at, ""))
            elif fact.terminal_type == "window":
                acts.append((event_type, fact.at, "window"))
    return VisitHint(
        visit_id=story.id,
        dept=(registration.dept_code or "") if registration else "",
        visit_class=outline.visit_class,
        patient_group=outline.patient_group,
        age_band=outline.age_band,
        visit_kind=(registration.visit_kind or "") if registration else "",
        booking_type=outline.booking_type,
        acts=tuple(acts),
    )
