"""Hospital time: real, or for a rehearsal a map (instant, hospital instant, rate). Nobody else calls now().

Hospital time decides quarantine, silence, horizons, schedules and the page; latencies use real time.
A rehearsal's processes share one small file. It may change while they run (the day stands still until yesterday
is loaded, then it begins), so a clock looks at its file again every second.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import msgspec

_LOOK_AGAIN_MS = 1000


class ClockMap(msgspec.Struct, frozen=True):
    """hospital = hospital_ms + (real − real_ms) × rate. The default is real time."""

    real_ms: int = 0
    hospital_ms: int = 0
    rate: float = 1.0

    @property
    def is_rehearsal(self) -> bool:
        """True when hospital time is not real time: the board then shows its banner."""
        return self.real_ms != self.hospital_ms or self.rate != 1.0

    def at(self, real_ms: int) -> int:
        """The hospital's time at a real instant, both UTC ms."""
        return self.hospital_ms + round((real_ms - self.real_ms) * self.rate)


class Clock:
    """The hospital's clock. Without a file it is the real one."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._map = ClockMap()
        self._looked_at = 0

    @property
    def map(self) -> ClockMap:
        """The map in force, read again at most once a second."""
        real = real_now_ms()
        if self._path is not None and real - self._looked_at >= _LOOK_AGAIN_MS:
            self._looked_at = real
            if self._path.exists():
                self._map = msgspec.json.decode(self._path.read_bytes(), type=ClockMap)
        return self._map

    @property
    def is_rehearsal(self) -> bool:
        """True when hospital time is not real time."""
        return self.map.is_rehearsal

    @property
    def rate(self) -> float:
        """Hospital seconds per real second."""
        return self.map.rate

    def now_ms(self) -> int:
        """The hospital's time, UTC ms."""
        return self.at(real_now_ms())

    def at(self, real_ms: int) -> int:
        """The hospital's time at a real instant, both UTC ms."""
        return self.map.at(real_ms)


def real_now_ms() -> int:
    """Real time, UTC ms: for latencies only."""
    return time.time_ns() // 1_000_000


def load_clock(path: Path | None = None) -> Clock:
    """The clock all processes of a rehearsal share: a JSON file named by `path` or HISPULSE_CLOCK; else real time."""
    named = path or (Path(value) if (value := os.environ.get("HISPULSE_CLOCK")) else None)
    return Clock(named)


def write_clock(path: Path, clock_map: ClockMap) -> None:
    """Set a rehearsal's clock, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(clock_map))
    fresh.replace(path)
