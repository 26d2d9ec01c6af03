"""The wall in words: a snapshot as named fragments of HTML, each small, each complete in itself.

The first page is these fragments in their places; the stream sends those that changed.
"""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from board import words
from board.cell_html import cell, ticking, trouble_words, whole_second
from board.columns import BY_CODE, COLUMNS
from board.marks import mark
from board.passing_html import shares
from board.pictures import arrivals
from board.todo_html import to_do
from board.wall import Cell, LongWait, Row, Snapshot
from board.words import Language, in_language, say
from orchestration.reports.markup import Markup, el, join
from streams.feeds import Feed

ROWS_IN_FULL = 5  # departments shown in full on a wide screen; the others in one line
MOST_ROWS = 40


def wall_fragments(shot: Snapshot, lang: Language) -> dict[str, str]:
    """Every fragment of the wall by its element's id."""
    zone = ZoneInfo(shot.zone)
    made: dict[str, str] = {
        "strip": _strip(shot, lang, zone),
        "notice": _notice(shot, lang, zone),
        "others": _others(shot, lang),
        "longest": _longest(shot, lang),
        "todo": to_do(shot, lang, zone),
        "feeds": _feeds(shot, lang),
        "arrivals": arrivals(shot.arrivals, lang),
        "shares": shares(shot.time_goes, lang),
        "foot": _foot(shot, lang, zone),
    }
    return made | _rows(shot, lang, zone)


def _rows(shot: Snapshot, lang: Language, zone: ZoneInfo) -> dict[str, str]:
    """The matrix, row by row. What is counted for the whole hospital is said in the first row that has such a cell."""
    made = {f"r{place}": "" for place in range(MOST_ROWS)}
    made |= {f"r{place}-{column.code}": "" for place in range(MOST_ROWS) for column in COLUMNS}
    is_said = False
    for place, row in enumerate(shot.rows[:MOST_ROWS]):
        made[f"r{place}"] = _row_head(row, lang)
        for shown in row.cells:
            made[f"r{place}-{shown.column}"] = _cell(shown, row, shot.at, lang, zone, is_said=is_said)
        is_said = is_said or any(shown.is_elsewhere for shown in row.cells)
    return made


def _cell(shown: Cell, row: Row, at: int, lang: Language, zone: ZoneInfo, *, is_said: bool) -> Markup:
    """A cell, drawn anew only when something in it looks different."""
    drawn = msgspec.structs.replace(shown, oldest_since=None, mean_ms=None, over=0, heard_at=None)
    second = whole_second(at) if shown.trouble else 0
    return cell(drawn, row.zh if lang == "zh" else row.en, second, lang, zone, is_said=is_said and shown.is_elsewhere)


def _strip(shot: Snapshot, lang: Language, zone: ZoneInfo) -> Markup:
    name = shot.zh if lang == "zh" else shot.en
    return join(
        el("div", el("h1", name), _day(shot, lang, zone), class_="where"),
        el("time", words.clock(shot.at, zone), class_="now number", data_now=True),
        _figure(lang, "visits_today", shot.visits_today, "service_volume"),
        _figure(lang, "waiting_now", shot.waiting_now, "queue_length_now"),
        _figure(lang, "over_now", shot.over_now, None, alarm=shot.over_now > 0),
        _rehearsal(shot, lang),
    )


def _day(shot: Snapshot, lang: Language, zone: ZoneInfo) -> Markup:
    return el("p", f"{words.date(shot.at, zone, lang)} · {say(lang, shot.session)}", class_="day")


def _figure(lang: Language, key: str, value: int | None, kpi: str | None, *, alarm: bool = False) -> Markup:
    shown = el("span", "–" if value is None else f"{value}", class_="number")
    inside = join(el("span", say(lang, key), class_="label"), mark("over") if alarm else None, shown)
    style = "figure is-over" if alarm else "figure"
    if kpi is None:
        return el("div", inside, class_=style)
    return el("a", inside, class_=style, href="?" + urlencode({"lang": lang, "kpi": kpi}), data_panel=True)


