"""The panel in words: every chart with its table, every row with its visit, every visit with its events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from board import groups_html, words
from board.alarms_html import beside
from board.behind import BehindRow, Panel
from board.passing_html import section
from board.published_html import published
from board.words import Language, in_language, number, say, unit
from orchestration.reports.markup import Markup, el, join


def panel(shown: Panel, lang: Language) -> Markup:
    """The whole panel."""
    return join(
        el("button", say(lang, "close"), class_="close", type="button"),
        _head(shown, lang),
        _headline(shown, lang),
        beside(shown.alarms, lang, ZoneInfo(shown.zone)),
        section(shown.passing, shown.passing_hour, shown.at, lang),
        groups_html.section(shown.gaps, shown.unit, lang),
        _definition(shown, lang),
        _distribution(shown, lang),
        _hours(shown, lang),
        _reasons(shown, lang),
        _rows(shown, lang),
        published(shown, lang),
    )


def _head(shown: Panel, lang: Language) -> Markup:
    points = (words.service_point(lang, code) for code in shown.where.get("service_point_type", "").split(",") if code)
    named = [shown.dept[0 if lang == "zh" else 1], "、".join(points), shown.where.get("class", ""), shown.day]
    cut = " · ".join(part for part in named if part)
    return join(
        el("h2", shown.zh if lang == "zh" else shown.en, id="panel-title"),
        el("p", cut, class_="quiet"),
        *(
            el(
                "p",
                say(
                    lang, "check_failed_day", day=check.day, what=in_language((check.zh, check.en), lang) or check.suite
                ),
                f" ({check.observed})" if check.observed else "",
                class_="notice",
            )
            for check in shown.checks
        ),
    )


def _headline(shown: Panel, lang: Language) -> Markup:
    if shown.needs:
        said = say(lang, "not_measurable", feed=in_language(shown.needs, lang)).replace("|", " ")
        return el("p", said, class_="notice")
    u = unit(shown.unit, lang)

    def figure(name: str, value: float | None, mark: str = "") -> Markup | None:
        if value is None:
            return None
        return el("span", el("span", say(lang, name), class_="quiet"), " ", el("b", mark, number(value)), f" {u}")

    with_waiting = shown.p50_with_waiting is not None
    main = [
        figure("median", shown.p50_with_waiting if with_waiting else shown.p50),
        figure("ninety", shown.p90_with_waiting if with_waiting else shown.p90, "≥" if shown.at_least else ""),
    ]
    if main == [None, None]:
        main = [figure("value", shown.value)]
    return join(
        el("p", *main, class_="headline"),
        el("p", say(lang, "live_only_note"), class_="quiet") if with_waiting else None,
        el("p", _counts(shown, lang)),
        el("p", _target(shown, lang), class_="quiet"),
    )


def _counts(shown: Panel, lang: Language) -> str:
    left_out = sum(n for _, n in shown.excluded)
    told = (
        (say(lang, "done"), shown.finished),
        (say(lang, "waiting"), shown.waiting),
        (say(lang, "excluded"), left_out),
    )
    return " · ".join(f"{word} {n}" for word, n in told)


def _target(shown: Panel, lang: Language) -> str:
    if shown.target is None:
        return say(lang, "no_target")
    return f"{say(lang, 'target')} {shown.statistic} {shown.direction} {number(shown.target)} {unit(shown.unit, lang)}"


def _definition(shown: Panel, lang: Language) -> Markup:
    source = "、".join(shown.source) if shown.source else "–"
    facts = [f"{shown.kpi}", f"{say(lang, 'version')} {shown.version}", f"{say(lang, 'source')} {source}"]
    if shown.feeds:
        facts.append(f"{say(lang, 'feeds')} {'、'.join(shown.feeds)}")
    not_applied = f"{say(lang, 'not_applied')}: {'; '.join(shown.not_applied)}" if shown.not_applied else ""
    return join(
        el("h3", say(lang, "definition")),
        el("p", shown.formula_zh if lang == "zh" else shown.formula_en),
        el("p", " · ".join(facts), class_="quiet"),
        el("p", not_applied, class_="quiet") if not_applied else None,
    )


def _chart(
    kind: str, heads: list[str], lines: list[list[str]], shown: Panel, lang: Language, marks: str = ""
) -> Markup:
    table = el(
        "table",
        el("thead", el("tr", *(el("th", head, scope="col") for head in heads))),
        el("tbody", *(el("tr", *(el("td", value) for value in line)) for line in lines)),
        id=f"table-{kind}",
        data_unit=unit(shown.unit, lang) if kind == "hours" else say(lang, "count"),
        data_marks=marks or None,
    )
    return join(
        el("div", class_="chart", data_chart=kind, data_table=f"table-{kind}", role="img", aria_label=heads[1]),
        el("details", el("summary", say(lang, "table")), el("div", table, class_="scroll")),
    )


def _distribution(shown: Panel, lang: Language) -> Markup | None:
    if not shown.bins:
        return None
    u = unit(shown.unit, lang)
    heads = [f"{say(lang, 'length')} ({u})", say(lang, "done"), say(lang, "waiting")]
    lines = [[f"{number(b.low)}–{number(b.high)}", str(b.finished), str(b.waiting)] for b in shown.bins]
    wide = shown.bins[0].high - shown.bins[0].low
    marks = [
        [int(value / wide), f"{say(lang, name)} {number(value)}"]
        for name, value in (("target", shown.target), ("median", shown.p50), ("ninety", shown.p90))
        if value is not None
    ]
    chart = _chart("distribution", heads, lines, shown, lang, msgspec.json.encode(marks).decode())
    return join(el("h3", say(lang, "distribution")), el("p", say(lang, "distribution_key"), class_="quiet"), chart)


def _hours(shown: Panel, lang: Language) -> Markup | None:
    if not shown.hours:
        return None
    heads = [say(lang, key) for key in ("hour", "today", "usual_median", "usual_low", "usual_high", "count")]
    lines = [
        [f"{h.hour}", number(h.value), number(h.usual), number(h.low), number(h.high), str(h.n)] for h in shown.hours
    ]
    return join(el("h3", say(lang, "by_hour")), _chart("hours", heads, lines, shown, lang))


def _reasons(shown: Panel, lang: Language) -> Markup | None:
    if not shown.excluded:
        return None
    lines = [el("tr", el("td", words.reason(lang, code)), el("td", n)) for code, n in shown.excluded]
    head = el("tr", el("th", say(lang, "reason")), el("th", say(lang, "count")))
    return join(el("h3", say(lang, "excluded")), el("table", el("thead", head), el("tbody", *lines)))


def _rows(shown: Panel, lang: Language) -> Markup:
    head = el("h3", say(lang, "visits"))
    if not shown.may_see_visits:
        return join(head, el("p", say(lang, "login_for_details"), class_="quiet"))
    if not shown.has_history:
        return join(head, el("p", say(lang, "no_history"), class_="quiet"))
    if not shown.rows:
        return join(head, el("p", say(lang, "no_visits"), class_="quiet"))
    zone = ZoneInfo(shown.zone)
    as_of = ""
    if shown.rows_as_of is not None:
        as_of = f"{say(lang, 'as_of')} {words.clock(shown.rows_as_of, zone, seconds=True)}"
    return join(head, el("p", as_of, class_="quiet"), *(_row(row, shown, zone, lang) for row in shown.rows))


def _row(row: BehindRow, shown: Panel, zone: ZoneInfo, lang: Language) -> Markup:
    length = words.duration(row.millis, lang) if row.millis is not None else say(lang, "waiting")
    state = words.reason(lang, row.excluded) if row.excluded else length
    times = " → ".join(words.clock(at, zone) if at is not None else "–" for at in (row.started_at, row.ended_at))
    address = f"/timeline/{row.visit_id or row.scope_id}?" + urlencode({"lang": lang, "day": shown.day})
    summary = el(
        "summary",
        f"{(row.visit_id or row.scope_id)[:8]} · {row.dept_name[0 if lang == 'zh' else 1]} · {times} · {state}",
    )
    return el("details", summary, el("div", data_visit=address, class_="events"), class_="visit")


def timeline(
    stages: list[tuple[str, int | None, int | None, str]], events: list[dict[str, Any]], zone: ZoneInfo, lang: Language
) -> Markup:
    """Stages of one visit, then its events in order, each with the feed that it came from."""

    def at(ms: int | None) -> str:
        return "–" if ms is None else words.clock(ms, zone, seconds=True)

    passed = [
        el("tr", el("td", name), el("td", at(start)), el("td", at(end)), el("td", state))
        for name, start, end, state in stages
    ]
    told = [
        el(
            "tr",
            el("td", event["title"]),
            el("td", at(event["occurred_ms"])),
            el("td", event["source_system"]),
            el("td", ", ".join(event["flags"])),
        )
        for event in events
    ]
    heads = [el("th", say(lang, key)) for key in ("stages_events", "started", "ended", "state")]
    heads_below = [el("th", say(lang, key)) for key in ("event", "occurred", "feed", "flags")]
    return join(
        el("table", el("thead", el("tr", *heads)), el("tbody", *passed)) if passed else None,
        el("table", el("thead", el("tr", *heads_below)), el("tbody", *told))
        if told
        else el("p", say(lang, "no_visits")),
    )
