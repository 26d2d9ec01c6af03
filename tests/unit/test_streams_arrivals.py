"""What came late: shards that hear parts of it, in any order, more than once, and are killed, come to one number."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from random import Random
from typing import NamedTuple

import pytest

from streams.arrivals import Arrivals, judged_minute
from streams.book import CellBook
from streams.cells import CellKey, Partial
from streams.house import HouseRules
from streams.kpis.numbers import ratio
from streams.lateness import Came, lates
from tests.timeline import DAY, at

HOUSE = HouseRules(facility_id="H001")
SOURCES, KINDS = ("HIS^DEMO", "QUEUE^DEMO"), ("queue.joined", "queue.served")
EVER = 1 << 60


class Told(NamedTuple):
    """One telling."""

    id: str
    source: str
    kind: str
    occurred_at: int
    ingested_at: int
    batch: bool = False


def heard(arrivals: Arrivals, *tellings: Told) -> Arrivals:
    for one in tellings:
        arrivals.hear(one.id, "1", one.source, one.kind, one.occurred_at, one.ingested_at, batch=one.batch)
    return arrivals


def cells(*shards: Arrivals) -> list[tuple[CellKey, Partial]]:
    book = CellBook()
    found = []
    for shard in shards:
        book.tell(shard.news())
        found += [cell for _, each in book.everything() for cell in each]
        book = CellBook()
    return found


def today(*shards: Arrivals, dim: str = "") -> dict[str, Came]:
    return lates(cells(*shards), DAY, 0, EVER, dim, {})


def named(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def one(number: int, happened: str, came: str, source: str = "HIS^DEMO", *, batch: bool = False) -> Told:
    return Told(named(number), source, "queue.joined", at(happened), at(came), batch)


def test_who_tells_of_nine_after_having_told_of_half_past_is_late() -> None:
    told = one(1, "09:30", "09:30"), one(2, "09:00", "09:41"), one(3, "09:40", "09:41")
    assert today(heard(Arrivals(HOUSE), *told)) == {"": Came(n=3, late=1)}


@pytest.mark.parametrize(("happened", "late"), [("09:20", 0), ("09:19:59", 1), ("09:19", 1)])
def test_ten_minutes_to_the_minute_are_allowed(happened: str, late: int) -> None:
    assert today(heard(Arrivals(HOUSE), one(1, "09:30", "09:30"), one(2, happened, "09:36")))[""].late == late


def test_what_came_in_the_same_five_minutes_makes_nothing_late() -> None:
    assert today(heard(Arrivals(HOUSE), one(1, "09:30", "09:30"), one(2, "09:00", "09:31")))[""].late == 0


def test_another_source_is_no_measure_and_another_shard_is() -> None:
    early, late = one(1, "09:30", "09:30"), one(2, "09:00", "09:41")
    assert today(heard(Arrivals(HOUSE), early._replace(source="LIS^DEMO"), late))[""].late == 0
    assert today(heard(Arrivals(HOUSE), early), heard(Arrivals(HOUSE), late))[""].late == 1


def test_years_of_history_in_five_minutes_are_a_few_thousand_numbers() -> None:
    day, ten_years = 86_400_000, 3_650
    history = [
        Told(named(n), "HIS^DEMO", "queue.joined", at("09:00") - n * day // 24, at("09:00"))
        for n in range(24 * ten_years)
    ]
    (cell,) = cells(heard(Arrivals(HOUSE), *history))
    assert cell[1].rows == 24 * ten_years and len(cell[1].told) < ten_years + 60
    assert judged_minute(at("09:00") - day, at("09:00") // 300_000) == (at("09:00") - day) // 60_000


def test_a_time_in_the_future_and_a_batch() -> None:
    future, late = one(1, "12:00", "09:30"), one(2, "09:00", "09:41")
    assert today(heard(Arrivals(HOUSE), future, late))[""].late == 0
    told = one(1, "09:30", "09:30"), late._replace(batch=True)
    assert today(heard(Arrivals(HOUSE), *told)) == {"": Came(n=1, batch=1)}


def test_what_was_told_yesterday_counts_as_told_before() -> None:
    told = one(1, "2025-03-02T23:50", "2025-03-02T23:50"), one(2, "2025-03-02T23:00", "00:10")
    assert today(heard(Arrivals(HOUSE), *told)) == {"": Came(n=1, late=1)}


def tellings(random: Random) -> list[Told]:
    """A morning of two feeds that fall behind now and then."""
    told = []
    for number in range(random.randint(1, 400)):
        came = at("07:00") + random.randrange(0, 6 * 3_600_000, 1_000)
        behind = random.choice((0, 0, 20_000, 400_000, 900_000, 7_200_000, -1_200_000))
        source, kind = random.choice(SOURCES), random.choice(KINDS)
        told.append(Told(named(number), source, kind, came - behind, came, random.random() < 0.1))
    return told


def expected(told: list[Told]) -> dict[str, Came]:
    """By kind, worked out one telling after the other."""
    found: dict[str, Counter[str]] = {}
    for each in told:
        counted, slot = found.setdefault(each.kind, Counter()), each.ingested_at // 300_000
        before = [
            other.occurred_at
            for other in told
            if other.source == each.source
            and other.ingested_at // 300_000 < slot
            and other.occurred_at <= other.ingested_at + 600_000
        ]
        counted["batch" if each.batch else "n"] += 1
        late = before and judged_minute(each.occurred_at, slot) < max(before) // 60_000 - 10
        counted["late"] += bool(late and not each.batch)
    return {kind: Came(counted["n"], counted["late"], counted["batch"]) for kind, counted in found.items()}


@pytest.mark.parametrize("seed", range(20))
def test_any_order_repetition_number_of_shards_and_death_give_the_same(seed: int) -> None:
    random = Random(seed)
    told = tellings(random)
    mixed = [*told, *random.choices(told, k=len(told) // 3)]
    random.shuffle(mixed)
    shards = [Arrivals(HOUSE) for _ in range(random.choice((1, 3, 6)))]
    stores: list[dict[str, bytes]] = [{} for _ in shards]
    for each in mixed:
        number = int(each.id, 16) % len(shards)
        heard(shards[number], each)
        if random.random() < 0.02:  # stored, and its owner dies
            stores[number] |= {name: data for name, data in shards[number].unstored().items() if data is not None}
            shards[number] = Arrivals(HOUSE)
            for name, data in stores[number].items():
                shards[number].thaw(name, data)
    assert today(*shards, dim="event_type") == expected(told)


def test_there_is_something_to_be_late() -> None:
    counted = [came for seed in range(20) for came in expected(tellings(Random(seed))).values()]
    assert sum(came.late for came in counted) > 100 and ratio(1, 2) == 50


def test_what_is_past_the_horizon_leaves_the_cells_and_the_store() -> None:
    arrivals, book = heard(Arrivals(HOUSE), one(1, "09:00", "09:00"), one(2, "11:00", "11:00")), CellBook()
    book.tell(arrivals.news())
    assert len(arrivals.unstored()) == 2
    arrivals.drop_before(at("10:00"))
    book.tell(arrivals.news())
    assert [key.slot for _, each in book.everything() for key, _ in each] == [at("11:00") // 300_000]
    assert list(arrivals.unstored().values()) == [None]
