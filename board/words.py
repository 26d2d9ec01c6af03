"""What the board says, in Chinese first and in English, and how it writes times and durations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from streams.names import SERVICE_POINTS, UNITS_ZH
from streams.reasons import REASONS

Language = Literal["zh", "en"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("运行态势", "Operations"),
    "morning": ("上午", "morning"),
    "afternoon": ("下午", "afternoon"),
    "evening": ("夜间", "night"),
    "visits_today": ("今日就诊", "Visits today"),
    "waiting_now": ("正在等候", "Waiting now"),
    "over_now": ("超时等候", "Over target"),
    "feeds": ("数据源", "Feeds"),
    "department": ("科室", "Department"),
    "hospital": ("全院", "Hospital"),
    "matrix": ("各科室各环节", "Departments by stage"),
    "others": ("其余", "Others"),
    "waiting_longest": ("等候最久", "Waiting longest"),
    "nobody_waits": ("此刻无人等候", "Nobody is waiting"),
    "to_do": ("需要处理", "To act on"),
    "nothing_to_do": ("无", "nothing"),
    "arrivals": ("今日到诊(每一刻钟)", "Arrivals today (per 15 min)"),
    "usual": ("同星期通常范围", "usual for this weekday"),
    "no_usual": ("尚无同星期数据", "no days to compare yet"),
    "time_goes": ("今日时间花在哪里(人均分钟)", "Where time goes today (mean min)"),
    "as_of": ("截至", "as of"),
    "push_p95": ("推送延迟 p95", "push latency p95"),
    "excluded_today": ("今日剔除", "excluded today"),
    "legend": (
        "大字＝等候人数 · 右＝中位 / 九成(含仍在等候者) · 虚线＝目标",
        "large = waiting · right = median / 9 in 10, those waiting included · dashes = target",
    ),
    "legend_measures": (
        "大字＝实时值,时长为中位 · 九成＝九成人不超过",
        "large = live value, of lengths the median · 9 in 10 take no longer",
    ),
    "done": ("完成", "done"),
    "waiting": ("等候", "waiting"),
    "excluded": ("剔除", "excluded"),
    "ongoing": ("进行中", "in progress"),
    "done_short": ("完", "✓"),
    "excluded_short": ("剔", "✕"),
    "median": ("中位", "median"),
    "ninety": ("九成", "9 in 10"),
    "target": ("目标", "target"),
    "all_kpis": ("全部指标", "All measures"),
    "the_wall": ("态势大屏", "The wall"),
    "other_language": ("English", "中文"),
    "rehearsal": ("演练", "REHEARSAL"),
    "not_open": ("未开诊", "not open yet"),
    "closed": ("已停诊", "closed"),
    "no_patients": ("暂无患者", "no patients"),
    "counted_once": ("按全院统计", "hospital-wide"),
    "catching_up": ("数据追赶中", "catching up"),
    "catching_up_so_far": ("数据追赶中,日志已读 {progress}%", "catching up: {progress}% of the log is read"),
    "not_measurable": ("本院尚不可测:|需要 {feed}", "not measurable here:|needs {feed}"),
    "rule_broken": ("规则出错,已停用,信息科处理中", "rule failed, set aside; IT is on it"),
    "rule_broken_short": ("规则出错", "rule failed"),
    "no_link": ("连接中断", "link down"),
    "no_data": ("无新数据", "silent"),
    "link_ok": ("连接正常", "link up"),
    "never_heard": ("尚未连接", "not connected yet"),
    "stale_cell": ("{since} 起中断|已 {age}", "none since|{since}, {age}"),
    "stale_feed": ("{feed}数据自 {since} 起中断,已 {age}", "no {feed} data since {since} ({age})"),
    "starting": ("正在连接实时数据", "connecting to live values"),
    "bus_gone": (
        "实时数据自 {since} 起中断,已 {age}。数字停在彼时,信息科请检查数据总线与计算服务。",
        "No live values since {since} ({age}); numbers are from then. IT: check the bus and the stream worker.",
    ),
    "checks": ("数据核验", "Checks"),
    "check_failed": ("检查未通过", "check failed"),
    "check_failed_day": ("{day} 检查未通过:{what}", "{day} check failed: {what}"),
    "far_over": ("远超目标", "far over target"),
    "over": ("超过目标", "over target"),
    "since": ("自", "since"),
    "age": ("数据时间", "data age"),
    "close": ("关闭", "Close"),
    "definition": ("定义", "Definition"),
    "version": ("版本", "version"),
    "source": ("出处", "source"),
    "distribution": ("今日分布", "Distribution today"),
    "distribution_key": (
        "灰＝已完成的时长 · 蓝＝仍在等候者至今的时长 · 虚线按已完成者",
        "grey = finished · blue = those still waiting, so far · dashed lines: of those finished",
    ),
    "by_hour": ("今日各小时与同星期对比", "Today by hour against the same weekday"),
    "hour": ("小时", "hour"),
    "length": ("时长", "length"),
    "count": ("人次", "count"),
    "counted": ("计", "n"),
    "today": ("今日", "today"),
    "usual_median": ("同星期中位", "usual median"),
    "usual_low": ("同星期低", "usual low"),
    "usual_high": ("同星期高", "usual high"),
    "reason": ("原因", "reason"),
    "who": ("完成、等候与剔除", "Finished, waiting, excluded"),
    "visits": ("就诊", "Visits"),
    "visit": ("就诊号(化名)", "visit (pseudonym)"),
    "started": ("开始", "start"),
    "ended": ("结束", "end"),
    "state": ("状态", "state"),
    "stages_events": ("环节与事件", "Stages and events"),
    "event": ("事件", "event"),
    "feed": ("数据源", "feed"),
    "occurred": ("发生", "occurred"),
    "flags": ("标记", "flags"),
    "published": ("昨日发布值与更正", "Yesterday as published, and restatements"),
    "restated": ("已重报", "restated"),
    "adjusted": ("定稿后调整", "adjusted after it was final"),
    "by": ("变化", "by"),
    "no_history": ("历史库暂不可用,此处仅为实时数据。", "The warehouse does not answer; live values only."),
    "no_visits": ("没有符合的就诊。", "No visits match."),
    "login_for_details": ("查看就诊明细需要登录(分析员)。", "Visits need an analyst's login."),
    "table": ("数据表", "table"),
    "day": ("日期", "day"),
    "value": ("数值", "value"),
    "not_applied": ("未应用的剔除", "exclusions not applied"),
    "no_target": ("无目标", "no target"),
    "unknown_kpi": ("没有这个指标。", "There is no such measure."),
    "login": ("登录", "Log in"),
    "logout": ("退出", "Log out"),
    "name": ("用户名", "Name"),
    "password": ("口令", "Password"),
    "login_wrong": ("用户名或口令不对,或稍后再试。", "Wrong name or password, or try again later."),
    "forbidden": ("您的角色不能查看此内容。", "Your role may not see this."),
    "live_only_note": ("实时值,含仍在等候者(Kaplan–Meier)", "live, those still waiting included (Kaplan–Meier)"),
    "no_script": ("本页需要脚本才能自动更新;所示数字停在打开之时。", "Scripts are off: this page will not update."),
    "taken_by": ("{by}已接手", "{by} is on it"),
    "nobody_yet": ("待确认", "nobody yet"),
    "escalated": ("已升级", "escalated"),
    "escalated_nobody": ("已升级,待确认", "escalated, nobody yet"),
    "and_more": ("另有 {n} 起", "{n} more"),
    "alerts": ("事件告警", "Incidents"),
    "open_incidents": ("未结事件", "Open incidents"),
    "nothing_open": ("没有未结事件", "nothing is open"),
    "past_incidents": ("已结束", "Over"),
    "no_past": ("暂无记录", "none yet"),
    "watch_on": ("值守中 · {n} 条规则", "on watch · {n} rules"),
    "watch_never": ("告警值守未运行:此处不会出现新事件", "nobody is on watch: no incident will be seen here"),
    "watch_gone": ("告警值守自 {since} 起中断", "the watch has been gone since {since}"),
    "undelivered": ("外部通知未送达({why})", "the webhook was not told ({why})"),
    "incident": ("事件", "incident"),
    "incident_open": ("有未结事件", "an incident is open"),
    "opened": ("开始", "opened"),
    "over_at": ("结束", "over"),
    "lasted": ("历时", "lasted"),
    "end": ("原因", "why over"),
    "taken_up": ("接手", "taken up"),
    "place": ("地点", "place"),
    "figures": ("数值", "figures"),
    "beyond_since": ("超限自", "beyond the limit since"),
    "worst": ("最差", "worst"),
    "told_to": ("已通知", "told"),
    "id": ("编号", "id"),
    "behind_it": ("查看数字背后", "what is behind the number"),
    "by_role": ("接手岗位", "role that takes it up"),
    "note": ("说明", "note"),
    "note_hint": ("正在怎么处理;勿写患者信息", "what is being done; nothing about patients"),
    "take_up": ("接手处理", "Take it up"),
    "login_to_take": ("接手事件需要登录(分析员或信息科)。", "Taking it up needs an analyst's or IT's login."),
    "no_incident": ("没有这个事件。", "There is no such incident."),
    "not_taken": ("未能记录,请稍后再试。", "It could not be written down; try again in a moment."),
    "not_taken_text": (
        "请写岗位(不超过 40 字);岗位和说明中都不要有姓名、号码。",
        "Write a role of at most 40 letters; no names or numbers of people, there or in the note.",
    ),
    "is_over": ("此事件已结束。", "This incident is over."),
    "incidents_today": ("相关事件", "Incidents"),
    "over_now_short": ("已结束", "over"),
    "skip": ("跳到矩阵", "Skip to the matrix"),
}


def service_point(lang: Language, code: str) -> str:
    """A service point in words."""
    return in_language(SERVICE_POINTS.get(code, (code, code)), lang)


def say(lang: Language, key: str, **filled: str) -> str:
    """A phrase in the language; an unknown key is a fault of ours and raises KeyError."""
    phrase = WORDS[key][0 if lang == "zh" else 1]
    return phrase.format(**filled) if filled else phrase


def in_language(pair: tuple[str, str], lang: Language) -> str:
    """One of two names, Chinese and English."""
    return pair[0 if lang == "zh" else 1]


def reason(lang: Language, code: str) -> str:
    """Why rows were left out, in words; codes that have none stand for themselves."""
    pair = REASONS.get(code)
    return pair[0 if lang == "zh" else 1] if pair else code.replace("_", " ")


def duration(millis: float, lang: Language, *, short: bool = False) -> str:
    """`12 分`, `1 小时 05 分`; short, for the cells of the matrix: `12分`, `1时05分`. Below a minute `<1 分`."""
    minutes = int(max(millis, 0) // 60_000)
    hours, rest = divmod(minutes, 60)
    amount = "<1" if minutes < 1 else str(minutes)
    if lang == "zh":
        if short:
            return f"{hours}时{rest:02d}分" if hours else f"{amount}分"
        return f"{hours} 小时 {rest:02d} 分" if hours else f"{amount} 分"
    if short:
        return f"{hours}h{rest:02d}" if hours else f"{amount} m"
    return f"{hours} h {rest:02d} min" if hours else f"{amount} min"


def local(at_ms: int, zone: ZoneInfo) -> datetime:
    """An instant on the hospital's clock."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)


def clock(at_ms: int, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """`10:42` or `10:42:07` on the hospital's clock."""
    return local(at_ms, zone).strftime("%H:%M:%S" if seconds else "%H:%M")


_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")


def date(at_ms: int, zone: ZoneInfo, lang: Language) -> str:
    """`11月22日 星期日` or `Sun 22 Nov`."""
    day = local(at_ms, zone)
    if lang == "zh":
        return f"{day.month}月{day.day}日 星期{_WEEKDAYS[day.weekday()]}"
    return day.strftime("%a ") + str(day.day) + day.strftime(" %b")


def number(value: float | None, digits: int = 1) -> str:
    """A figure as people write it: no needless zeros; a dash when there is none."""
    if value is None:
        return "–"
    shown = f"{value:.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def unit(name: str, lang: Language) -> str:
    """A unit as it stands beside a number."""
    return UNITS_ZH.get(name, name) if lang == "zh" else name
