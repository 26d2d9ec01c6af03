"""An incident in words, Chinese first and English: what and where, and how much. No names of people are known here."""

from __future__ import annotations

import msgspec

from ingest.feeds import feed_settings
from ingest.settings import Site
from streams.alerts.incident import Incident, Where
from streams.alerts.rule import FEEDS, LIVE
from streams.kpis import catalogue
from streams.kpis.kpi import Interval
from streams.names import SERVICE_POINTS, UNITS_ZH

Pair = tuple[str, str]  # Chinese, English

CAUSES: dict[str, Pair] = {
    "link": ("连接中断", "link down"),
    "silent": ("无新数据", "silent"),
    "late": ("数据迟到", "late data"),
    "few": ("数据量异常偏少", "far less data than usual"),
    "gone": ("实时计算中断", "live values have stopped"),
}
ENDS: dict[str, Pair] = {
    "well": ("已恢复", "back to normal"),
    "closed": ("已下班", "closing time"),
    "withdrawn": ("规则已停用", "rule withdrawn"),
}
ESCALATIONS: dict[str, Pair] = {
    "far": ("远超目标", "far over target"),
    "unacknowledged": ("无人确认", "nobody took it"),
}
_STATISTICS: dict[str, Pair] = {"p50": ("中位", "median"), "p90": ("九成", "9 in 10"), "mean": ("平均", "mean")}
_NOBODY: Pair = ("", "")


class Names(msgspec.Struct, frozen=True):
    """What people call the departments and feeds of a site."""

    departments: dict[str, Pair] = {}
    feeds: dict[str, Pair] = {}


def names(site: Site) -> Names:
    """The names of a site."""
    departments = {code: (known.zh, known.en) for code, known in site.departments.items()}
    return Names(departments, {name: (f.zh or name, f.en or name) for name, f in feed_settings(site).items()})


def place(where: Where, known: Names) -> Pair:
    """Where: the department, window or feed, as people call it."""
    if not where:
        return "全院", "Hospital"
    tables = {"dept": known.departments, "feed": known.feeds, "service_point_type": SERVICE_POINTS}
    pairs = [tables.get(dim, {}).get(value, (value, value)) for dim, value in where]
    return "、".join(zh for zh, _ in pairs), ", ".join(en for _, en in pairs)


def what(incident: Incident) -> Pair:
    """What is wrong: the measure, or what became of the feed."""
    if incident.rule in (FEEDS, LIVE):
        return CAUSES.get(incident.cause, (incident.cause, incident.cause))
    kpi = catalogue().get(incident.kpi)
    return (incident.kpi, incident.kpi) if kpi is None else (kpi.zh, kpi.en.partition(" (")[0])


def title(incident: Incident, known: Names) -> Pair:
    """`心内科 候诊时间`, `Cardiology: consultation wait`."""
    (where_zh, where_en), (what_zh, what_en) = place(incident.where, known), what(incident)
    if incident.rule == LIVE:
        return what_zh, what_en
    return f"{where_zh} {what_zh}", f"{where_en[:1].upper()}{where_en[1:]}: {what_en}"


def role(text: str) -> Pair:
    """A role as each language calls it, where it was written in both: `门诊部 outpatient office`."""
    zh, _, en = text.partition(" ")
    return (zh, en) if en and not zh.isascii() and en.isascii() else (text, text)


def figures(incident: Incident) -> Pair:
    """`中位(含仍在等候者) 42 分,应 ≤ 30 分`; of a feed how long it is silent or late, and how long it may be."""
    kpi = catalogue().get(incident.kpi)
    if incident.value is None:
        return _NOBODY
    if incident.cause == "few":
        return _few(incident.value, incident.limit)
    if kpi is None:
        return _minutes(incident.value, incident.limit) if incident.cause in ("silent", "late") else _NOBODY
    zh, en = _STATISTICS.get(incident.statistic, ("当前", "now"))
    if isinstance(kpi, Interval) and incident.statistic in ("p50", "p90"):
        zh, en = f"{zh}(含仍在等候者)", f"{en} (those still waiting included)"
    now, limit = f"{incident.value:.1f}".removesuffix(".0"), f"{incident.direction} {incident.limit:g}"
    unit_zh = UNITS_ZH.get(kpi.unit, kpi.unit)
    return f"{zh} {now} {unit_zh},应 {limit} {unit_zh}", f"{en} {now} {kpi.unit}, should be {limit} {kpi.unit}"


def _few(value: float, usual: float | None) -> Pair:
    now, then = f"{value:,.0f}", f"{usual or 0:,.0f}"
    return f"近 60 分钟 {now} 条,同类日此时约 {then} 条", f"{now} in 60 min, about {then} are usual"


def _minutes(value: float, limit: float | None) -> Pair:
    now, may_be = round(value / 60), round((limit or 0) / 60)
    return f"{now} 分,容许 {may_be} 分", f"{now} min, {may_be} min are allowed"
