"""The place of each change among all that a feed was ever told, as a number that grows: the version of its row.

A change has the place that the database's log gives it, so what is told twice has the same place. A row read whole,
when capture begins or begins anew, comes before all that follows it, also before what a long transaction wrote into the
log earlier and committed later; and after all that was told before. A log that begins anew, on a restored server,
goes on where the old one ended.
"""

from __future__ import annotations

import msgspec

from ingest.interpret.changes import Origin

_FILE_BITS = 32  # places in a file of MariaDB's log


class Order(msgspec.Struct, frozen=True):
    """How far the order has come. Kept with the position: what is read anew has the same places again."""

    highest: int = 0
    before: int = 0  # what is added to places since the log began anew
    snapshot: int = -1  # where the log stood at the last reading of all rows

    def place(self, origin: Origin) -> tuple[Order, int]:
        """(the order after it, the change's place)."""
        at = position(origin)
        if not is_read_whole(origin):
            place = self.before + at
            return msgspec.structs.replace(self, highest=max(self.highest, place)), place
        if at == self.snapshot:
            return self, self.highest
        before = self.highest if at < self.highest - self.before else self.before
        after = Order(highest=self.highest + 1, before=before, snapshot=at)
        return after, after.highest


def position(origin: Origin) -> int:
    """Where a change stands in its database's log."""
    if origin.lsn is not None:
        return origin.lsn
    number = origin.file.rpartition(".")[2]
    return ((int(number) if number.isdigit() else 0) << _FILE_BITS) + origin.pos


def is_read_whole(origin: Origin) -> bool:
    """Whether a row was read from its table, and not from the log."""
    return str(origin.snapshot or "false").lower() not in ("false", "incremental")
