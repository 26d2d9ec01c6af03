"""Every command teaches: its help ends with an example, and the example is one that the command takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

import hispulse


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that help lists, with the words that lead to it."""
    for name, command in group.commands.items():
        if command.hidden:
            continue
        is_group = hasattr(command, "commands")
        if is_group:
            yield from commands(command, (*path, name))
        if not is_group or command.invoke_without_command:
            yield (*path, name), command


ALL = dict(commands(typer.main.get_command(hispulse.app)))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_command_teaches_by_an_example_that_it_takes(path: tuple[str, ...]) -> None:
    text = " ".join(str(ALL[path].help).split())
    found = re.search(r"Example: hispulse (.+)$", text)
    assert found, f"hispulse {' '.join(path)} --help ends with no example"
    words = shlex.split(found.group(1))
    assert [word for word in words if word in path][: len(path)] == list(path)
    rest = words[words.index(path[-1]) + 1 :]
    ALL[path].make_context(path[-1], rest)  # a word that it does not know is refused here
