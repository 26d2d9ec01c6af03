"""A hospital that goes on talking while its stream workers are killed, paused, robbed of their state, come and go."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from ingest.bus import KPI, Producer, consumer, read_to_end
from ingest.errors import Unavailable
from ingest.events.envelope import Event
from ingest.publish import publish
from streams.house import HouseRules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value, aggregate, value_of
from streams.kpis.kpi import Kpi, Quality
from streams.live import LiveValues
from streams.stages.stage import StageRow
from tests.integration.stream_worker import Hospital, wait_until
from tests.marts.random_day import story
from tests.outpatients import MINUTE, MORNING, morning, moved

_STEP_S = 0.1
_AT_A_TIME = 5


def a_day(patients: int, stories: int, seed: int = 0) -> list[Event]:
    """Outpatients, odd stories with corrections and retractions, and two visits that turn out to be others."""
    joined = [moved(n, n + 1, MORNING + 300 * MINUTE) for n in (3, 7)]
    odd = [event for n in range(stories) for event in story(seed + n)]
    return [*morning(patients, seed=seed), *odd, *joined]


class Talk:
    """Tells a day in disorder, a part of it in each step of a story; with nothing left to say it repeats itself."""

    def __init__(self, hospital: Hospital, day: list[Event], steps: int, seed: int = 0) -> None:
        self._partitions, self._dice = hospital.bus.partitions, random.Random(seed)
        self._producer = Producer(hospital.bus)
        self._untold = list(day)
        self._dice.shuffle(self._untold)
        self._told: list[Event] = []
        self._share = -(-len(day) // steps)
        self._may_tell = 0
        self._at_a_time = _AT_A_TIME
        self._over = threading.Event()

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Talk beside what is done meanwhile; in the end everything has been told."""
        talking = threading.Thread(target=self._talk, daemon=True)
        talking.start()
        try:
            yield
            self._may_tell, self._at_a_time = len(self._told) + len(self._untold), 100 * _AT_A_TIME
            wait_until(lambda: not self._untold, "the day to be told")
        finally:
            self._over.set()
            talking.join(60)
            self._producer.close()

    def next_step(self) -> None:
        """From here on another part of the day may be told, beside what the last steps left."""
        self._may_tell += self._share

    def _talk(self) -> None:
        while not self._over.wait(_STEP_S):
            new = self._untold[: self._at_a_time] if self._may_tell > len(self._told) else []
            if self._stored(new or self._dice.choices(self._told, k=min(2, len(self._told)))):
                self._told += new
                del self._untold[: len(new)]

    def _stored(self, events: list[Event]) -> bool:
        """As connectors do: what was not stored is told again, until it is."""
        try:
            for event in events:
                publish(self._producer, event, self._partitions)
            self._producer.flush()
        except Unavailable:
            return False
        return True


def wall(hospital: Hospital, house: HouseRules) -> LiveValues:
    """What a board knows that reads the topic from its start."""
    live, reader = LiveValues(house, hospital.bus.partitions), consumer(hospital.bus, [KPI])
    for record in read_to_end(reader):
        live.apply(record.key.decode(), record.value)
    reader.close()
    return live


def differences(live: LiveValues, house: HouseRules, rows: list[StageRow], at: int) -> list[str]:
    """KPIs for which the wall says something else than the rows of a whole recomputation."""
    days = sorted({row.day for row in rows})
    found = []
    for kpi in catalogue().values():
        if isinstance(kpi, Quality) and kpi.gauge in ("lag", "late"):
            continue  # of how late events come, rows say nothing
        for day in days if kpi.mode != "L" else [""]:
            of_day = [row for row in rows if row.day == day or not day]
            wrong = (series for series in kpi.series if not _agree(live, kpi, of_day, day, at, series))
            found += [f"{kpi.code} {day} {series}" for series in wrong]
    return found


def _agree(live: LiveValues, kpi: Kpi, rows: list[StageRow], day: str, at: int, series: str) -> bool:
    said = live.measure(kpi.code, at, "today" if day else "now", day, None, series)
    wanted = [value for value in aggregate(kpi, rows, at) if value.series == series]
    value = wanted[0] if wanted else value_of(kpi, {}, at, series=series)
    return {name: getattr(said, name) for name in Value.__struct_fields__} == msgspec.structs.asdict(value)
