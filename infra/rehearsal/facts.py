"""The rehearsal's two records: what happened in the hospital, and what its feeds told of it.

Both speak in the vocabulary's own terms (an event type and its fields) but with plain numbers instead of pseudonyms,
so that whoever reads them needs nothing of what they are meant to check. Times are UTC milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A patient as a HIS knows one. Never leaves the rehearsal except inside a message."""

    number: str
    name: str
    sex: Literal["f", "m"]
    birth: str  # ISO date
    group: str = "normal"


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that really happened."""

    kind: str  # event type
    at: int
    visit: str = ""  # the visit it truly belongs to, whether or not a feed knows
    known: bool = True  # whether the system that saw it knows the visit
    fields: dict[str, Any] = {}


class Told(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fact as one message (or row) tells it: right or wrong, in time or late."""

    kind: str
    source: str  # sending system, e.g. HIS^DEMO
    message: str  # control id, or view:row:version
    at: int  # when it happened, as told
    sent_at: int  # the sender's clock
    told_at: int  # hospital time at which it arrives
    op: Literal["assert", "retract"] = "assert"
    amends: bool = False  # a message that says "this is how it really was"
    visit: str = ""  # the visit as told; empty when the sender does not know it
    patient: str = ""  # the patient as told, where a visit is
    fields: dict[str, Any] = {}


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated day: its true facts in order of time, and the people by visit."""

    day: str
    midnight: int  # UTC ms at which the day begins
    facts: list[Fact]
    people: dict[str, Person]


def write_facts(path: Path, facts: Iterable[Fact]) -> None:
    """Append facts, one JSON a line."""
    with path.open("ab") as out:
        out.writelines(msgspec.json.encode(fact) + b"\n" for fact in facts)


def read_facts(path: Path) -> Iterator[Fact]:
    """The facts of a record."""
    decoder = msgspec.json.Decoder(Fact)
    with path.open("rb") as lines:
        for line in lines:
            yield decoder.decode(line)


def read_told(path: Path) -> Iterator[Told]:
    """The tellings of a record; a last line that is still being written is left out."""
    decoder = msgspec.json.Decoder(Told)
    with path.open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                yield decoder.decode(line)
