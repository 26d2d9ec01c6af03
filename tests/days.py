"""Random days for property tests: visits, tickets, orders, bills, prescriptions with gaps, ties and corrections.

`days()` is a Hypothesis strategy of a `Day`: what each scope is told, as (scope, scope id, telling). `events()` draws
the plain events of such a day. Times fall on few instants, so that ties, negative lengths and long waits all occur.
"""

from __future__ import annotations

from hypothesis import strategies as st

from ingest.events.envelope import Event
from ingest.journey import Placement
from streams.fold import SCOPE_OF_SUBJECT
from streams.stages.stage import Scope
from tests.timeline import at, retold, retraction, timeline

Day = list[tuple[Scope, str, Event | Placement]]
END = at("26:30")

_CLOCKS = (
    "07:50",
    "08:00",
    "08:00:03",
    "08:01",
    "08:02",
    "08:30",
    "09:00",
    "11:59",
    "13:30",
    "17:45",
    "20:05",
    "23:59",
)
_POINTS = ("clinic", "registration", "cashier", "pharmacy", "phlebotomy", "imaging", "service_desk")

# Event type → what it may say. `{n}` is 1 or 2: two tickets, bills … of a visit.
_SAID: dict[str, tuple[str, ...]] = {
    "registration.created": (
        "visit_class=outpatient dept_code=CARD appointment_id=A1 planned_date=2025-03-03 fee_amount=20.00",
        "visit_class=emergency dept_code=ED patient_group=elderly",
        "visit_class=health_check",
        "dept_code=DERM doctor_id=D9 channel=window",
    ),
    "registration.refunded": ("amount=20.00", ""),
    "appointment.booked": ("appointment_id=A1 slot_start=09:00 channel=app", "appointment_id=A1"),
    "appointment.rescheduled": ("appointment_id=A1 new_slot_start=11:00",),
    "patient.checked_in": ("point=clinic dept_code=CARD appointment_id=A1", "point=exam order_id=O1", "", "point=ed"),
    "visit.cancelled": ("",),
    "triage.completed": ("acuity=2 triage_seq={n}", "triage_seq={n}"),
    "consultation.started": ("consultation_seq={n} doctor_id=D{n} dept_code=CARD", "", "consultation_seq={n}"),
    "consultation.ended": (
        "consultation_seq={n} outcome=done",
        "consultation_seq={n} end_imputed=true",
        "",
        "consultation_seq={n} outcome=to_ed",
    ),
    "ed.arrived": ("arrival_mode=ambulance", ""),
    "ed.resus_entered": ("kind=resus stay_seq={n} location_id=R1", "kind=observation stay_seq={n}"),
    "ed.seen": ("doctor_id=D3",),
    "ed.departed": ("disposition=discharged", "disposition=lwbs", "disposition=admitted", ""),
    "inpatient.discharged": ("ward=W1", "ward=W1 disposition=died"),
    "nursecall.raised": ("call_id=N{n} ward=W1", "call_id=N{n}"),
    "nursecall.answered": ("call_id=N{n}",),
    "complaint.received": (
        "complaint_id=CP{n} dept_code=CARD channel=phone due_at=09:00",
        "complaint_id=CP{n}",
    ),
    "complaint.responded": ("complaint_id=CP{n}",),
    "complaint.assigned": ("complaint_id=CP{n} to_unit=U1 hop=1",),
    "complaint.resolved": ("complaint_id=CP{n} told_complainant=true", "complaint_id=CP{n}"),
    "complaint.closed": ("complaint_id=CP{n} paused_minutes=30", "complaint_id=CP{n}"),
    "complaint.reopened": ("complaint_id=CP{n}",),
    "suggestion.received": ("suggestion_id=SG{n} dept_code=CARD topic=food source=box", "suggestion_id=SG{n}"),
    "suggestion.resolved": (
        "suggestion_id=SG{n} outcome=adopted rectified_at=13:00",
        "suggestion_id=SG{n} outcome=rejected",
        "suggestion_id=SG{n}",
    ),
    "survey.sent": ("survey_id=SV{n} survey_type=outpatient channel=sms",),
    "survey.submitted": (
        "survey_id=SV{n} survey_type=outpatient complete_share=1 answers=4/5+2/5",
        "survey_id=SV{n} survey_type=staff complete_share=0.5",
        "survey_id=SV{n}",
    ),
    "schedule.session_published": (
        "session_id=SE{n} dept_code=CARD session_date=2025-03-03 session_start=08:00",
        "session_id=SE{n}",
    ),
    "schedule.session_suspended": ("session_id=SE{n} affected_appointments=0", "session_id=SE{n}"),
    "followup.scheduled": (
        "followup_id=FU{n} kind=chronic due_date=2025-03-03 programme=HTN",
        "followup_id=FU{n} kind=chronic",
    ),
    "followup.completed": ("followup_id=FU{n} outcome=reached medium=phone", "followup_id=FU{n} outcome=died"),
    "ed.resus_left": ("kind=resus stay_seq={n} location_id=R1 died=true", "location_id=R1", "kind=observation"),
    "inpatient.discharge_ordered": ("",),
    "inpatient.settled": ("settlement_id=ST{n} settle_place=bedside",),
    "inquiry.received": ("inquiry_id=I{n} channel=desk",),
    "inquiry.responded": ("inquiry_id=I{n} by=staff", "inquiry_id=I{n} by=bot", "inquiry_id=I{n}"),
    "ed.disposition_decided": ("decision=admit target_ward=W1", "decision=discharge"),
    "ed.green_channel_milestone": ("pathway=stroke kind=ct", "kind=ct"),
    "exam.booked": ("order_id=O{n} scheduled_start=09:00 modality=US", "order_id=O{n}"),
    "critical_value.raised": ("order_id=O{n} critical_id=CV1 item_code=K", "order_id=O{n} critical_id=CV{n}"),
    "critical_value.acknowledged": ("order_id=O{n} critical_id=CV{n}",),
    "queue.joined": tuple(f"ticket_id=T{{n}} queue_id=Q1 service_point_type={p} ref_ids=RX1" for p in _POINTS),
    "queue.requeued": (
        "ticket_id=T{n} call_log_id=C{n} reason=missed_return service_point_type=clinic",
        "ticket_id=T{n}",
    ),
    "queue.called": ("ticket_id=T{n} window_id=W1 call_seq={n} staff_id=S1", "ticket_id=T{n}"),
    "queue.missed": ("ticket_id=T{n} call_seq={n}",),
    "queue.served": ("ticket_id=T{n} serve_seq={n} window_id=W1 staff_id=S1 dept_code=CARD", "ticket_id=T{n}"),
    "queue.completed": ("ticket_id=T{n} serve_seq={n} closed_by=staff", "ticket_id=T{n} serve_seq={n} closed_by=auto"),
    "queue.left": ("ticket_id=T{n} basis=source",),
    "order.placed": (
        "order_id=O{n} category=lab item_code=CBC priority=stat",
        "order_id=O{n} category=imaging modality=CT",
    ),
    "order.cancelled": ("order_id=O{n}",),
    "specimen.collected": ("order_id=O{n} specimen_id=S1", "order_id=O{n} specimen_id=S2"),
    "specimen.received": ("order_id=O{n} specimen_id=S1", "order_id=O{n} specimen_id=S2 rejected=true"),
    "exam.started": ("order_id=O{n} modality=CT device_id=CT1",),
    "report.issued": (
        "order_id=O{n} report_id=R{n} status=final version=1 category=lab",
        "order_id=O{n} report_id=R{n} status=preliminary version=1",
        "order_id=O{n} report_id=R{n} status=corrected version=2 category=imaging",
    ),
    "bill.created": (
        "bill_id=B{n} item_class=drug amount=60.00 ref_ids=RX1",
        "bill_id=B{n} item_class=registration amount=0",
        "bill_id=B{n} item_class=drug",
    ),
    "bill.paid": (
        "bill_id=B{n} payment_id=P1 amount=40 parts=wechat:30+cash:10 terminal_type=mobile full_settlement=true",
        "bill_id=B{n} payment_id=P{n} amount=20 terminal_type=window full_settlement=false",
        "bill_id=B{n} payment_id=P3",
    ),
    "bill.refund_requested": ("bill_id=B{n} refund_id=RF{n} reason_code=R1",),
    "bill.refunded": ("bill_id=B{n} payment_id=P1 refund_id=RF{n} amount=5.50", "bill_id=B{n} refund_id=RF{n}"),
    "prescription.submitted": (
        "prescription_id=RX{n} dept_code=CARD rx_type=western",
        "prescription_id=RX{n} decoction=true",
    ),
    "prescription.reviewed": (
        "prescription_id=RX{n} review_seq={n} mode=pharmacist",
        "prescription_id=RX{n} review_seq=1 mode=auto",
        "prescription_id=RX{n}",
    ),
    "prescription.cancelled": ("prescription_id=RX{n}",),
    "dispensing.prepared": ("prescription_id=RX{n} pharmacy_id=PH1 window_id=W9",),
    "dispensing.dispensed": (
        "prescription_id=RX{n} dispense_seq={n} delivery=window",
        "prescription_id=RX{n} delivery=home window_id=W9",
    ),
}  # fmt: skip


