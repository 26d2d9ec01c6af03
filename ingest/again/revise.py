"""Which words a mended mapping adds to the log so that everybody comes to what it now says. Pure.

Per fact and source, what was said (the *standing* word: its greatest revision) is held against what ought to stand:
the greatest among what the messages say now, and what messages that were not read again said. Where the two say the
same, nothing is added. Else the new word is: under its own revision where that is the greater one, else under the
standing one's version with the next mapping version. A fact that no message tells any more is retracted. Said twice,
nothing is added the second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container
from typing import NamedTuple

import msgspec

from ingest.events import decode, encode
from ingest.events.envelope import Event

_UNTOLD = frozenset(("feed.heartbeat",))  # what no message tells


class Head(msgspec.Struct):
    """What tells two words of the log apart, read without the rest."""

    event_id: str
    event_type: str
    source_system: str
    revision: str
    ingested_at: int


_head = msgspec.json.Decoder(Head)


class Word(NamedTuple):
    """One telling of a fact, as it is written."""

    revision: str
    ingested_at: int
    body: bytes

    def outranks(self, other: Word | None) -> bool:
        """Is it the one that counts? Of equal ones the first heard."""
        return other is None or (self.revision, -self.ingested_at) > (other.revision, -other.ingested_at)


def key_of(head: Head | Event) -> str:
    """One fact as one source tells it."""
    return head.event_id + head.source_system


def word_of(event: Event) -> Word:
    """An event as a word."""
    return Word(event.revision, event.ingested_at, encode(event))


class Standing:
    """What the log says of one fact by one source."""

    __slots__ = ("_words",)

    def __init__(self) -> None:
        self._words: dict[str, tuple[Word, bool]] = {}  # revision → the first heard; was its message read again?

    def hear(self, word: Word, *, read_again: bool) -> None:
        """Take a telling of the log."""
        known = self._words.get(word.revision)
        if known is None or word.outranks(known[0]):
            self._words[word.revision] = (word, read_again)

    @property
    def standing(self) -> Word | None:
        """The greatest of all."""
        return self._words[max(self._words)][0] if self._words else None

    @property
    def other(self) -> Word | None:
        """The greatest of those whose messages were not read again and that no mended mapping has replaced."""
        latest: dict[str, str] = {}
        for revision in self._words:
            version, mapping, _ = revision.rsplit("-", 2)
            latest[version] = max(latest.get(version, ""), mapping)
        others = (
            revision
            for revision, (_, read_again) in self._words.items()
            if not read_again and latest[_version(revision)] == revision.rsplit("-", 2)[1]
        )
        greatest = max(others, default=None)
        return None if greatest is None else self._words[greatest][0]


class Log:
    """What the log says of the facts that are looked at, and which others the messages read again told before."""

    def __init__(self, looked_at: Container[str], told_at: Container[tuple[int, str]]) -> None:
        """`told_at`: (ingested_at, source) of the messages that were read again; ("", any source) is (instant, "")."""
        self._looked_at, self._told_at = looked_at, told_at
        self.standings: dict[str, Standing] = {}
        self.others: dict[str, int] = {}  # facts not looked at that such a message told → when it came

    def hear(self, value: bytes) -> None:
        """Take a record of a topic of events; what is none is passed over."""
        try:
            head = _head.decode(value)
        except msgspec.MsgspecError:
            return
        if head.event_type in _UNTOLD:
            return
        key, at = key_of(head), head.ingested_at
        read_again = (at, "") in self._told_at or (at, head.source_system) in self._told_at
        if key in self._looked_at:
            standing = self.standings.setdefault(key, Standing())
            standing.hear(Word(head.revision, at, value), read_again=read_again)
        elif read_again:
            self.others[key] = at


def revised(new: Word | None, standing: Standing) -> Event | None:
    """The word to add; None when what stands is what ought to."""
    actual = decode(standing.standing.body) if standing.standing else None
    ideal = _ideal(new, standing.other)
    if actual is None or ideal is None:
        return ideal if actual is None else None if actual.op == "retract" else _retraction(actual)
    if _said(ideal) == _said(actual) or actual.op == ideal.op == "retract":
        return None
    if ideal.revision > actual.revision:
        return ideal
    return _above(ideal, actual.revision)


def _ideal(new: Word | None, other: Word | None) -> Event | None:
    """What ought to stand. Of one version, what is read now is what the site means."""
    if new is not None and (other is None or _version(new.revision) >= _version(other.revision)):
        return decode(new.body)
    return decode(other.body) if other else None


def _retraction(event: Event) -> Event:
    return _above(msgspec.structs.replace(event, op="retract"), event.revision)


def _above(event: Event, revision: str) -> Event:
    """The event with a revision just above: of the same version, of the mapping after."""
    version, mapping, _ = revision.rsplit("-", 2)
    said = hashlib.sha256(msgspec.json.encode(_said(event), order="deterministic")).hexdigest()[:8]
    return msgspec.structs.replace(event, revision=f"{version}-{int(mapping) + 1:04d}-{said}")


def _version(revision: str) -> str:
    return revision.rsplit("-", 2)[0]


def _said(event: Event) -> Event:
    """What an event says, without when we heard it, which message carried it and which revision it is."""
    return msgspec.structs.replace(
        event, ingested_at=0, sent_at=None, source_msg_id=None, source_msg_seq=None, revision=""
    )
