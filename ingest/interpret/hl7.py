"""Reads HL7 v2: bytes in, segments out, and nothing is split before it is asked for.

The whole frame is decoded first and split afterwards: in GB18030 the second byte of a character can equal a
delimiter (domain specification 8, row 13). Delimiters come from MSH-1 and MSH-2 of the message itself.
Errors name the segment and field, never their content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from ingest.errors import Malformed
from ingest.interpret.encodings import decoded, may_be_utf8

NULL = '""'  # HL7's "delete this value"; an empty field means "nothing said"

_BOMS = (b"\xef\xbb\xbf", b"\x84\x31\x95\x33")  # UTF-8, GB18030
_DEFAULT_MARKS = "^~\\&"


class Marks:
    """The five delimiters of one message."""

    __slots__ = ("component", "escape", "field", "pattern", "repetition", "subcomponent")

    def __init__(self, field: str, others: str) -> None:
        self.field = field
        given = list(others + _DEFAULT_MARKS[len(others) :])
        self.component, self.repetition, self.escape, self.subcomponent = given[:4]
        escape = re.escape(self.escape)
        self.pattern = re.compile(f"{escape}([^{escape}]*){escape}")


@lru_cache(maxsize=256)
def _marks(begin: str) -> Marks:
    """The delimiters of a message, from the characters after its "MSH"."""
    if not begin or begin[0].isspace():
        raise Malformed("not HL7: MSH")
    field, others = begin[0], begin[1:].partition(begin[0])[0]
    marks = Marks(field, "".join(dict.fromkeys(others)))  # some senders write `^~\\\\&`
    used = [field, marks.component, marks.repetition, marks.escape, marks.subcomponent]
    if len(set(used)) < len(used) or any(m.isalnum() or m.isspace() for m in used):
        raise Malformed("delimiters: MSH-2")
    return marks


class Segment(msgspec.Struct, gc=False):
    """One line of a message, split into its fields. Fields count from 1."""

    name: str  # what kind of segment it is
    fields: list[str]
    marks: Marks
    encoding: str

    def raw(self, field: int) -> str:
        """The field as sent, with its delimiters and escapes; "" where the segment is too short."""
        return self.fields[field] if field < len(self.fields) else ""

    def value(self, field: int, component: int = 1) -> str:
        """One unescaped value: of the first repetition, its first subcomponent. "" when empty, absent or null.

        Not for MSH-2, which is made of delimiters: see `raw`.
        """
        try:
            text = self.fields[field]
        except IndexError:
            return ""
        if not text or (component == 1 and text.isalnum()):  # no delimiter in it: most fields there are
            return text
        marks = self.marks
        if marks.repetition in text:
            text = text.partition(marks.repetition)[0]
        if marks.component in text:
            text = text.partition(marks.component)[0] if component == 1 else _part(text, marks.component, component)
            if text.isalnum():
                return text
        elif component > 1:
            return ""
        if marks.subcomponent in text:
            text = text.partition(marks.subcomponent)[0]
        return self._unescaped(text)

    def part(self, field: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """As `value`, of any repetition and subcomponent."""
        text = _part(self.raw(field), self.marks.repetition, repetition)
        text = _part(text, self.marks.component, component)
        return self._unescaped(_part(text, self.marks.subcomponent, subcomponent))

    def _unescaped(self, text: str) -> str:
        if self.marks.escape in text:
            return unescape(text, self.marks, self.encoding)
        return "" if text == NULL else text

    def is_null(self, field: int) -> bool:
        """True when the sender said "delete this value", which is not the same as saying nothing."""
        return self.raw(field) == NULL

    def count(self, field: int) -> int:
        """How many repetitions the field holds; 0 when empty. Raises Malformed when absurdly many."""
        found = self.raw(field).count(self.marks.repetition) + 1
        if found > 500:  # to read each of them would take for ever
            raise Malformed(f"too many repetitions: {self.name}-{field}")
        return found if self.raw(field) else 0


class Message(msgspec.Struct):
    """A decoded message: its header, and its lines, of which each is split when it is first asked for."""

    header: Segment  # MSH
    lines: list[str]
    marks: Marks
    encoding: str
    _first: dict[str, Segment | None]
    _all: dict[str, list[Segment]] | None = None

    def segment(self, name: str) -> Segment | None:
        """The first segment of that name."""
        if name in self._first:
            return self._first[name]
        found = None
        for line in self.lines:
            if line.startswith(name):
                found = Segment(name, line.split(self.marks.field), self.marks, self.encoding)
                break
        self._first[name] = found
        return found

    def segments(self, name: str) -> list[Segment]:
        """All segments of that name, in order."""
        if self._all is None:
            self._all = {"MSH": [self.header]}
        found = self._all.get(name)
        if found is None:
            marks, encoding, mark = self.marks, self.encoding, self.marks.field
            lines = [line for line in self.lines if line.startswith(name)]
            found = self._all[name] = [Segment(name, line.split(mark), marks, encoding) for line in lines]
        return found

    def get(self, name: str, field: int, component: int = 1) -> str:
        """One value of the first segment of that name; "" when there is no such segment."""
        found = self.segment(name)
        return found.value(field, component) if found else ""

    def __iter__(self) -> Iterator[Segment]:
        """Every segment in the order sent: for messages whose segments form groups."""
        yield self.header
        for line in self.lines[1:]:
            if line and not line.isspace():
                yield Segment(line[:3], line.split(self.marks.field), self.marks, self.encoding)


def read(raw: bytes, encoding: str | None = None) -> Message:
    """A message from its bytes, with or without MLLP frame and byte order mark; any line ending.

    `encoding` is the source's own setting and outranks MSH-18. Raises Malformed (`not HL7`, `encoding`, `delimiters`).
    """
    body = raw.strip(b"\x0b\x1c\r\n\t \x00")
    if body[:3] != b"MSH":
        body = _after_mark(body)
    if len(body) < 8:
        raise Malformed("not HL7: MSH")
    plain = _as_utf8(body) if encoding is None else None
    return plain or _message(*decoded(body, encoding))


def _as_utf8(body: bytes) -> Message | None:
    """Most messages there are: UTF-8, and their header declares nothing else."""
    try:
        message = _message(body.decode(), "utf-8")
    except UnicodeDecodeError:
        return None
    fields = message.header.fields
    return message if len(fields) < 19 or may_be_utf8(fields[18]) else None


def _message(text: str, used: str) -> Message:
    if "\n" in text:
        text = text.replace("\r\n", "\r").replace("\n", "\r")
    lines = text.split("\r")
    header = header_of(lines[0], used)
    return Message(header, lines, header.marks, used, {"MSH": header})


def header_of(line: str, encoding: str) -> Segment:
    """The line that says which delimiters it uses: MSH, or FHS and BHS of a batch. Raises Malformed."""
    marks = _marks(line[3:10])
    fields = line.split(marks.field)
    fields.insert(1, marks.field)  # the first field is the delimiter itself
    return Segment(line[:3], fields, marks, encoding)


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
    parts = text.split(mark, number)
    return parts[number - 1] if number <= len(parts) else ""


def _after_mark(body: bytes) -> bytes:
    """The message after a byte order mark."""
    for bom in _BOMS:
        body = body.removeprefix(bom)
    body = body.lstrip(b"\x0b\r\n\t ")
    return body if body[:3] == b"MSH" else b""
