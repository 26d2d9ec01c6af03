"""A cell of the matrix: waiting now, median and nine in ten, the line of the day, counts, and one of four states."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from board import words
from board.columns import BY_CODE
from board.marks import mark, sparkline
from board.wall import Cell, Trouble
from board.words import Language, in_language, say
from orchestration.reports.markup import Markup, el, join

SLOTS = 14  # hours that a day's line has room for


def ticking(since: int, at: int, lang: Language, style: str = "ticking") -> Markup:
    """A wait that the page counts on by itself."""
    return el("span", words.duration(at - since, lang), class_=style, data_since=since)


def trouble_words(trouble: Trouble, at: int, lang: Language, zone: ZoneInfo, *, full: bool = False) -> Markup:
    """Why a number is not fresh, in a sentence or in the few words a cell has room for."""
    since = trouble.since if trouble.since is not None else at
    filled = {"since": words.clock(since, zone), "age": words.duration(at - since, lang, short=not full)}
    if full:
        key = {"feed": "stale_feed", "rule": "rule_broken"}.get(trouble.says, trouble.says)
        if trouble.progress is not None:
            key, filled["progress"] = "catching_up_so_far", str(int(100 * trouble.progress))
        return el("span", say(lang, key, feed=in_language(trouble.feed, lang), **filled), class_="trouble")
    key = {"feed": "stale_cell", "bus_gone": "stale_cell", "rule": "rule_broken_short"}.get(trouble.says, trouble.says)
    said = say(lang, key, feed=in_language(trouble.feed, lang), **filled)
    lines = (el("span", line) for line in said.split("|"))
    return el("span", *lines, class_="trouble")


def whole_second(at: int) -> int:
    """The second of an instant: finer than that no age is told, and within it nothing is drawn twice."""
    return at - at % 1000


@lru_cache(maxsize=4096)
def cell(shown: Cell, name: str, at: int, lang: Language, zone: ZoneInfo, *, is_said: bool = False) -> Markup:
    """A whole cell; a link to what is behind it. `name` is the department's, `at` matters only in trouble.

    What it does not show (`oldest_since`, `mean_ms`, `over`, `heard_at`) is left out by who asks. `is_said`: a row
    above says already what is counted for the whole hospital only."""
    body = _body(shown, lang, _why(shown, at, lang, zone))
    address = "?" + urlencode({"lang": lang, "kpi": shown.kpi, **dict(shown.where), **_dept(shown)})
    return el(
        "a",
        body,
        href=address,
        data_panel=True,
        class_=f"cell is-{shown.state} severity-{shown.severity}{_elsewhere(shown, is_said=is_said)}",
        aria_label=spoken(shown, name, at, lang, zone),
    )


def _elsewhere(shown: Cell, *, is_said: bool) -> str:
    if not shown.is_elsewhere:
        return ""
    return " is-elsewhere is-said" if is_said else " is-elsewhere"


def _dept(shown: Cell) -> dict[str, str]:
    return {"dept": shown.dept} if shown.dept else {}


def _why(shown: Cell, at: int, lang: Language, zone: ZoneInfo) -> Markup:
    return trouble_words(shown.trouble, at, lang, zone) if shown.trouble else Markup("")


def _body(shown: Cell, lang: Language, why: Markup) -> Markup:
    match shown.state:
        case "fresh":
            return _fresh(shown, lang, why)
        case "stale":
            return join(_top(shown, lang), _line(shown), el("span", mark("clock"), why, class_="counts why"))
        case "broken":
            dash = el("span", el("span", "—", class_="number"), class_="top")
            return join(dash, el("span", mark("bolt"), why, class_="counts why"))
        case "empty":
            return join(el("span", mark("dot"), class_="top"), el("span", why, class_="counts why"))


def _fresh(shown: Cell, lang: Language, why: Markup) -> Markup:
    brief = el("span", counts(shown, lang), class_="brief")
    full = el("span", counts(shown, lang, full=True), class_="full")
    below = el("span", brief, full, why or _signs(shown, lang), class_="counts")
    return join(_top(shown, lang), _line(shown), below)


def _top(shown: Cell, lang: Language) -> Markup:
    quantiles = None
    if shown.p50_ms is not None and shown.p90_ms is not None:
        p50, p90 = (words.duration(ms, lang, short=True) for ms in (shown.p50_ms, shown.p90_ms))
        at_least = "≥" if shown.at_least else ""
        quantiles = el(
            "span", el("span", p50, class_="p50"), el("span", at_least, p90, class_="p90"), class_="quantiles"
        )
    return el(
        "span",
        el("span", shown.waiting, class_="number"),
        quantiles,
        class_="top",
    )


def _signs(shown: Cell, lang: Language) -> Markup:
    sign = mark("far" if shown.severity > 1 else "over") if shown.severity else None
    check = mark("check", say(lang, "check_failed")) if shown.checks else None
    bell = mark("bell", say(lang, "incident_open")) if shown.alarm else None
    return el("span", check, bell, sign, class_=f"signs alarm-{shown.alarm}")


def _line(shown: Cell) -> Markup:
    return sparkline(shown.trend, shown.target_ms, slots=SLOTS)


def counts(shown: Cell, lang: Language, *, full: bool = False) -> str:
    """`完成 42 · 等候 17 · 剔除 3`; in a cell, where the large number says who waits, `完42 剔3`."""
    left_out = sum(n for _, n in shown.excluded)
    if not full:
        return f"{say(lang, 'done_short')}{shown.finished} {say(lang, 'excluded_short')}{left_out}"
    waits = "waiting" if BY_CODE[shown.column].is_waiting else "ongoing"
    told = ((say(lang, "done"), shown.finished), (say(lang, waits), shown.waiting), (say(lang, "excluded"), left_out))
    return " · ".join(f"{word} {n}" for word, n in told)


def spoken(shown: Cell, name: str, at: int, lang: Language, zone: ZoneInfo) -> str:
    """What a screen reader says, and what the phone and the tooltip show: everything, in words."""
    parts = [f"{name} {BY_CODE[shown.column].name(lang)}"]
    if shown.state == "empty":
        parts.append(say(lang, shown.trouble.says) if shown.trouble else "")
        return "; ".join(part for part in parts if part)
    parts.append(counts(shown, lang, full=True))
    for key, value in (("median", shown.p50_ms), ("ninety", shown.p90_ms), ("target", shown.target_ms)):
        if value is not None:
            parts.append(f"{say(lang, key)} {words.duration(value, lang)}")
    if shown.alarm:
        parts.append(say(lang, "incident_open"))
    if shown.severity:
        parts.append(say(lang, "far_over" if shown.severity > 1 else "over"))
    if shown.trouble is not None:
        since = shown.trouble.since if shown.trouble.since is not None else at
        age = words.duration(at - since, lang)
        key = {"feed": "stale_feed", "rule": "rule_broken"}.get(shown.trouble.says, shown.trouble.says)
        parts.append(
            say(lang, key, feed=in_language(shown.trouble.feed, lang), since=words.clock(since, zone), age=age)
        )
    parts.extend(
        say(lang, "check_failed_day", day=check.day, what=check.expectation or check.suite) for check in shown.checks
    )
    return "; ".join(parts)
