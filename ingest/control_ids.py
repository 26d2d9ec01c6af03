"""Notices a control id (MSH-10) that one sender gives to several messages (domain specification 8, row 2).

Nothing depends on it: a fact is known by its natural key. But whoever looks for a message by its number should know.
A message that is only sent again, at another time or with another sequence, is the same message.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

FLAG = "control_id_reuse"
_REMEMBERED = 50_000  # control ids; a sender that begins anew after so many is not noticed
_SENDER, _CONTROL_ID, _OF_THE_SENDING = slice(2, 4), 9, (6, 12, 13)  # MSH-3 and -4, MSH-10; MSH-7, -13 and -14


class ControlIds:
    """The control ids that a feed has heard, and of which message."""

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._first: OrderedDict[bytes, bytes] = OrderedDict()

    def flags(self, body: bytes) -> tuple[str, ...]:
        """The flag of a message whose control id is that of another one of the same sender; else nothing."""
        header, _, rest = body.replace(b"\n", b"\r").lstrip(b"\xef\xbb\xbf\r").partition(b"\r")
        fields = header.split(header[3:4]) if header.startswith(b"MSH") and len(header) > 3 else []
        if len(fields) <= _CONTROL_ID or not fields[_CONTROL_ID]:
            return ()
        of = _digest([*fields[_SENDER], fields[_CONTROL_ID]])
        said = _digest([*(field for n, field in enumerate(fields) if n not in _OF_THE_SENDING), rest.strip(b"\r")])
        first = self._first.get(of)
        if first is not None:
            return () if first == said else (FLAG,)
        self._first[of] = said
        if len(self._first) > self._remembered:
            self._first.popitem(last=False)
        return ()


def _digest(parts: list[bytes]) -> bytes:
    """Short, and nothing that anybody could read."""
    return hashlib.blake2b(b"\0".join(parts), digest_size=12).digest()
