"""One message or more for each row of the specification's table that HL7 v2 can tell, every field of the row filled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from tests.golden.speech import SOURCE

SITE = msgspec.structs.replace(
    SOURCE,
    codes={
        **SOURCE.codes,
        "pathway": {"TPA": "stroke", "3606": "chest_pain", "HEADCT": "stroke"},
        "kind": {"RESUS": "resus", "3606": "balloon"},
        "disease": {"I10": "hypertension"},
        "channel": {"WX": "wechat", "APP": "app"},
        "initiator": {"APP": "patient"},
    },
)


def seg(name: str, fields: dict[int, str]) -> str:
    """A segment with these fields."""
    return "|".join([name, *(fields.get(n, "") for n in range(1, max(fields) + 1))])


def at(minute: int) -> str:
    """A time of the morning; no two fields of a message say the same."""
    return f"{datetime(2025, 3, 3, 8, tzinfo=UTC) + timedelta(minutes=minute):%Y%m%d%H%M%S}"


EVN = seg("EVN", {1: "A", 2: at(5), 3: at(90), 5: "N1", 6: at(4)})
PID = seg("PID", {3: "10001^^^HIS^MR", 7: "19800615", 8: "F"})
_VISIT = {3: "0301^R1", 4: "return", 5: "A77", 6: "W9", 7: "D01", 10: "0301", 11: "DERM", 14: "WX", 18: "elderly",
          19: "V1^^^HIS", 20: "SELF", 36: "01", 42: "W7", 44: at(1), 45: at(60), 51: "A"}  # fmt: skip
OUT, EMERGENCY, STAY = (seg("PV1", {**_VISIT, 2: letter}) for letter in "OEI")
RESUS_IN = seg("PV1", {**_VISIT, 2: "E", 3: "RESUS"})
RESUS_OUT = seg("PV1", {**_VISIT, 2: "E", 6: "RESUS"})
PV2 = seg("PV2", {8: "20250305", 9: at(600), 25: "2", 38: "A", 40: "3"})
SCH = {
    1: "A77", 2: "F77", 5: "S1", 6: "APP", 7: "FOLLOWUP", 8: "NORMAL", 9: "900", 10: "s", 11: f"^^^{at(70)}^{at(85)}",
    20: "U1", 22: "HALL",
}  # fmt: skip
TQ1 = seg("TQ1", {7: at(71), 8: at(86)})
AIS = seg("AIS", {3: "CONS", 4: at(72), 7: "1", 8: "h", 10: "Noshow"})
AIP = seg("AIP", {3: "D01", 6: at(73), 12: "Noshow"})
AIL = seg("AIL", {3: "DERM", 6: at(74), 12: "Noshow"})
ORC = {2: "O1", 3: "F1", 4: "G1", 9: at(20), 12: "D01", 17: "DERM"}
OBR = {
    2: "O1", 3: "F1", 4: "HEADCT", 5: "S", 7: at(40), 8: at(55), 10: "N7", 14: at(52), 22: at(97), 24: "LAB", 25: "F",
    32: "R1", 36: at(80),
}  # fmt: skip
SPM = seg("SPM", {2: "S1^S1F", 17: at(41), 18: at(53), 21: "CLOT"})
OBX = seg("OBX", {3: "K", 5: "7.1", 8: "HH", 11: "F", 14: at(95), 19: at(96)})
WRONG_PATIENT = seg("OBX", {3: "K", 8: "HH", 11: "W"})
FT1 = {2: "B1", 4: at(21), 5: at(22), 7: "lab", 10: "2", 11: "80.5", 12: "40.25", 13: "DERM", 21: "D01", 23: "O1",
       29: "86901", 30: "P1", 31: "P2"}  # fmt: skip
RXE = seg("RXE", {2: "DRUG", 10: "1", 14: "P01", 15: "RX1", 32: "OLD"})
RXD = seg("RXD", {1: "1", 3: at(130), 4: "1", 7: "RX1", 10: "P03", 13: "PHM^W2", 33: "PF"})
ZQU = {
    3: "T1",
    4: "A012",
    5: "cashier",
    6: "CASH",
    7: "W3",
    8: "S7",
    9: at(65),
    10: "2",
    11: "normal",
    14: "missed_return",
}


def appointment(trigger: str, status: str = "", *resources: str) -> list[str]:
    """With all resources unless some are named, of which the first says when."""
    sch = seg("SCH", {**SCH, 25: status})
    return [f"SIU^{trigger}", PID, OUT, sch, *(resources or (TQ1, AIS, AIP, AIL))]


def order(kind: str, control: str, status: str = "", section: str = "LAB") -> list[str]:
    return [
        kind,
        PID,
        OUT,
        seg("ORC", {**ORC, 1: control, 5: status}),
        seg("TQ1", {9: "A"}),
        seg("OBR", {**OBR, 24: section}),
    ]


def result(section: str = "LAB", status: str = "F") -> list[str]:
    return ["ORU^R01", PID, OUT, seg("ORC", {**ORC, 1: "RE"}), seg("OBR", {**OBR, 24: section, 25: status}), OBX, SPM]


def money(kind: str, visit: str = OUT) -> list[str]:
    return ["DFT^P03", PID, visit, seg("FT1", {**FT1, 6: kind})]


def ticket(step: str) -> list[str]:
    return ["ZQN^Z01", EVN, PID, OUT, seg("ZQU", {**ZQU, 2: step})]


def drugs(kind: str, control: str, status: str, *lines: str) -> list[str]:
    return [kind, PID, OUT, seg("ORC", {**ORC, 1: control, 5: status, 11: "P01", 29: "western"}), *lines]


ZCN = {3: at(74), 4: "R1", 5: "D01", 6: "1", 7: "done"}
# Event → messages that tell it; each begins with its type.
STORIES: dict[str, list[list[str]]] = {
    "schedule.session_published": [appointment("S24"), *(appointment("S24", "", each) for each in (AIS, AIP, AIL))],
    "schedule.session_suspended": [appointment("S23", "Blocked")],
    "appointment.booked": [
        appointment("S12", "Booked"),
        appointment("S14", "Booked"),
        *(appointment("S12", "Booked", each) for each in (AIS, AIL)),
    ],
    "appointment.rescheduled": [appointment("S13")],
    "appointment.cancelled": [appointment("S15"), appointment("S14", "Cancelled")],
    "appointment.no_show": [appointment("S26"), appointment("S14", "Noshow", TQ1), appointment("S14")],
    "registration.created": [["ADT^A04", EVN, PID, OUT, PV2]],
    "registration.refunded": [["DFT^P03", PID, OUT, seg("FT1", {**FT1, 6: "CD", 7: "registration"})]],
    "patient.checked_in": [
        ["ADT^A10", EVN, PID, OUT],
        ["ADT^A10", EVN, PID, seg("PV1", {**_VISIT, 2: "O", 10: "", 11: ""})],
        appointment("S14", "Started"),
    ],
    "triage.completed": [
        ["ADT^A08", EVN, PID, OUT, PV2],
        ["ADT^A08", EVN, PID, OUT, seg("OBX", {3: "ACUITY", 5: "2", 14: at(6)})],
    ],
    "queue.joined": [ticket("JOIN")],
    "queue.called": [ticket("CALL")],
    "queue.recalled": [ticket("RECALL")],
    "queue.missed": [ticket("MISS")],
    "queue.requeued": [ticket("REQUEUE")],
    "queue.served": [ticket("SERVE")],
    "queue.completed": [ticket("DONE")],
    "queue.left": [ticket("LEAVE")],
    "consultation.started": [
        ["ADT^A08", EVN, PID, OUT, seg("ZCN", {**ZCN, 2: "START"})],
        appointment("S14", "Started"),
    ],
    "consultation.ended": [
        ["ADT^A08", EVN, PID, OUT, seg("ZCN", {**ZCN, 2: "END"})],
        ["ADT^A03", EVN, PID, OUT],
        appointment("S14", "Complete"),
    ],
    "order.placed": [
        order("ORM^O01", "NW"),
        order("OML^O21", "NW"),
        ["OMG^O19", PID, OUT, seg("ORC", {**ORC, 1: "NW"}), seg("OBR", {4: "CBC"})],
    ],
    "order.cancelled": [order("ORM^O01", "CA")],
    "exam.booked": [
        ["SIU^S12", PID, OUT, seg("SCH", {**SCH, 25: "Booked", 26: "O1"}), AIS],
        order("ORM^O01", "SC", "SC", "CT"),
    ],
    "exam.started": [order("ORM^O01", "SC", "IP", "CT"), result("CT")],
    "exam.completed": [order("ORM^O01", "SC", "CM", "CT"), result("CT")],
    "specimen.collected": [result()],
    "specimen.received": [result()],
    "report.issued": [result(), [*result()[:-2], WRONG_PATIENT]],
    "critical_value.raised": [result(), [*result()[:-2], WRONG_PATIENT]],
    "critical_value.acknowledged": [[*result(), seg("ZCV", {2: "F1", 3: at(110), 4: "D01", 5: "CALLED"})]],
    "bill.created": [money("CG")],
    "bill.paid": [
        money("PY"),
        [*money("PY"), seg("ZPY", {2: "B1", 3: "P1", 4: "WX", 5: "80.5", 6: at(24), 7: "mobile"})],
    ],
    "bill.refunded": [money("CD")],
    "prescription.submitted": [drugs("RDE^O11", "NW", "", RXE), drugs("RDE^O11", "SC", "", RXE)],
    "prescription.reviewed": [drugs("RDE^O11", "SC", "", RXE)],
    "prescription.cancelled": [drugs("RDE^O11", "CA", "", RXE)],
    "dispensing.prepared": [
        drugs("RDS^O13", "SC", "IP", RXD),
        drugs("RDS^O13", "SC", "", seg("ZDP", {2: "RX1", 3: "PREPARED", 4: at(126), 5: "P02", 6: "PHM^W2", 7: "Y"})),
    ],
    "dispensing.dispensed": [drugs("RDS^O13", "RE", "", RXD)],
    "dispensing.returned": [money("CD")],
    "ed.arrived": [["ADT^A04", EVN, PID, EMERGENCY, PV2]],
    "ed.seen": [["ADT^A08", EVN, PID, EMERGENCY, seg("ZCN", {**ZCN, 2: "START"})]],
    "ed.resus_entered": [["ADT^A02", EVN, PID, RESUS_IN], ["ADT^A02", EVN, PID, RESUS_OUT]],
    "ed.resus_left": [["ADT^A02", EVN, PID, RESUS_OUT]],
    "ed.disposition_decided": [["ADT^A14", EVN, PID, EMERGENCY], ["ADT^A16", EVN, PID, EMERGENCY]],
    "ed.departed": [["ADT^A03", EVN, PID, EMERGENCY], ["ADT^A03", PID, EMERGENCY], ["ADT^A09", EVN, PID, EMERGENCY]],
    "ed.green_channel_milestone": [
        ["RAS^O17", PID, EMERGENCY, seg("ORC", {1: "RE", 2: "O1"}), seg("RXA", {3: at(150), 5: "TPA"})],
        ["ADT^A08", EVN, PID, EMERGENCY, seg("PR1", {3: "3606", 5: at(204)})],
        result("CT"),
    ],
    "admission.requested": [["ADT^A14", EVN, PID, EMERGENCY, PV2]],
    "inpatient.admitted": [["ADT^A01", EVN, PID, STAY]],
    "inpatient.transferred": [["ADT^A02", EVN, PID, STAY]],
    "inpatient.discharge_ordered": [["ADT^A16", EVN, PID, STAY, PV2]],
    "inpatient.discharged": [["ADT^A03", EVN, PID, STAY], ["ADT^A03", PID, STAY]],
    "inpatient.settled": [money("PY", STAY), ["BAR^P06", EVN, PID, STAY]],
    "chronic.enrolled": [["PPR^PC1", PID, seg("PRB", {1: "AD", 2: at(60), 3: "I10", 7: at(50)})]],
    "patient.merged": [["ADT^A40", EVN, PID, seg("MRG", {1: "10000^^^HIS^MR"})]],
    "visit.moved": [["ADT^A45", EVN, PID, seg("MRG", {1: "10000^^^HIS^MR", 5: "V9^^^HIS"}), OUT]],
    "visit.cancelled": [["ADT^A38", EVN, PID, OUT]],
    "record.corrected": [
        ["ADT^A08", EVN, PID, seg("PV1", {**_VISIT, 2: "O", 6: "DERM"})],
        appointment("S14", "Booked"),
        order("ORM^O01", "XO"),
    ],
}
# What no message of HL7 v2 tells, and why.
UNTOLD = {
    "appointment.reminder_sent": "no subject of HL7 v2",
    "bill.refund_requested": "no segment for it, not even a local one",
    "nursecall.raised": "no segment for it, not even a local one",
    "nursecall.answered": "no segment for it, not even a local one",
    "followup.scheduled": "no subject of HL7 v2",
    "followup.completed": "no subject of HL7 v2",
    "survey.sent": "no subject of HL7 v2",
    "survey.submitted": "no subject of HL7 v2",
    "complaint.received": "no subject of HL7 v2",
    "complaint.assigned": "no subject of HL7 v2",
    "complaint.responded": "no subject of HL7 v2",
    "complaint.resolved": "no subject of HL7 v2",
    "complaint.closed": "no subject of HL7 v2",
    "complaint.reopened": "no subject of HL7 v2",
    "suggestion.received": "no subject of HL7 v2",
    "suggestion.resolved": "no subject of HL7 v2",
    "inquiry.received": "no subject of HL7 v2",
    "inquiry.responded": "no subject of HL7 v2",
    "feed.heartbeat": "told by the connector itself",
    "feed.batch_closed": "told by the end of a file: see test_batches",
}
