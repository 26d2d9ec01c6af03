"""One build of a day at a time: whoever comes second waits, and after a while is refused in one sentence.

The lock is the kernel's, on a file under HISPULSE_HOME: it goes with the process that holds it, however that ends. It
tells apart processes of one machine that share that folder, and threads of one process. What a process that was killed
had asked of the warehouse, the warehouse still does: that is waited for as well.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from types import TracebackType

from ingest.errors import Misconfigured, Unavailable
from ingest.settings import home
from warehouse.client import Warehouse

LONGEST_WAIT_S = 300.0  # some builds of the largest hospital's day
_LOOK_S = 0.1

# Statements that write beside a day. The warehouse shows what their parameters say in their text.
_STILL_WRITTEN = """
select count() as n from system.processes
where current_database = {database:String} and query_id != queryID() and not is_cancelled
    and match(query, '(?i)^\\s*(insert|alter|delete|create)') and match(query, '_building|_filling|day_facts|working_')
    and position(query, {day:String}) > 0
"""


class DayLock:
    """The right to build one day of one warehouse. Taken again by who has it, it stays taken."""

    def __init__(self, warehouse: Warehouse, facility: str, day: str, wait_s: float = LONGEST_WAIT_S) -> None:
        self._warehouse, self._day, self._wait_s = warehouse, day, wait_s
        self._path = home() / "locks" / f"{warehouse.place}-{facility}-{day}".replace("/", "-").replace(":", "-")
        self._file: int | None = None

    def take(self) -> None:
        """Wait until no other build has the day. Raises Unavailable when one has it for longer."""
        if self._file is not None:
            return
        deadline = time.monotonic() + self._wait_s
        while self._file is None and not self._taken():
            if time.monotonic() >= deadline:
                raise Unavailable(f"{self._day} is being built by {self._holder()}: build it when that has ended.")
            time.sleep(_LOOK_S)
        while self._is_still_written():
            if time.monotonic() >= deadline:
                raise Unavailable(f"The warehouse still works on {self._day} for a build that has ended.")
            time.sleep(_LOOK_S)

    def give(self) -> None:
        """Let others build the day."""
        file, self._file = self._file, None
        if file is not None:
            self._path.unlink(missing_ok=True)
            os.close(file)

    def __enter__(self) -> DayLock:
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.give()

    def _is_still_written(self) -> bool:
        asked = {"database": self._warehouse.database, "day": self._day}
        return bool(self._warehouse.rows(_STILL_WRITTEN, asked)[0]["n"])

    def _taken(self) -> bool:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Misconfigured(
                f"{self._path} cannot be written ({type(error).__name__}): set HISPULSE_HOME."
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_ino != self._path.stat().st_ino:
                raise BlockingIOError  # its last holder took the file away between our opening and locking it
        except (BlockingIOError, FileNotFoundError):
            os.close(file)
            return False
        os.truncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        self._file = file
        return True

    def _holder(self) -> str:
        """Who has it, as far as its file says."""
        with suppress(OSError):
            if number := self._path.read_text("ascii", "replace").strip():
                return f"process {number}"
        return "another process"
