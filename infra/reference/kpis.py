"""The index of KPIs, a page for each, and the stages they stand on."""

from __future__ import annotations

from infra.reference.kpi_page import page, target_of
from infra.reference.source import cell
from streams.kpis import catalogue
from streams.stages import declared
from streams.stages.stage import Stage

_HEAD = """\
# KPIs 指标

Generated from `streams/kpis/` and `streams/stages/`; do not edit. {kpis} KPIs over {stages} stages. An entry is one
KPI: its live value, daily and hourly rows, tile, checks and its page follow from it. Every page has a worked timeline,
whose numbers are worked out by the same code as the wall's. Percentiles are inclusive (R-7) over whole seconds, means
are over milliseconds, published numbers are rounded half-even to 6 decimals.

由代码生成，请勿修改。每一项即一个指标：实时值、日与小时数据、看板、检查与各页都由它而来。每页附一段时间线实例，
其数值由与看板相同的代码算出。分位数按整秒以 R-7（含端点）计算，均值按毫秒计算，公布值四舍六入五成双保留 6 位小数。

Mode 方式: `L` live only 仅实时, `D` daily only 仅日报, `B` both 两者.
Left out 剔除: reasons for which a row is in no distribution; each is counted beside the number.
因此不进入分布的行，按原因计数，列在数值旁。

| code 代码 | 中文 | English | unit 单位 | mode 方式 | target 目标 |
|---|---|---|---|---|---|
"""


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    kpis = list(catalogue().values())
    text = _HEAD.format(kpis=len(kpis), stages=len(declared()))
    for kpi in kpis:
        text += f"| [`{kpi.code}`](kpis/{kpi.code}.md) | {kpi.zh} | {kpi.en} | {kpi.unit} | {kpi.mode} | "
        text += f"{target_of(kpi)} |\n"
    text += "\n## Stages 环节\n\n| code 代码 | 中文 | English | folds from 来自 | hour 小时 | day 日 | ceiling 上限 | "
    text += "dimensions 维度 |\n|---|---|---|---|---|---|---|---|\n"
    index = {"kpis.md": text + "".join(_stage(stage) for stage in declared())}
    return index | {f"kpis/{kpi.code}.md": page(kpi) for kpi in kpis}


def _stage(stage: Stage) -> str:
    hour = {"start": "start 起点", "end": "end 终点"}[stage.bucket]
    day = {"business": "business day 就诊日", "local": "local date 当地日期"}[stage.day]
    ceiling = "" if stage.ceiling_s is None else f"{stage.ceiling_s // 3600} h"
    dims = ", ".join(f"`{name}`" for name in stage.dims)
    return f"| `{stage.code}` | {stage.zh} | {cell(stage.en)} | {stage.scope} | {hour} | {day} | {ceiling} | {dims} |\n"
