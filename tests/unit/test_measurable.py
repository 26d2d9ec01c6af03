"""What a hospital cannot have at all says so, and what it needs; it is never 0."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from board.cell_html import trouble_words
from board.rollup import Rollup
from board.snapshot import Moment
from board.tiles import tiles
from board.view import view_of
from ingest.settings import load_site
from streams.kpis import catalogue
from streams.measurable import LONG_ENOUGH_MS, Arrived, lacking, sentence

ZONE = ZoneInfo("Asia/Shanghai")
KPIS = catalogue()
BEGAN = 1_740_000_000_000
A_DAY_LATER = BEGAN + LONG_ENOUGH_MS
WITHOUT_QUEUES = Arrived(frozenset({"patient.checked_in", "consultation.started"}), BEGAN)


def test_what_is_needed_and_never_told_is_named() -> None:
    assert lacking(KPIS["window_wait"], WITHOUT_QUEUES, A_DAY_LATER) == ("queue.joined", "queue.served")
    assert lacking(KPIS["consult_wait"], WITHOUT_QUEUES, A_DAY_LATER) == ()
    assert sentence(("queue.joined", "queue.served")) == (
        "本院尚不可测:需要 取号入队、开始办理 · not measurable here: needs Queue joined, Served"
    )


def test_in_the_first_day_nobody_knows() -> None:
    assert lacking(KPIS["window_wait"], WITHOUT_QUEUES, A_DAY_LATER - 1) == ()
    assert lacking(KPIS["window_wait"], Arrived(), A_DAY_LATER) == ()
    assert lacking(KPIS["window_wait"], None, A_DAY_LATER) == ()


def test_a_tile_says_it_instead_of_a_number() -> None:
    site = load_site("demo")
    moment = Moment(at=A_DAY_LATER, day="2025-02-20", arrived=WITHOUT_QUEUES)
    shown = {tile.kpi: tile for tile in tiles(Rollup(ZONE), view_of(site), moment)}
    tile = shown["queue_length_now"]
    assert (tile.value, tile.state) == (None, "empty")
    assert tile.trouble is not None
    said = str(trouble_words(tile.trouble, A_DAY_LATER, "zh", ZONE))
    assert "本院尚不可测" in said and "取号入队" in said
    known = msgspec.structs.replace(moment, arrived=None)
    unknown = {tile.kpi: tile for tile in tiles(Rollup(ZONE), view_of(site), known)}["queue_length_now"]
    assert unknown.trouble is not None and unknown.trouble.says == "no_patients"
