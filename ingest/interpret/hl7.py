"""Reads HL7 v2: bytes in, segments out, and nothing is split before it is asked for.

The whole frame is decoded first and split afterwards: in GB18030 the second byte of a character can equal a
delimiter (domain specification 8, row 13). Delimiters come from MSH-1 and MSH-2 of the message itself.
Errors name the segment and field, never their content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from ingest.errors import Malformed

NULL = '""'  # HL7's "delete this value"; an empty field means "nothing said"

_BOMS = (b"\xef\xbb\xbf", b"\x84\x31\x95\x33")  # UTF-8, GB18030
_DEFAULT_MARKS = "^~\\&"
# HL7 table 0211 and what is seen in its place. ASCII and plain UNICODE say too little: they are not listed.
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
    **{f"8859/{n}": f"iso8859_{n}" for n in (*range(1, 12), 13, 14, 15)},
}


class Marks:
    """The five delimiters of one message."""

    __slots__ = ("component", "escape", "field", "pattern", "repetition", "subcomponent")

    def __init__(self, field: str, others: str) -> None:
        self.field = field
        given = list(others + _DEFAULT_MARKS[len(others) :])
        self.component, self.repetition, self.escape, self.subcomponent = given[:4]
        escape = re.escape(self.escape)
        self.pattern = re.compile(f"{escape}([^{escape}]*){escape}")


@lru_cache(maxsize=64)
def _marks(field: str, others: str) -> Marks:
    marks = Marks(field, "".join(dict.fromkeys(others)))  # some senders write `^~\\\\&`
    used = [field, marks.component, marks.repetition, marks.escape, marks.subcomponent]
    if len(set(used)) < len(used) or any(m.isalnum() or m.isspace() for m in used):
        raise Malformed("delimiters: MSH-2")
    return marks


class Segment:
    """One line of a message, split into its fields. Fields count from 1."""

    __slots__ = ("_fields", "encoding", "marks")

    def __init__(self, line: str, marks: Marks, encoding: str) -> None:
        self.marks = marks
        self.encoding = encoding
        self._fields = fields = line.split(marks.field)
        if fields[0] == "MSH":
            fields.insert(1, marks.field)  # MSH-1 is the delimiter itself

    @property
    def name(self) -> str:
        """What kind of segment it is."""
        return self._fields[0][:3]

    def raw(self, field: int) -> str:
        """The field as sent, with its delimiters and escapes; "" where the segment is too short."""
        fields = self._fields
        return fields[field] if field < len(fields) else ""

    def value(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """One unescaped value. "" when empty, absent or null."""
        try:
            text = self._fields[field]
        except IndexError:
            return ""
        if text.isalnum():  # no delimiter in it, for none is a letter or digit: most fields there are
            return text if component == 1 == subcomponent and repetition == 1 else ""
        if not text or (field <= 2 and self._fields[0] == "MSH"):
            return text
        return self._part_of(text, component, subcomponent, repetition)

    def is_null(self, field: int) -> bool:
        """True when the sender said "delete this value", which is not the same as saying nothing."""
        return self.raw(field) == NULL

    def count(self, field: int) -> int:
        """How many repetitions the field holds; 0 when empty. Raises Malformed when absurdly many."""
        found = self.raw(field).count(self.marks.repetition) + 1
        if found > 500:  # to read each of them would take for ever
            raise Malformed(f"too many repetitions: {self.name}-{field}")
        return found if self.raw(field) else 0

    def _part_of(self, text: str, component: int, subcomponent: int, repetition: int) -> str:
        marks = self.marks
        if repetition > 1 or marks.repetition in text:
            text = _part(text, marks.repetition, repetition)
        if component > 1 or marks.component in text:
            text = _part(text, marks.component, component)
            if text.isalnum() and subcomponent == 1:
                return text
        if subcomponent > 1 or marks.subcomponent in text:
            text = _part(text, marks.subcomponent, subcomponent)
        if marks.escape in text:
            return unescape(text, marks, self.encoding)
        return "" if text == NULL else text


class Message:
    """A decoded message: its segments in order, found by name."""

    __slots__ = ("_by_name", "_lines_of", "encoding", "lines", "marks")

    def __init__(self, lines: list[str], marks: Marks, encoding: str) -> None:
        self.lines = lines
        self.marks = marks
        self.encoding = encoding
        self._by_name: dict[str, list[Segment]] = {}
        self._lines_of: dict[str, list[str]] = {}
        for line in lines:
            name = line[:3]
            if name in self._lines_of:
                self._lines_of[name].append(line)
            else:
                self._lines_of[name] = [line]

    def segments(self, name: str) -> list[Segment]:
        """All segments of that name, in order; split when they are first asked for."""
        found = self._by_name.get(name)
        if found is None:
            marks, encoding = self.marks, self.encoding
            found = [Segment(line, marks, encoding) for line in self._lines_of.get(name, ())]
            self._by_name[name] = found
        return found

    def segment(self, name: str) -> Segment | None:
        """The first segment of that name."""
        found = self.segments(name)
        return found[0] if found else None

    def get(self, name: str, field: int, component: int = 1, subcomponent: int = 1) -> str:
        """One value of the first segment of that name; "" when there is no such segment."""
        found = self._by_name.get(name) or self.segments(name)
        return found[0].value(field, component, subcomponent) if found else ""

    def __iter__(self) -> Iterator[Segment]:
        """Every segment in the order sent: for messages whose segments form groups."""
        positions: dict[str, int] = {}
        for line in self.lines:
            name = line[:3]
            place = positions.get(name, 0)
            positions[name] = place + 1
            yield self.segments(name)[place]


def read(raw: bytes, encoding: str | None = None) -> Message:
    """A message from its bytes, with or without MLLP frame and byte order mark; any line ending.

    `encoding` is the source's own setting and outranks MSH-18. Raises Malformed (`not HL7`, `encoding`, `delimiters`).
    """
    body = _unframed(raw)
    if body[:3] != b"MSH" or len(body) < 8 or body[3:4].isspace():
        raise Malformed("not HL7: MSH")
    text, used = _decoded(body, encoding)
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    lines = list(filter(str.strip, text.split("\r")))
    field = text[3]
    marks = _marks(field, lines[0].split(field, 2)[1][:6])
    return Message(lines, marks, used)


def unescape(text: str, marks: Marks, encoding: str = "utf-8") -> str:
    r"""Text with its escapes resolved: `\F\ \S\ \T\ \R\ \E\ \.br\ \Xhh…\`; unknown ones stay as they are."""
    if marks.escape not in text:
        return text
    plain = {
        "F": marks.field,
        "S": marks.component,
        "T": marks.subcomponent,
        "R": marks.repetition,
        "E": marks.escape,
        ".br": "\n",
        ".sp": "\n",
        "H": "",
        "N": "",
    }

    def resolved(match: re.Match[str]) -> str:
        code = match.group(1)
        if code in plain:
            return plain[code]
        if code[:1] == "X":
            try:
                return bytes.fromhex(code[1:]).decode(encoding)
            except ValueError:  # also UnicodeDecodeError
                return match.group(0)
        return match.group(0)

    return marks.pattern.sub(resolved, text)


def _part(text: str, mark: str, number: int) -> str:
    if number == 1:
        return text.partition(mark)[0]
    parts = text.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""


def _unframed(raw: bytes) -> bytes:
    body = raw.strip(b"\x0b\x1c\r\n\t \x00")
    for bom in _BOMS:
        body = body.removeprefix(bom)
    return body.lstrip(b"\x0b\r\n\t ")


def _decoded(body: bytes, override: str | None) -> tuple[str, str]:
    """Text and the encoding that gave it: the source's setting or MSH-18, strict UTF-8, GB18030, else Malformed."""
    declared = override or _declared(body)
    for encoding in (declared, "utf-8", "gb18030"):
        if encoding is None:
            continue
        try:
            return body.decode(encoding), encoding
        except (UnicodeDecodeError, LookupError):
            continue
    raise Malformed("encoding: MSH-18")


def _declared(body: bytes) -> str | None:
    """MSH-18 as far as it can be read before decoding: a shifted or unknown value means none."""
    fields = body.partition(b"\r")[0].partition(b"\n")[0].split(body[3:4], 18)
    if len(fields) < 18:
        return None
    return _encoding(fields[17])


@lru_cache(maxsize=64)
def _encoding(declared: bytes) -> str | None:
    name = declared.split(b"~")[0].decode("ascii", "ignore")
    return _ENCODINGS.get(name.replace(" ", "").upper())
