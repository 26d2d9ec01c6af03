"""The wall in a real Chromium: readable from five metres, in both languages, light and dark, large and small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import Look
from tests.running_board import RunningBoard

pytestmark = pytest.mark.browser
Looks = Callable[..., Look]

WALLS: dict[str, dict[str, Any]] = {
    "wall": {},
    "wall-dark": {"color_scheme": "dark"},
    "wall-en": {"address": "/?lang=en"},
    "wall-4k": {"viewport": {"width": 3840, "height": 2160}},
    "wall-kiosk": {"address": "/?kiosk=1"},
}

SMALL_TEXT = """() => {
  const scale = innerHeight / 1080, small = [];
  for (const node of document.querySelectorAll('#strip *, #wall *, #foot *')) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.getClientRects().length || node.closest('title') || node.matches('.sr')) continue;
    const size = parseFloat(getComputedStyle(node).fontSize);
    const least = node.classList.contains('number') ? 48 : 24;
    if (size < least * scale - 0.1) small.push(`${node.textContent.slice(0, 20)} ${size}`);
  }
  return small;
}"""

CUT_OFF = """() => [...document.querySelectorAll('#matrix a.cell')]
  .filter((cell) => cell.getClientRects().length)
  .filter((cell) => {
    const box = cell.getBoundingClientRect();
    return [...cell.querySelectorAll('.top, .number, .p50, .p90, .counts, .counts span, .spark')]
      .map((part) => part.getBoundingClientRect())
      .some((part) => part.width && (part.right > box.right + 1 || part.bottom > box.bottom + 1));
  })
  .map((cell) => cell.getAttribute('aria-label'))"""


@pytest.mark.parametrize("name", WALLS)
def test_the_wall_is_readable_and_fits(name: str, shared_board: RunningBoard, look: Looks) -> None:
    how = dict(WALLS[name])
    viewer = look(**{key: value for key, value in how.items() if key != "address"})
    page = viewer.at(shared_board.address + how.get("address", "/"))
    viewer.keep(name)
    assert page.evaluate(SMALL_TEXT) == []
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert viewer.errors == []


def test_on_a_phone_the_matrix_is_a_list(shared_board: RunningBoard, look: Looks) -> None:
    viewer = look(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = viewer.at(shared_board.address)
    viewer.keep("phone")
    viewer.keep("phone-whole", whole=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows = page.locator("#matrix [role=rowheader]:not(:empty)")
    assert rows.first.inner_text() == "全院"
    lefts = page.evaluate("[...document.querySelectorAll('#matrix a.cell')].filter(c => c.offsetParent)"
                          ".map(c => Math.round(c.getBoundingClientRect().left))")  # fmt: skip
    assert len(set(lefts)) == 1, "one number below the other"
    heads = page.locator('.row:not(.heads) [role="rowheader"]:visible').count()
    assert 0 < heads == page.locator(".row:not(.heads):has(.cell:not(.is-empty)):visible").count()


def test_nothing_is_asked_of_anybody_else(shared_board: RunningBoard, look: Looks) -> None:
    viewer = look()
    page = viewer.at(shared_board.address + "/?kpi=consult_wait")
    page.wait_for_selector("#panel canvas")
    assert {url.split("/")[2] for url in viewer.asked if not url.startswith("data:")} == {
        shared_board.address.removeprefix("http://")
    }
    assert viewer.errors == []
    assert page.request.get(shared_board.address).headers["content-security-policy"].startswith("default-src 'self'")


def test_a_page_weighs_less_than_half_a_megabyte(shared_board: RunningBoard) -> None:
    assets = shared_board.board.assets.files
    assert sum(len(asset.squeezed) for asset in assets.values()) < 450_000
    assert sum(len(asset.squeezed) for name, asset in assets.items() if not name.startswith("vendor/")) < 40_000


def test_a_rehearsal_says_so(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    assert page.locator(".rehearsal").inner_text() == "演练 ×1"
    assert look().at(shared_board.address + "/?lang=en").locator(".rehearsal").inner_text() == "REHEARSAL ×1"


def test_the_worst_stands_on_top(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    told = page.locator("#matrix [role=rowheader] .dept").evaluate_all("all => all.slice(1).map(d => d.className)")
    severities = [int(name[-1]) for name in told]
    assert severities == sorted(severities, reverse=True)


def test_every_number_says_all_of_itself_to_a_screen_reader(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    said = page.locator("#r0-wait a.cell").get_attribute("aria-label")
    assert said is not None
    for part in ("全院 候诊", "完成", "等候", "剔除", "中位", "九成", "目标 30 分"):
        assert part in said


def test_arrows_walk_the_matrix(shared_board: RunningBoard, look: Looks) -> None:
    page = look().at(shared_board.address)
    page.locator("#r0-wait a.cell").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.closest('[role=cell]').id") == "r0-consult"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.row').querySelector('[role=rowheader]').id") == "r1"


def test_all_measures_have_a_tile(shared_board: RunningBoard, look: Looks) -> None:
    viewer = look()
    page = viewer.at(shared_board.address + "/measures")
    viewer.keep("measures")
    assert page.locator("#tiles .tile").count() >= 20
    assert viewer.errors == []
