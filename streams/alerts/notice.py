"""What a webhook is told of an incident: names of places and figures, in both languages. Pure.

The note of whoever took it up stays inside: people write what they should not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.alerts.incident import Acknowledgement, Delivery, Incident
from streams.alerts.says import Names, figures, place, title


class Notice(msgspec.Struct, frozen=True):
    """One message: of which incident, what happened, and its body."""

    incident: str
    what: str
    body: bytes

    @property
    def id(self) -> str:
        """By which a receiver knows a repetition."""
        return f"{self.incident}.{self.what}"


class Facility(msgspec.Struct, frozen=True):
    """Who speaks."""

    id: str
    zh: str
    en: str
    is_rehearsal: bool = False


def happened(incident: Incident, taken: Acknowledgement | None) -> list[tuple[str, int]]:
    """What has happened to an incident, and when."""
    told = [
        ("opened", incident.opened_at),
        ("escalated", incident.escalated_at),
        ("acknowledged", taken.at if taken else None),
        ("closed", incident.closed_at if incident.opened_at is not None else None),
    ]
    return [(what, at) for what, at in told if at is not None]


def due(
    incident: Incident, taken: Acknowledgement | None, sent: Delivery | None, not_before: int, facility: Facility,
    names: Names,
) -> list[Notice]:  # fmt: skip
    """The notices that are still to be delivered; what is older than `not_before` is news only to who knows of it."""
    done = (*sent.told, *sent.given_up) if sent else ()
    knows = bool(sent and sent.told)
    return [
        Notice(incident.id, what, msgspec.json.encode(_message(incident, taken, what, at, facility, names)))
        for what, at in happened(incident, taken)
        if what not in done and (knows or at >= not_before)
    ]


def _message(
    incident: Incident, taken: Acknowledgement | None, what: str, at: int, facility: Facility, names: Names
) -> dict[str, Any]:
    (title_zh, title_en), (figures_zh, figures_en) = title(incident, names), figures(incident)
    where_zh, where_en = place(incident.where, names)
    to = incident.escalates_to if what == "escalated" else incident.who
    data = {
        "id": incident.id,
        "facility": {"id": facility.id, "zh": facility.zh, "en": facility.en},
        "rehearsal": facility.is_rehearsal,
        "title": {"zh": title_zh, "en": title_en},
        "figures": {"zh": figures_zh, "en": figures_en},
        "place": {"zh": where_zh, "en": where_en, **dict(incident.where)},
        "rule": incident.rule,
        "kpi": incident.kpi or None,
        "cause": incident.cause or None,
        "state": incident.state,
        "severity": incident.severity,
        "value": incident.value,
        "worst": incident.worst,
        "statistic": incident.statistic,
        "direction": incident.direction,
        "limit": incident.limit,
        "since": instant(incident.since),
        "opened_at": instant(incident.opened_at),
        "escalated_at": instant(incident.escalated_at),
        "escalated_because": incident.escalated_because or None,
        "closed_at": instant(incident.closed_at),
        "closed_because": incident.closed_because or None,
        "acknowledged": {"by": taken.by, "at": instant(taken.at)} if taken else None,
        "to": list(to),
    }
    return {"type": f"incident.{what}", "timestamp": instant(at), "data": data}


def instant(at_ms: int | None) -> str | None:
    """An instant as JSON has it."""
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
