"""The dead letters as they stand: each message that failed counts once, with the last that was said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from ingest.again.topic import Place, Progress, all_of, nobody
from ingest.bus import DEADLETTER, BusSettings, Producer
from ingest.errors import Misconfigured
from ingest.raw import DeadLetter


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message, or one event of it, that was put aside."""

    id: str  # where the letter itself lies, "partition-offset"; an event of a message has its type behind it
    said: DeadLetter

    @property
    def raw(self) -> Place | None:
        """Where the message lies in the raw log; None when it could not be kept."""
        if self.said.partition is None or self.said.offset is None:
            return None
        return Place(self.said.partition, self.said.offset)


def open_letters(bus: BusSettings, progress: Progress = nobody) -> list[Letter]:
    """Every letter that is not settled, oldest first. Raises Unavailable."""
    return standing((found.place, found.value) for found in all_of(bus, [DEADLETTER], progress))


def standing(records: Iterable[tuple[Place, bytes]]) -> list[Letter]:
    """The open letters among these records: the first names one, the last says how it stands.

    A feed's letters lie in one partition, so their order is that in which they were said.
    """
    found: dict[tuple[object, ...], Letter] = {}
    for place, value in records:
        try:
            said = msgspec.json.decode(value, type=DeadLetter)
        except msgspec.MsgspecError:  # not ours, and a list must not end at it
            continue
        key = (said.feed, said.partition, said.offset, said.event_type) if said.offset is not None else (place,)
        known = found.get(key)
        found[key] = Letter(id=known.id if known else str(place), said=said)
    still = (letter for letter in found.values() if letter.said.settled_at is None)
    return sorted(still, key=lambda letter: (letter.said.received_at, letter.id))


def chosen(
    letters: Iterable[Letter],
    day_of: Callable[[int], str],
    *,
    feed: str | None = None,
    reason: str | None = None,
    day: str | None = None,
) -> list[Letter]:
    """The letters of a feed, of a reason (any that begins so), of a day."""
    return [
        letter
        for letter in letters
        if (feed is None or letter.said.feed == feed)
        and (reason is None or letter.said.reason.startswith(reason))
        and (day is None or day_of(letter.said.received_at) == day)
    ]


def counted(letters: Iterable[Letter], day_of: Callable[[int], str]) -> dict[tuple[str, str, str], int]:
    """(day, feed, reason) → how many, newest day first, then most first."""
    found = Counter((day_of(each.said.received_at), each.said.feed, each.said.reason) for each in letters)
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0][1:]))
    return dict(sorted(ranked, key=lambda item: item[0][0], reverse=True))


def named(letters: Iterable[Letter], number: str) -> Letter:
    """The letter of an id. Raises Misconfigured."""
    for letter in letters:
        if letter.id == number:
            return letter
    raise Misconfigured(f"There is no open dead letter {number}; see: hispulse deadletters list --ids.")


def say(producer: Producer, letter: DeadLetter) -> None:
    """Put a word on a letter on its way. Raises Unavailable."""
    producer.send(DEADLETTER, letter.feed, msgspec.json.encode(letter))
