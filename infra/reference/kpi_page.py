"""The page of one KPI: what it is, and a worked timeline."""

from __future__ import annotations

from infra.reference.source import cell
from infra.reference.worked_page import worked_section
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Split, Volume
from streams.reasons import REASONS
from streams.stages import stages

_KINDS: dict[type[Kpi], str] = {
    Interval: "interval 时长",
    Score: "score 得分",
    Share: "share 占比",
    Split: "share of each value 构成比",
    Due: "due 及时率",
    Rate: "rate 比率",
    Census: "gauge 即时计数",
    Volume: "volume 数量",
    Peak: "busiest hour 峰谷比",
    Reduction: "reduction since a baseline 较基线缩短",
    Quality: "data quality 数据质量",
}
_MODES = {"L": "`L` live only 仅实时", "D": "`D` daily only 仅日报", "B": "`B` live and daily 实时与日报"}
_LIVE = "live: p50, p90 with those still waiting 实时另含仍在等候者 (Kaplan–Meier)"
_BUCKETS = {"start": "start 起点", "end": "end 终点"}
_DAYS = {"business": "business day of the visit 就诊日", "local": "local date 当地日期"}


def page(kpi: Kpi) -> str:
    """The whole page."""
    text = f"# {kpi.zh} · {kpi.en}\n\n`{kpi.code}` · [all KPIs 全部指标](../kpis.md)\n\n"
    text += f"{kpi.formula_zh}\n\n{kpi.formula_en}\n\n## Definition 定义\n\n"
    text += "".join(f"- {name}: {what}\n" for name, what in _facts(kpi).items() if what)
    return text + _left_out(kpi) + worked_section(kpi)


def _facts(kpi: Kpi) -> dict[str, str]:
    return {
        "kind 种类": f"{_KINDS[type(kpi)]}, {kpi.unit}, v{kpi.version}",
        "mode 方式": _MODES[kpi.mode],
        "stage 环节": ", ".join(_stage(code) for code in kpi.over if code != "*") or "all 全部",
        "statistics 统计量": _statistics(kpi),
        "hour and day by 归属时刻与日期": _bucket(kpi),
        "by 维度": ", ".join(f"`{name}`" for name in kpi.dims),
        "series 系列": ", ".join(f"`{name}`" for name in kpi.series if name),
        "classes 就诊类别": ", ".join(kpi.classes),
        "not applied 未剔除（无此字段）": ", ".join(kpi.not_applied),
        "target 目标": target_of(kpi) or "none 无",
        "needs 所需事件": ", ".join(f"[`{name}`](../events.md)" for name in kpi.needs) or "any 任意",
        "final after 定稿": "" if kpi.mode == "L" else f"{kpi.final_after_days} days 天",
        "source 出处": ", ".join(kpi.source),
    }


def _stage(code: str) -> str:
    stage = stages()[code]
    return f"`{code}` {stage.zh} {cell(stage.en)}"


def _bucket(kpi: Kpi) -> str:
    if isinstance(kpi, Census):
        return "the instant shown 读数时刻"
    if kpi.stage == "*":
        of_events = isinstance(kpi, Quality) and kpi.gauge in ("late", "lag")
        return "when heard 收到时刻" if of_events else "each stage's own 各环节自定"
    stage = stages()[kpi.stage]
    return f"{_BUCKETS[stage.bucket]}, {_DAYS[stage.day]}"


def _left_out(kpi: Kpi) -> str:
    if not kpi.exclusions:
        return ""
    head = (
        "\n## Left out, and counted beside the number 剔除并计数\n\n| reason 原因 | 中文 | English |\n|---|---|---|\n"
    )
    named = {reason: REASONS.get(reason, (reason, reason)) for reason in kpi.exclusions}
    return head + "".join(f"| `{reason}` | {zh} | {en} |\n" for reason, (zh, en) in named.items())


def _statistics(kpi: Kpi) -> str:
    match kpi:
        case Interval():
            within = [f"share ≤ {s} s" for s in kpi.shares_s]
            said = ", ".join([*kpi.statistics, *within])
            return said if kpi.mode == "D" else f"{said}; {_LIVE}"
        case Score():
            return ", ".join(kpi.statistics)
        case Rate():
            return f"per {kpi.per:,} of " + ", ".join(f"`{code}`" for code in kpi.of)
        case Split():
            return f"ratio × 100 by `{kpi.by}`"
        case Share():
            return "ratio × 100" + (", also by amount 另按金额" if kpi.by_amount else "")
        case Due():
            limits = sorted(s for code in kpi.over if (s := stages()[code].within_s) is not None)
            return "share by the deadline 按时占比" + "".join(f" ({s} s)" for s in limits)
        case Quality():
            return "p95, p90, p50" if kpi.gauge == "lag" else "ratio × 100"
        case _:
            return "value 数值"


def target_of(kpi: Kpi) -> str:
    """`p50 ≤ 15 min (HLJ13)`; empty where there is none."""
    target = kpi.target
    if target is None:
        return ""
    source = f" ({target.source})" if target.source else ""
    return f"{target.statistic} {target.direction} {target.value:g} {kpi.unit}{source}"
