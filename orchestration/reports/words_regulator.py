"""What regulator packs say, in Chinese first and in English."""

from __future__ import annotations

from orchestration.reports.figures import Pair

REGULATOR: dict[str, Pair] = {
    "pack_indicators": ("指标", "Indicators"),
    "number": ("编号", "No."),
    "numerator": ("分子/例数", "Numerator / n"),
    "denominator": ("分母", "Denominator"),
    "definitions": ("定义与剔除", "Definitions and exclusions"),
    "definition": ("计算口径", "Definition"),
    "excluded_why": ("剔除（原因：例数）", "Left out (reason, count)"),
    "not_applied": ("未应用的剔除", "Exclusions not applied"),
    "evidence": ("佐证：各科室", "Evidence: by department"),
    "missing_indicators": ("未能计算的官方指标", "Official indicators not measured"),
    "why": ("原因", "Why"),
    "definition_version": ("口径版本", "Version"),
    "suppressed": (
        "少于 10 例的单元格不列（<10），科室比率的分子或其余数少于 10 的也不列；为防反推，必要时同时隐去次小的一格。"
        "全院指标值照列。",
        "Cells of fewer than 10 are not told (<10), nor a department's share with fewer than 10 on either side; where "
        "one could be worked out, the next smallest is left out as well. The indicator of the whole hospital is told.",
    ),
    "hidden": ("略", "not told"),
    "basis": ("依据", "Basis"),
}

# Exclusions for which no field exists, as the catalogue names them (`Kpi.not_applied`), in Chinese.
NOT_APPLIED: dict[str, str] = {
    "collected off site": "院外采集的标本",
    "reflex and added tests": "反射与追加检验",
    "analyser": "检验仪器",
    "waits for preparation": "检查前准备的等待",
    "duplicate visits that no visit.moved joins": "来源未告知合并的重复就诊",
    "source system": "来源系统",
    "source pair": "来源配对",
}
