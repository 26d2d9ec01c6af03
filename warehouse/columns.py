"""The columns of table `events`, in their order: what an event says of itself, and where in the log it lay."""

from __future__ import annotations

TOLD = (
    "event_id",
    "revision",
    "op",
    "event_type",
    "domain",
    "schema_version",
    "facility_id",
    "subject",
    "patient_id",
    "visit_id",
    "source_system",
    "source_msg_id",
    "occurred_at",
    "occurred_precision",
    "tz_offset_min",
    "tz_defaulted",
    "recorded_at",
    "sent_at",
    "ingested_at",
    "quality_flags",
    "links",
    "body",
)

COLUMNS = (*TOLD, "kafka_topic", "kafka_partition", "kafka_offset")

# A day's winners keep what marts ask for: which telling won is settled, and whom an event names is in its body.
OF_A_DAY = tuple(name for name in TOLD if name not in ("op", "source_msg_id", "links"))
