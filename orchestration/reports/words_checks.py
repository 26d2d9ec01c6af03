"""What the page of checks says, in Chinese first and in English."""

from __future__ import annotations

from orchestration.reports.figures import Pair

CHECKS: dict[str, Pair] = {
    "checks_title": ("数据核验", "Checks of the data"),
    "checks_none": ("{n} 项核验全部通过。", "All {n} checks passed."),
    "checks_grave": ("未放行与警示", "Withheld and warned"),
    "checks_no_grave": ("没有未放行或警示的核验。", "Nothing withheld, nothing warned."),
    "checks_by_suite": ("按核验组", "By suite"),
    "checks_suite": ("核验组", "Suite"),
    "checks_n": ("项数", "Checks"),
    "checks_course": ("近 {days} 天未通过（不含提示）", "Failed on the last {days} days (notes apart)"),
    "checks_days": ("近日", "The days before"),
    "checks_per_day": ("每日未放行与警示的项数", "Checks withheld or warned, by day"),
    "checks_items": ("项", "checks"),
    "checks_all": ("明细", "In detail"),
    "checks_what": ("对象", "Of what"),
    "checks_kpis": ("{n} 项", "{n} of them"),
    "checks_expectation": ("要求", "Expectation"),
    "checks_expected": ("应为", "Expected"),
    "checks_seen": ("所见", "Found"),
    "checks_level": ("级别", "Level"),
    "checks_unmet": ("不符合“{said}”", "not so: {said}"),
    "checks_passed": ("通过", "passed"),
    "checks_banner": (
        "当日未放行：看板与报告仍用此前生效的数值。",
        "The day was withheld: board and reports keep the values that stood before it.",
    ),
    "checks_at": ("核验时间", "Checked at"),
    "checks_one_of": ("词汇表中的 {n} 个值之一", "one of {n} of the vocabulary"),
    "checks_not_null": ("不为空", "not null"),
    "of_the_data": ("数据须知", "To be known of the data"),
    "silent_today": ("数据来源 {feeds} 当日无数据。", "The feed {feeds} told nothing on this day."),
    "silent_on": ("{day}：数据来源 {feeds} 无数据。", "{day}: the feed {feeds} told nothing."),
    "silent_means": (
        "相关指标为空，不以零代替。",
        "What it should have told is missing from the figures; nothing stands as a zero.",
    ),
    "restated_today": (
        "首次发布后有 {n} 项指标更正（{why}）。",
        "{n} figures were restated since they were published ({why}).",
    ),
    "restated_on": ("{day}：{n} 项指标已更正（{why}）。", "{day}: {n} figures were restated ({why})."),
    "seen_of": ("{of} 项中 {broken} 项", "{broken} of {of}"),
    "seen_more": ("…", ", …"),
    "seen_no_row": ("没有数据行", "no row"),
    "seen_nothing": ("未能核验", "could not be evaluated"),
    "checks_levels": (
        "未放行：当日不替换上一次的结果；警示：照常发布，数值旁有标记；提示：只记录。空表、整列为空从不算通过。",
        "Withheld: the day does not replace the last good one. Warning: published, marked beside the number. Note: "
        "only written down. An empty table or a column without values never passes.",
    ),
}
# The families of suites, in the order in which they are read.
FAMILIES: dict[str, Pair] = {
    "feeds": ("数据来源", "Feeds"),
    "events": ("事件", "Events"),
    "vocabulary": ("词汇表与枚举", "Vocabulary and enumerations"),
    "references": ("前置事件", "References"),
    "journeys": ("流程次序", "Order of journeys"),
    "orphans": ("就诊归属", "Visits found"),
    "kpis": ("指标数值", "Values of KPIs"),
    "drift": ("与同类日相比", "Beside days of its kind"),
    "reconciliation": ("与 HIS 对账", "Reconciled with the HIS"),
}
