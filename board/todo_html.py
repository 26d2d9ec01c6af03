"""What is to be acted on, beside the matrix: open incidents first, then whatever else is wrong and is none yet."""

from __future__ import annotations

from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from board import words
from board.alarms_html import line, watch_words
from board.columns import BY_CODE
from board.marks import mark
from board.wall import LONGEST_SHOWN, Snapshot
from board.words import Language, in_language, say
from orchestration.reports.markup import Markup, el, join
from streams.kpis import catalogue

ROOM = 5  # lines, of which an incident takes two


def to_do(shot: Snapshot, lang: Language, zone: ZoneInfo) -> Markup:
    """The whole section."""
    incidents = [line(each, shot.at, lang) for each in shot.alarms.open]
    others = [*_watch(shot, lang, zone), *_feed_troubles(shot, lang, zone), *_broken(shot, lang),
              *_failed_checks(shot, lang)]  # fmt: skip
    n = len(incidents) + len(others)
    head = el(
        "h2",
        el("a", say(lang, "to_do"), " ", el("b", n) if n else None, href="/alerts?" + urlencode({"lang": lang})),
    )
    if not n:
        return join(head, el("p", mark("ok"), " ", say(lang, "nothing_to_do"), class_="quiet"))
    room = ROOM + max(0, LONGEST_SHOWN - 1 - len(shot.longest))  # who waits longest stands above, and may be nobody
    shown = incidents[: (room - min(len(others), 1)) // 2]
    shown += others[: max(1, room - 2 * len(shown))]
    more = el("li", say(lang, "and_more", n=str(n - len(shown))), class_="more") if n > len(shown) else None
    return join(head, el("ul", *shown, more))


def _watch(shot: Snapshot, lang: Language, zone: ZoneInfo) -> list[Markup]:
    """A watch that was there and is gone: what is shown as open is as old as its last word."""
    if shot.alarms.watch != "gone":
        return []
    return [el("li", mark("bolt"), " ", watch_words(shot.alarms, lang, zone), data_incident="watch")]


def _feed_troubles(shot: Snapshot, lang: Language, zone: ZoneInfo) -> list[Markup]:
    known = {value for each in shot.alarms.open for dim, value in each.incident.where if dim == "feed"}
    found = []
    for feed in shot.feeds:
        since = feed.link_since if feed.link == "down" else feed.silent_since
        if since is not None and feed.name not in known:
            says = say(
                lang,
                "stale_feed",
                feed=in_language(feed.called, lang),
                since=words.clock(since, zone),
                age=words.duration(shot.at - since, lang),
            )
            found.append(el("li", mark("cut" if feed.link == "down" else "clock"), " ", says, data_incident=feed.name))
    return found


def _broken(shot: Snapshot, lang: Language) -> list[Markup]:
    broken = {c.column for row in shot.rows for c in row.cells if c.state == "broken"}
    return [
        el("li", mark("bolt"), " ", BY_CODE[code].name(lang), " ", say(lang, "rule_broken"), data_incident=code)
        for code in sorted(broken)
    ]


def _failed_checks(shot: Snapshot, lang: Language) -> list[Markup]:
    return [
        el(
            "li",
            mark("check"),
            " ",
            say(lang, "check_failed_day", day=check.day[5:], what=_kpi_name(check.kpi, lang) or check.suite),
            data_incident=f"{check.day}{check.suite}{check.expectation}",
        )
        for check in shot.checks
    ]


def _kpi_name(code: str, lang: Language) -> str:
    kpi = catalogue().get(code)
    return code if kpi is None else kpi.zh if lang == "zh" else kpi.en
