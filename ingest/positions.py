"""How far a reader has read: one small file per feed under HISPULSE_HOME, replaced whole, never half written."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ingest.errors import Misconfigured, Unavailable
from ingest.settings import home


class Mark(msgspec.Struct, frozen=True):
    """A place in a view: everything up to and with it has been told."""

    row_ver: str
    src_pk: str


class Positions:
    """The marks of one feed, by view."""

    def __init__(self, site: str, feed: str, directory: Path | None = None) -> None:
        self._path = (directory or home() / "positions") / site / f"{feed}.json"
        self.marks = self._read()

    def move(self, view: str, mark: Mark) -> None:
        """Remember a mark for good. Raises Unavailable when the disk does not take it."""
        if self.marks.get(view) == mark:
            return
        self.marks[view] = mark
        self._write()

    def forget(self, view: str) -> None:
        """Know nothing of a view any more. Raises Unavailable when the disk does not take it."""
        if self.marks.pop(view, None):
            self._write()

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            with fresh.open("wb") as out:
                out.write(msgspec.json.encode(self.marks))
                out.flush()
                os.fsync(out.fileno())
            fresh.replace(self._path)
        except OSError as error:
            raise Unavailable(
                f"The position of a feed cannot be kept at {self._path} ({type(error).__name__})."
            ) from None

    def _read(self) -> dict[str, Mark]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Mark])
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, OSError) as error:
            raise Misconfigured(
                f"The position at {self._path} is unreadable ({type(error).__name__}); remove it to start anew."
            ) from None
