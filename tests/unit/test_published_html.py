"""A restated number in the panel: marked, and open into what was published before and why."""

from __future__ import annotations

import msgspec

from board.behind import Panel, Published
from board.published_html import published
from tests.timeline import DAY, at

SHOWN = Panel(
    kpi="consult_wait", zh="候诊时间", en="Consultation wait", formula_zh="", formula_en="", version=1, source=(),
    unit="min", not_applied=(), where={}, day="2025-03-04", zone="Asia/Shanghai", at=at("10:00", "2025-03-04"),
)  # fmt: skip
FIRST = Published(day=DAY, value=52.0, n=2, computed_at=at("30:00"))
RESTATED = Published(
    day=DAY, value=42.0, n=2, computed_at=at("33:00"), by=-10.0, why=(("1 × 更正", "1 × corrected"),)
)  # fmt: skip


def told(*said: Published, lang: str = "zh") -> str:
    return str(published(msgspec.structs.replace(SHOWN, published=said), "zh" if lang == "zh" else "en"))


def test_a_value_that_was_never_restated_bears_no_mark() -> None:
    assert "52" in told(FIRST) and "details" not in told(FIRST)
    assert published(SHOWN, "zh") is None


def test_a_restated_value_is_marked_and_opens_into_its_history() -> None:
    page = told(FIRST, RESTATED)
    stands, _, history = page.partition("<details")
    assert "42" in stands and "52" not in stands
    assert "已重报 ×1" in history and "-10" in history and "1 × 更正" in history
    assert history.index("42") < history.index("52")  # the newest first
    assert "restated ×1" in told(FIRST, RESTATED, lang="en") and "1 × corrected" in told(FIRST, RESTATED, lang="en")


def test_an_adjustment_stands_beside_the_value_that_is_final() -> None:
    stands, _, history = told(FIRST, msgspec.structs.replace(RESTATED, is_adjustment=True)).partition("<details")
    assert "52" in stands and "42" not in stands
    assert "定稿后调整 ×1" in history
