"""What is fuzzed: the framer, the reader with every way of asking it, and one in ten times interpretation as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random

from ingest.connector import RawMessage
from ingest.errors import Malformed
from ingest.events import encode
from ingest.intake import take
from ingest.interpret.acknowledgement import acknowledgements
from ingest.interpret.frames import Frames
from ingest.interpret.hl7 import Message, read
from ingest.interpret.messages import interpret_message
from tests.fuzz.mutations import Mutator
from tests.golden.hl7_stories import SITE

BATCH = 500  # messages that a seed of their own makes
MAX_BYTES = 4_000
_HEARD_AT = 1_741_132_380_000
Reader = Callable[[bytes], Message]
_NAMES = ("PID", "PV1", "OBX", "ZZZ")


class Wrong(Exception):
    """What must never happen: which message of the batch it was, and what happened."""


def batch(corpus: list[bytes], seed: int, number: int, reader: Reader = read) -> Counter[str]:
    """Send one batch through; what became of its messages. Raises Wrong."""
    dice = Random(f"{seed}/{number}")
    mutator, frames, counts = Mutator(corpus, dice), Frames(MAX_BYTES), Counter[str]()
    for at in range(BATCH):
        body = mutator.message()
        try:
            for found in _cut(mutator.framed(body), frames, dice):
                counts[_read(found, reader, counts["frames"] % 10 == 0)] += 1
                counts["frames"] += 1
            if len(frames._buffer) > MAX_BYTES:
                raise Wrong("the framer keeps more than a message")
            _read(body, reader, False)  # as it lies in a file, without a frame
        except Exception as error:
            raise Wrong(f"message {at}: {type(error).__name__}: {error}") from error
    counts["messages"] = BATCH
    return counts


def _cut(sent: bytes, frames: Frames, dice: Random) -> Iterable[bytes]:
    """The frames of bytes that come in pieces."""
    while sent:
        size = dice.choice((1, 7, 100, 5_000))
        piece, sent = sent[:size], sent[size:]
        for frame in frames.feed(piece):
            if len(frame.body) > MAX_BYTES:
                raise Wrong("a frame is longer than may be")
            yield frame.body


def _read(body: bytes, reader: Reader, to_the_end: bool) -> str:
    try:
        message = reader(body)
        _ask(message)
        outcome = "read"
    except Malformed as reason:
        outcome = str(reason).partition(":")[0]
        if b"\xe5" in str(reason).encode():
            raise Wrong("a reason quotes the message") from None
    if to_the_end:
        _interpret(body)
    return outcome


def _ask(message: Message) -> None:
    """Everything that can be asked of a message."""
    for segment in message:
        for field in (0, 1, 3, 5, len(segment.fields)):
            segment.raw(field)
            segment.is_null(field)
            segment.value(field)
            segment.value(field, 4)
            segment.part(field, 2, 2, min(segment.count(field), 3))
    for name in _NAMES:
        first, all_of_it = message.segment(name), message.segments(name)
        if (first is None) != (not all_of_it):
            raise Wrong(f"{name} is there and is not")
        message.get(name, 3)


def _interpret(body: bytes) -> None:
    raw = RawMessage(body=body, media_type="application/hl7-v2", received_at=_HEARD_AT)
    outcome = take(raw, lambda each: interpret_message(each.body, SITE, each.received_at))
    if outcome.malformed.startswith("interpreter failed"):
        raise Wrong(outcome.malformed)
    for event in (*outcome.events, *outcome.future):
        encode(event)
    acknowledgements(body, _HEARD_AT, outcome.malformed)
