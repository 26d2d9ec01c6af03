"""A view of a database: how far it has been told, and its rows as messages.

A fact that several rows tell, such as a payment in two channels, is one message of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ingest.interpret.views import TOGETHER
from ingest.polled import Polled
from ingest.positions import Mark


class View(Polled[Mark | None]):
    """One view and how far it has been told."""

    def __init__(self, name: str, types: dict[str, str], start: Mark | None) -> None:
        super().__init__(name, start)
        self.types = types  # of its columns, as the catalogue names them
        self.together = TOGETHER.get(name, ())  # the columns that rows of one fact share


class Line(NamedTuple):
    """A row as the database gives it."""

    row_ver: str
    src_pk: str
    row: str  # JSON
    shared: tuple[str | None, ...]  # its values in the view's `together`

    @property
    def version(self) -> int:
        """Which version of which row this is."""
        return hash((self.row_ver, self.src_pk))


def bodies(view: View, fresh: Iterable[Line], standing: Iterable[Line]) -> list[str]:
    """One message a row; where rows tell a fact together, one for all that stand of each fact that has changed."""
    if not view.together:
        return [_body(view, [line]) for line in fresh]
    facts: dict[tuple[str | None, ...], dict[str, Line]] = {}
    for line in fresh:
        facts.setdefault(line.shared, {})[line.src_pk] = line
    for line in standing:  # read later than the fresh ones
        if line.shared in facts:
            facts[line.shared][line.src_pk] = line
    return [_body(view, list(lines.values())) for lines in facts.values()]


def _body(view: View, lines: list[Line]) -> str:
    beside = ",".join(line.row for line in lines[1:])
    return f'{{"view": "{view.name}", "row": {lines[0].row}, "beside": [{beside}]}}'
