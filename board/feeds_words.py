"""The words of the page of the feeds, Chinese and English."""

from __future__ import annotations

from board.words import Language

_SAY: dict[str, tuple[str, str]] = {
    "title": ("数据源健康", "Health of the feeds"),
    "as_of": ("截至 {time},每 15 秒更新", "as of {time}, renewed every 15 s"),
    "feed": ("数据源", "Feed"),
    "link": ("连接", "Link"),
    "data": ("最近数据", "Last data"),
    "rate": ("近 60 分钟事件 / 同类日此时", "Events in 60 min / usual at this time"),
    "kept": ("HIS 为此保留日志 {mb} MB", "the HIS keeps {mb} MB of its log for it"),
    "residual": ("与 HIS 对账(今昨两日)", "Compared with the HIS (two days)"),
    "orphans": ("未归属", "Orphans"),
    "up": ("正常", "up"),
    "never": ("从未连接", "never connected"),
    "down": ("中断 {age}", "down for {age}"),
    "nothing": ("尚无数据", "nothing yet"),
    "ago": ("{age}前", "{age} ago"),
    "silent": ("无新数据", "silent:"),
    "break": ("午间休息", "closed for a break"),
    "closed": ("非工作时间", "closed"),
    "not_yet": ("未满 1 小时", "not an hour yet"),
    "too_few_days": ("同类日不足 3 天", "fewer than 3 such days"),
    "usual": ("通常 {usual}({days} 天)", "usually {usual} ({days} days)"),
    "few": ("异常偏少", "far less than usual"),
    "not_compared": ("不适用", "not applicable"),
    "not_yet_compared": ("尚未对账", "not compared yet"),
    "on_the_way": ("途中约 {age}", "about {age} on the way"),
    "compared_at": ("{time} 对账", "compared at {time}"),
    "agrees": ("一致", "agrees"),
    "apart": ("{n} 行不一致", "{n} rows apart"),
    "by_dept": ("按科室:近 60 分钟与同类日此时", "By department: the last 60 minutes and usual"),
    "no_rates": ("仓库中尚无近 60 分钟的数据。", "The warehouse holds nothing of the last 60 minutes."),
    "dept": ("科室", "Department"),
    "last_hour": ("近 60 分钟", "Last 60 min"),
    "usually": ("通常", "Usually"),
    "days": ("同类日", "Days"),
    "desks": ("录入时间值得一看的窗口与诊室(今日)", "Desks whose times deserve a look (today)"),
    "no_desks": ("今日未见异常,或数据太少。", "Nothing unusual today, or too little to say."),
    "desks_note": (
        "评的是数据,不是人:整点半点、连击、零时长、签退前空叫、未关闭的号,多因程序、时钟或表单的习惯。",
        "A score of data, never of people: :00 and :30, batch clicks, zero lengths, vain calls before sign-out, "
        "tickets never closed. Mostly a habit of a program, a clock or a form.",
    ),
    "desk": ("窗口/诊室", "Desk"),
    "desk_score": ("评分(满分100)", "Score of 100"),
    "desk_shows": ("所见", "What shows"),
    "clocks": ("各系统时钟偏差(今日)", "Clocks of the sources (today)"),
    "no_clocks": ("今日尚无足够的因果成对事件。", "Not enough pairs of facts today to tell."),
    "clocks_note": (
        "按因果先后推断(如先叫号、后接诊):真值在上下限之间;发生时间从不改写。",
        "From facts of which one comes before the other (a call before the visit): the truth lies between the bounds. "
        "Times are never rewritten.",
    ),
    "two_sources": ("系统", "Systems"),
    "ahead": ("{second} 比 {first} 快", "{second} ahead of {first}"),
    "estimate": ("估计", "Estimate"),
    "bounds": ("上下限", "Bounds"),
    "pairs": ("事件对", "Pairs"),
    "verdict": ("判断", "Verdict"),
    "clock_off": ("时钟不准", "a clock is off"),
    "clock_may_agree": ("未见偏差", "may agree"),
    "orphans_title": ("24 小时仍未归属就诊", "Without a visit after 24 hours"),
    "no_orphans": ("没有。", "None."),
    "orphans_note": (
        "未归属的仍计入自身环节(如窗口等候),但不进入全程指标;对应的就诊一到即自动归属。",
        "Orphans count in measures of their own (a window's wait) and in none of a whole visit; they are linked as "
        "soon as their visit is heard of.",
    ),
    "kind": ("类型", "Kind"),
}
KINDS: dict[str, tuple[str, str]] = {
    "ticket": ("排队号", "tickets"),
    "order": ("医嘱、检查检验", "orders"),
    "bill": ("账单", "bills"),
    "prescription": ("处方", "prescriptions"),
    "appointment": ("预约", "appointments"),
    "case": ("病例", "cases"),
}


def say(lang: Language, key: str, **filled: str) -> str:
    """A phrase in the language."""
    phrase = _SAY[key][0 if lang == "zh" else 1]
    return phrase.format(**filled) if filled else phrase
