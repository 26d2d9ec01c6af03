"""What a class of fields says in its own source: names, types, defaults and the comment beside each.

Read as text, not imported: a page of settings needs no driver, and comments are part of what it says.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Field:
    """One annotated name of a class."""

    name: str
    type: str
    default: str  # as written; "" = none
    comment: str


@dataclass(frozen=True)
class Declaration:
    """A class as its source shows it."""

    name: str
    path: Path
    bases: tuple[str, ...]
    docstring: str
    fields: tuple[Field, ...]


def declarations(path: Path) -> Iterator[Declaration]:
    """The classes of a file, in order."""
    text = path.read_text("utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            fields = tuple(
                _field(statement, lines)
                for statement in node.body
                if isinstance(statement, ast.AnnAssign) and not ast.unparse(statement.annotation).startswith("ClassVar")
            )
            bases = tuple(ast.unparse(base) for base in node.bases)
            yield Declaration(node.name, path, bases, ast.get_docstring(node) or "", fields)


def _field(node: ast.AnnAssign, lines: list[str]) -> Field:
    last = lines[(node.end_lineno or node.lineno) - 1].encode()[node.end_col_offset :].decode()
    comment = last.partition("#")[2].strip()
    default = ast.unparse(node.value) if node.value is not None else ""
    return Field(ast.unparse(node.target), ast.unparse(node.annotation), default, comment)


def cell(text: str) -> str:
    """Text inside a Markdown table."""
    return text.replace("|", "\\|")
