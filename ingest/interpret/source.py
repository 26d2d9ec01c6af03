"""What a site file says of a feed, as interpretation needs it."""

from __future__ import annotations

from ingest.errors import Misconfigured
from ingest.feeds import Feed, FeedSettings
from ingest.interpret.encodings import is_readable
from ingest.interpret.teller import Source


class Hl7Settings(FeedSettings, frozen=True, kw_only=True):
    """What [feeds.<name>] says of a feed of HL7 v2 messages."""

    accept_tests: bool = False  # take messages marked as test or training (MSH-11 = T, D)
    a03_ends_consultation: bool = True  # of outpatients; false where A03 is sent for another reason
    started_is_consultation: bool = False  # SIU^S14 Started says that the consultation began; else a check-in


def source_of(feed: Feed) -> Source:
    """The source behind a feed. Raises Misconfigured."""
    settings = feed.settings
    if settings.encoding is not None and not is_readable(settings.encoding):
        raise Misconfigured(
            f"{feed.site.path}, [feeds.{feed.name}] encoding: nothing is read as {settings.encoding!r}; "
            'write e.g. "gb18030" or "utf-8".'
        )
    hl7 = settings if isinstance(settings, Hl7Settings) else None
    return Source(
        facility_id=feed.site.hospital.facility_id,
        pseudonyms=feed.pseudonyms,
        zone=feed.zone,
        source_system=settings.source_system,
        encoding=settings.encoding,
        codes=feed.site.codes,
        numbers=feed.site.hospital.numbers,
        mapping_version=settings.mapping_version,
        accept_tests=hl7.accept_tests if hl7 else False,
        a03_ends_consultation=hl7.a03_ends_consultation if hl7 else True,
        started_is_consultation=hl7.started_is_consultation if hl7 else False,
    )
