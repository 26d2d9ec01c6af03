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
    "not_measured": ("未测得", "not measured"),
    "hidden": ("略", "not told"),
    "basis": ("依据", "Basis"),
}

# Exclusions for which no field exists, as the catalogue names them (`Kpi.not_applied`), in Chinese.
NOT_APPLIED: dict[str, str] = {
    "analyser": "检验仪器",
    "booked more than 100 days ahead": "提前 100 天以上的预约",
    "calls cancelled by the patient": "患者自行取消的呼叫",
    "cancelled requests that are not taken back": "已取消而未撤回的申请",
    "collected off site": "院外采集的标本",
    "complaints withdrawn within 24 h": "24 小时内撤回的投诉",
    "compounding": "配制",
    "deaths": "死亡",
    "department": "科室",
    "diagnosis group": "诊断分组",
    "disease": "病种",
    "doctor on leave for more than 3 days": "休假 3 天以上的医生",
    "duplicate visits that no visit.moved joins": "来源未告知合并的重复就诊",
    "duplicates of one case": "同一事项的重复件",
    "follow-up attendances planned in advance": "预先安排的复诊",
    "follow-ups that name no visit": "未注明就诊的随访",
    "hours outside office time": "非办公时间",
    "insurer": "医保类别",
    "internal transfers": "院内转科",
    "moved away": "已迁出",
    "onset in hospital": "院内发病",
    "opted out": "拒绝参加",
    "pharmacy of the review": "审方药房",
    "places for the same day only": "仅限当日的号源",
    "praise": "表扬",
    "reflex and added tests": "反射与追加检验",
    "settlements that the insurer delays": "医保原因延迟的结算",
    "source pair": "来源配对",
    "source system": "来源系统",
    "staff answering for patients": "工作人员代答",
    "test bookings": "测试预约",
    "test calls": "测试呼叫",
    "transferred in with the treatment done": "转入前已完成救治",
    "visits more than 400 days apart": "间隔 400 天以上的就诊",
    "waits for preparation": "检查前准备的等待",
    "withdrawn complaints": "已撤回的投诉",
}
