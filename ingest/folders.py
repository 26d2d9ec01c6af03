"""Finds files: what is at the given paths and in the folders there, and whether a file has changed since."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ingest.aside import RECEIPT
from ingest.errors import Misconfigured, Unavailable
from ingest.positions import Mark

_COMING = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", "~")  # still being written


def files_in(paths: Sequence[Path], without: Sequence[Path] = ()) -> list[Path]:
    """The files at the given paths, folders searched through (not those of `without`), in order of name; receipts and
    what is still being written are none. Raises Misconfigured."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(_below(path, without))
        elif path.exists():
            found.append(path)
        else:
            raise Misconfigured(f"There is no file or folder {path}.")
    return found


def _below(path: Path, without: Sequence[Path]) -> Iterator[Path]:
    for folder, folders, names in os.walk(path):
        folders[:] = [each for each in folders if Path(folder, each).resolve() not in without]
        for name in names:
            each = Path(folder, name)
            if not name.startswith(".") and not name.endswith((RECEIPT, *_COMING)) and each.is_file():
                yield each


def mark_of(path: Path) -> Mark | None:
    """How a file is told from itself when it has changed; None when it has gone."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable(f"{path} cannot be looked at ({type(error).__name__}).") from None
    return Mark(str(state.st_mtime_ns), str(state.st_size))
