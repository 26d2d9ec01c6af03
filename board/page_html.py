"""The page around the fragments: head, places for the fragments, the panel's place, the login form."""

from __future__ import annotations

from collections.abc import Mapping

from board.columns import COLUMNS
from board.wall_html import MOST_ROWS
from board.words import Language, say
from orchestration.reports.markup import Markup, el, join


class Frame:
    """What a page is served with, beside its fragments."""

    def __init__(
        self,
        lang: Language,
        *,
        theme: str = "",
        kiosk: bool = False,
        version: str = "",
        build: str = "",
        logged_in: bool = False,
        may_look: bool = False,
    ) -> None:
        self.lang = lang
        self.theme = theme if theme in {"light", "dark"} else ""
        self.kiosk = kiosk
        self.version = version  # of the fragments in it: the stream goes on from there
        self.logged_in = logged_in
        self.may_look = may_look  # behind the numbers: analysts and IT
        self.build = build  # of the board: a kiosk reloads itself for a new one


def document(frame: Frame, title: str, *content: Markup, script: bool = True) -> Markup:
    """A whole HTML document. Everything it loads comes from the board itself."""
    dark = {"dark": "all", "light": "not all"}.get(frame.theme, "(prefers-color-scheme: dark)")
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("link", rel="icon", href="/static/mark.svg", type="image/svg+xml"),
        el("link", rel="stylesheet", href=f"/static/board.css?{frame.build}"),
        el("link", rel="stylesheet", href=f"/static/dark.css?{frame.build}", media=dark),
        el("script", type="module", src=f"/static/board.js?{frame.build}") if script else None,
    )
    page = el(
        "html",
        head,
        el("body", *content),
        lang="zh-CN" if frame.lang == "zh" else "en",
        data_lang=frame.lang,
        data_version=frame.version,
        data_build=frame.build,
        data_kiosk=frame.kiosk,
        data_theme=frame.theme or None,
    )
    return Markup("<!doctype html>" + page)


def wall(frame: Frame, title: str, fragments: Mapping[str, str]) -> Markup:
    """The wall with its fragments in their places."""

    def place(name: str, tag: str = "section", **attributes: str) -> Markup:
        return el(tag, Markup(fragments.get(name, "")), id=name, **attributes)

    lang = frame.lang
    matrix = [_head(lang), *(_row(n, fragments, lang) for n in range(MOST_ROWS))]
    return document(
        frame,
        title,
        el("a", say(lang, "skip"), href="#matrix", class_="skip"),
        el("div", id="told", role="status", aria_live="polite"),
        place("strip", "header"),
        place("notice", "div", role="alert"),
        el(
            "main",
            el("div", *matrix, id="matrix", role="table", aria_label=say(lang, "matrix"), tabindex="-1"),
            place("others", "div"),
            el("aside", place("longest"), place("todo"), place("feeds"), id="side"),
            el("div", place("arrivals"), place("shares"), id="below"),
            id="wall",
        ),
        el("footer", place("foot", "div"), el("span", say(lang, "legend"), class_="legend"), _controls(frame)),
        el("noscript", el("p", say(lang, "no_script"), class_="notice")),
        el("dialog", id="panel", aria_labelledby="panel-title", aria_label=say(lang, "definition")),
    )


def _controls(frame: Frame) -> Markup | None:
    if frame.kiosk:
        return None
    other = "en" if frame.lang == "zh" else "zh"
    theme = f"&theme={frame.theme}" if frame.theme else ""
    return el(
        "nav",
        el("a", say(frame.lang, "alerts"), href=f"/alerts?lang={frame.lang}{theme}"),
        el("a", say(frame.lang, "feeds"), href=f"/feeds?lang={frame.lang}{theme}"),
        el("a", say(frame.lang, "all_kpis"), href=f"/measures?lang={frame.lang}{theme}"),
        el("a", say(frame.lang, "checks"), href=f"/checks?lang={frame.lang}") if frame.may_look else None,
        el("a", say(frame.lang, "other_language"), href=f"/?lang={other}{theme}", hreflang=other),
        _logout(frame),
        id="controls",
    )


def _logout(frame: Frame) -> Markup | None:
    if not frame.logged_in:
        return None
    return el("form", el("button", say(frame.lang, "logout"), type="submit"), method="post", action="/logout")


def _head(lang: Language) -> Markup:
    heads = [el("span", column.name(lang), role="columnheader") for column in COLUMNS]
    return el("div", el("span", say(lang, "department"), role="columnheader"), *heads, class_="row heads", role="row")


