"""HL7 v2 about visits: registered, arrived, moved, merged, gone."""

from __future__ import annotations

import msgspec
import pytest

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.events.emergency import EdArrived, EdDeparted
from ingest.events.registration import TriageCompleted
from tests.golden.speech import ED, PSEUDONYMS, PV1, SOURCE, WARD, fields, lines, message, number, only, the, told


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
    assert the(EdArrived, events[1]).arrival_mode == "ambulance"


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
    assert the(EdDeparted, departed).disposition == "discharged"
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
    assert lines(events) == ["08:50 triage.completed"] and the(TriageCompleted, events[0]).acuity == "2"


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


def test_several_visits_under_other_numbers_in_one_message() -> None:
    pairs = [
        segment
        for new, old in (("V1", "V9"), ("V2", "V8"))
        for segment in (f"MRG|7^^^HIS^MR||||{old}^^^HIS", f"PV1|1|O|CARD{'|' * 16}{new}^^^HIS")
    ]
    moved = told(message("ADT^A45", "EVN|A45|||||20250303090000", *pairs))
    assert [fields(event, "visit_id", "prior_visit_id") for event in moved] == [
        (number("visit", new, "HIS"), number("visit", old, "HIS")) for new, old in (("V1", "V9"), ("V2", "V8"))
    ]


def test_a_visit_of_another_patient_keeps_its_number() -> None:
    groups = ("PID|1||1^^^HIS^MR", "MRG|2^^^HIS^MR||||V1^^^HIS", "PID|1||3^^^HIS^MR", "MRG|4^^^HIS^MR||||V2^^^HIS")
    moved = told(message("ADT^A43", "EVN|A43|||||20250303090000", *groups))
    assert [fields(e, "visit_id", "prior_visit_id", "from_patient_id", "to_patient_id") for e in moved] == [
        (number("visit", v, "HIS"), number("visit", v, "HIS"), number("patient", a, "HIS"), number("patient", b, "HIS"))
        for v, a, b in (("V1", "2", "1"), ("V2", "4", "3"))
    ]


@pytest.mark.parametrize(
    ("trigger", "segments", "error", "reason"),
    [
        ("A43", ("PID|1||1^^^HIS^MR", "MRG|2^^^HIS^MR"), Ignored, "patient list moved without a visit"),
        ("A43", ("PID|1||1^^^HIS^MR", "MRG|1^^^HIS^MR||||V1"), Ignored, "patient list moved without a visit"),
        ("A43", ("PID|1", "MRG|2^^^HIS^MR||||V1"), Malformed, "missing subject: PID-3"),
        ("A45", (PV1,), Malformed, "missing segment: MRG"),
        ("A45", ("MRG|7^^^HIS^MR||||V9",), Malformed, "missing segment: PV1"),
        ("A45", (PV1, "MRG|||||V1^^^HIS"), Ignored, "visit moved onto itself"),
    ],
)
def test_moves_that_move_nothing(trigger: str, segments: tuple[str, ...], error: type[Exception], reason: str) -> None:
    with pytest.raises(error) as refused:
        told(message(f"ADT^{trigger}", f"EVN|{trigger}|20250303090000", *segments))
    assert str(refused.value) == reason


@pytest.mark.parametrize("code", ["ACUITY", "11283-9", "ESI"])
def test_an_acuity_may_be_observed(code: str) -> None:
    source = msgspec.structs.replace(SOURCE, codes={**SOURCE.codes, "observation": {"ESI": "acuity"}})
    bare = "PV1|1|O|CARD||||||||||||||||V1"
    observed = f"OBX|1|CE|{code}^病情分级||2^二级||||||F|||20250303084800"
    body = message("ADT^A08", "EVN|A08|||||20250303085000", bare, "OBX|1|NM|PULSE||88", observed)
    assert lines(told(body, source)) == ["08:48 triage.completed"]
    assert only(TriageCompleted, told(body, source)).acuity == "2"
    with pytest.raises(Ignored, match="A08 without a time or an acuity"):
        told(message("ADT^A08", "EVN|A08|||||20250303085000", bare, "OBX|1|NM|PULSE||88"), source)


# --- pathways and programmes -----------------------------------------------------------------------------------------

