"""Marts that people ask for by name: a folder with a `query.sql` each, a view `mart_<name>` in the warehouse.

The first line says what one row is; each column's line ends with its type and what it means, in both languages: the
data dictionary is made of them. They read published days only, and what is final or frozen in these is so in them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

from warehouse.client import Warehouse

_FOLDER = Path(__file__).resolve().parent
_COLUMN = re.compile(r"^    (?:.*\bas )?(\w+),?  -- (.+?) \| (.+?) · (.+)$", re.MULTILINE)
SMALL = 10  # statistics of fewer are not exported


class Column(msgspec.Struct, frozen=True):
    """A column: its name, its type in ClickHouse, and what it is."""

    name: str
    kind: str
    zh: str
    en: str

    @property
    def is_pseudonym(self) -> bool:
        """Whether it tells people, or what belongs to them, apart."""
        return self.en.endswith(", a pseudonym")


def names() -> list[str]:
    """All marts by name."""
    return sorted(path.parent.name for path in _FOLDER.glob("*/query.sql"))


@cache
def text(name: str) -> str:
    """The query of a mart."""
    return (_FOLDER / name / "query.sql").read_text("utf-8")


def grain(name: str) -> str:
    """What one row of a mart is."""
    return text(name).splitlines()[0].removeprefix("--").strip()


def columns(name: str) -> list[Column]:
    """The columns of a mart, as its query says them."""
    return [Column(*told) for told in _COLUMN.findall(text(name))]


def view_of(name: str) -> str:
    """The view of a mart."""
    return f"mart_{name}"


def make_library(warehouse: Warehouse) -> list[str]:
    """Make or replace the view of every mart, and return the views' names."""
    for name in names():
        warehouse.command(f"create or replace view `{view_of(name)}` as\n{text(name)}")
    return [view_of(name) for name in names()]
