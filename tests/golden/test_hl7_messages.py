"""Each family of HL7 v2 messages: message in, events out."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.interpret.codes import STANDARD
from tests.golden.speech import PSEUDONYMS, SOURCE, fields, lines, message, number, told

PV1 = "PV1|1|O|0301^R1||A77||D01^李^医生|||0301||||WX||||elderly|V1^^^HIS" + "|" * 25 + "20250303084000"
ED = "PV1|1|E|ED||||D09|||ED|||||||||V2" + "|" * 25 + "20250303100000"
WARD = "PV1|1|I|W3^301^2||R5|W1^101|D09|||0301|||||||||V3" + "|" * 25 + "20250303110000"


def test_a_registration() -> None:
    (event,) = told(message("ADT^A04^ADT_WRONG", "EVN|A04|20250303084200||||20250303084100", PV1))
    assert lines([event]) == ["08:41 registration.created"]
    assert fields(event, "visit_class", "dept_code", "channel", "patient_group", "age_band", "sex", "planned_date") == (
        "outpatient",
        "CARD",
        "wechat",
        "elderly",
        "14-59",
        "f",
        "2025-03-03",
    )
    assert fields(event, "visit_id", "patient_id", "appointment_id", "doctor_id") == (
        number("visit", "V1", "HIS"),
        number("patient", "10001", "HIS"),
        number("appointment", "A77"),
        PSEUDONYMS.staff("D01"),
    )
    assert event.raw_codes == {"channel": "WX"} and event.source_system == "HIS^DEMO" and event.recorded_at is not None
    assert event.tz_defaulted and "tz_defaulted" in event.quality_flags


def test_nothing_identifying_is_in_an_event() -> None:
    body = b"".join(encode(e) for e in told(message("ADT^A04", "EVN|A04|20250303084200||||20250303084100", PV1)))
    for said in ("张", "珅", "李", "北京", "138", "1101011990", "10001", 'V1"', "D01", "19800615", "A77"):
        assert said.encode() not in body


def test_when_it_happened_falls_back_and_says_so() -> None:
    (by_visit,) = told(message("ADT^A04", "EVN|A04|20250303084200", PV1))
    (by_header,) = told(message("ADT^A04", "EVN|A04", "PV1|1|O|CARD||||||||||||||||V1"))
    assert "occurred_from:PV1-44" in by_visit.quality_flags and "occurred_from:MSH-7" in by_header.quality_flags
    with pytest.raises(Malformed, match=r"^unreadable time: EVN-6$"):
        told(message("ADT^A04", "EVN|A04|||||soon", PV1))


def test_an_emergency_patient_arrives_and_is_registered() -> None:
    events = told(message("ADT^A04", "EVN|A04|||||20250303100500", ED, "PV2" + "|" * 38 + "A"))
    assert lines(events) == ["10:05 registration.created", "10:00 ed.arrived"]
    assert events[1].arrival_mode == "ambulance"  # type: ignore[attr-defined]


def test_registered_ahead_of_the_visit() -> None:
    (event,) = told(
        message("ADT^A05", "EVN|A05|||||20250228160000", "PV1|1|P|CARD||||||||||||||||V1", "PV2||||||||20250303")
    )
    assert fields(event, "visit_class", "planned_date") == (None, "2025-03-03")


def test_admissions_transfers_and_discharges() -> None:
    assert lines(told(message("ADT^A01", "EVN|A01|||||20250303110000", WARD))) == ["11:00 inpatient.admitted"]
    (moved,) = told(message("ADT^A02", "EVN|A02|||||20250303120000", WARD))
    assert fields(moved, "from_location", "to_location") == ("W1", "W3")
    assert lines(told(message("ADT^A12", "EVN|A12|||||20250303120000", WARD))) == ["12:00 not inpatient.transferred"]
    assert lines(told(message("ADT^A16", "EVN|A16|||||20250303130000", WARD))) == ["13:00 inpatient.discharge_ordered"]
    left = told(message("ADT^A03", "EVN|A03|||||20250303140000", WARD))
    not_left = told(message("ADT^A13", "EVN|A13|||||20250303150000", WARD))
    assert lines(left) == ["14:00 inpatient.discharged"] and left[0].event_id == not_left[0].event_id
    assert not_left[0].op == "retract"


def test_the_emergency_department_room_by_room() -> None:
    into = ED.replace("|E|ED|", "|E|RESUS|")
    out = ED.replace("|E|ED|||", "|E|ED|||RESUS")
    assert lines(told(message("ADT^A02", "EVN|A02|||||20250303101000", into))) == ["10:10 ed.resus_entered"]
    assert lines(told(message("ADT^A02", "EVN|A02|||||20250303104000", out))) == ["10:40 ed.resus_left"]
    assert lines(told(message("ADT^A14", "EVN|A14|||||20250303110000", ED))) == [
        "11:00 admission.requested",
        "11:00 ed.disposition_decided",
    ]
    gone = ED.replace("V2" + "|" * 25, "V2" + "|" * 17 + "01" + "|" * 8)
    (departed,) = told(message("ADT^A03", "EVN|A03|||||20250303120000", gone))
    assert departed.disposition == "discharged"  # type: ignore[attr-defined]
    assert lines(told(message("ADT^A09", "EVN|A09|||||20250303120000", ED))) == ["12:00 ed.departed"]
    with pytest.raises(Ignored):
        told(message("ADT^A02", "EVN|A02|||||20250303101000", PV1))


def test_checked_in_at_a_clinic_and_for_an_examination() -> None:
    (clinic,) = told(message("ADT^A10", "EVN|A10|||||20250303084500", PV1))
    (exam,) = told(message("ADT^A10", "EVN|A10|||||20250303104500", PV1, "ORC|SC|O9"))
    assert fields(clinic, "point", "appointment_id") == ("clinic", number("appointment", "A77"))
    assert fields(exam, "point", "order_id") == ("exam", number("order", "O9"))


def test_an_update_is_a_new_revision_and_a_cancellation_takes_back() -> None:
    (first,) = told(message("ADT^A04", "EVN|A04|||||20250303084000", PV1))
    changed = told(
        message(
            "ADT^A08",
            "EVN|A08|||||20250303091000",
            PV1.replace("|0301^R1||A77||", "|DERM^R1||A77|0301|"),
            at="20250303091001",
        )
    )
    assert lines(changed) == ["08:40 registration.created", "09:10 record.corrected"]
    assert changed[0].event_id == first.event_id and changed[0].revision > first.revision
    (gone,) = told(message("ADT^A11", "EVN|A11|||||20250303093000", PV1, at="20250303093001"))
    assert gone.op == "retract" and gone.event_id == first.event_id and gone.revision > changed[0].revision


def test_triage_is_an_update_with_an_acuity() -> None:
    events = told(
        message("ADT^A08", "EVN|A08|||||20250303085000", "PV1|1|O|CARD||||||||||||||||V1", "PV2" + "|" * 25 + "2")
    )
    assert lines(events) == ["08:50 triage.completed"] and events[0].acuity == "2"  # type: ignore[attr-defined]


@pytest.mark.parametrize("trigger", ["A40", "A34", "A18"])
def test_merges(trigger: str) -> None:
    events = told(
        message(
            f"ADT^{trigger}",
            f"EVN|{trigger}|20250303090000",
            "PID|1||1^^^HIS^MR",
            "MRG|2^^^HIS^MR",
            "PID|1||3^^^HIS^MR",
            "MRG|4^^^HIS^MR",
        )
    )
    assert [fields(e, "surviving_patient_id", "prior_patient_id") for e in events] == [
        (number("patient", "1", "HIS"), number("patient", "2", "HIS")),
        (number("patient", "3", "HIS"), number("patient", "4", "HIS")),
    ]


def test_a_visit_under_another_number() -> None:
    (moved,) = told(message("ADT^A45", "EVN|A45|||||20250303090000", PV1, "MRG|7^^^HIS^MR||||V9^^^HIS"))
    assert fields(moved, "visit_id", "prior_visit_id") == (number("visit", "V1", "HIS"), number("visit", "V9", "HIS"))
    with pytest.raises(Malformed, match="missing subject: MRG-5"):
        told(message("ADT^A45", "EVN|A45|||||20250303090000", PV1, "MRG|7^^^HIS^MR"))


def test_a_visit_without_a_number_is_known_by_its_patient_and_its_beginning() -> None:
    bare = PV1.replace("V1^^^HIS", "")
    (one,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", bare))
    (later,) = told(message("ADT^A10", "EVN|A10|||||20250303090000", bare))
    assert one.visit_id == later.visit_id and "visit_composed" in one.quality_flags
    with pytest.raises(Malformed, match="missing subject: PV1-19"):
        told(message("ADT^A04", "EVN|A04|||||20250303084100", "PV1|1|O|CARD"))


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
    assert (booked.slot_end - booked.slot_start) == 30 * 60_000  # type: ignore[attr-defined]
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
    assert events[1].order_id == number("order", "O9")  # type: ignore[attr-defined]


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
        assert event.ref_ids == (number("bill", "B1"), number("bill", "B2"))  # type: ignore[attr-defined]
    assert fields(event, "basis") == ("source",)


def test_a_ticket_number_that_restarts_each_day_restarts_in_its_queue() -> None:
    source = msgspec.structs.replace(SOURCE, numbers={"ticket": "daily"})
    step = "ZQU|1|JOIN|A012|A012|cashier|{}|||{}"
    ids = {
        told(message("ZQN^Z01", "EVN|Z01", step.format(queue, at)), source)[0].ticket_id  # type: ignore[attr-defined]
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


def test_orders_placed_withdrawn_and_moved_on() -> None:
    obr = "OBR|1|O1|F1|CBC^血常规|S" + "|" * 19 + "LAB"
    (placed,) = told(message("OML^O21", PV1, "ORC|NW|O1|F1||||||20250303092000|||D01|||||0301", obr))
    assert fields(placed, "order_id", "category", "item_code", "priority", "ordering_dept") == (
        number("order", "O1"),
        "lab",
        "CBC",
        "stat",
        "CARD",
    )
    for control, event in (("CA", "cancelled"), ("DC", "cancelled"), ("OC", "cancelled")):
        assert lines(told(message("ORM^O01", PV1, f"ORC|{control}|O1|||||||20250303093000", obr))) == [
            f"09:30 order.{event}"
        ]
    for status, event in (("SC", "booked"), ("IP", "started"), ("CM", "completed")):
        moved = told(message("OMI^O23", PV1, f"ORC|SC|O1|||{status}||||20250303100000", obr.replace("|LAB", "|CT")))
        assert lines(moved) == [f"10:00 exam.{event}"]
    with pytest.raises(Malformed, match="missing subject: ORC-2"):
        told(message("ORM^O01", PV1, "ORC|NW|||||||||"))


def test_a_laboratory_result_tells_its_specimen_and_its_report() -> None:
    obr = "OBR|1|O1|F1|CBC|||20250303094000|||N7||||20250303095200||||||||20250303103700||LAB|F"
    events = told(
        message(
            "ORU^R01",
            PV1,
            "ORC|RE|O1|F1",
            obr,
            "OBX|1|NM|K^钾||7.1|mmol/L||HH|||F|||20250303103000",
            "SPM|1|S1^S1F|||||||||||||||20250303094000|20250303095200",
            sender="LIS|DEMO",
        )
    )
    assert lines(events) == [
        "09:40 specimen.collected",
        "09:52 specimen.received",
        "10:37 report.issued",
        "10:30 critical_value.raised",
    ]
    assert fields(events[1], "specimen_id", "rejected") == (number("specimen", "S1"), False)
    assert fields(events[2], "report_id", "status", "version") == (number("report", "F1"), "final", 1)
    (taken_care_of,) = told(message("ORU^R01", PV1, "ORC|RE|O1|F1", "OBR|1|O1|F1|CBC", "ZCV|1|F1|20250303104000|D01"))
    assert taken_care_of.critical_id == events[3].critical_id  # type: ignore[attr-defined]


def test_the_status_of_a_report() -> None:
    obr = "OBR|1|O1|F1|CT|||20250303110000|20250303111500||||||||||||||20250303120000||CT|{}"
    assert lines(told(message("ORU^R01", PV1, obr.format("F"), sender="RIS|DEMO"))) == [
        "11:00 exam.started",
        "11:15 exam.completed",
        "12:00 report.issued",
    ]
    for raw, status in STANDARD["status"].items():
        assert told(message("ORU^R01", PV1, obr.format(raw)))[-1].status == status  # type: ignore[attr-defined]
    for raw in "OISYZ":
        assert lines(told(message("ORU^R01", PV1, obr.format(raw))))[-1] == "11:15 exam.completed"
    wrong_patient = told(message("ORU^R01", PV1, obr.format("F"), "OBX|1|NM|K||1|||N|||W"))
    assert lines(wrong_patient)[-1] == "12:00 not report.issued"


def test_a_bill_its_payment_in_two_channels_and_its_refund() -> None:
    lines_of_bill = (
        "FT1|1|B1||20250303092100||CG|lab||||80.5||0301||||||||||O1",
        "FT1|2|B1||20250303092100||CG|lab||||19.5",
    )
    (bill,) = told(message("DFT^P03", PV1, *lines_of_bill))
    assert fields(bill, "bill_id", "amount", "lines", "item_class", "ref_ids") == (
        number("bill", "B1"),
        Decimal("100.0"),
        2,
        "lab",
        (number("order", "O1"),),
    )
    paid = told(
        message(
            "DFT^P03",
            PV1,
            "FT1|1|B1||20250303092400||PY|||||60",
            "FT1|2|B2||20250303092400||PY|||||40",
            "ZPY|1|B1~B2|P1|WX|70|20250303092400|mobile|PHONE||||Y",
            "ZPY|2|B1~B2|P1|insurance_pool|30|20250303092400|mobile",
        )
    )
    assert [fields(e, "bill_id", "payment_id", "amount", "terminal_type", "full_settlement") for e in paid] == [
        (number("bill", b), number("payment", "P1"), Decimal(a), "mobile", True) for b, a in (("B1", 60), ("B2", 40))
    ]
    assert [(p.channel, p.amount) for p in paid[0].parts] == [("wechat", 70), ("insurance_pool", 30)]  # type: ignore[attr-defined]
    (back,) = told(message("DFT^P03", PV1, "ZPY|1|B1|P2|WX|-60|20250303113000|window|W1|S1|P1|Y"))
    assert fields(back, "refund_id", "payment_id", "amount") == (
        number("payment", "P2"),
        number("payment", "P1"),
        Decimal(60),
    )


def test_a_registration_fee_given_back() -> None:
    events = told(message("DFT^P03", PV1, "FT1|1|B1||20250303104000||CD|registration||||-10|||||||||||||||||||P1"))
    assert lines(events) == ["10:40 bill.refunded", "10:40 registration.refunded"]


def test_a_prescription_from_the_doctor_to_the_window() -> None:
    orc = "ORC|NW|RX1|||||||20250303105400|||D01|||||0301" + "|" * 12 + "western"
    (submitted,) = told(message("RDE^O11", PV1, orc, "RXE||A|1" + "|" * 12 + "RX1", orc, "RXE||B|1" + "|" * 12 + "RX1"))
    assert fields(submitted, "prescription_id", "items", "rx_type") == (number("prescription", "RX1"), 2, "western")
    (reviewed,) = told(message("RDE^O11", PV1, "ORC|SC|RX1", "ZRV|1|RX1|PASS|20250303105600|P01|MANUAL"))
    assert fields(reviewed, "result", "mode") == ("pass", "pharmacist")
    (prepared,) = told(message("RDS^O13", PV1, "ORC|SC|RX1", "ZDP|1|RX1|PREPARED|20250303110600|P02|PHM^W2|Y"))
    assert fields(prepared, "pharmacy_id", "window_id", "robot") == ("PHM", "W2", True)
    (dispensed,) = told(message("RDS^O13", PV1, "ORC|RE|RX1", "RXD|1|A|20250303111000|1|||RX1|||P03|||PHM^W2"))
    assert lines([dispensed]) == ["11:10 dispensing.dispensed"]
    assert fields(dispensed, "pharmacy_id", "window_id", "dispense_seq") == ("PHM", "W2", 1)
    assert lines(told(message("RDE^O11", PV1, "ORC|CA|RX1|||||||20250303105800", "RXE||A"))) == [
        "10:58 prescription.cancelled"
    ]
    (returned,) = told(message("RDS^O13", PV1, "ORC|SC|RX1", "ZDP|1|RX1|RETURNED|20250303120000"))
    assert lines([returned]) == ["12:00 dispensing.returned"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (message("ADT^A29", "EVN|A29|20250303", PV1), "trigger:ADT^A29"),
        (message("MDM^T02", "EVN|T02|20250303", PV1), "trigger:MDM^T02"),
        (message("ADT^A04", "EVN|A04|20250303", PV1, mode="T"), "processing:T"),
        (message("ADT^A04", "EVN|A04|20250303", PV1, mode="D"), "processing:D"),
        (message("ACK", "MSA|AA|1"), "acknowledgement"),
    ],
)
def test_what_is_none_of_our_business(body: bytes, reason: str) -> None:
    with pytest.raises(Ignored) as ignored:
        told(body)
    assert str(ignored.value) == reason


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        ("ZQU|1|FLY|T1|A1|cashier|Q|||20250303090000", "illegal code: ZQU-2"),
        ("ZQU|1|JOIN||A1|cashier|Q|||20250303090000", "missing subject: ticket_id"),
        ("ZQU|1|JOIN|T1|A1|cashier|Q|||2025-99-99", "unreadable time: ZQU-9"),
        ("ZQU|1|CALL|T1|A1|cashier|Q|||20250303090000|many", "not a number: ZQU-10"),
        ("ZPY|1|B1|P1|WX|much|20250303090000", "not an amount: ZPY-5"),
        ("ZRV|1|RX1|PERHAPS|20250303090000", "illegal code: ZRV-3"),
        ("ZDP|1||PREPARED|20250303090000", "missing subject: ZDP-2"),
    ],
)
def test_what_will_never_be_valid_names_the_field_and_not_the_content(segment: str, reason: str) -> None:
    with pytest.raises(Malformed) as malformed:
        told(
            message(
                "ZQN^Z01" if segment.startswith("ZQU") else "ADT^A08",
                "EVN|Z01",
                PV1.replace("20250303084000", ""),
                segment,
            )
        )
    assert str(malformed.value) == reason


def test_text_where_a_free_code_belongs_stays_outside() -> None:
    (event,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|WX|", "|王小明介绍|")))
    assert fields(event, "channel") == (None,) and "unmapped:channel" in event.quality_flags


def test_a_code_that_nobody_mapped_is_flagged_and_kept_only_when_harmless() -> None:
    (harmless,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|WX|", "|X9|")))
    (a_name,) = told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("|elderly|", "|张三|")))
    assert harmless.channel == "X9"  # type: ignore[attr-defined]  # a free code
    assert "unmapped:patient_group" in a_name.quality_flags and a_name.raw_codes == {"channel": "WX"}


def test_what_a_screen_says_beside_a_ticket_number_stays_outside() -> None:
    zqu = "ZQU|1|JOIN|T1^QUEUE|{}|clinic|{}|301^{}|D01|20250303090000"
    (called,) = told(message("ZQN^Z01", zqu.format("A012 请张伟到3号诊室", "内科 王主任", "R1")))
    assert fields(called, "ticket_no", "queue_id") == ("A012", None)
    assert {"unmapped:ticket_no", "unmapped:queue_id"} <= set(called.quality_flags)
    (glued,) = told(message("ZQN^Z01", zqu.format("A012张伟", "13800000000", "R1")))
    assert fields(glued, "ticket_no", "queue_id") == ("A012", None)
    (named,) = told(message("ZQN^Z01", zqu.format("张伟", "Q1", "R1")))
    assert fields(named, "ticket_no", "queue_id") == (None, "Q1")


def test_text_in_the_place_of_a_code_stays_outside_in_every_message() -> None:
    obr = "OBR|1|O1||X|||20250303094000" + "|" * 15 + "20250303103700|||F"
    spm = "SPM|1|S1" + "|" * 15 + "20250303094000|20250303095200|||溶血,李四"
    events = [
        *told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1.replace("0301", "王主任"))),
        *told(message("ADT^A03", "EVN|A03|||||20250303150000", WARD.replace("W3", "张伟的床"))),
        *told(message("ADT^A08", "EVN|A08|||||20250303085000", PV1.replace("|A77||", "|A77|李四|"))),
        *told(message("OML^O21", PV1, "ORC|NW|O1|||||||20250303092000", "OBR|1|O1||张伟 血常规")),
        *told(message("ORU^R01", PV1, obr, spm)),
    ]
    assert len(events) >= 7
    body = b"".join(encode(event) for event in events)
    for said in ("王", "张", "李", "四", "溶血"):
        assert said.encode() not in body


def test_a_message_number_that_may_be_a_persons_is_a_pseudonym() -> None:
    body = message("ADT^A04", "EVN|A04|||||20250303084100", PV1)
    (event,) = told(body.replace(b"|M1|", b"|V20250303084000-10001|"))
    assert event.source_msg_id is not None and len(event.source_msg_id) == 32
    assert told(body)[0].source_msg_id == "M1"


def test_reports_without_a_number_of_their_own_are_not_one_report() -> None:
    first, second = (
        told(message("ORU^R01", PV1, f"ORC|RE|{order}", "OBR|1|||CBC" + "|" * 18 + "20250303100000|||F"))[-1]
        for order in ("O1", "O2")
    )
    assert lines([first]) == lines([second]) == ["10:00 report.issued"]
    assert first.event_id != second.event_id


def test_absurdly_many_repetitions_are_malformed_at_once() -> None:
    with pytest.raises(Malformed, match=r"^too many repetitions: ZQU-13$"):
        told(message("ZQN^Z01", "ZQU|1|JOIN|T1|A1|cashier|Q|W|D|20250303090000||||" + "~".join("B" * 100_000)))
