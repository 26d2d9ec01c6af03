"""Runs a mended mapping over the raw log, and publishes the revisions and retractions that follow.

Messages that cannot be read any more leave what they told as it is: a mapping that breaks more than it mends is
refused, and nothing is published.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import msgspec

from ingest.again.letters import Letter, say
from ingest.again.reader import Rereader
from ingest.again.replay import still_failing, words_on
from ingest.again.revise import Log, Standing, Word, key_of, revised, word_of
from ingest.again.topic import Place, Progress, all_of
from ingest.bus import JOURNEY, RAW, BusSettings, Producer, event_topic
from ingest.errors import Misconfigured
from ingest.events import domains
from ingest.events.envelope import Event, kind_of
from ingest.intake import Outcome
from ingest.publish import publish
from ingest.raw import DeadLetter, RawRecord

_FLUSH_EVERY = 2_000
_FLUSH_S = 60.0
_HEADER = msgspec.msgpack.Decoder(RawRecord)
_EARLIER_MS = 600_000  # a record is appended after its message came; clocks of two machines may differ


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages are read again."""

    from_ms: int  # when they came, hospital time
    until_ms: int
    feed: str | None = None
    appended_since_ms: int | None = None  # real time, where the hospital's is real


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A word to add."""

    feed: str
    what: str  # told, revised, retracted
    event: Event


class Reread(msgspec.Struct, kw_only=True):
    """What messages say now."""

    messages: int = 0
    facts: dict[str, tuple[str, Word]] = {}  # key → feed, what is said of the fact now
    told_at: dict[tuple[int, str], str] = {}  # (when a message came, "" or its sources) → feed
    broken: dict[str, Counter[str]] = {}  # feed → why its messages cannot be read any more, how many
    of_feed: Counter[str] = msgspec.field(default_factory=Counter)
    mended: list[DeadLetter] = []  # words on dead letters that can be read now


def read_again(
    found: Iterator[tuple[Place, bytes]], span: Span, rereader: Rereader, letters: list[Letter], now_ms: int
) -> Reread:
    """Interpret the messages of a span of the raw log. Raises Misconfigured when too many cannot be read any more."""
    reread, others = Reread(), set[int]()
    by_place: dict[Place, list[Letter]] = {}
    for letter in letters:
        if letter.raw:
            by_place.setdefault(letter.raw, []).append(letter)
    unsure: set[int] = set()  # instants at which a message came that may have told something and cannot be read now
    for place, value in found:
        try:
            header = _HEADER.decode(value)
        except msgspec.MsgspecError:
            continue
        if not span.from_ms <= header.received_at < span.until_ms:
            continue
        if span.feed not in (None, header.feed):
            others.add(header.received_at)
            continue
        outcome = rereader.read(header.feed, value)
        reread.messages += 1
        reread.of_feed[header.feed] += 1
        if outcome.malformed and not header.fault and place not in by_place:
            reread.broken.setdefault(header.feed, Counter())[outcome.malformed] += 1
            unsure.add(header.received_at)
        _take(reread, header, outcome)
        for letter in by_place.get(place, ()):
            if not still_failing(letter.said, outcome):
                reread.mended += words_on(letter.said, outcome, now_ms)
    _refuse_broken(reread, rereader)
    reread.told_at = {  # where another message came too, only what its source tells apart was told by one of these
        (at, source): feed
        for (at, source), feed in reread.told_at.items()
        if at not in unsure and (source or at not in others)
    }
    return reread


def _take(reread: Reread, header: RawRecord, outcome: Outcome) -> None:
    if not outcome.malformed:
        reread.told_at[header.received_at, ""] = header.feed
    for event in outcome.events:
        reread.told_at[header.received_at, event.source_system] = header.feed
        word, key = word_of(event), key_of(event)
        known = reread.facts.get(key)
        if known is None or word.outranks(known[1]):
            reread.facts[key] = (header.feed, word)


def _refuse_broken(reread: Reread, rereader: Rereader) -> None:
    for feed, reasons in reread.broken.items():
        bad, all_ = reasons.total(), reread.of_feed[feed]
        if bad > rereader.limit(feed) * all_:
            raise Misconfigured(
                f"{bad} of {all_} messages of feed {feed} cannot be read as the site file stands, "
                f"most often: {reasons.most_common(1)[0][0]}; nothing was published. Mend the mapping, and look again "
                "with --dry-run."
            )


def changes(reread: Reread, log: Callable[[], Iterator[bytes]]) -> list[Change]:
    """The words to add to what the log says. `log` gives every event of it; it is gone through once, or twice where
    facts are no longer told."""
    first = Log(reread.facts, reread.told_at)
    for value in log():
        first.hear(value)
    lost = Log(first.others, reread.told_at)
    if first.others:
        for value in log():
            lost.hear(value)
    found = []
    for key, (feed, word) in reread.facts.items():
        event = revised(word, first.standings.get(key, Standing()))
        if event is not None:
            found.append(Change(feed=feed, what=_what(event, first.standings.get(key)), event=event))
    for key, at in first.others.items():
        event = revised(None, lost.standings[key])
        if event is not None:
            feed = reread.told_at.get((at, "")) or reread.told_at[at, event.source_system]
            found.append(Change(feed=feed, what=_what(event, lost.standings[key]), event=event))
    return found


def _what(event: Event, before: Standing | None) -> str:
    if event.op == "retract":
        return "retracted"
    return "told" if before is None or before.standing is None else "revised"


def counted(found: list[Change], day_of: Callable[[int], str]) -> dict[tuple[str, str, str, str], int]:
    """(day, event type, feed, what) → how many, by day."""
    each = Counter((day_of(c.event.occurred_at), kind_of(c.event), c.feed, c.what) for c in found)
    return dict(sorted(each.items()))


def publish_changes(
    bus: BusSettings, found: list[Change], mended: list[DeadLetter], done: Callable[[int], None]
) -> None:
    """Add the words to the log; then the words on dead letters. `done` hears how many are. Raises Unavailable."""
    producer = Producer(bus)
    try:
        producer.connect([JOURNEY, *event_topics()])
        for number, change in enumerate(found, 1):
            publish(producer, change.event, bus.partitions)
            if number % _FLUSH_EVERY == 0:
                producer.flush(_FLUSH_S)
                done(_FLUSH_EVERY)
        producer.flush(_FLUSH_S)
        for word in mended:
            say(producer, word)
        producer.flush(_FLUSH_S)
    finally:
        producer.close()


def event_topics() -> list[str]:
    """The topics of events, the truth."""
    return [event_topic(domain) for domain in domains()]


def messages_of(bus: BusSettings, span: Span, progress: Progress) -> Iterator[tuple[Place, bytes]]:
    """The raw log, from before the span on."""
    since = None if span.appended_since_ms is None else span.appended_since_ms - _EARLIER_MS
    return ((found.place, found.value) for found in all_of(bus, [RAW], progress, since))


def events_of(bus: BusSettings, progress: Progress) -> Iterator[bytes]:
    """Every event that the log keeps."""
    return (found.value for found in all_of(bus, event_topics(), progress))
