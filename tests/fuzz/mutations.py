"""Messages as no HIS would send them: whole ones cut, joined, repeated, and shot through with what readers fear."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.golden.hl7_stories import STORIES

_FEARED = (
    b"|", b"^", b"~", b"&", b"\\", b"\\X", b"\\X41\\", b"\\.br\\", b'""', b"\r", b"\n", b"\r\n", b"\x0b",
    b"\x1c", b"\x1c\r", b"\x00", b"\xff", b"\x81\x7c", b"\x84\x31\x95\x33", b"\xef\xbb\xbf", b"MSH",
    b"MSH|^~\\&|", b"PV1|", b"FHS|", b"BTS|", b"19", b"20250303", b"99999999999999", b"-1", b"1e999",
    b"+0899", b"UNICODE UTF-8", b"GB 18030-2000", b"\xe5\xbc\xa0", b"~" * 600, b"^" * 300, b"|" * 300,
    b"\\" * 99, b"A" * 3000,
)  # fmt: skip
_HEAD = rb"MSH|^~\&|HIS|DEMO|PULSE|H001|20250303090000||%s|M1|P|2.5||||||%s"


def corpus() -> list[bytes]:
    """A message of every story."""
    told = [(kind, segments) for messages in STORIES.values() for kind, *segments in messages]
    encodings = (b"GB18030", b"UNICODE UTF-8", b"")
    return [
        b"\r".join([_HEAD % ("".join(kind).encode(), encodings[n % 3]), *(segment.encode() for segment in segments)])
        for n, (kind, segments) in enumerate(told)
    ]


class Mutator:
    """Makes streams of messages from a seed: the same seed, the same bytes."""

    def __init__(self, corpus: list[bytes], dice: Random) -> None:
        self._corpus, self._dice = corpus, dice
        self._ways: tuple[Callable[[bytes], bytes], ...] = (
            self._flip, self._insert, self._insert, self._cut, self._repeat, self._splice, self._swap_lines,
            self._field,
        )  # fmt: skip

    def message(self) -> bytes:
        """One message, with one to four wounds; one in twenty whole."""
        dice = self._dice
        body = self._corpus[dice.randrange(len(self._corpus))]
        for _ in range(dice.choice((1, 1, 2, 4)) if dice.random() < 0.95 else 0):
            body = self._ways[dice.randrange(len(self._ways))](body)
        return body

    def framed(self, body: bytes) -> bytes:
        """In a frame, most of them good."""
        odd = self._dice.random()
        if odd < 0.9:
            return b"\x0b" + body + b"\x1c\r"
        return (b"\x0b" if odd < 0.95 else b"") + body + (b"\x1c" if odd < 0.97 else b"\r")

    def _place(self, body: bytes) -> int:
        return self._dice.randrange(len(body) + 1)

    def _flip(self, body: bytes) -> bytes:
        place = self._place(body)
        return body[:place] + bytes([self._dice.randrange(256)]) + body[place + 1 :]

    def _insert(self, body: bytes) -> bytes:
        place = self._place(body)
        return body[:place] + self._dice.choice(_FEARED) + body[place:]

    def _cut(self, body: bytes) -> bytes:
        first, last = sorted((self._place(body), self._place(body)))
        return body[:first] + body[last:]

    def _repeat(self, body: bytes) -> bytes:
        first = self._place(body)
        return body[:first] + body[first : first + 40] * self._dice.choice((2, 3, 20)) + body[first + 40 :]

    def _splice(self, body: bytes) -> bytes:
        other = self._corpus[self._dice.randrange(len(self._corpus))]
        return body[: self._place(body)] + other[self._place(other) :]

    def _swap_lines(self, body: bytes) -> bytes:
        lines = body.split(b"\r")
        self._dice.shuffle(lines)
        return b"\r".join(lines)

    def _field(self, body: bytes) -> bytes:
        fields = body.split(b"|")
        fields[self._dice.randrange(len(fields))] = self._dice.choice(_FEARED)
        return b"|".join(fields)
