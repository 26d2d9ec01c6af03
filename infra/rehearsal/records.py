"""Writes the records that the integration platform pushes: one JSON object a fact, in the vocabulary's own terms."""

from __future__ import annotations

from typing import Any

import msgspec

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import iso


def record(told: Told) -> bytes:
    """One record."""
    said: dict[str, Any] = {
        "event_type": told.kind,
        "occurred_at": iso(told.at),
        "sent_at": iso(told.sent_at),
        "message_id": told.message,
        "visit_id": told.visit or None,
        "op": told.op,
        **told.fields,
    }
    return msgspec.json.encode({name: value for name, value in said.items() if value is not None})
