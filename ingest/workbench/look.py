"""Looks at what was pasted: what each message becomes, what is left aside and why, and which codes nobody mapped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from ingest.clock import Clock
from ingest.connector import Interpret, RawMessage
from ingest.connectors import files
from ingest.errors import Malformed
from ingest.events.envelope import Event
from ingest.feeds import Feed, FeedSettings, feed_settings, open_feed
from ingest.intake import Outcome, take
from ingest.interpret.canonical import interpret_cloud_event, interpret_event
from ingest.interpret.fhir import interpret_fhir
from ingest.interpret.layout import Csv
from ingest.interpret.messages import interpret_message
from ingest.interpret.records import CLOUD_EVENT
from ingest.interpret.source import source_of
from ingest.interpret.tabular import Record
from ingest.interpret.teller import Source
from ingest.interpret.views import VIEWS, interpret_row
from ingest.mapping.check import Check, Checked, activity_of
from ingest.mapping.heard import listening
from ingest.privacy import Pseudonyms
from ingest.settings import Site
from ingest.workbench.notation import NOTATIONS, Notation, messages_of, notation_of

# Which kinds of feeds speak a notation: the first of the site stands in where the page names none.
_SPOKEN_BY: dict[Notation, tuple[str, ...]] = {
    "hl7": ("mllp", "files"), "fhir": ("fhir",), "event": ("rest",), "rows": ("sql", "cdc"), "csv": ("files",),
}  # fmt: skip


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen beside what was pasted; empty: found out."""

    feed: str = ""
    notation: str = ""
    view: str = ""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a body comes to."""

    notation: Notation
    feed: str  # as whose words it was read; "" where the site has none that speaks so
    outcomes: list[Outcome]  # one a message, in order
    left: int  # messages beyond the limit
    checked: Checked
    events: list[Event]


@dataclass(frozen=True)
class Workbench:
    """A site's mapping, ready to be tried."""

    site: Site
    clock: Clock
    pseudonyms: Pseudonyms

    def look(self, body: bytes, wanted: Wanted, most: int) -> Looked:
        """What these bytes become. Raises Malformed where they hold nothing that can be read, Misconfigured where the
        site file is at fault."""
        notation = self._notation(body, wanted)
        site, heard = listening(self.site)
        feed = self._feed(site, notation, wanted.feed)
        interpret, now_ms = _interpreter(feed, notation), self.clock.now_ms()
        messages = messages_of(body, notation, wanted.view, now_ms, feed.settings.encoding)
        if notation == "csv":
            _refuse_missing_columns(feed, messages)
        check, column = Check(self.site.codes, self.site.departments), _activity(feed)
        heard.taken()  # what was asked while the description was read
        outcomes = []
        for message in messages[:most]:
            outcomes.append(take(message, interpret))
            check.take(outcomes[-1], heard.taken(), activity_of(message, column))
        checked = check.result()
        checked.feed = feed.name
        return Looked(
            notation=notation,
            feed=feed.name if feed.name in site.names("feeds") else "",
            outcomes=outcomes,
            left=max(0, len(messages) - most),
            checked=checked,
            events=[event for outcome in outcomes for event in outcome.events],
        )

    def feeds(self) -> dict[str, FeedSettings]:
        """The feeds as whose words a body can be read."""
        spoken = {kind for kinds in _SPOKEN_BY.values() for kind in kinds}
        return {name: settings for name, settings in feed_settings(self.site).items() if settings.kind in spoken}

    def _notation(self, body: bytes, wanted: Wanted) -> Notation:
        if wanted.view and wanted.view not in VIEWS:
            raise Malformed("no such view: view")
        chosen = next((each for each in NOTATIONS if each == wanted.notation), None)
        if chosen == "rows" and not wanted.view:
            raise Malformed("choose whose rows they are: view")
        return chosen or notation_of(body, wanted.view)

    def _feed(self, site: Site, notation: Notation, name: str) -> Feed:
        speaks = [each for each, s in feed_settings(site).items() if s.kind in _SPOKEN_BY[notation]]
        if name and name in self.feeds():
            return open_feed(site, name, self.clock, self.pseudonyms)
        opened = (open_feed(site, each, self.clock, self.pseudonyms) for each in speaks)
        found = next((feed for feed in opened if notation != "csv" or _is_described(feed)), None)
        if found is None and notation == "csv":
            raise Malformed("whose rows? choose a view, or describe the CSV in a feed of kind files: csv")
        return found or Feed("workbench", _nobodys(), site, self.clock, self.pseudonyms)


def _nobodys() -> FeedSettings:
    return FeedSettings(kind="", source_system="WORKBENCH")


def _is_described(feed: Feed) -> bool:
    return _csv(feed) is not None


def _refuse_missing_columns(feed: Feed, messages: list[RawMessage]) -> None:
    csv = _csv(feed)
    if csv and messages and (missing := csv.columns() - set(msgspec.json.decode(messages[0].body, type=Record).row)):
        raise Malformed(f"the feed's csv names columns that are not there: {', '.join(sorted(missing))}")


def _csv(feed: Feed) -> Csv | None:
    return feed.settings.csv if isinstance(feed.settings, files.Settings) else None


def _activity(feed: Feed) -> str:
    """The column that says what happened, of a CSV with one row an event."""
    csv = _csv(feed)
    return csv.activity if csv and csv.layout == "long" else ""


def _interpreter(feed: Feed, notation: Notation) -> Interpret:
    if notation == "csv":
        if not _is_described(feed):
            raise Malformed("this feed describes no CSV: feed")
        return files.interpreter(feed)
    source, told = source_of(feed), _TOLD[notation]
    return lambda raw: told(raw, source)


def _event(raw: RawMessage, source: Source) -> Iterable[Event]:
    told = interpret_cloud_event if raw.media_type == CLOUD_EVENT else interpret_event
    return told(raw.body, source, raw.received_at)


_TOLD: dict[Notation, Callable[[RawMessage, Source], Iterable[Event]]] = {
    "hl7": lambda raw, source: interpret_message(raw.body, source, raw.received_at),
    "fhir": lambda raw, source: interpret_fhir(raw.body, source, raw.received_at),
    "rows": lambda raw, source: interpret_row(raw.body, source, raw.received_at),
    "event": _event,
}
