"""Random stories for the agreement of fold and SQL: few ids, few times, much missing, corrected or contradictory.

`story(seed)` tells one: a visit or two, their tickets, orders, bills, prescriptions and appointments, over the
vocabulary as it is: an event type or field that is added later is told too. Ids of different seeds never meet.
"""

from __future__ import annotations

import typing
from functools import cache
from random import Random
from typing import Any, Literal

import msgspec

from ingest.events import catalogue, domains
from ingest.events.envelope import Event, Instant, Precision, Telling, assemble, kind_of, payload_fields
from ingest.events.followup import ChronicEnrolled
from tests.timeline import DAY, at, retold, retraction

_SOURCES = ("HIS^DEMO", "QUEUE^DEMO", "LIS^DEMO", "ZZZ^OTHER", "AAA^OTHER")
_NOT_TOLD = {"feed.heartbeat", "feed.batch_closed", "patient.merged", "record.corrected", "chronic.enrolled"}
_TOLD = [
    name
    for domain in ("scheduling", "registration", "queue", "consultation", "orders", "billing", "pharmacy", "emergency",
                   "inpatient", "experience", "followup", "control")
    for name in map(kind_of, domains()[domain])
    if name not in _NOT_TOLD
]  # fmt: skip

# What most stories are about; the rest of the vocabulary joins in now and then.
_THEMES: tuple[tuple[str, ...], ...] = (
    ("registration.created", "patient.checked_in", "consultation.started", "consultation.ended", "queue.requeued",
     "report.issued", "appointment.booked", "appointment.rescheduled", "order.placed", "registration.refunded"),
    ("queue.joined", "queue.called", "queue.missed", "queue.requeued", "queue.served", "queue.completed", "queue.left",
     "bill.created", "bill.paid", "consultation.started", "registration.created"),
    ("order.placed", "specimen.collected", "specimen.received", "exam.started", "report.issued", "order.cancelled",
     "critical_value.raised", "critical_value.acknowledged"),
    ("order.placed", "exam.booked", "patient.checked_in", "queue.joined", "queue.left", "exam.started",
     "order.cancelled", "report.issued", "registration.created"),
    ("bill.created", "bill.paid", "bill.refunded", "registration.created", "registration.refunded"),
    ("prescription.submitted", "prescription.reviewed", "prescription.cancelled", "bill.created", "bill.created",
     "bill.paid", "bill.paid", "bill.paid", "bill.refunded", "dispensing.prepared", "dispensing.dispensed",
     "queue.joined", "queue.missed", "queue.left"),
    ("prescription.submitted", "bill.created", "bill.paid", "bill.paid", "dispensing.dispensed"),
    ("ed.arrived", "triage.completed", "ed.resus_entered", "ed.seen", "ed.departed", "registration.created",
     "ed.disposition_decided", "ed.green_channel_milestone"),
    ("nursecall.raised", "nursecall.answered", "complaint.received", "complaint.responded", "inquiry.received",
     "inquiry.responded"),
    ("complaint.received", "complaint.assigned", "complaint.resolved", "complaint.resolved", "complaint.closed",
     "complaint.reopened", "consultation.started", "registration.created"),
    ("suggestion.received", "suggestion.resolved", "survey.sent", "survey.submitted", "survey.submitted",
     "registration.created", "schedule.session_published", "schedule.session_suspended", "followup.scheduled",
     "followup.scheduled", "followup.completed"),
    ("inpatient.admitted", "inpatient.discharge_ordered", "inpatient.settled", "inpatient.discharged",
     "ed.resus_entered", "ed.resus_left", "ed.arrived", "triage.completed", "bill.refund_requested", "bill.refunded"),
)  # fmt: skip
_POOLS: dict[str, tuple[Any, ...]] = {
    "dept_code": ("CARD", "DERM", "ED"),
    "assigned_dept": ("CARD", "DERM"),
    "ordering_dept": ("CARD", "DERM"),
    "room_id": ("R1", "R2"),
    "doctor_id": ("DR1", "DR2"),
    "staff_id": ("ST1", "ST2"),
    "window_id": ("W1", "W2"),
    "queue_id": ("Q1", "Q2"),
    "specimen_id": ("S1", "S2"),
    "payment_id": ("PAY1", "PAY2"),
    "refund_id": ("RF1", "RF2"),
    "item_code": ("CBC", "CT1"),
    "modality": ("CT", "US"),
    "device_id": ("DEV1", "DEV2"),
    "pharmacy_id": ("PHA", "PHB"),
    "planned_date": (DAY, "2025-03-02", "2025-03-04"),
    "channel": ("wechat", "window"),
    "visit_kind": ("first", "return"),
    "reason_code": ("R1", "R2"),
    "ward": ("WARD1", "WARD2"),
    "target_ward": ("WARD1", "WARD2"),
    "dept": ("CARD", "DERM"),
    "category": ("lab", "imaging", "ultrasound", "endoscopy", "ecg", "pathology", "treatment", "consult"),
    "topic": ("food", "toilets"),
    "full_settlement": (True, True, True, False),
    "item_class": ("drug", "drug", "registration", "lab"),
    "programme": ("PR1", "PR2"),
    "location_id": ("ROOM1", "ROOM2"),
    "disposition": ("discharged", "admitted", "transferred", "ama", "lwbs", "died", "other"),
    "survey_type": ("outpatient", "staff"),
    "kind": (
        "chronic",
        "chronic",
        "chronic",
        "post_discharge",
        "inpatient_day0",
        "inpatient_day7",
        "outpatient",
        "resus",
        "observation",
        "icu",
        "ecg",
        "ct",
        "needle",
        "balloon",
        "or",
    ),
    "complete_share": (0.59, 0.6, 1.0),
    "paused_minutes": (0, 5, 600),
    "affected_appointments": (0, 3),
    "session_date": (DAY, "2025-03-02", "2025-03-04"),
    "due_date": (DAY, "2025-03-02", "2025-02-24"),
}
_OF_STORY = (
    "ticket_id", "order_id", "bill_id", "prescription_id", "appointment_id", "request_id", "call_id",
    "settlement_id", "complaint_id", "inquiry_id", "suggestion_id", "survey_id", "session_id", "followup_id",
)  # fmt: skip
_MINUTES = (*range(30), 40, 45, 60, 65, 70, 90, 120, 180, 200, 240, 300, 480, 560, 720, 800)
_POINTS = (
    "pharmacy", "pharmacy", "cashier", "clinic", "registration", "ultrasound", "imaging", "phlebotomy", "service_desk",
)  # fmt: skip
_STARTS = ("08:40", "08:40", "09:00", "11:00", "16:50", "23:30", "23:55")


