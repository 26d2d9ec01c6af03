"""Hospital time: real, or for a rehearsal a map (instant, hospital instant, rate). Nobody else calls now().

Hospital time decides quarantine, silence, horizons, schedules and the page; latencies use real time.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec


class Clock(msgspec.Struct, frozen=True):
    """hospital = hospital_ms + (real − real_ms) × rate. The default is real time."""

    real_ms: int = 0
    hospital_ms: int = 0
    rate: float = 1.0

    @property
    def is_rehearsal(self) -> bool:
        """True when hospital time is not real time: the board then shows its banner."""
        return self.real_ms != self.hospital_ms or self.rate != 1.0

    def now_ms(self) -> int:
        """The hospital's time, UTC ms."""
        return self.at(real_now_ms())

    def at(self, real_ms: int) -> int:
        """The hospital's time at a real instant, both UTC ms."""
        return self.hospital_ms + round((real_ms - self.real_ms) * self.rate)


def real_now_ms() -> int:
    """Real time, UTC ms: for latencies only."""
    return time.time_ns() // 1_000_000


def load_clock(path: Path | None = None) -> Clock:
    """The clock all processes of a rehearsal share: a JSON file named by `path` or HISPULSE_CLOCK; else real time."""
    named = path or (Path(value) if (value := os.environ.get("HISPULSE_CLOCK")) else None)
    if named is None or not named.exists():
        return Clock()
    return msgspec.json.decode(named.read_bytes(), type=Clock)
