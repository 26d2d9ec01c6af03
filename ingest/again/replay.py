"""Dead letters read again after a mapping or the code was mended: what can be read now is published and settled.

What still fails stays a dead letter and counts once. Stopped in the middle and begun again, it publishes the same
events under the same ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from ingest.again.letters import Letter, say
from ingest.again.reader import Rereader
from ingest.again.topic import Place, at_places
from ingest.bus import DEADLETTER, JOURNEY, RAW, BusSettings, Producer, event_topic
from ingest.events import domains
from ingest.events.envelope import Event, kind_of
from ingest.intake import FUTURE, Outcome
from ingest.publish import publish
from ingest.raw import DeadLetter

_FLUSH_EVERY = 500
_FLUSH_S = 60.0


class Replayed(msgspec.Struct, kw_only=True):
    """What came of the letters."""

    letters: int = 0
    settled: int = 0  # read now: told as events, or none of our business
    ignored: int = 0  # of these, none of our business
    gone: int = 0  # the raw log keeps the message no longer, or never did
    events: int = 0
    still: Counter[str] = msgspec.field(default_factory=Counter)  # reason → how many fail as before, or otherwise


def replay(
    bus: BusSettings, rereader: Rereader, letters: Sequence[Letter], now_ms: int, read: Callable[[int], None]
) -> Replayed:
    """Read the messages of letters again and publish what they tell. `read` hears how many are done.
    Raises Unavailable."""
    result = Replayed(letters=len(letters))
    by_place: dict[Place, list[Letter]] = {}
    for letter in letters:
        if letter.raw is not None:
            by_place.setdefault(letter.raw, []).append(letter)
    producer = Producer(bus)
    try:
        producer.connect([DEADLETTER, JOURNEY, *(event_topic(domain) for domain in domains())])
        words: list[DeadLetter] = []
        for number, found in enumerate(at_places(bus, RAW, by_place), 1):
            of_message = by_place.pop(found.place)
            outcome = rereader.read(of_message[0].said.feed, found.value)
            for letter in of_message:
                words += _answer(producer, bus, letter, outcome, now_ms, result)
            if number % _FLUSH_EVERY == 0:
                words = _settle(producer, words)
                read(_FLUSH_EVERY)
        _settle(producer, words)
    finally:
        producer.close()
    result.gone = result.letters - result.settled - result.still.total()
    return result


def _settle(producer: Producer, words: list[DeadLetter]) -> list[DeadLetter]:
    """Events first: a letter is settled when what its message tells is durable."""
    producer.flush(_FLUSH_S)
    for word in words:
        say(producer, word)
    producer.flush(_FLUSH_S)
    return []


def _answer(
    producer: Producer, bus: BusSettings, letter: Letter, outcome: Outcome, now_ms: int, result: Replayed
) -> list[DeadLetter]:
    """Publish what a letter's message tells; the word to say of the letter, none where nothing has changed."""
    if reason := still_failing(letter.said, outcome):
        result.still[reason] += 1
        return [] if reason == letter.said.reason else [msgspec.structs.replace(letter.said, reason=reason)]
    result.settled += 1
    result.ignored += bool(outcome.ignored)
    for event in told_by(letter.said, outcome):
        publish(producer, event, bus.partitions)
        result.events += 1
    return words_on(letter.said, outcome, now_ms)


def words_on(letter: DeadLetter, outcome: Outcome, now_ms: int) -> list[DeadLetter]:
    """That a letter needs nobody any more; and a letter for each event of its message that is put aside."""
    replace = msgspec.structs.replace
    aside = {kind_of(event) for event in outcome.future} if letter.event_type is None else ()
    return [
        replace(letter, settled_at=now_ms),
        *(replace(letter, reason=FUTURE, event_type=event_type) for event_type in sorted(aside)),
    ]


def still_failing(letter: DeadLetter, outcome: Outcome) -> str:
    """Why a letter's message still cannot be told; "" when it can."""
    if outcome.malformed or letter.event_type is None:
        return outcome.malformed
    return FUTURE if letter.event_type in map(kind_of, outcome.future) else ""


def told_by(letter: DeadLetter, outcome: Outcome) -> list[Event]:
    """What was missing because of a letter: all events of its message, or those of the type that was put aside."""
    return [event for event in outcome.events if letter.event_type in (None, kind_of(event))]