PATHWAYS = msgspec.structs.replace(
    SOURCE,
    codes={
        **SOURCE.codes,
        "pathway": {"TPA": "stroke", "3606": "chest_pain", "8606": "trauma", "HEADCT": "stroke"},
        "kind": {"3606": "balloon", "8606": "or"},
        "disease": {"I10": "hypertension"},
    },
)


def test_a_drug_of_a_pathway_is_a_milestone_and_other_drugs_are_not() -> None:
    given = "RXA|0|1|20250303103000|20250303103500|{}^药|1"
    (needle,) = told(message("RAS^O17", ED, "ORC|RE|O1", given.format("TPA"), given.format("ASA")), PATHWAYS)
    assert lines([needle]) == ["10:30 ed.green_channel_milestone"]
    assert fields(needle, "visit_id", "pathway", "kind") == (number("visit", "V2"), "stroke", "needle")
    with pytest.raises(Ignored, match="administration outside a pathway"):
        told(message("RAS^O17", ED, "ORC|RE|O1", given.format("ASA")), PATHWAYS)
    with pytest.raises(Malformed, match=r"^missing subject: PV1-19$"):
        told(message("RAS^O17", "ORC|RE|O1", given.format("TPA")), PATHWAYS)
    with pytest.raises(Malformed, match=r"^unreadable time: RXA-3$"):
        told(message("RAS^O17", ED, given.format("TPA").replace("20250303103000", "soon")), PATHWAYS)


def test_a_procedure_of_a_pathway_is_a_milestone_in_whatever_message_it_comes() -> None:
    done = "PR1|1||{}^张珅的手术||20250303112400"
    update = message("ADT^A08", "EVN|A08", ED.replace("20250303100000", ""), done.format("3606"), done.format("4701"))
    (balloon,) = told(update, PATHWAYS)
    assert lines([balloon]) == ["11:24 ed.green_channel_milestone"]
    assert fields(balloon, "pathway", "kind") == ("chest_pain", "balloon")
    charged = told(
        message("DFT^P03", ED, "FT1|1|B1||20250303113000||CG|treatment||||80", done.format("8606")), PATHWAYS
    )
    assert lines(charged) == ["11:30 bill.created", "11:24 ed.green_channel_milestone"]
    assert fields(charged[1], "pathway", "kind") == ("trauma", "or")
    assert lines(told(message("ADT^A04", "EVN|A04|||||20250303084100", PV1, done.format("4701")), PATHWAYS)) == [
        "08:41 registration.created"
    ]


def test_an_examination_of_a_pathway_is_a_milestone() -> None:
    obr = "OBR|1|O1|F1|{}|||20250303102000" + "|" * 17 + "{}"
    scanned = told(message("ORU^R01", ED, obr.format("HEADCT", "CT")), PATHWAYS)
    assert lines(scanned) == ["10:20 exam.started", "10:20 ed.green_channel_milestone"]
    assert fields(scanned[1], "pathway", "kind") == ("stroke", "ct")
    assert lines(told(message("ORU^R01", ED, obr.format("KNEECT", "CT")), PATHWAYS)) == ["10:20 exam.started"]
    assert lines(told(message("ORU^R01", obr.format("HEADCT", "CT")), PATHWAYS)) == ["10:20 exam.started"]


def test_a_problem_that_the_site_maps_enters_a_programme() -> None:
    problem = "PRB|AD|20250303090000|{}^高血压||||{}"
    (enrolled,) = told(message("PPR^PC1", problem.format("I10", "20250301100000"), problem.format("J00", "")), PATHWAYS)
    assert lines([enrolled]) == ["10:00 chronic.enrolled"]
    assert fields(enrolled, "disease", "programme_id", "patient_id") == (
        "hypertension",
        number("programme", "I10"),
        number("patient", "10001", "HIS"),
    )
    with pytest.raises(Ignored, match="problem of no programme"):
        told(message("PPR^PC1", problem.format("J00", "")), PATHWAYS)
    with pytest.raises(Malformed, match=r"^missing subject: PID-3$"):
        told(message("PPR^PC1", "PID|1", problem.format("I10", "")), PATHWAYS)
