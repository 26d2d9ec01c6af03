"""All fragments of all pages: what is rendered when a snapshot is new."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from board.alarms_html import page_fragments
from board.cell_html import trouble_words, whole_second
from board.marks import mark
from board.wall import Snapshot, Tile
from board.wall_html import wall_fragments
from board.words import Language, number, say, unit
from orchestration.reports.markup import Markup, el, join


def fragments(shot: object, lang: Language) -> dict[str, str]:
    """Every fragment by its element's id."""
    if not isinstance(shot, Snapshot):
        return {}
    incidents = page_fragments(shot.alarms, shot.at, lang, ZoneInfo(shot.zone))
    return {**wall_fragments(shot, lang), "tiles": _tiles(shot, lang), **incidents}


def _tiles(shot: Snapshot, lang: Language) -> Markup:
    zone = ZoneInfo(shot.zone)
    at = whole_second(shot.at)
    return join(*(_tile(tile, at if tile.trouble else 0, lang, zone) for tile in shot.tiles))


@lru_cache(maxsize=512)
def _tile(tile: Tile, at: int, lang: Language, zone: ZoneInfo) -> Markup:
    sign = mark("far" if tile.severity > 1 else "over") if tile.severity else None
    check = mark("check", say(lang, "check_failed")) if tile.checks else None
    state = {"stale": mark("clock"), "broken": mark("bolt"), "empty": mark("dot")}.get(tile.state)
    value = "—" if tile.state == "broken" else number(tile.value)
    second = f"{say(lang, 'ninety')} {number(tile.second)}" if tile.second is not None else ""
    why = trouble_words(tile.trouble, at, lang, zone) if tile.trouble else None
    target = ""
    if tile.target is not None:
        target = f"{say(lang, 'target')} {tile.direction}{number(tile.target)}"
    left_out, waits = ("excluded", tile.excluded), ("waiting", tile.waiting)
    told = {
        "lengths": (("done", tile.finished), waits, left_out),
        "rows": (("counted", tile.finished), left_out),
        "due": (("counted", tile.finished), waits, left_out),
        "waiting": (waits,),
    }[tile.counts]
    return el(
        "a",
        el("h2", tile.zh if lang == "zh" else tile.en),
        el(
            "span",
            el("span", value, class_="number"),
            el("span", unit(tile.unit, lang)),
            sign,
            check,
            state,
            el("span", el("span", second), el("span", target), class_="beside"),
            class_="line",
        ),
        el(
            "span",
            el("span", " · ".join(f"{say(lang, word)} {n}" for word, n in told)) if tile.state != "empty" else None,
            why,
            class_="counts",
        ),
        class_=f"tile is-{tile.state} severity-{tile.severity}",
        href="?" + urlencode({"lang": lang, "kpi": tile.kpi}),
        data_panel=True,
    )
