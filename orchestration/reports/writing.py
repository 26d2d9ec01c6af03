"""How reports write numbers, days and statistics, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from orchestration.reports.figures import Figure, Pair
from streams.kpis.kpi import Kpi, Target
from streams.names import UNITS_ZH
from streams.reasons import REASONS

Language = Literal["zh", "en"]

_STATISTICS: dict[str, Pair] = {
    "p50": ("中位", "median"),
    "p90": ("九成", "9 in 10"),
    "mean": ("平均", "mean"),
    "value": ("", ""),
    "": ("", ""),
}
_WEEKDAYS: tuple[Pair, ...] = (
    ("一", "Monday"), ("二", "Tuesday"), ("三", "Wednesday"), ("四", "Thursday"), ("五", "Friday"), ("六", "Saturday"),
    ("日", "Sunday"),
)  # fmt: skip
_UNITS_EN = {"visits": "", "tickets": "", "stops": "stops", "%": "%"}
_CLOSE = {"%", "‱", "×"}  # units that stand close to their number


def pick(pair: Pair, lang: Language) -> str:
    """One of two texts."""
    return pair[0 if lang == "zh" else 1]


def listed(parts: Sequence[str], lang: Language) -> str:
    """Several things in a row."""
    return ("、" if lang == "zh" else ", ").join(parts)


def number(value: float | None, digits: int = 1) -> str:
    """A figure as people write it: thousands apart, no needless zeros; a dash when there is none."""
    if value is None:
        return "–"
    shown = f"{value:,.{digits}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return "0" if shown == "-0" else shown


def signed(by: float | None) -> str:
    """A difference with its sign."""
    shown = number(by)
    return f"+{shown}" if by is not None and by > 0 and shown != "0" else shown


def unit(kpi: Kpi, lang: Language) -> str:
    """A KPI's unit in words."""
    return UNITS_ZH.get(kpi.unit, kpi.unit) if lang == "zh" else _UNITS_EN.get(kpi.unit, kpi.unit)


def amount(value: float | None, kpi: Kpi, lang: Language, digits: int | None = None) -> str:
    """A value with its unit: `52 分`, `93.1%`, `1,203 人次`."""
    if value is None:
        return "–"
    name = unit(kpi, lang)
    usual = 0 if value >= 100 and name not in _CLOSE else 1
    shown = number(value, usual if digits is None else digits)
    return f"{shown}{'' if name in _CLOSE or not name else ' '}{name}"


def statistic(name: str, lang: Language) -> str:
    """A statistic in words: `中位`, `9 in 10`; of a share within a limit, which."""
    if name.startswith("share≤"):
        minutes = int(name.removeprefix("share≤")) / 60
        long, length = minutes > 120, number(minutes / 60 if minutes > 120 else minutes)
        if lang == "zh":
            return f"{length} {'小时' if long else '分'}内占比"
        return f"share within {length} {'h' if long else 'min'}"
    return pick(_STATISTICS.get(name, (name, name)), lang)


def target_text(target: Target | None, kpi: Kpi, lang: Language) -> str:
    """A target: `中位 ≤ 10 分`."""
    if target is None:
        return ""
    of_share = target.statistic.startswith("share")
    shown = f"{number(target.value)}%" if of_share else amount(target.value, kpi, lang)
    return f"{statistic(target.statistic, lang)} {target.direction} {shown}".strip()


def title(kpi: Kpi, lang: Language) -> str:
    """A KPI's title."""
    return kpi.zh if lang == "zh" else kpi.en


def with_statistic(figure: Figure, lang: Language, name: str | None = None) -> str:
    """A figure's number with what it is: `中位 52 分`."""
    of = figure.statistic if name is None else name
    return f"{statistic(of, lang)} {judged_amount(figure, of or 'value', lang)}".strip()


def judged_amount(figure: Figure, of: str, lang: Language) -> str:
    """One of a figure's numbers; with two digits where a target was missed by a hair, which rounding would hide."""
    value, target = figure.statistics.get(of), figure.target
    is_judged = target is not None and target.statistic == of and figure.severity > 0
    is_hair = is_judged and target is not None and number(value) == number(target.value)
    return amount(value, figure.kpi, lang, 2 if is_hair else None)


def day_text(day: str, lang: Language, *, weekday: bool = True) -> str:
    """`2026年11月20日 星期五`, `Friday 20 November 2026`."""
    on = date.fromisoformat(day)
    zh, en = _WEEKDAYS[on.weekday()]
    if lang == "zh":
        return f"{on.year}年{on.month}月{on.day}日" + (f" 星期{zh}" if weekday else "")
    return (f"{en} " if weekday else "") + f"{on.day} {on:%B} {on.year}"


def period_text(name: str, first: str, last: str, lang: Language) -> str:
    """`2026年第47周（2026-11-16 至 2026-11-22）`, `November 2026 (2026-11-01 to 2026-11-30)`."""
    called = _period_name(name, lang)
    return f"{called}（{first} 至 {last}）" if lang == "zh" else f"{called} ({first} to {last})"


def _period_name(name: str, lang: Language) -> str:
    year, _, rest = name.partition("-")
    if rest.startswith("W"):
        return f"{year}年第{int(rest[1:])}周" if lang == "zh" else f"Week {int(rest[1:])} of {year}"
    if rest.startswith("Q"):
        return f"{year}年第{rest[1:]}季度" if lang == "zh" else f"Quarter {rest[1:]} of {year}"
    if rest:
        return f"{year}年{int(rest)}月" if lang == "zh" else f"{date(int(year), int(rest), 1):%B %Y}"
    return f"{year}年" if lang == "zh" else year


def short_day(day: str) -> str:
    """`11-20`."""
    return day[5:]


def instant_text(at_ms: int, zone: ZoneInfo) -> str:
    """`2026-11-21 06:04` on the hospital's clock."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"


def reasons_text(excluded: dict[str, int], lang: Language) -> str:
    """What was left out, and why: `离队 3、缺结束时间 2`, most first."""
    ordered = sorted(excluded.items(), key=lambda each: (-each[1], each[0]))
    told = [f"{pick(REASONS.get(code, (code, code.replace('_', ' '))), lang)} {number(n, 0)}" for code, n in ordered]
    return listed(told, lang)
