"""What reports say, in Chinese first and in English."""

from __future__ import annotations

from orchestration.reports.figures import Level, Pair
from orchestration.reports.words_checks import CHECKS
from orchestration.reports.words_improvement import IMPROVEMENT
from orchestration.reports.words_regulator import REGULATOR
from orchestration.reports.writing import Language, pick

GROUPS: dict[str, Pair] = {
    "A": ("预约与分诊", "Access and appointments"),
    "B": ("窗口与排队", "Windows and queues"),
    "C": ("接诊与全程", "Consultation and the whole visit"),
    "D": ("检查检验", "Examinations and laboratory"),
    "E": ("收费", "Billing and payment"),
    "F": ("药房", "Pharmacy"),
    "G": ("急诊", "Emergency"),
    "H": ("住院", "Inpatients"),
    "I": ("随访慢病", "Follow-up and chronic disease"),
    "J": ("服务体验", "Experience"),
    "Q": ("数据质量", "Data quality"),
}
LEVELS: dict[Level, Pair] = {
    "withhold": ("未放行", "withheld"),
    "warn": ("警示", "warning"),
    "note": ("提示", "note"),
}
WORDS: dict[str, Pair] = {
    **CHECKS,
    **IMPROVEMENT,
    **REGULATOR,
    "day_title": ("服务日报", "Daily service report"),
    "week_title": ("服务周报", "Weekly service report"),
    "month_title": ("服务月报", "Monthly service report"),
    "quarter_title": ("服务季报", "Quarterly service report"),
    "year_title": ("服务年报", "Yearly service report"),
    "dept_week_title": ("周反馈", "Weekly department feedback"),
    "dept_month_title": ("月反馈", "Monthly department feedback"),
    "improvement_title": ("持续改进（PDCA）报告", "Improvement (PDCA) report"),
    "working_day": ("工作日", "working day"),
    "rest_day": ("休息日", "day of rest"),
    "whole": ("全院", "Hospital"),
    "matters": ("要点", "What matters"),
    "broken": ("未达目标", "Missed its target"),
    "none_broken": ("有目标的指标全部达标。", "Every figure that has a target kept it."),
    "changed": ("变化超出日常波动", "Changed by more than noise"),
    "none_changed": ("没有超出日常波动的变化。", "Nothing changed by more than noise."),
    "too_short": (
        "可比的同类日只有 {n} 天，满 {least} 天后才能判断变化是否超出日常波动。",
        "Only {n} comparable days so far: from {least} on it can be said whether a change is more than noise.",
    ),
    "waited": ("等候最久的地方", "Where patients waited longest"),
    "none_waited": ("当日没有可比较的等候。", "No waits to compare."),
    "of_target": ("{shown}，目标 {target}", "{shown}, target {target}"),
    "kept_whole": ("{shown}（全院达标）", "{shown} (kept by the hospital)"),
    "worst_parts": ("其中：{parts}", "of which: {parts}"),
    "went": ("{shown}，{way}", "{shown}, {way}"),
    "both": ("{one}；{other}", "{one}; {other}"),
    "days_off": ("{title} {way}（{days}），最近 {value}", "{title} {way} ({days}), last {value}"),
    "against_whole": ("与全院相比", "Compared with the hospital"),
    "none_against": ("与全院没有明显差别。", "Nothing stands out against the hospital."),
    "against": (
        "{shown}，全院 {whole}，{n} 个科室中由{way}到{other}第 {rank}",
        "{shown}, hospital {whole}: place {rank} of {n} departments from {way} to {other}",
    ),
    "high": ("高", "high"),
    "low": ("低", "low"),
    "judged_period": ("本期", "this period"),
    "after_action": ("措施之后", "after the action"),
    "courses": ("走势与控制图", "Control charts"),
    "place_of": ("{rank}/{n}", "{rank} of {n}"),
    "dept_figures": ("指标对照", "Figures compared"),
    "up": ("升高", "up"),
    "down": ("降低", "down"),
    "better": ("好转", "better"),
    "worse": ("变差", "worse"),
    "usual_of": (
        "此前 {n} 个{kind}平均 {centre}，控制限 {lower}–{upper}",
        "mean of the {n} {kind}s before {centre}, limits {lower}–{upper}",
    ),
    "wait_of": ("{where}：九成患者 ≤ {p90}，中位 {p50}", "{where}: nine in ten within {p90}, median {p50}"),
    "counted": ("n={n}", "n={n}"),
    "glance": ("一日概览", "At a glance"),
    "period_glance": ("概览", "At a glance"),
    "by_hour_volume": ("各小时就诊人次", "Visits by hour"),
    "by_hour_wait": ("各小时候诊时间（中位）", "Consultation wait by hour (median)"),
    "departments": ("各科室", "Departments"),
    "department": ("科室", "Department"),
    "all_figures": ("全部指标", "All figures"),
    "figure": ("指标", "Figure"),
    "value": ("数值", "Value"),
    "target": ("目标", "Target"),
    "usual": ("同类日中位", "Usual"),
    "left_out": ("剔除", "Left out"),
    "waiting": ("未完 {n}", "{n} unfinished"),
    "trust": ("可信度", "Trust"),
    "credible": ("可信", "good"),
    "few": ("例数少", "few"),
    "hospital_value": ("全院", "Hospital"),
    "before_value": ("上期", "Before"),
    "change": ("变化", "Change"),
    "n_head": ("n", "n"),
    "rank": ("排名", "Rank"),
    "complete": ("完整率 {share}", "complete {share}"),
    "checks": ("未通过的核验", "Checks that did not pass"),
    "seen": ("所见 {values}", "found {values}"),
    "action_day": ("措施日期", "Action"),
    "the_day": ("当日整体", "the day"),
    "all_passed": ("{n} 项核验全部通过。", "All {n} checks passed."),
    "day_doubted": ("{day}：{n} 项核验未放行或有警示。", "{day}: {n} checks withheld or gave a warning."),
    "not_checked": (
        "未经核验：由 mart build 生成，请以 day close 结账。",
        "Not checked: made by mart build; close it with day close.",
    ),
    "with_the_his": ("与 HIS 对账", "Compared with the HIS"),
    "his_agrees": ("{n} 个视图与 HIS 一致（共 {rows} 行）。", "{n} views agree with the HIS ({rows} rows in all)."),
    "feed_view": ("数据源 · 视图", "Feed · view"),
    "desks": ("录入时间值得一看的窗口与诊室", "Desks whose times deserve a look"),
    "desks_well": ("{n} 个窗口、诊室与队列的录入时间未见异常。", "The times of {n} desks show nothing unusual."),
    "desks_note": (
        "评的是数据，不是人：多因程序、时钟或表单的习惯。共 {n} 个，{few} 个数据太少不评。",
        "A score of data, never of people: mostly a habit of a program, a clock or a form. {n} in all, {few} with too "
        "little to say.",
    ),
    "desk": ("窗口/诊室", "desk"),
    "desk_score": ("评分（满分 100）", "score of 100"),
    "desk_why": ("所见", "what shows"),
    "clocks": ("各系统时钟偏差", "Clocks of the sources"),
    "clocks_agree": ("未见时钟偏差（{n} 对系统）。", "No clock is off, as far as can be told ({n} pairs of systems)."),
    "clocks_note": (
        "按因果先后推断（如先叫号、后接诊）：真值在上下限之间；发生时间从不改写。",
        "From facts of which one comes before the other (a call before the visit): the truth lies between the bounds. "
        "Times are never rewritten.",
    ),
    "two_sources": ("后者比前者快", "The second ahead of the first"),
    "bounds": ("上下限（秒）", "Bounds (s)"),
    "estimate": ("估计（秒）", "Estimate (s)"),
    "by_facts": ("依据", "By"),
    "his_rows": ("HIS 行数", "Rows of the HIS"),
    "held_here": ("本平台", "Held here"),
    "difference": ("差额", "Difference"),
    "why": ("原因", "Why"),
    "why_unknown": ("未查明", "not known"),
    "restated": ("更正", "Restated"),
    "was_restated": ("已更正，见“可信度”", "restated: see Trust"),
    "first_value": ("首次发布", "First published"),
    "now_value": ("现值", "Now"),
    "restated_at": ("更正时间", "Restated"),
    "times": ("发布次数", "Publications"),
    "banner_withheld": (
        "最近一次核验未放行：本报告所示为此前生效的数值。",
        "The newest run was withheld by its checks: these are the values that stood before it.",
    ),
    "banner_warn": ("{n} 项核验有警示，见“可信度”。", "{n} checks gave a warning: see Trust."),
    "banner_missing": (
        "本期 {days} 天中只有 {n} 天已发布；未发布：{missing}。",
        "Only {n} of {days} days were published; missing: {missing}.",
    ),
    "facts_period": ("期间", "Period"),
    "facts_as_of": ("数据截至", "Data as of"),
    "facts_checks": ("核验", "Checks"),
    "passed_of": ("{passed}/{n} 通过", "{passed} of {n} passed"),
    "published_of": ("{n}/{days} 天已发布", "{n} of {days} days published"),
    "how_to_read": ("读法", "How to read this"),
    "reading_numbers": (
        "每个数值都附例数 n。分位数取自逐条记录（含端点 R-7），不由日值平均；比率以分子、分母重新相加。"
        "n 少于 5 的数值照列，但不据以下结论。完整率低于 95% 的环节标有警示。",
        "Every figure has its n. Percentiles are of the single rows (inclusive, R-7), never averaged; ratios are "
        "summed again. Figures of fewer than 5 are listed, but nothing is concluded from them. A stage less than 95 % "
        "complete carries a warning.",
    ),
    "reading_noise": (
        "“超出日常波动”由 XmR 控制图判断：控制限取自此前同类日（工作日、周末或节假日，整日或半日）的平均移动极差，"
        "按西部电气规则 1–4、尼尔森规则 3 及移动极差上限判定。"
        "不足 1 分钟（1 个百分点）的变化不列入要点。仍约有百分之一二的正常点会被标出。",
        "“More than noise” is judged by XmR charts: limits from the mean moving range of the comparable days before "
        "(working days, weekends or holidays; whole or half), by rules 1–4 of Western Electric, rule 3 of Nelson and "
        "the limit of moving ranges. Changes of less than a minute (or a point of a share) open no report. One or two "
        "points in a hundred are still marked without cause.",
    ),
    "no_identity": (
        "本报告不含任何患者身份信息。",
        "This report holds no patient's identity.",
    ),
    "target_line": ("目标", "target"),
    "centre_line": ("中心线", "centre"),
    "limit_lines": ("控制限", "control limits"),
    "signal_points": ("超出日常波动", "more than noise"),
}


def say(lang: Language, key: str, **filled: str | int) -> str:
    """A phrase in the language; an unknown key is a fault of ours and raises KeyError."""
    phrase = pick(WORDS[key], lang)
    return phrase.format(**filled) if filled else phrase
