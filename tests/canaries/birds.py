"""Canaries: identities that nobody has, made so that a single one is found wherever it gets to.

Every shape of identity has its own mark: a name in Chinese and in Latin letters, a birth date, an ID card, a mobile
phone as people write it, a number of the HIS, a sentence. `found` looks for the marks in any bytes, in the encodings
in which something of ours might have written them down.
"""

from __future__ import annotations

import re
from random import Random

_ZH, _LATIN, _CARD, _MOBILE, _NUMBER = "鸜鹆", "Canaria", "65422319491001", "1399177", "ZQ88"
BORN = "19491001"

_MARKS = {
    "Chinese name": b"|".join(
        re.escape(each)
        for each in (
            _ZH.encode(),
            _ZH.encode("gb18030"),
            _ZH.encode("utf-16-le"),
            _ZH.encode("unicode_escape"),
            b"%E9%B8%9C",
            b"&#40476;",
        )
    ),
    "Latin name": rb"(?i:canaria)",
    "ID card": _CARD.encode(),
    "mobile phone": rb"(?:(?<![0-9a-f])|(?<=\+86))139-?\ ?9177-?\ ?[0-9]{4}(?![0-9a-f])",
    "birth date": rb"(?<![0-9a-f])1949-?10-?01(?![0-9a-f])",
    "number of the HIS": rb"(?i:zq88)[0-9]{3}",
}
_ANY = re.compile(b"|".join(b"(?:" + mark + b")" for mark in _MARKS.values()))


def found(said: bytes) -> list[str]:
    """What of an identity is in these bytes: the kinds of canary, each once. Never the canary itself."""
    if _ANY.search(said) is None:
        return []
    return [kind for kind, mark in _MARKS.items() if re.search(mark, said)]


class Cage:
    """Canaries for one message: the same original number is the same canary all through it."""

    def __init__(self, number: int, dice: Random, *, shifted: bool = False) -> None:
        """`shifted`: fields may move. A short number in the place of a code is a code to anybody, so none is short."""
        self._number, self._dice, self._known, self._shifted = number, dice, dict[str, str](), shifted

    def name(self) -> str:
        """A name as a HIS writes it."""
        return self._dice.choice([f"{_ZH}{self._number}", f"{_LATIN.upper()} LI{self._number}", f"{_ZH[0]}{_ZH}"])

    def card(self) -> str:
        """A number of the shape of an ID card's."""
        return f"{_CARD}{self._number % 1000:03d}{self._dice.choice('0123456789X')}"

    def phone(self) -> str:
        """A mobile phone's number, as people write it."""
        last = f"{self._number % 10_000:04d}"
        return self._dice.choice([f"{_MOBILE}{last}", f"139-9177-{last}", f"+86{_MOBILE}{last}", f"139 9177 {last}"])

    def text(self) -> str:
        """A sentence that says all of it."""
        return f"患者{self.name()}，电话{self.phone()}，证件{self.card()}，家住{_ZH}路"

    def number(self, original: str = "") -> str:
        """A number of the HIS: it may leave as a pseudonym only."""
        which = len(self._known)
        short = f"{_NUMBER}{self._number // 1000:03d}X{self._number % 1000:03d}K{which:02d}"
        return self._known.setdefault(original, self.long(which) if self._shifted else short)

    def long(self, which: int = 0) -> str:
        """A number that nobody can take for a code."""
        return f"{_NUMBER}{self._number:06d}{which:03d}"

    def any(self) -> str:
        """Whatever somebody may type where it does not belong."""
        return self._dice.choice([self.name, self.card, self.phone, self.text])()
