"""The page of HL7 v2: which messages are read, what they tell, and the local segments for what HL7 has no field for."""

from __future__ import annotations

import sys
from collections.abc import Callable

from infra.reference.source import cell
from ingest.interpret.adt import TRIGGERS
from ingest.interpret.messages import APPENDED, FAMILIES
from ingest.interpret.siu import TOLD_BY

_HEAD = """\
# HL7 v2 messages 消息

Generated from `ingest/interpret/`; do not edit. What a feed of `kind = "mllp"` or `"files"` reads, of versions 2.1 to
2.8. A message is routed on MSH-9.1 and MSH-9.2 alone. All other messages are acknowledged and ignored, and counted by
trigger. MSH-18 names the encoding (`GB 18030-2000`, `UNICODE UTF-8`); a feed may override it.

按 MSH-9.1 与 MSH-9.2 路由；其他消息予以确认、忽略并计数。MSH-18 指明编码，来源可另行设置。

| message 消息 | tells 说明 |
|---|---|
"""
_ADT = """
## ADT

| trigger 触发事件 | tells 说明 |
|---|---|
"""
_LOCAL = """
## Local segments 本地段

HL7 v2 has no place for queue calls, consultations, payment channels, reviews of prescriptions, their preparation, and
who took charge of a critical value. A sender that can be configured says them in these segments: `ZQU` in the message
`ZQN^Z01` (MSH EVN PID PV1 ZQU), the others appended to the message that it sends anyway. Without them the same facts
may come from views, REST or FHIR.

标准段没有叫号、接诊、支付渠道、审方、配药与危急值处理的位置；可配置的发送方用以下本地段表达：
`ZQU` 在消息 `ZQN^Z01` 中，其余附在已有消息之后。也可改用视图、REST 或 FHIR。
"""
_EVENT, _STEP = "JOIN, CALL, RECALL, MISS, REQUEUE, SERVE, DONE, LEAVE", "PREPARED, RETURNED"
_SEGMENTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "ZQU": (
        "one step of a ticket 叫号",
        ("Set ID SI", f"Event code ID ({_EVENT})", "Ticket ID EI", "Ticket number shown ST", "Service point type IS",
         "Queue ID EI", "Window or room PL", "Staff XCN", "Event time TS", "Call count NM", "Priority class IS",
         "Appointment ID EI", "Order, prescription or bill IDs EI (rep.)", "Reason CE"),
    ),
    "ZCN": (
        "consultation 接诊",
        ("Set ID SI", "Event code ID (START, PAUSE, END)", "Time TS", "Room PL", "Doctor XCN",
         "Sequence in the visit NM", "Outcome CE"),
    ),
    "ZPY": (
        "payment 支付",
        ("Set ID SI", "Bill ID EI (rep.)", "Payment ID EI", "Channel CE", "Amount CP", "Time TS", "Terminal type IS",
         "Terminal ID EI", "Operator XCN", "Refund of payment ID EI", "Reversal ID (Y, N)", "Settled in full (Y, N)"),
    ),
    "ZRV": (
        "review of a prescription 审方",
        ("Set ID SI", "Prescription number ST", "Result ID (PASS, REJECT, OVERRIDE)", "Time TS", "Reviewer XCN",
         "Mode ID (AUTO, MANUAL)", "Reason CE"),
    ),
    "ZDP": (
        "dispensing step 配药",
        ("Set ID SI", "Prescription number ST", f"Step ID ({_STEP})", "Time TS", "Staff XCN", "Window PL",
         "Robot ID (Y, N)"),
    ),
    "ZCV": (
        "critical value taken charge of 危急值处理",
        ("Set ID SI", "Filler order number EI", "Time TS", "By whom XCN", "Action CE"),
    ),
}  # fmt: skip


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content. Raises KeyError for a local segment that is read and not described."""
    told: dict[str, list[str]] = {}
    for kind in FAMILIES:
        told.setdefault(_tells(FAMILIES[kind][0]), []).append(_messages(kind))
    rows = "".join(f"| {', '.join(messages)} | {cell(tells)} |\n" for tells, messages in told.items())
    local = sorted(name for name in {*APPENDED, "ZPY"} if name.startswith("Z"))
    return {"hl7.md": _HEAD + rows + _ADT + "".join(map(_trigger, TRIGGERS)) + _LOCAL + "".join(map(_segment, local))}


def _messages(kind: str) -> str:
    _, triggers = FAMILIES[kind]
    known = {"ADT": sorted(TRIGGERS), "SIU": sorted(TOLD_BY), "ZQN": ["Z01"]}.get(kind, sorted(triggers))
    return f"`{kind}` {' '.join(known)}"


def _tells(tell: Callable[..., None]) -> str:
    """What the interpreter's module says of itself."""
    return " ".join((sys.modules[tell.__module__].__doc__ or "").split())


def _trigger(trigger: str) -> str:
    return f"| {trigger} | {cell(' '.join((TRIGGERS[trigger].__doc__ or '').split()))} |\n"


def _segment(name: str) -> str:
    what, fields = _SEGMENTS[name]
    rows = "".join(f"| {name}-{number} | {cell(field)} |\n" for number, field in enumerate(fields, 1))
    return f"\n### `{name}` {what}\n\n| field 字段 | |\n|---|---|\n{rows}"
