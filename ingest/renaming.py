"""After a rotation of the site key: aliases, and patients who have two names, are told with what they were heard in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from ingest.bus import ALIAS, Producer
from ingest.events.control import PatientMerged
from ingest.events.envelope import Instant, Telling, assemble
from ingest.feeds import Feed
from ingest.publish import publish

SOURCE = "hispulse"  # who tells of them: ourselves


class Renamed(NamedTuple):
    """What must be durable together with a batch."""

    aliases: list[tuple[str, str]]  # new name → the one that counts
    patients: list[PatientMerged]


def renamed(feed: Feed) -> Renamed:
    """What there is to tell since the last call."""
    past = feed.pseudonyms.past
    if past is None:
        return Renamed([], [])
    aliases, patients = past.news()
    return Renamed(aliases, [_merged(feed, new, old, past.since) for new, old in patients])


def publish_renamed(producer: Producer, told: Renamed, partitions: int) -> None:
    """Put it on its way. Raises Unavailable."""
    for new, old in told.aliases:
        producer.send(ALIAS, new, old.encode())
    for event in told.patients:
        publish(producer, event, partitions)


def _merged(feed: Feed, new: str, old: str, since: int) -> PatientMerged:
    """Both names are one patient's: the same fact, whichever feed tells it and how often."""
    offset = datetime.fromtimestamp(since / 1000, UTC).astimezone(feed.site.zone).utcoffset()
    return assemble(
        PatientMerged,
        Telling(facility_id=feed.site.hospital.facility_id, source_system=SOURCE, ingested_at=since),
        Instant(since, "ms", int(offset.total_seconds() // 60) if offset else 0),
        surviving_patient_id=new,
        prior_patient_id=old,
        scope="patient",
    )
