"""Messages about orders: placed, booked, examined, specimens, reports, and dangerous results in them."""

from __future__ import annotations

from infra.rehearsal.facts import Person, Told
from infra.rehearsal.pv1 import visit
from infra.rehearsal.segments import segment, timestamp

_PRIORITY = {"routine": "R", "urgent": "A", "stat": "S"}
_STATUS = {"preliminary": "P", "final": "F", "corrected": "C"}
_SECTION = {"lab": "LAB", "ultrasound": "US", "imaging": "CT"}
_STEP = {"exam.booked": "SC", "exam.started": "IP", "exam.completed": "CM"}  # table 0038


def ordered(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A new order."""
    told, f = tells[0], tells[0].fields
    lab = f["category"] == "lab"
    orc = segment("ORC", {1: "NW", 2: f["order_id"], 9: timestamp(told.at), 12: f["doctor_id"], 17: f["ordering_dept"]})
    obr = segment("OBR", {1: 1, 2: f["order_id"], 4: f["item_code"], 5: _PRIORITY[f["priority"]],
                          24: "LAB" if lab else f["modality"]})  # fmt: skip
    return ("OML^O21" if lab else "OMG^O19"), [visit(told), orc, obr]


def examined(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """An examination is booked, begins or ends."""
    told, f = tells[0], tells[0].fields
    scheduled = timestamp(f["scheduled_start"]) if "scheduled_start" in f else None
    orc = segment("ORC", {1: "SC", 2: f["order_id"], 5: _STEP[told.kind], 9: timestamp(told.at)})
    obr = segment("OBR", {1: 1, 2: f["order_id"], 21: f.get("device_id"), 24: f.get("modality"),
                          34: f.get("operator_id"), 36: scheduled})  # fmt: skip
    return "OMG^O19", [visit(told), orc, obr]


def specimen(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A specimen is taken, or has come to the laboratory."""
    told, f = tells[0], tells[0].fields
    collected = told.kind == "specimen.collected"
    at = timestamp(told.at, told.source)
    spm = segment("SPM", {1: 1, 2: f["specimen_id"], 17: at if collected else None, 18: None if collected else at,
                          21: f.get("reject_reason")})  # fmt: skip
    obr = segment("OBR", {1: 1, 2: f["order_id"], 10: f.get("collector_id"), 24: "LAB"})
    return "OUL^R22", [visit(told), spm, obr]


def reported(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """A report, and the dangerous result that it may hold."""
    told, f = tells[0], tells[0].fields
    obr = segment("OBR", {1: 1, 2: f["order_id"], 3: f["report_id"], 22: timestamp(told.at, told.source),
                          24: _SECTION[f["category"]], 25: _STATUS[f["status"]],
                          32: f.get("reporter_id")})  # fmt: skip
    never_so = "W" if told.op == "retract" else _STATUS[f["status"]]
    lines = [segment("OBX", {1: 1, 2: "ST", 3: "CONCLUSION", 5: "未见明显异常", 11: never_so})]
    for number, raised in enumerate(tells[1:], 2):
        lines.append(segment("OBX", {1: number, 2: "NM", 3: raised.fields["item_code"], 5: "9.9",
                                     8: raised.fields["flag"], 11: never_so,
                                     14: timestamp(raised.at, raised.source)}))  # fmt: skip
    return "ORU^R01", [visit(told), segment("ORC", {1: "RE", 2: f["order_id"]}), obr, *lines]


def acknowledged(tells: list[Told], _: Person) -> tuple[str, list[str]]:
    """Somebody has taken charge of a dangerous result, which the laboratory knows by its report's number."""
    told, f = tells[0], tells[0].fields
    obr = segment("OBR", {1: 1, 2: f["order_id"], 3: f["critical_id"], 24: "LAB"})
    zcv = segment("ZCV", {1: 1, 2: f["critical_id"], 3: timestamp(told.at, told.source), 4: f["staff_id"],
                          5: f["action_code"]})  # fmt: skip
    return "ORU^R01", [visit(told), segment("ORC", {1: "SC", 2: f["order_id"]}), obr, zcv]
