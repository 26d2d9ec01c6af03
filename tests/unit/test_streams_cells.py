"""Cells keep by adding and taking away, and always hold what counting anew would give."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.book import CellBook, partial_of
from streams.cells import SLOT_MS, CellKey, Pack, Partial, ShardRecord, decode_record, encode_record
from streams.kpis.merging import merge
from streams.stages.stage import StageRow
from tests.timeline import at

DIMS = {"consult_wait": ("CARD", "DR1", "booked", "normal"), "payment": ("mobile", "wechat", "CARD", "14-59")}


def wait(scope_id: str, start: str, end: str | None, **more: Any) -> StageRow:
    begun, ended = at(start), at(end) if end else None
    return StageRow(
        stage="consult_wait", scope_id=scope_id, day="2025-03-03", at=ended or begun, started_at=begun, ended_at=ended,
        millis=ended - begun if ended else None, open_until=None if ended else at("19:30"),
        dims=DIMS["consult_wait"], **more,
    )  # fmt: skip


def payment(scope_id: str, clock: str, payment_id: str, num: bool, amount: str) -> StageRow:
    return StageRow(
        stage="payment", scope_id=scope_id, part=payment_id, day="2025-03-03", at=at(clock), num=num,
        distinct=payment_id, amount=amount, dims=DIMS["payment"],
    )  # fmt: skip


def contents(book: CellBook) -> dict[CellKey, Partial]:
    return dict(cell for _, cells in book.everything() for cell in cells)


def test_a_wait_that_ends_moves_from_the_cell_of_its_start_to_that_of_its_end() -> None:
    book = CellBook()
    book.replace([], [wait("V1", "08:40", None)])
    assert list(book.dirty()) == [f"consult_wait|2025-03-03|{at('08:00') // 3_600_000}"]
    book.replace([wait("V1", "08:40", None)], [wait("V1", "08:40", "09:14")])
    changed = book.dirty()
    assert changed[f"consult_wait|2025-03-03|{at('08:00') // 3_600_000}"] == []  # gone: to be tombstoned
    ((key, cell),) = changed[f"consult_wait|2025-03-03|{at('09:00') // 3_600_000}"]
    assert key.slot == at("09:10") // SLOT_MS
    assert (cell.seconds, cell.waiting, cell.sum_ms) == ([34 * 60], [], 34 * 60_000)
    assert book.dirty() == {}


def test_a_payment_of_two_bills_counts_once() -> None:
    book = CellBook()
    book.replace([], [payment("B1", "10:00", "PAY1", True, "25.5")])
    book.replace([], [payment("B2", "10:00", "PAY1", True, "4.5")])
    (cell,) = contents(book).values()
    assert (cell.distinct, cell.trials, cell.amount_trials, cell.amount_hits) == ({"PAY1": True}, 0, "30", "30")
    book.replace([payment("B1", "10:00", "PAY1", True, "25.5")], [])
    (cell,) = contents(book).values()
    assert (cell.distinct, cell.amount_trials) == ({"PAY1": True}, "4.5")


def test_two_facts_that_make_equal_rows_are_two() -> None:
    row, book = wait("V1", "08:40", "09:14", excluded="missing_pathway"), CellBook()
    told: list[StageRow] = []
    for n, times in enumerate((1, 2, 1, 3, 0, 2)):
        rows = [wait("V1", "08:00", "08:02", excluded=f"reason {n}"), *[row] * times]
        book.replace(told, rows)
        told = rows
        assert {key: cell.rows for key, cell in contents(book).items() if key.slot == row.at // SLOT_MS} == (
            {CellKey(row.stage, "", row.dims, row.day, row.at // SLOT_MS): times} if times else {}
        )


def test_records_travel() -> None:
    pack = Pack(shard=1, epoch=2, flush=3, cells=[(CellKey("payment", "", ("a",), "2025-03-03", 7), Partial(rows=1))])
    closing = ShardRecord(shard=1, epoch=2, flush=3, caught_up=True, offsets={"t": 9})
    assert decode_record("1|payment|2025-03-03|0", encode_record(pack)) == pack
    assert decode_record("1", encode_record(closing)) == closing


CLOCKS = st.sampled_from(["08:00", "08:04", "08:05", "09:00", "10:30"])
ROWS = st.one_of(
    st.builds(wait, st.sampled_from("ABC"), CLOCKS, st.one_of(st.none(), CLOCKS)),
    st.builds(lambda s, c: wait(s, c, None, excluded="refunded"), st.sampled_from("ABC"), CLOCKS),
    st.builds(payment, st.sampled_from("ABC"), CLOCKS, st.sampled_from("PQ"), st.booleans(), st.just("1.25")),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("XYZ"), st.lists(ROWS, max_size=4)), max_size=12))
def test_replacing_gives_what_counting_anew_gives(told: list[tuple[str, list[StageRow]]]) -> None:
    book, current = CellBook(), dict[str, list[StageRow]]()
    for scope, rows in told:
        book.replace(current.get(scope, []), rows)
        current[scope] = rows
    anew: dict[CellKey, list[StageRow]] = {}
    for row in (row for rows in current.values() for row in rows):
        anew.setdefault(CellKey(row.stage, row.series, row.dims, row.day, row.at // SLOT_MS), []).append(row)
    got, wanted = contents(book), {key: partial_of(rows) for key, rows in anew.items()}
    assert got.keys() == wanted.keys()
    for key in got:
        assert merge([got[key]]) == merge([wanted[key]])