def _rehearsal(shot: Snapshot, lang: Language) -> Markup | None:
    if not shot.is_rehearsal:
        return None
    return el("p", f"{say(lang, 'rehearsal')} ×{words.number(shot.rate)}", class_="rehearsal")


def _notice(shot: Snapshot, lang: Language, zone: ZoneInfo) -> Markup:
    if shot.trouble is None:
        return Markup("")
    return el("p", mark("bolt"), " ", trouble_words(shot.trouble, shot.at, lang, zone, full=True), class_="notice")


def _row_head(row: Row, lang: Language) -> Markup:
    name = row.zh if lang == "zh" else row.en
    return el("span", name, class_=f"dept severity-{row.severity}", data_dept=row.dept)


def _others(shot: Snapshot, lang: Language) -> Markup:
    rest = shot.rows[1 + ROWS_IN_FULL :]
    if not rest:
        return Markup("")
    chips = [_chip(row, lang) for row in rest]
    return join(el("span", say(lang, "others"), class_="label"), *chips)


def _chip(row: Row, lang: Language) -> Markup:
    waiting = sum(c.waiting for c in row.cells if BY_CODE[c.column].is_waiting)
    sign = mark("far" if row.severity > 1 else "over") if row.severity else None
    address = "?" + urlencode({"lang": lang, "kpi": "consult_wait", "dept": row.dept})
    name = row.zh if lang == "zh" else row.en
    return el(
        "a", sign, name, " ", el("b", waiting), class_=f"chip severity-{row.severity}", href=address, data_panel=True
    )


def _longest(shot: Snapshot, lang: Language) -> Markup:
    head = el("h2", say(lang, "waiting_longest"))
    if not shot.longest:
        return join(head, el("p", say(lang, "nobody_waits"), class_="quiet"))
    names = {row.dept: row.zh if lang == "zh" else row.en for row in shot.rows}
    return join(head, el("ol", *(_long_wait(wait, names, shot.at, lang) for wait in shot.longest)))


def _long_wait(wait: LongWait, names: dict[str, str], at: int, lang: Language) -> Markup:
    where = join(el("span", names.get(wait.dept, wait.dept), class_="who"), " ", BY_CODE[wait.column].name(lang))
    sign = mark("far" if wait.severity > 1 else "over") if wait.severity else None
    return el(
        "li", sign, el("span", where, class_="place"), ticking(wait.since, at, lang), class_=f"severity-{wait.severity}"
    )


def _feeds(shot: Snapshot, lang: Language) -> Markup:
    lines = [_feed(feed, shot.at, lang) for feed in shot.feeds]
    return join(el("h2", say(lang, "feeds")), el("ul", *lines))


def _feed(feed: Feed, at: int, lang: Language) -> Markup:
    sign, says = _feed_state(feed, lang)
    age = ticking(feed.heard_at, at, lang, style="age") if feed.heard_at is not None else None
    return el(
        "li",
        mark(sign, says),
        el("span", in_language(feed.called, lang), class_="who"),
        age,
        class_="well" if feed.is_well else "unwell",
    )


def _feed_state(feed: Feed, lang: Language) -> tuple[str, str]:
    if feed.link == "never":
        return "dot", say(lang, "never_heard")
    if feed.link == "down":
        return "cut", say(lang, "no_link")
    return ("clock", say(lang, "no_data")) if feed.silent_since is not None else ("ok", say(lang, "link_ok"))


def _foot(shot: Snapshot, lang: Language, zone: ZoneInfo) -> Markup:
    n = sum(count for _, count in shot.excluded)
    why = "、".join(f"{words.reason(lang, code)} {count}" for code, count in shot.excluded[:3])
    pushed = "–" if shot.push_p95_ms is None else f"{shot.push_p95_ms / 1000:.1f} s"
    return join(
        el("span", say(lang, "as_of"), " ", words.clock(shot.at, zone, seconds=True)),
        el("span", say(lang, "push_p95"), " ", pushed),
        el("span", say(lang, "excluded_today"), f" {n}", f" ({why})" if why else ""),
    )