@st.composite
def told(draw: st.DrawFn) -> list[Event]:
    """One fact, perhaps told again otherwise, retracted, or told by a second source."""
    event_type = draw(st.sampled_from(sorted(_SAID)))
    said = draw(st.sampled_from(_SAID[event_type])).format(n=draw(st.sampled_from("12")))
    precision = draw(st.sampled_from(("second", "second", "second", "day")))
    source = draw(st.sampled_from(("HIS^DEMO", "HIS^DEMO", "QUEUE^DEMO")))
    clock = draw(st.sampled_from(_CLOCKS))
    (event,) = timeline(f"{clock} V1 {event_type} {said} precision={precision} source={source}")
    found = [event]
    if draw(st.integers(0, 4)) == 0:
        found.append(retold(event, occurred_at=at(draw(st.sampled_from(_CLOCKS)))))
    if draw(st.integers(0, 9)) == 0:
        found.append(retraction(event, draw(st.sampled_from((30_000, 90_000)))))
    return found


def events(least: int = 1, most: int = 25) -> st.SearchStrategy[list[Event]]:
    """The events of a random day."""
    return st.lists(told(), min_size=least, max_size=most).map(lambda many: [e for few in many for e in few])


def days() -> st.SearchStrategy[Day]:
    """What each scope of a random day is told: the subject its event, the visit its placement."""
    return events().map(lambda found: [entry for event in found for entry in _told_to(event)])


def _told_to(event: Event) -> Day:
    subject = event.subject
    entries: Day = [("visit", "V1", Placement(visit_id="V1", event=event))]
    scope = SCOPE_OF_SUBJECT.get(subject)
    if scope is not None and scope != "visit":
        entries.append((scope, str(getattr(event, subject)), event))
    return entries
