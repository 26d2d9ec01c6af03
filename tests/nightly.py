"""How much a test tries: a bounded share in the suite, and in `make nightly` as much as its environment says."""

from __future__ import annotations

import os


def examples(bounded: int) -> int:
    """How many examples a property is tried on (HISPULSE_EXAMPLES)."""
    return int(os.environ.get("HISPULSE_EXAMPLES", bounded))


def storm_minutes() -> float:
    """How long the storm lasts (HISPULSE_STORM_MINUTES); 0: there is none."""
    return float(os.environ.get("HISPULSE_STORM_MINUTES", 0))


def days(bounded: int) -> int:
    """How many days are simulated (HISPULSE_DAYS)."""
    return int(os.environ.get("HISPULSE_DAYS", bounded))


def rehearsal_speed() -> float:
    """How many times as fast as real time two hours are rehearsed (HISPULSE_REHEARSAL_SPEED); 0: all at once."""
    return float(os.environ.get("HISPULSE_REHEARSAL_SPEED", 0))
