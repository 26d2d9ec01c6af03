"""HL7 v2 about orders and what comes of them."""

from __future__ import annotations

import pytest

from ingest.errors import Malformed
from ingest.events.orders import CriticalValueAcknowledged, CriticalValueRaised, ReportIssued
from ingest.interpret.codes import STANDARD
from tests.golden.speech import PV1, fields, lines, message, number, only, the, told


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
    assert the(CriticalValueAcknowledged, taken_care_of).critical_id == only(CriticalValueRaised, events).critical_id


def test_the_status_of_a_report() -> None:
    obr = "OBR|1|O1|F1|CT|||20250303110000|20250303111500||||||||||||||20250303120000||CT|{}"
    assert lines(told(message("ORU^R01", PV1, obr.format("F"), sender="RIS|DEMO"))) == [
        "11:00 exam.started",
        "11:15 exam.completed",
        "12:00 report.issued",
    ]
    for raw, status in STANDARD["status"].items():
        assert only(ReportIssued, told(message("ORU^R01", PV1, obr.format(raw)))).status == status
    for raw in "OISYZ":
        assert lines(told(message("ORU^R01", PV1, obr.format(raw))))[-1] == "11:15 exam.completed"
    wrong_patient = told(message("ORU^R01", PV1, obr.format("F"), "OBX|1|NM|K||1|||N|||W"))
    assert lines(wrong_patient)[-1] == "12:00 not report.issued"


def test_reports_without_a_number_of_their_own_are_not_one_report() -> None:
    first, second = (
        told(message("ORU^R01", PV1, f"ORC|RE|{order}", "OBR|1|||CBC" + "|" * 18 + "20250303100000|||F"))[-1]
        for order in ("O1", "O2")
    )
    assert lines([first]) == lines([second]) == ["10:00 report.issued"]
    assert first.event_id != second.event_id


def test_a_report_is_corrected_as_often_as_it_is_corrected() -> None:
    obr = "OBR|1|O1|F1|CT" + "|" * 18 + "{}|||{}"
    final, once, again = (
        only(ReportIssued, told(message("ORU^R01", PV1, obr.format(at, status), at=at)))
        for at, status in (("20250303120000", "F"), ("20250303130000", "C"), ("20250303140000", "C"))
    )
    assert (final.version, once.version, again.version) == (1, 2, 2)
    assert final.event_id != once.event_id == again.event_id and once.revision < again.revision
