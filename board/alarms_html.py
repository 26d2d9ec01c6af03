"""Incidents in words: a line on the wall, the page of all of them, one of them with its form, those behind a number."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from board import words
from board.alarms import Alarm, Alarms
from board.cell_html import ticking
from board.marks import mark
from board.words import Language, in_language, say
from orchestration.reports.markup import Markup, el, join
from orchestration.reports.writing import amount
from streams.alerts.says import ENDS, ESCALATIONS, Names, place, role
from streams.kpis import catalogue


def line(alarm: Alarm, at: int, lang: Language) -> Markup:
    """One incident on the wall: what and where, for how long, and whether somebody sees to it."""
    incident = alarm.incident
    return el(
        "li",
        el(
            "a",
            el("span", sign(alarm), " ", in_language(alarm.title, lang), class_="what"),
            el(
                "span",
                ticking(incident.opened_at or at, at, lang, style="for"),
                " · ",
                state(alarm, lang),
                class_="who",
            ),
            href=_address(alarm, lang),
        ),
        data_incident=incident.id,
        class_=f"alarm severity-{alarm.severity}{' is-taken' if alarm.taken else ''}",
    )


def _address(alarm: Alarm, lang: Language) -> str:
    return f"/alerts/{alarm.incident.id}?" + urlencode({"lang": lang})


def sign(alarm: Alarm) -> Markup:
    """The mark of an incident: a shape of its own before any colour."""
    cause = {"link": "cut", "silent": "clock", "late": "clock", "gone": "bolt"}.get(alarm.incident.cause)
    return mark(cause or ("far" if alarm.severity > 1 else "over"))


def state(alarm: Alarm, lang: Language) -> Markup:
    """Whether somebody sees to it."""
    if alarm.taken is not None:
        return join(mark("ok"), " ", say(lang, "taken_by", by=in_language(role(alarm.taken.by), lang)))
    key = "nobody_yet" if alarm.incident.escalated_at is None else "escalated_nobody"
    return el("b", say(lang, key))


def page_fragments(shown: Alarms, at: int, lang: Language, zone: ZoneInfo) -> dict[str, str]:
    """The page of incidents: what is open, and what is over."""
    head = el("h2", say(lang, "open_incidents"), " ", el("span", len(shown.open), class_="number"))
    body: Markup = el("p", mark("ok"), " ", say(lang, "nothing_open"), class_="quiet")
    if shown.open:
        body = el("ol", *(_entry(each, at, lang, zone) for each in shown.open))
    past: Markup = el("p", say(lang, "no_past"), class_="quiet")
    if shown.past:
        past = _table(shown.past, lang, zone)
    return {
        "alerts-open": join(_watch(shown, lang, zone), head, body),
        "alerts-past": join(el("h2", say(lang, "past_incidents")), past),
    }


def _watch(shown: Alarms, lang: Language, zone: ZoneInfo) -> Markup:
    if shown.watch == "on":
        return el("p", say(lang, "watch_on", n=str(shown.rules)), class_="quiet")
    return el("p", mark("bolt"), " ", watch_words(shown, lang, zone), class_="notice")


def watch_words(shown: Alarms, lang: Language, zone: ZoneInfo) -> str:
    """That nobody watches."""
    if shown.watch_at is None:
        return say(lang, "watch_never")
    return say(lang, "watch_gone", since=words.clock(shown.watch_at, zone))


def _entry(alarm: Alarm, at: int, lang: Language, zone: ZoneInfo) -> Markup:
    incident = alarm.incident
    opened = incident.opened_at or at
    return el(
        "li",
        el(
            "a",
            el("span", sign(alarm), " ", in_language(alarm.title, lang), class_="what"),
            el("span", in_language(alarm.figures, lang), class_="figures"),
            el("span", words.clock(opened, zone), " ", ticking(opened, at, lang, style="for"), class_="since"),
            el("span", state(alarm, lang), class_="who"),
            href=_address(alarm, lang),
        ),
        _undelivered(alarm, lang),
        data_incident=incident.id,
        class_=f"alarm severity-{alarm.severity}{' is-taken' if alarm.taken else ''}",
    )


def _undelivered(alarm: Alarm, lang: Language) -> Markup | None:
    if not alarm.undelivered:
        return None
    return el("p", mark("cut"), " ", say(lang, "undelivered", why=alarm.undelivered), class_="undelivered")


def _table(past: Iterable[Alarm], lang: Language, zone: ZoneInfo) -> Markup:
    heads = (say(lang, key) for key in ("incident", "opened", "over_at", "lasted", "end", "taken_up"))
    lines = []
    for each in past:
        incident = each.incident
        opened, closed = incident.opened_at or 0, incident.closed_at or 0
        link = el(
            "a",
            sign(each),
            " ",
            in_language(each.title, lang),
            href=_address(each, lang),
        )
        by = in_language(role(each.taken.by), lang) if each.taken else "–"
        told = [
            link, _day_clock(opened, zone), words.clock(closed, zone), words.duration(closed - opened, lang),
            in_language(ENDS.get(incident.closed_because, ("", "")), lang), by,
        ]  # fmt: skip
        lines.append(el("tr", *(el("td", cell) for cell in told)))
    head = el("thead", el("tr", *(el("th", name, scope="col") for name in heads)))
    return el("div", el("table", head, el("tbody", *lines)), class_="scroll", tabindex="0")


def _day_clock(at: int, zone: ZoneInfo) -> str:
    return f"{words.local(at, zone):%m-%d %H:%M}"


def one(alarm: Alarm, names: Names, lang: Language, zone: ZoneInfo, *, may_take: bool, failed: str = "") -> Markup:
    """One incident whole, and the form by which a role takes it up; it works without scripts."""
    incident = alarm.incident
    facts = [
        ("place", in_language(place(incident.where, names), lang)),
        ("figures", in_language(alarm.figures, lang)),
        ("beyond_since", _day_clock(incident.since, zone)),
        ("opened", _day_clock(incident.opened_at or incident.since, zone)),
        ("worst", amount(incident.worst, catalogue()[incident.kpi], lang) if incident.kpi in catalogue() else ""),
        ("escalated", _escalation(alarm, lang, zone)),
        ("over_at", _end(alarm, lang, zone)),
        ("told_to", _told_to(alarm, lang)),
        ("taken_up", _taken(alarm, lang, zone)),
        ("id", incident.id),
    ]
    rows = [el("tr", el("th", say(lang, key), scope="row"), el("td", value)) for key, value in facts if value]
    return join(
        el("h1", sign(alarm), " ", in_language(alarm.title, lang)),
        el("p", failed, role="alert", class_="notice") if failed else None,
        el("table", el("tbody", *rows)),
        _undelivered(alarm, lang),
        _behind(alarm, lang),
        _form(alarm, lang, may_take=may_take) if incident.is_open and alarm.taken is None else None,
    )


def _escalation(alarm: Alarm, lang: Language, zone: ZoneInfo) -> str:
    at = alarm.incident.escalated_at
    why = ESCALATIONS.get(alarm.incident.escalated_because, ("", ""))
    return "" if at is None else f"{words.clock(at, zone)} {in_language(why, lang)}"


def _end(alarm: Alarm, lang: Language, zone: ZoneInfo) -> str:
    at = alarm.incident.closed_at
    why = ENDS.get(alarm.incident.closed_because, ("", ""))
    return "" if at is None else f"{_day_clock(at, zone)} {in_language(why, lang)}"


def _told_to(alarm: Alarm, lang: Language) -> str:
    roles = [*alarm.incident.who, *(alarm.incident.escalates_to if alarm.incident.escalated_at else ())]
    return "、".join(in_language(role(each), lang) for each in roles)


def _taken(alarm: Alarm, lang: Language, zone: ZoneInfo) -> str:
    taken = alarm.taken
    if taken is None:
        return ""
    return f"{in_language(role(taken.by), lang)} {words.clock(taken.at, zone)} {taken.note}".strip()


def _behind(alarm: Alarm, lang: Language) -> Markup | None:
    if not alarm.incident.kpi:
        return None
    asked = {"lang": lang, "kpi": alarm.incident.kpi, **dict(alarm.incident.where)}
    return el("p", el("a", say(lang, "behind_it"), href="/?" + urlencode(asked)), class_="links")


def _form(alarm: Alarm, lang: Language, *, may_take: bool) -> Markup:
    if not may_take:
        return el("p", say(lang, "login_to_take"), class_="quiet")
    incident = alarm.incident
    roles = list(dict.fromkeys([*incident.who, *incident.escalates_to]))
    return el(
        "form",
        el(
            "label",
            say(lang, "by_role"),
            el(
                "input",
                name="by",
                list="roles",
                required=True,
                maxlength=40,
                value=next(iter(roles), ""),
                autofocus=True,
            ),
        ),
        el("datalist", *(el("option", value=role) for role in roles), id="roles"),
        el("label", say(lang, "note"), el("input", name="note", maxlength=200, placeholder=say(lang, "note_hint"))),
        el("button", say(lang, "take_up"), type="submit"),
        method="post",
        action=_address(alarm, lang),
        id="take",
    )


def beside(found: Iterable[Alarm], lang: Language, zone: ZoneInfo) -> Markup | None:
    """The incidents about a number, in the panel behind it."""
    lines = []
    for each in found:
        opened, closed = each.incident.opened_at or 0, each.incident.closed_at
        span = f"{words.clock(opened, zone)} → {words.clock(closed, zone) if closed else ''}"
        what = join(sign(each), " ", in_language(each.title, lang), " · ", span, " · ")
        ended = say(lang, "over_now_short") if closed else state(each, lang)
        link = el("a", what, ended, href=_address(each, lang))
        lines.append(el("li", link, class_=f"severity-{0 if closed else each.severity}"))
    return join(el("h3", say(lang, "incidents_today")), el("ul", *lines, class_="incidents")) if lines else None
