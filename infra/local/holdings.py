"""Whose data a home directory holds, so that a rehearsal never mixes with a hospital, nor with an earlier rehearsal.

A demo begins its morning anew each time and forgets what an earlier demo stored; what `hispulse up` stored is never
forgotten.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from ingest.errors import Misconfigured
from ingest.settings import Hospital

# What the processes of a stack store; keys and logs are not among it.
STORED = (
    "kafka", "connect", "warehouse", "streams", "positions", "reconciled", "load", "postgres", "rehearsal", "dagster",
    "reports",
)  # fmt: skip


class Holding(msgspec.Struct, frozen=True):
    """Of which hospital, and whether only demos have written it."""

    facility_id: str
    rehearsal: bool
    only_demos: bool


def take_for_stack(home: Path, hospital: Hospital) -> None:
    """Write down that this hospital's data lies here. Raises Misconfigured when another's does."""
    known = _known(home)
    if known is not None and (known.facility_id, known.rehearsal) != (hospital.facility_id, hospital.rehearsal):
        of_whom = "a rehearsal" if known.rehearsal else f"facility {known.facility_id}"
        raise Misconfigured(
            f"{home} holds the data of {of_whom}, not of {hospital.facility_id}: "
            "set HISPULSE_HOME to a directory of its own for each hospital."
        )
    if known is None or not known.only_demos:
        _write(home, Holding(hospital.facility_id, hospital.rehearsal, False))


def take_for_demo(home: Path, hospital: Hospital) -> None:
    """Forget what an earlier demo stored. Raises Misconfigured when a stack's data lies here."""
    known, stored = _known(home), [home / name for name in STORED if (home / name).exists()]
    if stored and (known is None or not known.only_demos):
        raise Misconfigured(
            f"{stored[0]} holds data that no demo has stored, and a demo begins with an empty hospital: "
            f"set HISPULSE_HOME to another directory, or remove {home} if nobody needs it."
        )
    for directory in stored:
        shutil.rmtree(directory, ignore_errors=True)
    _write(home, Holding(hospital.facility_id, hospital.rehearsal, True))


def _known(home: Path) -> Holding | None:
    try:
        return msgspec.json.decode((home / "holds.json").read_bytes(), type=Holding)
    except (OSError, msgspec.DecodeError):
        return None


def _write(home: Path, holding: Holding) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "holds.json").write_bytes(msgspec.json.encode(holding))
