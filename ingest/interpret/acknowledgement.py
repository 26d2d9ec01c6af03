"""Writes the answer to an HL7 v2 message: accepted, in error or rejected, in original or enhanced mode.

Original mode, where MSH-15 and MSH-16 are both empty: one answer, AA, AE or AR. Enhanced mode: MSH-15 asks for an
accept acknowledgement (CA, CE, CR: it is in our hands) and MSH-16 for an application acknowledgement (AA, AE, AR: it
is told), each always (AL), never (NE), on error (ER) or on success (SU). We answer when a message is durable, and then
it is told as well: who asks for both gets both.

The reason names a segment and field, never content. AR (CR) says "do not send this again": it is no HL7 v2, of a
version or type that nobody here speaks, or from somebody who may not send it; AE (CE): this one message is wrong.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ingest.interpret.hl7 import Message, read

_REJECTED = ("not HL7", "no start block", "version", "message type", "wrong sender")
_ALWAYS, _NEVER, _ON_ERROR, _ON_SUCCESS = "AL", "NE", "ER", "SU"  # table 0155
# ERR-3, table 0357, by how a reason begins.
_CONDITIONS = {
    "missing segment": "100", "missing": "101", "unreadable": "102", "not a": "102", "illegal": "103",
    "message type": "200", "trigger": "201", "version": "203",
}  # fmt: skip
_INTERNAL = "207"
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:-(\d+)(?:\.(\d+))?)?")


def acknowledgements(
    body: bytes, at_ms: int, reason: str = "", encoding: str | None = None, number: int = 0
) -> list[bytes]:
    """The answers that the sender of a message asked for: usually one, none (MSH-15 and 16 say NE), or two. `number`
    tells the answers of one moment apart."""
    try:
        message: Message | None = read(body, encoding)
    except Exception:  # whatever is wrong with a message, its sender gets an answer
        message = None
    return [_answer(message, code, reason, at_ms, number) for code in _codes(message, reason)]


def _codes(message: Message | None, reason: str) -> list[str]:
    outcome = "A" if not reason else "R" if reason.startswith(_REJECTED) else "E"
    accept, application = (message.get("MSH", 15).upper(), message.get("MSH", 16).upper()) if message else ("", "")
    if not accept and not application:  # original mode
        return [f"A{outcome}"]
    return [
        mode + outcome
        for mode, wanted in (("C", accept), ("A", application))
        if wanted == _ALWAYS or wanted == (_ON_ERROR if reason else _ON_SUCCESS)
    ]


def _answer(message: Message | None, code: str, reason: str, at_ms: int, number: int) -> bytes:
    stamp = f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%d%H%M%S}.{at_ms % 1000:03d}+0000"
    own_id = f"{code[0]}{at_ms}{number % 1_000_000:06d}"  # 20 characters, as many as MSH-10 had until 2.7
    if message is None:
        header = ["MSH", "^~\\&", "", "", "", "", stamp, "", "ACK", own_id, "P", "2.5"]
        return _written(header, "|", "^", code, "", reason).encode()
    msh, marks = message.header, message.marks
    trigger = msh.value(9, 2)
    kind = f"ACK{marks.component}{trigger}" if trigger else "ACK"
    parties = [msh.raw(5), msh.raw(6), msh.raw(3), msh.raw(4)]
    version = msh.value(12) or "2.5"
    header = ["MSH", msh.raw(2), *parties, stamp, "", kind, own_id, msh.raw(11) or "P", version, *[""] * 5, msh.raw(18)]
    written = _written(header, marks.field, marks.component, code, msh.raw(10), reason)
    return written.encode(message.encoding, "replace")


def _written(header: list[str], field: str, component: str, code: str, control_id: str, reason: str) -> str:
    lines = [field.join(header).rstrip(field), field.join(["MSA", code, control_id, reason]).rstrip(field)]
    if reason:
        place = reason.rpartition(": ")[2]
        located = component.join(_location(place))
        lines.append(field.join(["ERR", "", located, _condition(reason), "E", "", "", reason, place]).rstrip(field))
    return "\r".join(lines) + "\r"


def _condition(reason: str) -> str:
    return next((number for begin, number in _CONDITIONS.items() if reason.startswith(begin)), _INTERNAL)


def _location(place: str) -> list[str]:
    """ERR-2: segment, which of them (the reason does not say), field, which of its repetitions, component."""
    found = _PLACE.fullmatch(place)
    if found is None:
        return []
    segment, field, part = found.groups()
    return [segment, "1", *([field] if field else []), *(["1", part] if part else [])]