def _row(place: int, fragments: Mapping[str, str], lang: Language) -> Markup:
    name = f"r{place}"
    cells = [
        el(
            "div",
            Markup(fragments.get(f"{name}-{column.code}", "")),
            id=f"{name}-{column.code}",
            role="cell",
            data_label=column.name(lang),
        )
        for column in COLUMNS
    ]
    head = el("div", Markup(fragments.get(name, "")), id=name, role="rowheader")
    return el("div", head, *cells, class_="row", role="row")


def measures(frame: Frame, title: str, fragments: Mapping[str, str]) -> Markup:
    """The page of all measures: a tile each."""
    lang = frame.lang
    return document(
        frame,
        title,
        el("div", id="told", role="status", aria_live="polite"),
        el("header", Markup(fragments.get("strip", "")), id="strip"),
        el("div", Markup(fragments.get("notice", "")), id="notice", role="alert"),
        el("main", Markup(fragments.get("tiles", "")), id="tiles"),
        el(
            "footer",
            el("div", Markup(fragments.get("foot", "")), id="foot"),
            el("span", say(lang, "legend_measures"), class_="legend"),
            None
            if frame.kiosk
            else el("nav", el("a", say(lang, "the_wall"), href=f"/?lang={lang}"), _logout(frame), id="controls"),
        ),
        el("dialog", id="panel", aria_labelledby="panel-title", aria_label=say(lang, "definition")),
    )


def alerts(frame: Frame, title: str, fragments: Mapping[str, str]) -> Markup:
    """The page of incidents: what is open, what is over."""
    return document(
        frame,
        title,
        el("div", id="told", role="status", aria_live="polite"),
        el("header", Markup(fragments.get("strip", "")), id="strip"),
        el("div", Markup(fragments.get("notice", "")), id="notice", role="alert"),
        el(
            "main",
            *(el("section", Markup(fragments.get(name, "")), id=name) for name in ("alerts-open", "alerts-past")),
            id="alerts",
        ),
        _footer(frame, fragments),
    )


def alert(frame: Frame, title: str, content: Markup) -> Markup:
    """One incident; a page that stands still, so that nothing moves under whoever writes."""
    back = el("a", "← ", say(frame.lang, "alerts"), href=f"/alerts?lang={frame.lang}")
    return document(frame, title, el("main", content, el("nav", back, class_="links"), id="alert"), script=False)


def _footer(frame: Frame, fragments: Mapping[str, str]) -> Markup:
    wall = el("a", say(frame.lang, "the_wall"), href=f"/?lang={frame.lang}")
    return el(
        "footer",
        el("div", Markup(fragments.get("foot", "")), id="foot"),
        None if frame.kiosk else el("nav", wall, _logout(frame), id="controls"),
    )


def feeds(frame: Frame, title: str, content: Markup) -> Markup:
    """The page of the feeds."""
    style = el("link", rel="stylesheet", href=f"/static/feeds.css?{frame.build}")
    other = "en" if frame.lang == "zh" else "zh"
    links = el(
        "p",
        el("a", "← ", say(frame.lang, "title"), href=f"/?lang={frame.lang}"),
        " · ",
        el("a", say(frame.lang, "other_language"), href=f"/feeds?lang={other}", hreflang=other),
        class_="links",
    )
    return document(frame, title, style, el("main", content, links, id="feeds-page"), script=False)


def login(frame: Frame, title: str, *, failed: bool, then: str) -> Markup:
    """The login form; it works without scripts."""
    lang = frame.lang
    form = el(
        "form",
        el("h1", title),
        el("p", say(lang, "login_wrong"), role="alert", class_="notice") if failed else None,
        el(
            "label", say(lang, "name"), el("input", name="name", autocomplete="username", required=True, autofocus=True)
        ),
        el(
            "label",
            say(lang, "password"),
            el("input", name="password", type="password", autocomplete="current-password", required=True),
        ),
        el("input", type="hidden", name="then", value=then),
        el("button", say(lang, "login"), type="submit"),
        method="post",
        action=f"/login?lang={lang}",
        id="login",
    )
    return document(frame, title, el("main", form), script=False)


def alone(message: str, lang: Language) -> Markup:
    """What a panel says when it has nothing to show."""
    return join(el("button", say(lang, "close"), class_="close", type="button"), el("p", message))
