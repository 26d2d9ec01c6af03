"""The topics of the log: their names, and how long each keeps what.

All topics have the same number of partitions, so that shard n of every topic belongs to one worker. They keep by
append time: old data can be replayed without being thrown away on arrival.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from ingest.errors import Misconfigured, Unavailable

JOURNEY = "his.journey.v1"  # placements of events in visits, keyed by visit; derived
CONTROL = "his.control.v1"  # identity and heartbeats, each on every partition
HINT = "his.hint.v1"  # what a subject's fold must know of its visit; derived
RAW = "his.raw.v1"  # every message as it came, sealed
DEADLETTER = "his.deadletter.v1"  # a reason and a raw offset, never content
KPI = "his.kpi.v1"  # live partials and their shard records, compacted
ALIAS = "his.alias.v1"  # names under a new site key → those that count; compacted
ALERT = "his.alert.v1"  # incidents, who took them up, who was told; compacted

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
LIVE_HORIZON_MS = 72 * _HOUR  # the fold looks back 48 h; a day more for stories that began before


class BusSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [bus]: which Kafka, and how the topics are cut. The number of partitions is chosen once."""

    bootstrap: str = "127.0.0.1:9092"  # host:port, several separated by commas
    partitions: int = 6  # 6 on one machine, 24 for a large hospital; changing it means new topics and a replay
    replication: int = 1  # copies of each partition; 3 on a cluster
    security: Literal["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"] = "plaintext"
    ca_file: str | None = None  # whom to trust, PEM
    cert_file: str | None = None  # our certificate, PEM
    key_file: str | None = None  # its private key, PEM
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password_file: str | None = None  # a file, so that the password is in no argument list and no log
    compression: Literal["none", "gzip"] = "none"  # others need compiled codecs that not every part has
    max_message_bytes: int = 4 * 1024 * 1024  # a sealed raw message may be this long
    event_days: int = 14  # how long the domain topics keep events
    raw_days: int = 14
    deadletter_days: int = 7


def connection(settings: BusSettings) -> dict[str, Any]:
    """How a client of Kafka reaches it, in kafka-python's terms. Raises Misconfigured."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap.split(","),
        "bootstrap_timeout_ms": 3_000,
        "security_protocol": settings.security.upper(),
        "ssl_cafile": settings.ca_file,
        "ssl_certfile": settings.cert_file,
        "ssl_keyfile": settings.key_file,
        "reconnect_backoff_max_ms": 1_000,  # back within a second of the broker
    }
    if settings.security.startswith("sasl"):
        if not (settings.username and settings.password_file):
            raise Misconfigured("[bus] security is SASL: username and password_file must be set.")
        options["sasl_mechanism"] = settings.sasl_mechanism
        options["sasl_plain_username"] = settings.username
        options["sasl_plain_password"] = Path(settings.password_file).read_text("utf-8").strip()
    return options


class Topic(msgspec.Struct, frozen=True):
    """One topic as it should be."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]

    @property
    def declared(self) -> dict[str, Any]:
        """As Kafka is told to make it."""
        return {"num_partitions": self.partitions, "replication_factor": self.replication, "configs": self.configs}


def event_topic(domain: str) -> str:
    """The topic of a domain of events, e.g. `queue` → `his.queue.v1`."""
    return f"his.{domain}.v1"


def topics(settings: BusSettings, domains: tuple[str, ...]) -> list[Topic]:
    """Every topic of the platform, for the domains that the vocabulary has."""
    retention: dict[str, dict[str, str]] = {
        event_topic(domain): _kept_for(settings.event_days * _DAY) for domain in domains
    }
    retention |= {
        CONTROL: _kept_for(LIVE_HORIZON_MS),  # heartbeats: twenty a minute and feed
        JOURNEY: _kept_for(LIVE_HORIZON_MS),
        HINT: _kept_for(LIVE_HORIZON_MS),
        RAW: _kept_for(settings.raw_days * _DAY),
        DEADLETTER: _kept_for(settings.deadletter_days * _DAY),
        ALERT: _COMPACTED,
        ALIAS: _COMPACTED,
        KPI: _COMPACTED,
    }
    if settings.replication == 1:
        retention[RAW]["flush.messages"] = "1"  # a HIS cannot be asked again: on disk before it hears AA
    durable = {"min.insync.replicas": "2"} if settings.replication > 2 else {}
    common = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(settings.max_message_bytes)}
    return [
        Topic(name, settings.partitions, settings.replication, {**common, **durable, **own})
        for name, own in retention.items()
    ]


def refuse_other_partitions(wanted: dict[str, Topic], have: dict[str, int]) -> None:
    """Raise Misconfigured for a topic that has another number of partitions than it should."""
    for name, count in have.items():
        if count != wanted[name].partitions:
            raise Misconfigured(
                f"Topic {name} has {count} partitions, [bus] partitions says {wanted[name].partitions}: "
                f"write {count}, or make new topics and replay."
            )


def _kept_for(ms: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(ms), "segment.ms": str(max(ms // 14, _HOUR))}


# Small segments, cleaned soon: a reader that starts reads little more than the live cells.
_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(16 * 1024 * 1024),
    "segment.ms": str(10 * _MINUTE),
    "min.cleanable.dirty.ratio": "0.1",
    "max.compaction.lag.ms": str(30 * _MINUTE),
    "delete.retention.ms": str(_HOUR),
}


def away(settings: BusSettings, error: Exception) -> Unavailable:
    """Kafka does not answer: what whoever is woken by it looks at first."""
    why = type(error).__name__
    return Unavailable(f"Kafka at {settings.bootstrap} does not answer ({why}): is it up, is [bus] bootstrap right?")
