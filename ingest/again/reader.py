"""Reads raw messages as the site file says today, for people who hold the private key of the raw log."""

from __future__ import annotations

from pathlib import Path

from nacl.public import PrivateKey

from ingest.bus import BusSettings
from ingest.clock import Clock
from ingest.connector import Interpret, RawMessage
from ingest.connectors.files import files_feed
from ingest.errors import Malformed, Misconfigured
from ingest.events import encode
from ingest.feeds import Feed, connector_kinds, feed_settings, open_feed
from ingest.intake import Outcome, take
from ingest.privacy import Pseudonyms, keys_directory
from ingest.raw import PRIVATE_KEY_FILE, load_private_key, unseal
from ingest.settings import Site

_LONG = 10_000  # bytes; what a shorter message tells is never too long for a record
_REPLAYED = "files"  # the feed of files that a site need not name


def raw_key(path: Path | None) -> PrivateKey:
    """The key that opens the raw log. Raises Misconfigured."""
    place = path or keys_directory() / PRIVATE_KEY_FILE
    if not place.exists():
        raise Misconfigured(
            f"Messages are sealed, and the private key that opens them is not at {place}: "
            "whoever keeps it gives its place with --key."
        )
    return load_private_key(place)


class Rereader:
    """The site's feeds, as its file describes them now."""

    def __init__(self, site: Site, key: PrivateKey, clock: Clock, pseudonyms: Pseudonyms) -> None:
        self._site, self._key, self._clock, self._pseudonyms = site, key, clock, pseudonyms
        self._longest = site.section("bus", BusSettings).max_message_bytes - 1024  # less what a record adds
        self._known = frozenset(feed_settings(site))
        self._feeds: dict[str, tuple[Feed, Interpret] | None] = {}

    def message(self, sealed: bytes) -> RawMessage:
        """A message as it came. Raises Malformed: not sealed to this key."""
        return unseal(sealed, self._key)[1]

    def read(self, name: str, sealed: bytes) -> Outcome:
        """What a message of a feed comes to now."""
        known = self._feed(name)
        if known is None:
            return Outcome(malformed="no such feed: site file")
        try:
            outcome = take(self.message(sealed), known[1])
        except Malformed as reason:
            return Outcome(malformed=str(reason))
        if len(sealed) > _LONG and any(len(encode(event)) > self._longest for event in outcome.events):
            return Outcome(malformed="too long: event")
        return outcome

    def limit(self, name: str) -> float:
        """The share of malformed messages at which the feed stops."""
        known = self._feed(name)
        return known[0].settings.malformed_limit if known else 1.0

    def _feed(self, name: str) -> tuple[Feed, Interpret] | None:
        """The feed of a name and its interpreter; None when the site has no such feed any more."""
        if name not in self._feeds:
            self._feeds[name] = self._opened(name)
        return self._feeds[name]

    def _opened(self, name: str) -> tuple[Feed, Interpret] | None:
        if name in self._known:
            feed = open_feed(self._site, name, self._clock, self._pseudonyms)
        elif name == _REPLAYED and "files" not in {s.kind for s in feed_settings(self._site).values()}:
            feed = files_feed(self._site, self._clock, self._pseudonyms)
        else:
            return None
        return feed, connector_kinds()[feed.settings.kind].interpreter(feed)
