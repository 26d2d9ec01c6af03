"""An HL7 v2 message being interpreted: whom it is about, when it happened, and who told it.

Names, addresses, phones and free text are never read (domain specification 9).
"""

from __future__ import annotations

from datetime import date

import msgspec

from ingest.errors import Malformed
from ingest.events.envelope import Event, Instant, Telling
from ingest.interpret.codes import harmless, translated
from ingest.interpret.hl7 import Message, Segment
from ingest.interpret.person import age_band
from ingest.interpret.teller import Source, Teller
from ingest.interpret.times import read_offset

VISIT_CLASSES = frozenset({"outpatient", "emergency", "inpatient", "health_check"})
_MEDICAL_RECORD = ("MR", "PI", "PT", "MRN")  # CX-5 of the number a hospital gives; cards and ID numbers are dropped
_NOT_OURS = ("NI", "NN", "SS", "DL", "PPN", "HC", "MC", "NH")

When = tuple[Instant, tuple[str, ...]]


class Reading(Teller):
    """A teller that reads one HL7 message."""

    def __init__(self, message: Message, source: Source, ingested_at: int) -> None:
        msh = message.header
        super().__init__(source, _telling(msh, source, ingested_at), read_offset(msh.value(7)))
        self.message = message
        try:
            sent = self.at(msh, 7)
            self.telling = msgspec.structs.replace(self.telling, sent_at=sent.ms if sent else None)
        except Malformed:  # only the header's time: the facts have their own
            self.flags += ("unreadable:MSH-7",)
        recorded = self.time(message.get("EVN", 2), "EVN-2")
        self.recorded_at = recorded.ms if recorded else None
        self.patient_id = self.patient("PID", 3) or self.patient("PID", 2)
        pv1 = message.segment("PV1")
        self.visit_id = self.visit_of(pv1) if pv1 else None

    # --- who -------------------------------------------------------------------------------------------------------

    def patient(self, name: str, field: int) -> str | None:
        """The pseudonym of the one canonical number among a list of patient identifiers."""
        segment = self.message.segment(name)
        return self.patient_of(segment, field) if segment else None

    def patient_of(self, segment: Segment, field: int) -> str | None:
        """As `patient`, of a given segment: the medical record number first, never an ID card's."""
        best: tuple[int, int] | None = None
        for repetition in range(1, segment.count(field) + 1):
            kind = segment.part(field, 5, repetition=repetition).upper()
            if kind in _MEDICAL_RECORD:
                rank = _MEDICAL_RECORD.index(kind)
            elif kind.startswith(_NOT_OURS):
                rank = 90
            else:
                rank = 50
            if segment.part(field, repetition=repetition) and (best is None or rank < best[0]):
                best = (rank, repetition)
        if best is None:
            return None
        number, authority = segment.part(field, repetition=best[1]), segment.part(field, 4, repetition=best[1])
        return self.identify("patient", number, authority)

    def visit_of(self, pv1: Segment) -> str | None:
        """The visit: PV1-19, else PV1-50, else the patient and the moment the visit began (PV1-44)."""
        began = self.at(pv1, 44)
        on = self.local_day(began) if began else None
        for field in (19, 50):
            if pv1.value(field):
                return self.identify("visit", pv1.value(field), pv1.value(field, 4), on=on)
        if began and self.patient_id:
            self.flags += ("visit_composed",)
            return self.identify("visit", f"{self.patient_id}@{began.ms}", on=on)
        return None

    def visit_day(self) -> date | None:
        """The date that goes with a visit number which restarts each day: that of PV1-44."""
        return self.day_of(self.message.segment("PV1"))

    def day_of(self, pv1: Segment | None) -> date | None:
        """As `visit_day`, of a given PV1."""
        began = self.at(pv1, 44)
        return self.local_day(began) if began else None

    def need_visit(self) -> str:
        """The visit's pseudonym. Raises Malformed where there is none."""
        if self.visit_id is None:
            raise Malformed("missing subject: PV1-19")
        return self.visit_id

    def entity(
        self, kind: str, segment: Segment, field: int, repetition: int = 1, *, at: Instant | None = None
    ) -> str | None:
        """The pseudonym of a number in an EI field (number^authority); `at` dates numbers that restart each day."""
        number = segment.part(field, repetition=repetition)
        on = self.local_day(at) if at else None
        return self.identify(kind, number, segment.part(field, 2, repetition=repetition), on=on)

    def visit_class(self) -> str | None:
        """outpatient, emergency, inpatient, health_check; None for a class that is none of ours (P, U)."""
        pv1 = self.message.segment("PV1")
        return self.class_of(pv1) if pv1 else None

    def class_of(self, pv1: Segment) -> str | None:
        """As `visit_class`, of a given PV1."""
        raw = pv1.value(2)
        return translated("visit_class", raw, VISIT_CLASSES, self.source.codes)[0] if raw else None

    def visit_dept(self) -> str | None:
        """The department of the visit: PV1-10, else the place of PV1-3."""
        pv1 = self.message.segment("PV1")
        return self.dept(pv1.value(10) or pv1.value(3)) if pv1 else None

    def person(self, kind: type[Event], at: Instant) -> dict[str, str | None]:
        """What is said of a patient: age band at the time, sex. Never a birth date."""
        return {
            "age_band": age_band(self.message.get("PID", 7), self.local_day(at)),
            "sex": self.code(kind, "sex", self.message.get("PID", 8))[0] if self.message.get("PID", 8) else None,
        }

    # --- when ------------------------------------------------------------------------------------------------------

    def at(self, segment: Segment | None, field: int) -> Instant | None:
        """The time in a field of a segment. Raises Malformed when it is there and cannot be read."""
        return self.time(segment.value(field), f"{segment.name}-{field}") if segment else None

    def ms(self, segment: Segment | None, field: int) -> int | None:
        """As `at`, UTC ms."""
        found = self.at(segment, field)
        return found.ms if found else None

    def when(self, *places: tuple[Segment | str | None, int]) -> When:
        """The first time told, of the places in order; a fallback is flagged `occurred_from:<place>`."""
        for number, (named, field) in enumerate(places):
            segment = self.message.segment(named) if isinstance(named, str) else named
            found = self.at(segment, field)
            if segment and found:
                return found, ((f"occurred_from:{segment.name}-{field}",) if number else ())
        named, field = places[0]
        raise Malformed(f"missing time: {named.name if isinstance(named, Segment) else named}-{field}")

    def happened(self) -> When:
        """When what the message tells happened: EVN-6, else PV1-44, else EVN-2, else MSH-7."""
        return self.when(("EVN", 6), ("PV1", 44), ("EVN", 2), ("MSH", 7))

    def noted(self, segment: Segment, field: int) -> When:
        """When what one segment tells happened: its own field, else EVN-6, EVN-2, MSH-7."""
        return self.when((segment, field), ("EVN", 6), ("EVN", 2), ("MSH", 7))


def _telling(msh: Segment, source: Source, ingested_at: int) -> Telling:
    sender = f"{msh.value(3)}^{msh.value(4)}".strip("^")
    return Telling(
        facility_id=source.facility_id,
        source_system=sender[:100] or source.source_system or "unknown",
        ingested_at=ingested_at,
        source_msg_id=_message_number(msh, source),
        source_msg_seq=msh.value(13) if harmless(msh.value(13)) else None,
        mapping_version=source.mapping_version,
    )


def _message_number(msh: Segment, source: Source) -> str | None:
    """MSH-10; as a pseudonym where it may be made of a visit's or a patient's number, as some senders' are."""
    number = msh.value(10)
    if not number or harmless(number):
        return number or None
    return source.pseudonyms.of("message", source.facility_id, f"{msh.value(3)}^{msh.value(4)}", number)
