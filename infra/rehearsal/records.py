"""Writes the records that the integration platform pushes: one JSON object a fact, in the vocabulary's own terms."""

from __future__ import annotations

from typing import Any

import msgspec

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import iso

_INSTANTS = {"session_start", "session_end", "start", "end"}


def record(told: Told) -> bytes:
    """One record."""
    said: dict[str, Any] = {
        "event_type": told.kind,
        "occurred_at": iso(told.at),
        "sent_at": iso(told.sent_at),
        "message_id": told.message,
        "visit_id": told.visit or None,
        "op": told.op,
        **{name: _as_sent(name, value) for name, value in told.fields.items()},
    }
    return msgspec.json.encode({name: value for name, value in said.items() if value is not None})


def _as_sent(name: str, value: Any) -> Any:
    """Instants as ISO times, also inside lists of parts."""
    if isinstance(value, list):
        return [{n: _as_sent(n, v) for n, v in part.items()} if isinstance(part, dict) else part for part in value]
    return iso(value) if name in _INSTANTS else value
