"""The table of what was measured can be written again into both READMEs, and says what is there to say."""

from __future__ import annotations

import pytest

from tests.bench.__main__ import Machine, Result
from tests.bench.figure import less_is_better, more_is_better
from tests.bench.readme import PAGES, table, written
from tests.conftest import ROOT

RESULT = Result(
    "outage", False, 1.0, Machine(2, "3.11", 0.1),
    [
        less_is_better("recovered after kill -9, from the kill to fresh values", 17.5, "s", ceiling=15),
        more_is_better("events told", 300.0, "events/s", peer="plain", peer_value=100.0),
        less_is_better("only told", 1.0, "s"),
    ],
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_a_place_for_the_table_and_says_what_is_lost(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    again = written(written(text, "| one |"), "| other |")
    assert "| other |" in again and "| one |" not in again
    assert "Quix Streams" in again.partition("/measured")[2], "what we lose at stands behind the table"


def test_a_missed_budget_is_told_and_a_figure_without_one_stays_away() -> None:
    english, chinese = table([RESULT], 1), table([RESULT], 0)
    assert "| 17.5 s |  | ≤ 15 ✗ | `python -m tests.bench outage` |" in english
    assert "plain: 100 (3×)" in english
    assert "only told" not in english
    assert "kill -9 之后恢复" in chinese
