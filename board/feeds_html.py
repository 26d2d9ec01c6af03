"""The page of the feeds: link, data, rate against usual, agreement with the HIS, departments, clocks, orphans."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from board import words
from board.feeds_now import FeedsNow
from board.feeds_words import KINDS, say
from board.marks import mark
from board.words import Language, in_language
from orchestration.reports.markup import Child, Markup, el, join
from streams.feeds import Feed
from warehouse.feed_rates import DeptRate

_MOST_DEPARTMENTS = 40
_MOST_DESKS = 20


def page(shown: FeedsNow, lang: Language) -> Markup:
    """All of it."""
    return join(
        el("h1", say(lang, "title")),
        el("p", say(lang, "as_of", time=words.clock(shown.at, ZoneInfo(shown.zone))), class_="soft"),
        _table(
            [say(lang, head) for head in ("feed", "link", "data", "rate", "residual", "orphans")],
            [_feed(feed, shown, lang) for feed in shown.feeds],
            "feeds",
        ),
        *_section(lang, "by_dept", _departments(shown, lang), "no_rates"),
        *_section(lang, "clocks", _clocks(shown, lang), "no_clocks"),
        el("p", say(lang, "clocks_note"), class_="soft") if shown.offsets else None,
        *_section(lang, "desks", _desks(shown, lang), "no_desks"),
        el("p", say(lang, "desks_note"), class_="soft") if shown.desks else None,
        *_section(lang, "orphans_title", _orphans(shown, lang), "no_orphans"),
        el("p", say(lang, "orphans_note"), class_="soft") if shown.orphans else None,
    )


def _feed(feed: Feed, shown: FeedsNow, lang: Language) -> list[Child]:
    called = join(
        el("b", in_language(feed.called, lang)),
        el("span", f"{feed.source_system} · {shown.kinds.get(feed.name, '')}", class_="soft"),
    )
    orphans = sum(shown.orphans_of(feed.source_system).values())
    return [called, _link(feed, shown.at, lang), _data(feed, shown.at, lang), _rate(feed, shown.at, lang),
            _residual(feed, shown, lang), _sign(f"{orphans:,}", "over") if orphans else "0"]  # fmt: skip


def _link(feed: Feed, at: int, lang: Language) -> Child:
    if feed.link == "never":
        return say(lang, "never")
    if feed.link == "down":
        return _sign(say(lang, "down", age=words.duration(at - (feed.link_since or at), lang)), "cut")
    kept = None if feed.kept_bytes is None else say(lang, "kept", mb=f"{feed.kept_bytes / 1_000_000:,.1f}")
    return join(mark("ok"), " ", say(lang, "up"), el("span", kept, class_="soft") if kept else None)


def _data(feed: Feed, at: int, lang: Language) -> Child:
    """How old its last word is, and how long its words are on their way."""
    if feed.heard_at is None:
        return say(lang, "nothing")
    age = say(lang, "ago", age=words.duration(max(0, at - feed.heard_at), lang))
    if feed.silent_since is not None:
        return _sign(f"{say(lang, 'silent')} {age}", "clock")
    way = say(lang, "on_the_way", age=words.duration(feed.late_ms, lang)) if feed.late_ms is not None else None
    closed = say(lang, feed.opening) if feed.opening != "open" else None
    return join(age, *(el("span", each, class_="soft") for each in (way, closed) if each))


def _rate(feed: Feed, at: int, lang: Language) -> Child:
    """Events of the last 60 minutes beside what days of this kind bring at this time."""
    rate = feed.rate
    now = say(lang, "not_yet") if rate.now is None else f"{rate.now:,}"
    usual = (
        say(lang, "too_few_days")
        if rate.usual is None
        else say(lang, "usual", usual=f"{rate.usual:,.0f}", days=str(rate.days))
    )
    told = join(el("b", now), el("span", usual, class_="soft"))
    return join(told, _sign(say(lang, "few"), "over")) if feed.is_few(at) else told


def _residual(feed: Feed, shown: FeedsNow, lang: Language) -> Child:
    if feed.residual is None or feed.compared_at is None:
        is_view = shown.kinds.get(feed.name) == "sql"
        return el("span", say(lang, "not_yet_compared" if is_view else "not_compared"), class_="soft")
    at = el("span", say(lang, "compared_at", time=words.clock(feed.compared_at, ZoneInfo(shown.zone))), class_="soft")
    if not feed.residual:
        return join(mark("ok"), " ", say(lang, "agrees"), at)
    return join(_sign(say(lang, "apart", n=f"{feed.residual:,}"), "over"), at)


def _departments(shown: FeedsNow, lang: Language) -> Markup | None:
    feeds = {feed.source_system: in_language(feed.called, lang) for feed in shown.feeds}
    told = [rate for rate in shown.rates if rate.dept]
    told.sort(key=lambda each: (not _is_low(each), -max(each.usual or 0, each.now)))
    rows: list[list[Child]] = [
        [
            feeds.get(rate.source_system, rate.source_system),
            in_language(shown.departments.get(rate.dept, (rate.dept, rate.dept)), lang),
            _sign(f"{rate.now:,}", "over") if _is_low(rate) else f"{rate.now:,}",
            say(lang, "too_few_days") if rate.usual is None else f"{rate.usual:,.0f}",
            f"{rate.days}",
        ]
        for rate in told[:_MOST_DEPARTMENTS]
    ]
    heads = [say(lang, head) for head in ("feed", "dept", "last_hour", "usually", "days")]
    return _table(heads, rows, "rates") if rows else None


def _is_low(rate: DeptRate) -> bool:
    return rate.usual is not None and rate.usual >= 20 and rate.now < rate.usual / 4


def _clocks(shown: FeedsNow, lang: Language) -> Markup | None:
    feeds = {feed.source_system: in_language(feed.called, lang) for feed in shown.feeds}
    rows: list[list[Child]] = []
    for each in shown.offsets:
        estimate = "" if each.estimate_s is None else f"{each.estimate_s:+.0f} s"
        verdict = _sign(say(lang, "clock_off"), "over") if each.is_off else say(lang, "clock_may_agree")
        ahead = say(lang, "ahead", first=feeds.get(each.first, each.first), second=feeds.get(each.second, each.second))
        rows.append([ahead, estimate, f"{each.bounds} s", f"{each.pairs:,}", verdict])
    heads = [say(lang, head) for head in ("two_sources", "estimate", "bounds", "pairs", "verdict")]
    return _table(heads, rows, "clocks") if rows else None


def _desks(shown: FeedsNow, lang: Language) -> Markup | None:
    """Those whose times deserve a look, by code."""
    odd = [desk for desk in shown.desks if desk.deserves_a_look][:_MOST_DESKS]
    rows = [
        [in_language(desk.called, lang), _sign(str(desk.score), "over"), in_language(desk.shows, lang)] for desk in odd
    ]
    return _table([say(lang, head) for head in ("desk", "desk_score", "desk_shows")], rows, "desks") if rows else None


def _orphans(shown: FeedsNow, lang: Language) -> Markup | None:
    feeds = {feed.source_system: in_language(feed.called, lang) for feed in shown.feeds}
    rows: list[list[Child]] = []
    for key, n in sorted(shown.orphans.items(), key=lambda each: (-each[1], each[0])):
        source, _, kind = key.rpartition("|")
        rows.append([feeds.get(source, source), in_language(KINDS.get(kind, (kind, kind)), lang), f"{n:,}"])
    heads = [say(lang, head) for head in ("feed", "kind", "orphans")]
    return _table(heads, rows, "orphans") if rows else None


def _section(lang: Language, title: str, content: Markup | None, none: str) -> list[Markup]:
    return [el("h2", say(lang, title)), content or el("p", say(lang, none), class_="soft")]


def _table(heads: Iterable[str], rows: Iterable[Iterable[Child]], name: str) -> Markup:
    body = [el("tr", *(el("td", cell) for cell in row)) for row in rows]
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in heads)))
    return el("div", el("table", head, el("tbody", *body), data_table=name), class_="scroll")


def _sign(said: str, name: str) -> Markup:
    return el("b", mark(name), " ", said, class_="unwell")
