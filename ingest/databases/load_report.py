"""What the load on a HIS amounts to: the figures of its last day, as whoever shows or prints them needs them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ingest.databases.load import KEPT_MIN, MINUTE_MS, Figures, Minute
from ingest.databases.statements import LOCK_TIMEOUT_S

QUARTER_MS, QUARTERS = 15 * MINUTE_MS, 96
# What the engine itself can be told; SQL Server knows no session that cannot write, there the account's rights say it.
_SESSION = {
    "sqlserver": "声明只读意图 declares that it only reads",
    "oracle": "每条语句在只读事务中 read-only transactions",
}
NOBODY_MS = 5 * MINUTE_MS  # figures older than this: the feed does not run


class Line(NamedTuple):
    """What is said, in both languages, and whether it is a worry."""

    zh: str
    en: str
    value: str
    worry: bool = False


class Total(NamedTuple):
    """The figures of the last day."""

    minutes: int  # that somebody watched
    statements: int
    rows: int
    seconds: float
    longest_s: float
    busiest: Minute | None


def total_of(figures: Figures) -> Total:
    """The last 24 hours, as far as the feed has run."""
    since = figures.written_at - KEPT_MIN * MINUTE_MS
    minutes = [each for each in figures.minutes if each.at >= since]
    watched = max(1, round((figures.written_at - max(since, figures.began_at)) / MINUTE_MS))
    return Total(
        watched,
        sum(each.statements for each in minutes),
        sum(each.rows for each in minutes),
        sum(each.seconds for each in minutes),
        max((each.longest_s for each in minutes), default=0.0),
        max(minutes, key=lambda each: each.seconds, default=None),
    )


def quarters_of(figures: Figures) -> list[float]:
    """The busiest minute of each quarter of an hour of the last day, in seconds of statements, oldest first."""
    first = figures.written_at - figures.written_at % QUARTER_MS - (QUARTERS - 1) * QUARTER_MS
    found = [0.0] * QUARTERS
    for minute in figures.minutes:
        place = (minute.at - first) // QUARTER_MS
        if 0 <= place < QUARTERS:
            found[place] = max(found[place], minute.seconds)
    return found


def promises(figures: Figures) -> list[Line]:
    """What we keep to, whatever happens."""
    limits = figures.limits
    found = [_account(figures.rights)]
    found += [
        Line("会话", "session", _SESSION.get(figures.engine, "只读 read-only")),
        Line("单条语句最长", "a statement is ended after", f"{limits.statement_timeout_s:g} s"),
    ]
    if figures.engine != "oracle":  # whose readers wait for nobody
        found.append(Line("等锁最长", "waits for a lock for", f"{LOCK_TIMEOUT_S} s"))
    found += [
        Line("每分钟最多行数", "rows a minute, at most", f"{limits.rows_per_minute:,}"),
        Line("每分钟最多占用", "seconds a minute, at most", f"{limits.seconds_per_minute:g} s"),
    ]
    if limits.peak_hours:
        hours = ", ".join(limits.peak_hours)
        found.append(Line("高峰时段只用预算的", "of that at peak hours", f"{limits.peak_share:.0%} ({hours})"))
    if limits.off_peak_views:
        found.append(Line("高峰时段不读", "not read at peak hours", ", ".join(limits.off_peak_views)))
    return found


def facts(figures: Figures, zone: ZoneInfo) -> list[Line]:
    """What it was in the last day."""
    total = total_of(figures)
    share = total.seconds / (total.minutes * 60)
    found = [
        Line("统计时长", "time watched", span(total.minutes)),
        Line("语句数", "statements", f"{total.statements:,}"),
        Line("读取行数", "rows read", f"{total.rows:,}"),
        Line("数据库占用", "busy with us", f"{total.seconds:,.1f} s = {share:.2%}", share > 0.2),
        Line("最长一条语句", "longest statement", f"{total.longest_s * 1000:,.0f} ms"),
    ]
    if total.busiest is not None:
        at = datetime.fromtimestamp(total.busiest.at / 1000, UTC).astimezone(zone)
        said = f"{at:%H:%M} · {total.busiest.seconds:.2f} s · {total.busiest.rows:,} 行 rows"
        found.append(Line("最忙的一分钟", "busiest minute", said))
    return found


def since_begun(figures: Figures) -> list[Line]:
    """What is counted since the process began, which may be weeks ago."""
    return [
        Line("为不超预算而等待", "waited for the budget", f"{figures.waited_s:,.0f} s"),
        Line("超时被终止", "ended for taking too long", str(figures.too_long), figures.too_long > 0),
        Line("失败或过慢", "failed or slow", str(figures.failures), figures.failures > 0),
        Line("熔断休息次数", "times left alone to rest", str(figures.rests), figures.rests > 0),
        Line("长事务迟到行数", "rows of long transactions", f"{sum(v.found_late for v in figures.views.values()):,}"),
    ]


def state(figures: Figures, now_ms: int) -> str:
    """Whether the feed runs: what has not been written for minutes is history."""
    idle_min = (now_ms - figures.written_at) // MINUTE_MS
    if now_ms - figures.written_at < NOBODY_MS:
        return "运行中 running"
    return f"{idle_min} 分钟前停止 stopped {idle_min} min ago"


def span(minutes: int) -> str:
    """A number of minutes as people say it."""
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def _account(rights: Sequence[str] | None) -> Line:
    if rights is None:
        return Line("账号", "account", "尚未核实 not proved yet", True)
    if rights:
        return Line("账号可以写入！", "THE ACCOUNT COULD WRITE", ", ".join(rights), True)
    return Line("账号", "account", "无写权限，已由数据库目录核实 cannot write: proved from the catalogue")
