"""What was named under an earlier key keeps its name: no visit, ticket or bill changes its number while it is open.

After a rotation a number is named under the new key, unless it was heard of before: the topics say which pseudonyms
there were. The pair new → old is an alias; it is published, so that the old name is known when the old key is gone.
A patient of whom the topics know nothing may have come before all the same: that both names are one patient is told
as a merge, which joins what the warehouse has, and says nothing where there was nothing.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ingest.privacy import Pseudonyms

_DIGITS = 16  # of a pseudonym's 32: two of a hundred million that begin alike are not to be expected
_BLOCK = 50_000  # in one record


class Known:
    """Pseudonyms that there were when the key was changed, eight bytes each."""

    def __init__(self, beginnings: Iterable[int] = ()) -> None:
        self._sorted = array("Q", sorted(set(beginnings)))

    @classmethod
    def of(cls, pseudonyms: Iterable[str]) -> Known:
        """Those with these names."""
        return cls(int(each[:_DIGITS], 16) for each in pseudonyms)

    def __contains__(self, pseudonym: str) -> bool:
        wanted = int(pseudonym[:_DIGITS], 16)
        place = bisect_left(self._sorted, wanted)
        return place < len(self._sorted) and self._sorted[place] == wanted

    def __len__(self) -> int:
        return len(self._sorted)

    def blocks(self) -> Iterator[bytes]:
        """As records of the topic."""
        for first in range(0, len(self._sorted), _BLOCK):
            yield b"".join(each.to_bytes(8, "big") for each in self._sorted[first : first + _BLOCK])

    @classmethod
    def read(cls, blocks: Iterable[bytes]) -> Known:
        """From records of the topic."""
        return cls(int.from_bytes(block[n : n + 8], "big") for block in blocks for n in range(0, len(block), 8))


class News(NamedTuple):
    """What must be published before what was said with it is acknowledged."""

    aliases: list[tuple[str, str]]  # new name → the one that counts
    patients: list[tuple[str, str]]  # new name that counts, old name that the warehouse may know


class Past:
    """What a key must know of the one before it. Without `before`, that one is gone, and the aliases are all."""

    def __init__(
        self, aliases: dict[str, str], before: Pseudonyms | None = None, known: Known | None = None, since: int = 0
    ) -> None:
        self.since = since  # real time, UTC ms: when the key was changed
        self.before = before
        self._aliases, self._known = aliases, known or Known()
        self._joined: set[str] = set()
        self._news = News([], [])

    def name_of(self, name: str, kind: str, ask: Callable[[Pseudonyms], str]) -> str:
        """The name that counts of what is called `name` under the new key; `ask` says what another key calls it."""
        alias = self._aliases.get(name)
        if alias is not None or self.before is None:
            return alias or name
        old = ask(self.before)
        if old in self._known:
            self._aliases[name] = old
            self._news.aliases.append((name, old))
            return old
        if kind == "patient" and name not in self._joined:
            self._joined.add(name)
            self._news.patients.append((name, old))
        return name

    def news(self) -> News:
        """What there is to be published since the last call."""
        news, self._news = self._news, News([], [])
        return news
