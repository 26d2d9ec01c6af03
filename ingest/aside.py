"""Moves files aside once they are read, each with its receipt, so that a watched folder holds only what is to come.

The receipt is on disk before the file moves, and the file moves in one step: whenever we are killed, it is either
still to be read, and then counts once because facts are known by their ids, or aside with its receipt.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec

from ingest.errors import Misconfigured
from ingest.receipt import Receipt

RECEIPT = ".receipt.json"


class Aside:
    """Where the files of watched folders go: to one folder when they were read, to another when refused whole."""

    def __init__(self, watched: Sequence[Path], done: str, refused: str) -> None:
        self._watched, self._done, self._refused = watched, done, refused

    def folders(self) -> list[Path]:
        """The folders that hold what has been read, which nobody reads again by himself. Raises Misconfigured."""
        found = [(folder / name).resolve() for folder in self._watched for name in (self._done, self._refused)]
        for watched in self._watched:
            if any(watched.resolve().is_relative_to(each) for each in found):
                raise Misconfigured(f"{watched} lies in the folder that its files move to: name another one.")
        return found

    def watched(self, path: Path) -> Path | None:
        """The watched folder in which a file lies; None for one that is named by itself, which stays where it is."""
        return next((each for each in self._watched if each != path and path.is_relative_to(each)), None)

    def put(self, path: Path, receipt: Receipt) -> None:
        """Write the receipt, then move the file. Raises OSError where that may not be."""
        watched = self.watched(path)
        assert watched is not None
        folder = (watched / (self._refused if receipt.refused_whole else self._done)) / path.relative_to(watched).parent
        folder.mkdir(parents=True, exist_ok=True)
        target = _free(folder, path, receipt.sha256)
        _write(_receipt_of(target), msgspec.json.format(msgspec.json.encode(receipt), indent=2) + b"\n")
        _move(path, target)


def _receipt_of(path: Path) -> Path:
    return path.with_name(path.name + RECEIPT)


def _free(folder: Path, path: Path, sha256: str) -> Path:
    """A name that nothing has yet: its own, or with a number. A receipt whose file never came is written anew."""
    names = (path.name if number == 1 else f"{path.stem}.{number}{path.suffix}" for number in count(1))
    free = (folder / name for name in names)
    return next(each for each in free if not os.path.lexists(each) and _same(_receipt_of(each), sha256))


def _same(receipt: Path, sha256: str) -> bool:
    """Whether there is no such receipt, or one of the very same file."""
    try:
        return msgspec.json.decode(receipt.read_bytes(), type=Receipt).sha256 == sha256
    except FileNotFoundError:
        return True
    except msgspec.DecodeError:
        return False


def _write(path: Path, text: bytes) -> None:
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    _hold(path.parent)


def _move(path: Path, target: Path) -> None:
    """In one step; to another file system a copy goes first, and the file is taken away when that is whole."""
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        fresh = target.with_name(f".{target.name}.new")
        shutil.copy2(path, fresh)
        with fresh.open("rb+") as out:
            os.fsync(out.fileno())
        fresh.replace(target)
        _hold(target.parent)
        path.unlink()
    _hold(target.parent)
    with suppress(OSError):  # it may be written to and not read; the file has moved
        _hold(path.parent)


def _hold(folder: Path) -> None:
    """See that the disk knows the names in a folder."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
