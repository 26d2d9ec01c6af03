"""FHIR R4: polls a server by `_lastUpdated`, or takes the bundles and notifications it sends, or reads a bulk export.

A feed is one of the three, by its settings; a hospital that wants two has two feeds, in one process. Each resource is
a raw message together with those that it refers to: its visit's number stands in its Encounter.
"""

from __future__ import annotations

from ingest.connector import Connector, Interpret
from ingest.errors import Misconfigured
from ingest.feeds import Feed
from ingest.fhir.bulk import BulkFiles
from ingest.fhir.door import door
from ingest.fhir.polling import Poller
from ingest.fhir.settings import Settings as Settings
from ingest.interpret.fhir import interpret_fhir
from ingest.interpret.source import source_of


def connect(feed: Feed) -> Connector:
    """The poller, the door or the files of a feed. Raises Misconfigured."""
    settings = feed.settings
    assert isinstance(settings, Settings)
    if settings.base_url and settings.paths:
        raise Misconfigured(
            f"{feed.site.path}, [feeds.{feed.name}]: base_url or paths, not both; write two feeds for two ways in."
        )
    if settings.base_url:
        return Poller(feed)
    return BulkFiles(feed) if settings.paths else door(feed)


def interpreter(feed: Feed) -> Interpret:
    """Resources and bundles as events."""
    source = source_of(feed)
    return lambda raw: interpret_fhir(raw.body, source, raw.received_at)
