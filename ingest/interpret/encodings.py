"""In which encoding a message was written: what its source is configured to send, else what MSH-18 declares.

Where the bytes are no text in that, they are read as strict UTF-8, else as GB18030, and else refused (domain
specification 8, row 13). Never as Latin-1, which takes any bytes for text: a Chinese name would become other letters
and, because the second byte of a character can equal a delimiter, other fields.
"""

from __future__ import annotations

import codecs
from functools import lru_cache

from ingest.errors import Malformed

# HL7 table 0211 and what is seen in its place. ASCII, plain UNICODE and 8859/1 are not listed: the first two say too
# little, and the last is what senders declare who never thought about it.
_ENCODINGS = {
    "UNICODEUTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "BIG-5": "big5hkscs",
    "BIG5": "big5hkscs",
    "KSX1001": "euc_kr",
    **{f"8859/{n}": f"iso8859_{n}" for n in (*range(2, 12), 13, 14, 15)},
}


def decoded(body: bytes, own: str | None = None) -> tuple[str, str]:
    """The text of a message and the encoding that gave it. `own` is the source's setting. Raises Malformed."""
    for encoding in (own or _declared(body), "utf-8", "gb18030"):
        if encoding is None:
            continue
        try:
            return body.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise Malformed("encoding: MSH-18")


@lru_cache(maxsize=64)
def may_be_utf8(declared: str) -> bool:
    """Does MSH-18 declare UTF-8, or nothing that we know?"""
    return _known(declared) in (None, "utf-8")


def is_readable(encoding: str) -> bool:
    """May a source be configured to send this? Not what nobody knows, and not Latin-1."""
    try:
        return codecs.lookup(encoding).name != "iso8859-1" and b"MSH".decode(encoding) == "MSH"
    except (LookupError, UnicodeError):
        return False


def _declared(body: bytes) -> str | None:
    """MSH-18 as far as it can be read before decoding: a shifted or unknown value means none."""
    header = body.partition(b"\r")[0]
    if b"\n" in header:
        header = header.partition(b"\n")[0]
    mark = body[3:4]
    fields = header.split(mark, 11)
    return _encoding(fields[11], mark) if len(fields) > 11 else None


@lru_cache(maxsize=256)  # what follows MSH-11 is the same in all messages of a sender
def _encoding(rest: bytes, mark: bytes) -> str | None:
    fields = rest.split(mark, 7)
    if len(fields) < 7:
        return None
    return _known(fields[6].decode("ascii", "ignore"))


def _known(declared: str) -> str | None:
    return _ENCODINGS.get(declared.split("~")[0].replace(" ", "").upper())
