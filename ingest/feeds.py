"""A feed is one way in: section [feeds.<name>] of the site file, with the settings that all kinds of feeds share."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ingest import connectors
from ingest.clock import Clock
from ingest.errors import Misconfigured
from ingest.privacy import Pseudonyms
from ingest.settings import Site


class FeedSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Section [feeds.<name>] of any kind: what all feeds have. A connector's own settings extend it."""

    kind: str  # the connector: a file in ingest/connectors/
    source_system: str  # who tells, e.g. "HIS^DEMO"; of HL7 v2 feeds only the heartbeat's, messages name their own
    zh: str = ""  # what people call it, on the board; default the section's name
    en: str = ""
    zone: str | None = None  # of times without an offset; default the hospital's
    encoding: str | None = None  # when the source does not say, e.g. "gb18030"
    mapping_version: int = 1  # raise it when a mended mapping tells the same messages anew
    silent_after_s: int = 300  # within open hours, longer without data is "silent"
    late_after_s: int = 3600  # half of what comes within an hour is on its way for longer: "late"
    open_hours: tuple[str, ...] | None = None  # local, "08:00-12:00"; default the hospital's
    closes_days: bool = False  # no day is closed before a batch (feed.batch_closed) made after its open_hours has come
    malformed_limit: float = 0.2  # the feed stops when more than this share …
    malformed_window: int = 200  # … of its last so many messages was malformed


@dataclass(frozen=True)
class Feed:
    """A feed with all that its connector and its interpreter need."""

    name: str
    settings: FeedSettings
    site: Site
    clock: Clock
    pseudonyms: Pseudonyms

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times without an offset."""
        if self.settings.zone is None:
            return self.site.zone
        try:
            return ZoneInfo(self.settings.zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise Misconfigured(f"{self.site.path}, [feeds.{self.name}] zone: no such time zone.") from None


@cache
def connector_kinds() -> dict[str, ModuleType]:
    """Kind → module, by looking in `ingest/connectors/`: a file there with `Settings`, `connect` and `interpreter`."""
    found = {}
    for module_info in pkgutil.iter_modules(connectors.__path__):
        module = importlib.import_module(f"{connectors.__name__}.{module_info.name}")
        if hasattr(module, "connect"):
            found[module_info.name] = module
    return found


def feed_settings(site: Site) -> dict[str, FeedSettings]:
    """What the site file says of each of its feeds, in the file's order; connectors' own settings are left out."""
    return {name: site.section(f"feeds.{name}", FeedSettings) for name in site.names("feeds")}


def open_feed(site: Site, name: str, clock: Clock, pseudonyms: Pseudonyms) -> Feed:
    """A feed with its connector's own settings checked. Raises Misconfigured."""
    kind = site.section(f"feeds.{name}", FeedSettings).kind
    module = connector_kinds().get(kind)
    if module is None:
        known = ", ".join(connector_kinds())
        raise Misconfigured(f"{site.path}, [feeds.{name}] kind: there is no connector {kind!r}; there is {known}.")
    return Feed(name, site.whole(f"feeds.{name}", module.Settings), site, clock, pseudonyms)
