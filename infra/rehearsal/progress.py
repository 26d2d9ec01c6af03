"""How far the rehearsal has come with what lies before today, in a small file that a status may read."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """So many of the messages of what came before are answered."""

    answered: int
    total: int


def progress(home: Path) -> Progress | None:
    """What the rehearsal of this home has written down last; None before its first word."""
    try:
        return msgspec.json.decode(_place(home).read_bytes(), type=Progress)
    except (OSError, msgspec.DecodeError):
        return None


def note(home: Path, answered: int, total: int) -> None:
    """Write down how far it has come, whole or not at all."""
    fresh = _place(home).with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(Progress(answered, total)))
    fresh.replace(_place(home))


def _place(home: Path) -> Path:
    return home / "rehearsal" / "progress.json"
