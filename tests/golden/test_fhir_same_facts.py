"""The same fact has the same id whether HL7 v2 or FHIR tells it."""

from __future__ import annotations

import msgspec
import pytest

from ingest.events.envelope import Event, kind_of
from tests.golden.fhir_resources import APPOINTMENT, CHARGE, ENCOUNTER, ORDER, PRESCRIPTION, Resource, told
from tests.golden.fhir_stories import ALL, STORIES
from tests.golden.fhir_visit_stories import ED, STAY
from tests.golden.speech import PID, PV1, SOURCE, message
from tests.golden.speech import told as heard

SEEN = PV1[: PV1.index("^^^HIS") + 6]  # without the time that the visit began
ZQU = "ZQU|1|{}|T1|A001|cashier|CASH|W3|D01|20250303{}00+0800|1|normal||B1|"
SAME: dict[str, tuple[list[bytes], list[Resource]]] = {
    "registration": ([message("ADT^A04", "EVN|A04|||||20250303084100", PV1)], [ENCOUNTER]),
    "check-in": ([message("ADT^A10", "EVN|A10|||||20250303085000", PV1)], [ENCOUNTER]),
    "consultation": (
        [
            message("ADT^A08", "EVN|A08", SEEN, f"ZCN|1|{step}|20250303{clock}00|R1|D01|1")
            for step, clock in (("START", "0914"), ("END", "0922"))
        ],
        [ENCOUNTER],
    ),
    "emergency": (
        [
            message(
                "ADT^A04", "EVN|A04|||||20250303100000", "PV1|1|E|ED" + "|" * 16 + "V2" + "|" * 25 + "20250303100000"
            ),
            message("ADT^A02", "EVN|A02|||||20250303100500", "PV1|1|E|RESUS" + "|" * 16 + "V2"),
            message("ADT^A03", "EVN|A03|||||20250303120000", "PV1|1|E|ED" + "|" * 16 + "V2"),
        ],
        [ED],
    ),
    "stay": (
        [
            message("ADT^A01", "EVN|A01|||||20250303140000", "PV1|1|I|W1" + "|" * 16 + "V3"),
            message("ADT^A02", "EVN|A02|||||20250304090000", "PV1|1|I|W2|||W1" + "|" * 13 + "V3"),
            message("ADT^A03", "EVN|A03|||||20250304110000", "PV1|1|I|W2" + "|" * 16 + "V3"),
        ],
        [STAY],
    ),
    "appointment": (
        [
            message("SIU^S12", "SCH|A77|||||||||||||||||||||||||", at="20250228100000"),
            message("SIU^S15", "SCH|A77|||||||||||||||||||||||||", at="20250228110000"),
            message("SIU^S26", "SCH|A77|||||||||||||||||||||||||", at="20250303113000"),
        ],
        [APPOINTMENT, {**APPOINTMENT, "id": "a1", "status": "cancelled"}, {**APPOINTMENT, "status": "noshow"}],
    ),
    "order": (
        [
            message("ORM^O01", PV1, "ORC|NW|O1|F1||||||20250303092000|||D01", "OBR|1|O1|F1|K||||||||||||||||||||LAB"),
            message("ORM^O01", PV1, "ORC|CA|O1|F1||||||20250303093000"),
        ],
        [ORDER, {**ORDER, "status": "revoked"}],
    ),
    "laboratory": (
        [
            message(
                "ORU^R01",
                PV1,
                "ORC|RE|O1|F1",
                "OBR|1|O1|F1|K|||20250303094000|||||||20250303095200||||||||20250303103700||LAB|F",
                "OBX|1|NM|K||6.9|||HH|||F|||20250303103600",
                "SPM|1|S1",
                "ZCV|1|F1|20250303105000|D01",
            )
        ],
        [STORIES[n][0] for n in ("Specimen", "DiagnosticReport", "Observation", "Task, critical value")],
    ),
    "examination": (
        [message("ORU^R01", PV1, "ORC|RE|O1|F1", "OBR|1|O1|F1|CT|||20250303100500|20250303101500" + "|" * 16 + "CT")],
        [STORIES["Procedure"][0], STORIES["ImagingStudy"][0]],
    ),
    "ticket": (
        [
            message("ZQN^Z01", "EVN|Z01", PV1, ZQU.format(step, clock))
            for step, clock in (("JOIN", "0840"), ("CALL", "0905"), ("SERVE", "0906"), ("DONE", "0909"))
        ],
        [STORIES["Task, called"][0], STORIES["Task"][0]],
    ),
    "bill": (
        [
            message("DFT^P03", PV1, "FT1|1|B1||20250303105500||CG|drug||||80.5||||||||||||RX1"),
            message("DFT^P03", PV1, "ZPY|1|B1|P1|wechat|80.5|20250303105800|mobile"),
        ],
        [CHARGE, STORIES["PaymentReconciliation"][0]],
    ),
    "prescription": (
        [
            message("RDE^O11", PV1, "ORC|NW|RX1|||||||||||D01|||||||||||||||||", "RXE|1" + "|" * 14 + "RX1"),
            message(
                "RDS^O13", PV1, "ORC|RE|RX1", "RXD||drug|20250303111000||||RX1", "ZDP|1|RX1|PREPARED|20250303110600"
            ),
            message("RDE^O11", PV1, "ORC|CA|RX1", "RXE|1" + "|" * 14 + "RX1"),
        ],
        [PRESCRIPTION, STORIES["MedicationDispense"][0], {**PRESCRIPTION, "status": "cancelled"}],
    ),
    "merge": ([message("ADT^A40", "EVN|A40|20250304100000", PID, "MRG|10000^^^HIS^MR")], [STORIES["Patient"][0]]),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_fact_told_by_hl7_v2_and_by_fhir_has_one_id(name: str) -> None:
    messages, resources = SAME[name]
    codes = {**SOURCE.codes, "item_class": {"drug": "drug"}}
    source = msgspec.structs.replace(SOURCE, codes=codes)
    by_hl7 = {event.event_id: event for body in messages for event in heard(body, source)}
    by_fhir = {event.event_id: event for each in resources for event in told(each, known=ALL)}
    assert by_hl7
    spoken = {event_id: kind_of(event) for event_id, event in by_hl7.items()}
    assert {kind for event_id, kind in spoken.items() if event_id not in by_fhir} == set()
    for event_id in by_hl7:
        _agree(by_hl7[event_id], by_fhir[event_id])


def _agree(one: Event, other: Event) -> None:
    """Two tellings name the same people, papers and subjects."""
    assert one.visit_id in (other.visit_id, None) or other.visit_id is None
    assert one.patient_id in (other.patient_id, None) or other.patient_id is None
    for name in ("order_id", "doctor_id", "ref_ids", "specimen_id", "queue_id", "window_id"):
        said = (getattr(one, name, None), getattr(other, name, None))
        assert said[0] == said[1] or not all(said), name
