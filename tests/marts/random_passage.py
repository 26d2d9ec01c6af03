"""Random ways through an outpatient's day, dense in what the split of its time tells apart: see streams/parts.py.

`passage(seed)` tells one: mostly a check-in and a consultation, and around them windows, bills, blood, examinations,
reports, missed calls and returns, at few instants and in no sensible order, some of it repeated, corrected or taken
back. Ids of different seeds never meet.
"""

from __future__ import annotations

from random import Random

from ingest.events.envelope import Event
from tests.timeline import at, retold, retraction, timeline

_POINTS = ("clinic", "registration", "cashier", "pharmacy", "phlebotomy", "imaging", "ultrasound", "service_desk")
_ACTS = (
    "patient.checked_in    point=exam order_id={v}-O{n}",
    "patient.checked_in    point=clinic",
    "queue.joined          ticket_id={v}-T{p}{n} service_point_type={p}",
    "queue.joined          ticket_id={v}-T{p}{n} service_point_type={p}",
    "queue.served          ticket_id={v}-T{p}{n} service_point_type={p} serve_seq=1",
    "queue.served          ticket_id={v}-T{p}{n} service_point_type={p} serve_seq=1",
    "queue.completed       ticket_id={v}-T{p}{n} service_point_type={p} serve_seq=1 closed_by=staff",
    "queue.missed          ticket_id={v}-T{p}{n} service_point_type={p} call_seq={n}",
    "queue.requeued        ticket_id={v}-T{p}{n} service_point_type={p}",
    "queue.requeued        ticket_id={v}-Tclinic{n} service_point_type=clinic",
    "queue.recalled        ticket_id={v}-T{p}{n} service_point_type={p} call_seq={n}",
    "queue.left            ticket_id={v}-T{p}{n} service_point_type={p}",
    "consultation.started  consultation_seq={n} dept_code=DERM",
    "consultation.ended    consultation_seq={n}",
    "consultation.ended    consultation_seq={n}",
    "consultation.ended    consultation_seq={n} end_imputed=true",
    "specimen.collected    order_id={v}-O{n} specimen_id={v}-S{n}",
    "exam.started          order_id={v}-O{n} modality=CT",
    "report.issued         order_id={v}-O{n} report_id={v}-R{n} status=final version=1",
    "report.issued         order_id={v}-O{n} report_id={v}-P{n} status=preliminary version=1",
    "bill.created          bill_id={v}-B{n} item_class=drug amount=9",
    "bill.created          bill_id={v}-B{n} item_class=lab amount=9",
    "bill.paid             bill_id={v}-B{n} payment_id={v}-M{n} amount=9 full_settlement=true",
    "bill.paid             bill_id={v}-B{n} payment_id={v}-M{n} amount=9 full_settlement=true",
    "dispensing.dispensed  prescription_id={v}-X{n} dispense_seq=1",
)
_RARELY = (
    "ed.arrived            arrival_mode=foot",
    "registration.refunded amount=9",
    "consultation.started  precision=day consultation_seq=9",
    "visit.cancelled",
)
_BEGINS = ("07:30", "08:40", "13:00", "22:40")


def passage(seed: int) -> list[Event]:
    """The events of one visit, in the order in which they were heard."""
    dice = Random(f"passage|{seed}")
    visit, start = f"pa{seed:x}", at(dice.choice(_BEGINS))
    base = f"""
        08:00  -        appointment.booked    day=2025-02-28 appointment_id={visit}-A slot_start={dice.choice(_BEGINS)}
        20:00  {visit}  registration.created  day=2025-03-02 visit_class=outpatient dept_code=CARD{
        dice.choice((f" appointment_id={visit}-A", ""))
    } planned_date=2025-03-03
    """
    acts = [dice.choice(_RARELY if dice.random() < 0.01 else _ACTS) for _ in range(dice.randint(4, 24))]
    acts += ["patient.checked_in    point=clinic"] if dice.random() < 0.9 else []
    acts += ["consultation.started  consultation_seq=1"] if dice.random() < 0.8 else []
    lines = [
        f"08:00  {visit}  " + act.format(v=visit, n=dice.randint(1, 3), p=dice.choice(_POINTS[:: dice.choice((1, 3))]))
        for act in acts
    ]
    told = timeline(base) + [
        retold(event, nth * 1_000, occurred_at=_time(dice, start))  # one that is told twice, is corrected
        for nth, line in enumerate(lines)
        for event in timeline(line)
    ]
    told += [told[2 + n] for n in range(len(acts)) if dice.random() < 0.1]
    again = [
        retold(event, 60_000 + nth, occurred_at=_time(dice, start))
        for nth, event in enumerate(told[2:])
        if dice.random() < 0.08
    ]
    gone = [retraction(event, 120_000) for event in told[2:] if dice.random() < 0.05]
    heard = told + again + gone
    dice.shuffle(heard)
    return heard


def _time(dice: Random, start: int) -> int:
    """Few instants, so that many things happen at one."""
    return start + dice.randrange(40) * 5 * 60_000 + dice.choice((0, 0, 0, 500))
