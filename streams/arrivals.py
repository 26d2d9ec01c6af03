"""What came, and how far back it reached: for every source and kind of event, five minutes by five minutes.

An event is late when it happened more than ten minutes before the latest that its source had told by the beginning of
the five minutes in which it came, both by the whole minute. One shard cannot know that latest, so each publishes how
many came of every minute that may turn out to be late, and the latest that it heard: readers put them together
(streams/lateness.py). What is told again came once. Times in the future (more than ten minutes after they came) are
no latest.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain
from zlib import crc32

import msgspec

from streams.cells import SLOT_MS, CellKey, Partial
from streams.house import HouseRules

STAGE = "arrived"  # of the cells; it is no stage of anybody's day
MINUTE_MS = 60_000
FUTURE_MS = 10 * MINUTE_MS
_STORED = "arrived|"
_MINUTES = SLOT_MS // MINUTE_MS
_DAY = 24 * 60
_MASK = (1 << 64) - 1
_ROOM = 16_000  # keys that are kept loose before they are put into order


class Came(msgspec.Struct, array_like=True):
    """Of one source and kind, in five minutes."""

    n: int = 0
    batch: int = 0  # of these, told in a batch: never late
    latest: int = 0  # UTC ms
    told: dict[int, int] = {}  # judged minute → how many, of those that happened before the five minutes began


class _Kept(msgspec.Struct, array_like=True):
    """Five minutes, as they are stored."""

    came: list[tuple[str, str, Came]]
    keys: bytes


class _Keys:
    """Which tellings came in a day: eight bytes each, and most of them in order."""

    __slots__ = ("_ordered", "loose")

    def __init__(self) -> None:
        self.loose: set[int] = set()
        self._ordered = array("Q")

    def __contains__(self, key: int) -> bool:
        """Is it among those that are in order?"""
        place = bisect_left(self._ordered, key)
        return place < len(self._ordered) and self._ordered[place] == key

    def add(self, key: int) -> None:
        """Remember one that is new."""
        self.loose.add(key)
        if len(self.loose) > _ROOM and len(self.loose) > len(self._ordered) // 4:
            self._ordered = array("Q", sorted(chain(self._ordered, self.loose)))
            self.loose = set()


class Arrivals:
    """The arrivals of one shard: it hears what came, tells the book, and is kept in the shard's store."""

    def __init__(self, house: HouseRules) -> None:
        self._house = house
        self._slots: dict[int, dict[tuple[str, str], Came]] = {}
        self._keys: dict[int, array[int]] = {}  # slot → of what came in it
        self._days: dict[str, _Keys] = {}
        self._news: set[int] = set()
        self._unstored: set[int] = set()
        self._gone: list[CellKey] = []
        self._open_slot = -1
        self._of_slot: dict[tuple[str, str], Came] = {}
        self._slot_keys = array("Q")
        self._told = _Keys()
        self._days_told: tuple[_Keys, ...] = ()

    def hear(
        self, event_id: str, revision: str, source: str, kind: str, occurred_at: int, ingested_at: int, *, batch: bool
    ) -> None:
        """Count one telling, if it is the first of it."""
        slot = ingested_at // SLOT_MS
        if slot != self._open_slot:
            self._open(slot)
        key = _key(event_id, source + revision)
        for keys in self._days_told:
            if key in keys.loose or key in keys:
                return
        self._told.add(key)
        self._slot_keys.append(key)
        came = self._of_slot.get((source, kind))
        if came is None:
            came = self._of_slot[source, kind] = Came()
        came.n += 1
        if came.latest < occurred_at <= ingested_at + FUTURE_MS:
            came.latest = occurred_at
        if batch:
            came.batch += 1
        elif (minute := judged_minute(occurred_at, slot)) < slot * _MINUTES:
            came.told[minute] = came.told.get(minute, 0) + 1
        self._news.add(slot)
        self._unstored.add(slot)

    def _open(self, slot: int) -> None:
        """From now on these five minutes are counted: mostly the same as for the last telling."""
        self._open_slot = slot
        self._of_slot = self._slots.setdefault(slot, {})
        self._slot_keys = self._keys.setdefault(slot, array("Q"))
        self._told = self._keys_of(self._day(slot))
        self._days_told = tuple({id(keys): keys for keys in (self._told, *self._days.values())}.values())

    def _keys_of(self, day: str) -> _Keys:
        keys = self._days.get(day)
        if keys is None:
            keys = self._days[day] = _Keys()
            for old in sorted(self._days)[:-2]:
                del self._days[old]
        return keys

    def _day(self, slot: int) -> str:
        return self._house.local_day(slot * SLOT_MS)

    def news(self) -> Iterator[tuple[CellKey, Partial | None]]:
        """The cells that changed since they were last told; None: gone."""
        for key in self._gone:
            yield key, None
        for slot in sorted(self._news):
            for (source, kind), came in sorted(self._slots[slot].items()):
                yield CellKey(STAGE, "", (source, kind), self._day(slot), slot), _partial(came)
        self._news, self._gone = set(), []

    def drop_before(self, oldest: int) -> None:
        """Forget what came before an instant: then tell the book and the store so."""
        for slot in [slot for slot in self._slots if slot < oldest // SLOT_MS]:
            self._gone += [CellKey(STAGE, "", place, self._day(slot), slot) for place in self._slots.pop(slot)]
            self._keys.pop(slot, None)
            self._news.discard(slot)
            self._open_slot = -1
            self._unstored.add(slot)

    # In the store

    def unstored(self) -> dict[str, bytes | None]:
        """What has changed since it was last written; None: gone."""
        changed = {f"{_STORED}{slot}": self._kept(slot) for slot in sorted(self._unstored)}
        self._unstored = set()
        return changed

    def _kept(self, slot: int) -> bytes | None:
        if slot not in self._slots:
            return None
        came = [(source, kind, each) for (source, kind), each in sorted(self._slots[slot].items())]
        return msgspec.msgpack.encode(_Kept(came, self._keys.get(slot, array("Q")).tobytes()))

    def thaw(self, name: str, data: bytes) -> bool:
        """Take back five minutes that were stored. False when the name is somebody's holding's."""
        if not name.startswith(_STORED):
            return False
        slot, kept = int(name.removeprefix(_STORED)), msgspec.msgpack.decode(data, type=_Kept)
        self._slots[slot] = {(source, kind): came for source, kind, came in kept.came}
        keys = self._keys[slot] = array("Q")
        keys.frombytes(kept.keys)
        of_day = self._keys_of(self._day(slot))
        for key in keys:
            of_day.add(key)
        self._news.add(slot)
        self._open_slot = -1
        return True


def judged_minute(occurred_at: int, slot: int) -> int:
    """The minute by which an event is judged that came in a slot; of what is older than two days its UTC day's first.

    Thus years of history that are told in five minutes are some thousand numbers, and not one for every event.
    """
    minute = occurred_at // MINUTE_MS
    return minute if minute >= slot * _MINUTES - 2 * _DAY else minute // _DAY * _DAY


def _key(event_id: str, telling: str) -> int:
    """63 bits that tell tellings apart."""
    try:
        head = int(event_id[:16], 16)
    except ValueError:  # not one of ours
        head = crc32(event_id.encode()) << 32
    return head ^ (crc32(telling.encode()) * 0x9E3779B1 & _MASK)


def _partial(came: Came) -> Partial:
    return Partial(
        excluded={"batch": came.batch} if came.batch else {},
        rows=came.n,
        told=dict(sorted(came.told.items())),
        latest=came.latest,
    )
