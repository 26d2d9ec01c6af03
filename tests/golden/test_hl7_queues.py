"""HL7 v2 about appointments, tickets and consultations."""

from __future__ import annotations

import msgspec
import pytest

from ingest.errors import Ignored
from ingest.events.control import RecordCorrected
from ingest.events.orders import ExamBooked
from ingest.events.queue import QueueEvent, QueueJoined
from tests.golden.speech import PSEUDONYMS, PV1, SOURCE, fields, lines, message, number, only, the, told


def test_appointments_from_booking_to_no_show() -> None:
    sch = "SCH|A77|F77||||ROUTINE|FOLLOWUP||30|min|||||||||||||||{}"
    slot = ("AIS|1||CONS|20250303090000|||30|min", "AIL|1||0301", "AIP|1||D01")
    (booked,) = told(message("SIU^S12", sch.format("Booked"), *slot, at="20250228100000"))
    assert fields(booked, "appointment_id", "object", "visit_kind", "dept_code") == (
        number("appointment", "A77"),
        "consultation",
        "return",
        "CARD",
    )
    start, end = fields(booked, "slot_start", "slot_end")
    assert end - start == 30 * 60_000
    told_by = {
        "SIU^S13": "appointment.rescheduled",
        "SIU^S15": "appointment.cancelled",
        "SIU^S16": "appointment.cancelled",
        "SIU^S17": "not appointment.booked",
        "SIU^S26": "appointment.no_show",
    }
    for trigger, event in told_by.items():
        assert lines(told(message(trigger, sch.format(""), *slot))) == [f"09:00 {event}"]
    started = told(message("SIU^S14", sch.format("Started"), *slot, PV1))
    assert lines(started) == ["09:00 patient.checked_in"]


def test_an_examination_is_booked_with_its_order() -> None:
    events = told(message("SIU^S12", "SCH|A9|||||||||||||||||||||||||O9", "TQ1|||||||20250304100000"))
    assert lines(events) == ["09:00 appointment.booked", "09:00 exam.booked"]
    assert the(ExamBooked, events[1]).order_id == number("order", "O9")


def test_a_ticket_step_by_step() -> None:
    steps = {
        "JOIN": "joined",
        "CALL": "called",
        "RECALL": "recalled",
        "MISS": "missed",
        "REQUEUE": "requeued",
        "SERVE": "served",
        "DONE": "completed",
        "LEAVE": "left",
    }
    for code, name in steps.items():
        (event,) = told(
            message(
                "ZQN^Z01",
                "EVN|Z01",
                "PV1|1|O|0301||||||||||||||||V1",
                f"ZQU|1|{code}|T1|A012|cashier|CASH|W3|S7|20250303090500|2|normal||B1~B2|missed_return",
            )
        )
        assert lines([event]) == [f"09:05 queue.{name}"]
        assert fields(event, "ticket_id", "ticket_no", "queue_id", "service_point_type", "dept_code") == (
            number("ticket", "T1"),
            "A012",
            "CASH",
            "cashier",
            "CARD",
        )
        assert the(QueueEvent, event).ref_ids == (number("bill", "B1"), number("bill", "B2"))
    assert fields(event, "basis") == ("source",)


def test_a_ticket_number_that_restarts_each_day_restarts_in_its_queue() -> None:
    source = msgspec.structs.replace(SOURCE, numbers={"ticket": "daily"})
    step = "ZQU|1|JOIN|A012|A012|cashier|{}|||{}"
    ids = {
        only(QueueJoined, told(message("ZQN^Z01", "EVN|Z01", step.format(queue, at)), source)).ticket_id
        for queue, at in (("CASH", "20250303090000"), ("CASH", "20250304090000"), ("PHM", "20250303090000"))
    }
    assert len(ids) == 3


def test_a_consultation_wherever_it_is_appended() -> None:
    start = "ZCN|1|START|20250303091400|R1|D01|1"
    end = "ZCN|1|END|20250303092200|R1|D01|1|done"
    began = told(message("ADT^A08", "EVN|A08", "PV1|1|O|0301||||||||||||||||V1", start))
    ended = told(message("ADT^A08", "EVN|A08", "PV1|1|O|0301||||||||||||||||V1", end))
    assert lines(began + ended) == ["09:14 consultation.started", "09:22 consultation.ended"]
    assert fields(began[0], "consultation_seq", "room_id", "dept_code") == (1, "R1", "CARD")
    assert lines(told(message("ADT^A08", "EVN|A08", "PV1|1|E|ED||||||||||||||||V2", start))) == ["09:14 ed.seen"]


def test_a_changed_appointment_is_a_new_revision_and_evidence_that_it_was_changed() -> None:
    sch, ais = "SCH|A77" + "|" * 24 + "{}", "AIS|1||CONS|{}|||30|min"
    (booked,) = told(message("SIU^S12", sch.format("Booked"), ais.format("20250303090000"), at="20250228100000"))
    changed = told(message("SIU^S14", sch.format("Booked"), ais.format("20250303100000"), at="20250228110000"))
    assert lines(changed) == ["11:00 appointment.booked", "11:00 record.corrected"]
    assert changed[0].event_id == booked.event_id and changed[0].revision > booked.revision
    evidence = only(RecordCorrected, changed)
    assert evidence.corrected_event_id == booked.event_id and evidence.corrected_revision == changed[0].revision
    for status, told_line in (("Noshow", "appointment.no_show"), ("Cancelled", "appointment.cancelled")):
        assert lines(told(message("SIU^S14", sch.format(status), PV1))) == [f"09:00 {told_line}"]


def test_started_is_a_check_in_unless_the_site_says_that_it_is_the_consultation() -> None:
    body = message("SIU^S14", "SCH|A77" + "|" * 24 + "Started", PV1, "AIP|1||D02")
    assert lines(told(body)) == ["09:00 patient.checked_in"]
    source = msgspec.structs.replace(SOURCE, started_is_consultation=True)
    (began,) = told(body, source)
    assert lines([began]) == ["09:00 consultation.started"]
    assert fields(began, "doctor_id", "dept_code") == (PSEUDONYMS.staff("D02"), "CARD")
    with pytest.raises(Ignored, match="appointment started without a visit"):
        told(message("SIU^S14", "SCH|A77" + "|" * 24 + "Started"), source)
