"""The page of KPIs and the stages they stand on."""

from __future__ import annotations

from infra.reference.source import cell
from streams.kpis import catalogue
from streams.kpis.kpi import Census, Due, Interval, Kpi, Peak, Quality, Rate, Reduction, Score, Share, Split, Volume
from streams.stages import declared, stages
from streams.stages.stage import Stage

_HEAD = """\
# KPIs 指标

Generated from `streams/kpis/` and `streams/stages/`; do not edit. {kpis} KPIs over {stages} stages. An entry is one
KPI: its live value, daily and hourly rows, tile, checks and this page follow from it. Percentiles are inclusive (R-7)
over whole seconds, means are over milliseconds, published numbers are rounded half-even to 6 decimals.

由代码生成，请勿修改。每一项即一个指标：实时值、日与小时数据、看板、检查与本页都由它而来。
分位数按整秒以 R-7（含端点）计算，均值按毫秒计算，公布值四舍六入五成双保留 6 位小数。

Mode 方式: `L` live only 仅实时, `D` daily only 仅日报, `B` both 两者.
Left out 剔除: reasons for which a row is in no distribution; each is counted beside the number.
因此不进入分布的行，按原因计数，列在数值旁。

| code 代码 | 中文 | English | unit 单位 | mode 方式 | target 目标 |
|---|---|---|---|---|---|
"""

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


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    kpis = list(catalogue().values())
    text = _HEAD.format(kpis=len(kpis), stages=len(declared()))
    for kpi in kpis:
        text += f"| [`{kpi.code}`](#{kpi.code}) | {kpi.zh} | {kpi.en} | {kpi.unit} | {kpi.mode} | {_target(kpi)} |\n"
    text += "".join(_section(kpi) for kpi in kpis)
    text += "\n## Stages 环节\n\n| code 代码 | 中文 | English | folds from 来自 | hour 小时 | day 日 | ceiling 上限 | "
    text += "dimensions 维度 |\n|---|---|---|---|---|---|---|---|\n"
    return {"kpis.md": text + "".join(_stage(stage) for stage in declared())}


def _section(kpi: Kpi) -> str:
    lines = [f"\n## {kpi.code}\n\n**{kpi.zh}** · {kpi.en}\n\n{kpi.formula_zh}\n\n{kpi.formula_en}\n"]
    facts = {
        "kind 种类": f"{_KINDS[type(kpi)]}, {kpi.unit}, v{kpi.version}",
        "stage 环节": ", ".join(f"`{code}`" for code in kpi.over if code != "*") or "all 全部",
        "statistics 统计量": _statistics(kpi),
        "by 维度": ", ".join(f"`{name}`" for name in kpi.dims),
        "series 系列": ", ".join(f"`{name}`" for name in kpi.series if name),
        "classes 就诊类别": ", ".join(kpi.classes),
        "left out 剔除": ", ".join(f"`{reason}`" for reason in kpi.exclusions),
        "not applied 未剔除（无此字段）": ", ".join(kpi.not_applied),
        "target 目标": _target(kpi),
        "needs 所需事件": ", ".join(f"`{name}`" for name in kpi.needs),
        "final after 定稿": "" if kpi.mode == "L" else f"{kpi.final_after_days} days 天",
        "source 出处": ", ".join(kpi.source),
    }
    lines += [f"- {name}: {what}\n" for name, what in facts.items() if what]
    return lines[0] + "\n" + "".join(lines[1:])


def _statistics(kpi: Kpi) -> str:
    match kpi:
        case Interval():
            return ", ".join([*kpi.statistics, *(f"share ≤ {s} s" for s in kpi.shares_s)])
        case Score():
            return ", ".join(kpi.statistics)
        case Rate():
            return f"per {kpi.per:,} of " + ", ".join(f"`{code}`" for code in kpi.of)
        case Split():
            return f"ratio × 100 by `{kpi.by}`"
        case Share():
            return "ratio × 100" + (", also by amount 另按金额" if kpi.by_amount else "")
        case Due():
            within = {stages()[code].within_s for code in kpi.over} - {None}
            return "share by the deadline 按时占比" + "".join(f" ({s} s)" for s in sorted(filter(None, within)))
        case _:
            return ""


def _target(kpi: Kpi) -> str:
    target = kpi.target
    if target is None:
        return ""
    return f"{target.statistic} {target.direction} {target.value:g} {kpi.unit}" + (
        f" ({target.source})" if target.source else ""
    )


def _stage(stage: Stage) -> str:
    hour = {"start": "start 起点", "end": "end 终点"}[stage.bucket]
    day = {"business": "business day 就诊日", "local": "local date 当地日期"}[stage.day]
    ceiling = "" if stage.ceiling_s is None else f"{stage.ceiling_s // 3600} h"
    dims = ", ".join(f"`{name}`" for name in stage.dims)
    return f"| `{stage.code}` | {stage.zh} | {cell(stage.en)} | {stage.scope} | {hour} | {day} | {ceiling} | {dims} |\n"
