"""Where the time goes, in words and pictures: a bar per department for the wall, every part of it in a panel."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from board import words
from board.wall import TimeGoes
from board.words import Language, in_language, say
from orchestration.reports.markup import Markup, el, join
from streams.parts import NAMES
from streams.passing import FEW, Part, Passing

BARS_SHOWN = 3
_WIDE_ENOUGH = 8.0  # per cent of the picture, for a number
# What a bar tells apart: a class of the style sheet, its name, and the parts that it stands for.
_GROUPS: tuple[tuple[str, tuple[str, str], tuple[str, ...]], ...] = (
    ("early", ("早到", "early"), ("early",)),
    ("wait", ("候诊", "doctor"), ("consult",)),
    ("checkin", ("窗口", "desk"), ("desk",)),
    ("exam", ("检查", "imaging"), ("exam_wait", "exam_report")),
    ("lab", ("检验", "lab"), ("lab_wait", "lab_report")),
    ("pay", ("缴费", "pay"), ("payment",)),
    ("drugs", ("取药", "drugs"), ("pharmacy",)),
    ("consult", ("接诊办理", "served"), ("service",)),
    ("patient", ("患者原因", "patient's own"), ("patient",)),
    ("way", ("走动等", "way"), ("walking",)),
)
_WORDS: dict[str, tuple[str, str]] = {
    "slowest": ("最慢一成(≥{limit})", "slowest tenth (≥ {limit})"),
    "holds": ("最慢一成(≥{limit})的 {share}% 在 {part}", "slowest tenth (≥ {limit}): {share}% {part}"),
    "today": ("今日", "today"),
    "hour": ("近 60 分钟", "last 60 min"),
    "head": ("时间去向", "Where the time goes"),
    "part": ("去向", "part"),
    "mean": ("人均(分)", "mean (min)"),
    "share": ("占比", "share"),
    "now": ("此刻人数", "in it now"),
    "longest": ("最久", "longest"),
    "of": (
        "今日已离院 {n} 人次,人均 {mean} 分,各项之和即全程",
        "{n} visits over today, {mean} min on average: the parts are all of it",
    ),
    "few": ("今日已离院不足 5 人次", "fewer than 5 visits are over today"),
}  # fmt: skip


def _say(lang: Language, key: str, **values: object) -> str:
    return in_language(_WORDS[key], lang).format(**values)


def shares(shown: Sequence[TimeGoes], lang: Language) -> Markup:
    """One stacked bar for the hospital and for the departments that take longest, and what holds the slowest."""
    told = [each for each in shown if each.today.visits]
    if not told:
        return join(el("h2", say(lang, "time_goes")), el("p", say(lang, "no_patients"), class_="quiet"))
    longest = max(_mean(each.today, each.today.millis) for each in told) or 1.0
    link = "?" + urlencode({"lang": lang, "kpi": "visit_los"})
    head = el("h2", el("a", say(lang, "time_goes"), href=link, data_panel=True))
    bars = [_bar(each, longest, lang) for each in told[:BARS_SHOWN]]
    return join(head, _holding(told[0], lang), el("ul", *bars), _key(told[:BARS_SHOWN], lang))


def _holding(hospital: TimeGoes, lang: Language) -> Markup:
    """What holds the slowest tenth: of the last hour, where enough have left in it."""
    span, of = ("hour", hospital.hour) if hospital.hour.holds else ("today", hospital.today)
    return el("p", f"{_say(lang, span)} · {held(of, lang)}" if of.holds else _say(lang, "few"), class_="holds")


def held(of: Passing, lang: Language) -> str:
    """The part that most of the time of the slowest tenth goes to, as a sentence; "" of too few."""
    if of.holds is None:
        return ""
    part = in_language(NAMES[of.holds.part], lang)
    share = round(100 * of.holds.slowest_millis / of.slowest_millis)
    return _say(lang, "holds", limit=words.duration((of.p90_s or 0) * 1000, lang), share=share, part=part)


def _mean(of: Passing, millis: int) -> float:
    return millis / of.visits / 60_000


def _groups(of: Passing) -> list[tuple[str, float]]:
    """Mean minutes by group, those that took any time."""
    by_part = {part.part: part.millis for part in of.parts}
    found = [(code, _mean(of, sum(by_part.get(part, 0) for part in parts))) for code, _, parts in _GROUPS]
    return [(code, minutes) for code, minutes in found if minutes]


def _bar(goes: TimeGoes, longest: float, lang: Language) -> Markup:
    place, shapes, names = 0.0, [], {code: in_language(name, lang) for code, name, _ in _GROUPS}
    for code, minutes in _groups(goes.today):
        wide = 100 * minutes / longest
        title = el("title", f"{names[code]} {minutes:.0f}")
        shapes.append(el("rect", title, x=f"{place:.2f}%", width=f"{wide:.2f}%", height="100%", class_=f"part-{code}"))
        if wide > _WIDE_ENOUGH:
            shapes.append(el("text", f"{minutes:.0f}", x=f"{place + wide / 2:.2f}%", y="78%", class_=f"in-{code}"))
        place += wide
    spoken = "; ".join(f"{names[code]} {minutes:.0f}" for code, minutes in _groups(goes.today))
    link = "?" + urlencode({"lang": lang, "kpi": "visit_los"} | ({"dept": goes.dept} if goes.dept else {}))
    return el(
        "li",
        el("a", goes.zh if lang == "zh" else goes.en, class_="who", href=link, data_panel=True),
        el("svg", *shapes, class_="stack", aria_hidden="true"),
        el("b", f"{_mean(goes.today, goes.today.millis):.0f}"),
        el("span", spoken, class_="sr"),
    )


def _key(shown: Sequence[TimeGoes], lang: Language) -> Markup:
    used = {code for goes in shown for code, minutes in _groups(goes.today) if minutes >= 0.5}
    keys = [
        el("span", el("i", class_=f"key key-{code}"), in_language(name, lang))
        for code, name, _ in _GROUPS
        if code in used
    ]
    return el("p", *keys, class_="keys")


def section(of: Passing | None, hour: Passing | None, at: int, lang: Language) -> Markup | None:
    """Every part, in the panel of the length that they make up."""
    if of is None or not of.parts:
        return None
    heads = [_say(lang, key) for key in ("part", "mean", "share")]
    heads += [_say(lang, "slowest", limit=words.duration((of.p90_s or 0) * 1000, lang)) if of.holds else "–"]
    heads += [_say(lang, key) for key in ("now", "longest")]
    said = [
        f"{_say(lang, span)} · {held(each, lang)}"
        for span, each in (("today", of), ("hour", hour))
        if each and each.holds
    ]
    told = _say(lang, "of", n=of.visits, mean=f"{_mean(of, of.millis):.1f}") if of.visits >= FEW else _say(lang, "few")
    return join(
        el("h3", _say(lang, "head")),
        el("p", told, class_="quiet"),
        *(el("p", each) for each in said),
        el(
            "table",
            el("thead", el("tr", *(el("th", head, scope="col") for head in heads))),
            el("tbody", *(_line(part, of, at, lang) for part in of.parts)),
            class_="parts",
            aria_label=_say(lang, "head"),
        ),
    )


def _line(part: Part, of: Passing, at: int, lang: Language) -> Markup:
    mean = f"{_mean(of, part.millis):.1f}" if of.visits else "–"
    share = f"{100 * part.millis / of.millis:.0f}%" if of.millis else "–"
    slow = f"{100 * part.slowest_millis / of.slowest_millis:.0f}%" if of.holds else "–"
    longest = words.duration(max(0, at - part.oldest_since), lang) if part.oldest_since is not None else ""
    cells = (in_language(NAMES[part.part], lang), mean, share, slow, part.inside or "", longest)
    return el("tr", *(el("td", cell) for cell in cells))
