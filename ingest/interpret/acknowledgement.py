"""Writes the answer to an HL7 v2 message: accepted, in error or rejected, in original or enhanced mode.

The reason names a segment and field, never content. AR (CR) says "do not send this again": it is no HL7 v2 or of a
version or type that nobody here speaks; AE (CE) says that this one message is wrong.
"""

from __future__ import annotations

from datetime import UTC, datetime

from ingest.interpret.hl7 import Message, read

_REJECTED = ("not HL7", "no start block", "version", "message type")
_ALWAYS, _NEVER, _ON_ERROR, _ON_SUCCESS = "AL", "NE", "ER", "SU"  # table 0155


def acknowledgements(body: bytes, at_ms: int, reason: str = "", encoding: str | None = None) -> list[bytes]:
    """The answers that the sender of a message asked for: usually one, none (MSH-15 and 16 say NE), or two."""
    try:
        message: Message | None = read(body, encoding)
    except Exception:  # whatever is wrong with a message, its sender gets an answer
        message = None
    return [_answer(message, code, reason, at_ms) for code in _codes(message, reason)]


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


def _answer(message: Message | None, code: str, reason: str, at_ms: int) -> bytes:
    stamp = f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y%m%d%H%M%S}.{at_ms % 1000:03d}+0000"
    if message is None:
        header = ["MSH", "^~\\&", "", "", "", "", stamp, "", "ACK", stamp, "P", "2.5"]
        return _written(header, "|", code, "", reason).encode()
    msh, mark = message.header, message.marks
    trigger = msh.value(9, 2)
    kind = f"ACK{mark.component}{trigger}" if trigger else "ACK"
    parties = [msh.raw(5), msh.raw(6), msh.raw(3), msh.raw(4)]
    version = msh.value(12) or "2.5"
    header = ["MSH", msh.raw(2), *parties, stamp, "", kind, stamp, msh.raw(11) or "P", version, *[""] * 5, msh.raw(18)]
    return _written(header, mark.field, code, msh.raw(10), reason).encode(message.encoding, "replace")


def _written(header: list[str], mark: str, code: str, control_id: str, reason: str) -> str:
    lines = [mark.join(header).rstrip(mark), mark.join(["MSA", code, control_id, reason]).rstrip(mark)]
    if reason:
        place = reason.rpartition(": ")[2]
        lines.append(mark.join(["ERR", "", "", "207", "E", "", "", reason, place]).rstrip(mark))
    return "\r".join(lines) + "\r"