@cache
def _hints(kind: type[Event]) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _legal(pool: tuple[Any, ...], hint: Any) -> list[Any]:
    """Of a pool the values that a field may have: the same name has other codes in other events."""
    codes = [arg for option in typing.get_args(hint) for arg in typing.get_args(option)]
    return [value for value in pool if not codes or value in codes]


def story(seed: int) -> list[Event]:
    """The events of one story, in the order in which they were heard."""
    return _Teller(seed).tell()


class _Teller:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.prefix = f"{seed:x}"
        self._chance_of_slots = Random(f"{seed}|slots")
        self.start = at(self.random.choice(_STARTS)) - self.random.choice((0, 0, 0, 86_400_000))
        self.homes: dict[str, str] = {}
        self.visits = [f"{self.prefix}-V{n}" for n in range(self.random.choice((1, 1, 2, 3)))]
        self.hinted_class = self.random.choice((None, "outpatient", "outpatient", "emergency", "health_check"))
        self.points = self.random.choices(_POINTS, k=2)  # what a ticket is for, in most tellings of it
        self.sources = self.random.choice((_SOURCES[:3], _SOURCES[:1]))

    def tell(self) -> list[Event]:
        """Facts, and then what is said about them again."""
        theme = self.random.choice(_THEMES)
        names = [
            self.random.choice(theme if self.random.random() < 0.85 else tuple(_TOLD))
            for _ in range(self.random.randint(1, 26))
        ]
        told = [self._event(catalogue()[name]) for name in names]
        again: list[Event] = []
        for event in told:
            chance = self.random.random()
            if chance < 0.08:
                again.append(event)
            elif chance < 0.16:
                again.append(retold(event, self._later(), occurred_at=self._time(), **self._other_visit(event)))
            elif chance < 0.22:
                again.append(retraction(event, self._later()))
            elif chance < 0.28 and len(self.sources) > 1:
                again.append(self._other_source(event))
        heard = told + again + self._enrolled()
        self.random.shuffle(heard)
        return heard

    def _enrolled(self) -> list[Event]:
        """Now and then the patient of the story has been in a chronic programme for a while."""
        chance = Random(f"{self.prefix}|enrolled")
        if chance.random() > 0.5:
            return []
        telling = Telling(facility_id="H001", source_system=_SOURCES[0], ingested_at=self.start)
        long_ago = Instant(ms=at("09:00") - chance.choice((2, 30)) * 86_400_000, precision="second", offset_min=480)
        programme = f"PR{chance.randint(1, 2)}"
        return [
            assemble(ChronicEnrolled, telling, long_ago, patient_id=f"{self.prefix}-P1", programme_id=programme,
                     disease=chance.choice(("diabetes", "copd")))
        ]  # fmt: skip

    def _slots(self) -> list[dict[str, Any]]:
        """Of a session: some have room, some are held back, some are later."""
        chance = self._chance_of_slots
        return [
            {"slot_id": f"{self.prefix}-SL{n}", "start": self._start_of(chance), "capacity": chance.randint(0, 3),
             "pool": chance.choice(("open", "open", "held", None))}
            for n in range(chance.randint(0, 4))
        ]  # fmt: skip

    def _start_of(self, chance: Random) -> int | None:
        return chance.choice((None, self.start + chance.choice(_MINUTES) * 60_000, at("10:30") + 86_400_000))

    def _event(self, kind: type[Event]) -> Event:
        occurred = self._time()
        precision: Precision = "day" if self.random.random() < 0.03 else "second"
        telling = Telling(
            facility_id="H001",
            source_system=self.random.choice(self.sources),
            sent_at=occurred + self.random.choice((0, 60_000, 600_000)),
            ingested_at=occurred + 700_000,
        )
        payload = {name: self._payload(kind, name) for name in payload_fields(kind)}
        if "report_id" in payload:  # mostly of one order; now and then told under another
            of = payload["order_id"] if self.random.random() < 0.8 else f"{self.prefix}-O"
            payload["report_id"] = f"{of}-RP{self.random.randint(1, 2)}"
        if "service_point_type" in payload and (chance := self.random.random()) < 0.9:
            usual = self.points[str(payload["ticket_id"]).endswith("1")]
            payload["service_point_type"] = usual if chance < 0.7 else self.random.choice(_POINTS)
        if "critical_id" in payload:
            of = payload["order_id"] if self.random.random() < 0.8 else f"{self.prefix}-O"
            payload["critical_id"] = f"{of}-CV1"
        visit = self._visit(kind, payload)
        if "settlement_id" in payload:  # of one stay: its number says nothing of which
            payload["settlement_id"] = f"{visit}-ST{self.random.randint(1, 2)}"
        return assemble(
            kind,
            telling,
            Instant(ms=occurred, precision=precision, offset_min=480),
            visit_id=visit,
            patient_id=f"{self.prefix}-P1" if self.random.random() < 0.5 else None,
            **{name: value for name, value in payload.items() if value is not None},
        )

    def _visit(self, kind: type[Event], payload: dict[str, Any]) -> str | None:
        """Most facts of a subject name one visit or none."""
        if kind.subject == "visit_id":
            return self.random.choice(self.visits)
        home = self.homes.setdefault(str(payload[kind.subject]), self.random.choice(self.visits))
        return home if self.random.random() < 0.5 else None

    def _other_visit(self, event: Event) -> dict[str, str | None]:
        if event.subject == "visit_id" or self.random.random() < 0.5:
            return {}
        return {"visit_id": self.random.choice([*self.visits, None])}

    def _other_source(self, event: Event) -> Event:
        said = msgspec.structs.asdict(event)
        other = self.random.choice([source for source in _SOURCES if source != event.source_system])
        moved = {"occurred_at": self._time()} if self.random.random() < 0.7 else {}
        return type(event)(**{**said, "source_system": other, **moved, **self._other_visit(event)})

    def _payload(self, kind: type[Event], name: str) -> Any:
        if name in _OF_STORY:
            needed = name in (kind.subject, *kind.natural_key)
            return f"{self.prefix}-{name}{self.random.randint(1, 2)}" if needed or self.random.random() < 0.5 else None
        if name == "ref_ids":
            owners = self.random.sample(("order_id", "bill_id", "prescription_id"), self.random.randint(0, 2))
            return tuple(f"{self.prefix}-{owner}{self.random.randint(1, 2)}" for owner in owners)
        if name == "prior_visit_id":
            return self.random.choice([*self.visits, f"{self.prefix}-V9"])
        if name == "visit_class" and self.hinted_class:
            return self.hinted_class
        if self.random.random() < 0.2 or name == "service_point_type":
            return None
        hint = _hints(kind)[name]
        if name in _POOLS and (pool := _legal(_POOLS[name], hint)):
            return self.random.choice(pool)
        return self._by_type(hint, name)

    def _by_type(self, hint: Any, name: str) -> Any:
        options = [arg for arg in typing.get_args(hint) if arg is not type(None)] or [hint]
        text = str(hint)
        if name == "answers":
            scores = self.random.choices((None, 3, 4, 5), k=self.random.randint(0, 3))
            return [{"item_code": "Q1", "score": score, "scale": self.random.choice((5, 5, None))} for score in scores]
        if name == "slots":
            return self._slots()
        if name == "parts":
            return [{"channel": c, "amount": self.random.choice(("10.00", "2.5"))} for c in ("wechat", "cash")]
        if "Decimal" in text:
            return self.random.choice(("0", "12.50", "100", "7.0001"))
        if "UTC ms" in text:
            return self._time()
        if typing.get_origin(options[0]) is Literal:
            return self.random.choice(typing.get_args(options[0]))
        if bool in options:
            return self.random.random() < 0.5
        if int in options:
            return self.random.randint(1, 2)
        return None

    def _time(self) -> int:
        odd = self.random.choice((0, 0, 0, 1000, 30_000, 500))
        return int(self.start + self.random.choice(_MINUTES) * 60_000 + odd)

    def _later(self) -> int:
        return self.random.choice((30_000, 60_000, 3_600_000))
