"""The worked timeline of a KPI, as its page shows it: what happened, the rows that follow, the number they come to."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from infra.reference.source import cell
from infra.reference.stories import story_of
from infra.reference.stories.story import WorkedStory
from infra.reference.timeline import DAY, ZONE, at
from infra.reference.worked import is_live, rows_of, values_of
from ingest.events import catalogue as events
from streams.kpis.aggregate import Value
from streams.kpis.kpi import Due, Interval, Kpi, Quality, Score
from streams.kpis.numbers import IN_UNIT
from streams.reasons import REASONS
from streams.stages import stages
from streams.stages.stage import StageRow

_ROWS = "| stage 环节 | whose 所属 | from 起 | to 止 | length 时长 | |\n|---|---|---|---|---|---|\n"
_BY_QUERY = (
    "该环节须参照其他患者或其他日期,仅由日报查询得出;所示各行由测试与真实数据库引擎逐行核对。\n"
    "Its stage needs other visits or other days and is worked out by the day's query alone: a test holds the rows "
    "shown against the real engine.\n\n"
)


def worked_section(kpi: Kpi) -> str:
    """The section of the page."""
    story = story_of(kpi.code)
    text = f"\n## Worked timeline 时间线实例\n\n{story.zh}\n\n{story.en}\n\n{_timeline(story)}"
    text += f"\n### Read at 读取时刻 {_clock(at(story.as_of))}\n\n"
    text += "" if is_live(kpi) else _BY_QUERY
    rows = rows_of(kpi, story)
    text += _ROWS + "".join(_row(row, kpi, at(story.as_of)) for row in rows) + "\n" if rows else ""
    return text + "".join(_value(kpi, value) for value in values_of(kpi, story))


def _timeline(story: WorkedStory) -> str:
    lines = [line.split(maxsplit=3) for line in story.text.splitlines() if line.strip()]
    return "| time 时间 | visit 就诊 | event 事件 | 中文 | it says 内容 |\n|---|---|---|---|---|\n" + "".join(
        _event(clock, visit, kind, (said or [""])[0]) for clock, visit, kind, *said in sorted(lines, key=_told)
    )


def _moment(line: list[str]) -> int:
    """When it happened."""
    return at(line[0], _said(line, "day") or DAY)


def _told(line: list[str]) -> int:
    """When it was told, which is later where the line says so."""
    return max(_moment(line), at(_said(line, "sent") or "00:00", _said(line, "day") or DAY))


def _said(line: list[str], name: str) -> str:
    words = line[3].split() if len(line) > 3 else []
    return next((word.partition("=")[2] for word in words if word.startswith(f"{name}=")), "")


def _event(clock: str, visit: str, kind: str, said: str) -> str:
    when = _clock(_moment([clock, visit, kind, said]), seconds=clock.count(":") == 2)
    words = " ".join(f"`{word}`" for word in said.split() if not word.startswith("day="))
    return f"| {when} | {'' if visit == '-' else visit} | `{kind}` | {events()[kind].title[0]} | {cell(words)} |\n"


def _clock(ms: int, *, seconds: bool = False) -> str:
    local = datetime.fromtimestamp(ms / 1000, ZONE)
    time = f"{local:%H:%M:%S}" if seconds or local.second else f"{local:%H:%M}"
    return time if local.date().isoformat() == DAY else f"{local:%Y-%m-%d} {time}"


def _row(row: StageRow, kpi: Kpi, as_of: int) -> str:
    begins = row.at if row.started_at is None and row.ended_at is None else row.started_at
    start, end = ("" if ms is None else _clock(ms) for ms in (begins, row.ended_at))
    scope = row.scope_id + (f"/{row.part}" if row.part else "") + (f" `{row.series}`" if row.series else "")
    return f"| `{row.stage}` | {scope} | {start} | {end} | {_length(row, kpi)} | {_what(row, as_of)} |\n"


def _length(row: StageRow, kpi: Kpi) -> str:
    if row.millis is None:
        return ""
    if stages()[row.stage].kind == "score":
        return _number(float(Fraction(row.millis) / IN_UNIT[kpi.unit]), kpi.unit)
    return f"{row.millis / 60_000:.2f}".rstrip("0").rstrip(".") + " min"


def _what(row: StageRow, as_of: int) -> str:
    """What becomes of a row: it counts, is left out and why, or still waits."""
    if row.excluded:
        return "left out 剔除: " + " ".join(REASONS.get(row.excluded, (row.excluded, row.excluded)))
    if row.open_until is not None:
        return "past its time 已逾时" if row.open_until <= as_of else "waiting 等候中"
    weight = f"weight 计数 {row.amount}" if row.amount and stages()[row.stage].weighted else ""
    return weight or ("in the numerator 计入分子" if row.num else "counts 计入")


def _value(kpi: Kpi, value: Value) -> str:
    named = " ".join(filter(None, [value.series, *value.dims.values()]))
    headline = kpi.statistics[0] if isinstance(kpi, Interval | Score) else "value"
    lines = [f"{headline} **{_number(value.value, kpi.unit)}**" + (f" · `{named}`" if named else "") + "\n\n"]
    unit = kpi.lengths_in if isinstance(kpi, Due) else kpi.unit
    lengths = {"p50": value.p50, "p90": value.p90, "mean 平均": value.mean}
    waiting = {
        "p50 with those waiting 含仍在等候者": getattr(value, "p50_waiting", None),
        "p90 with those waiting 含仍在等候者": getattr(value, "p90_waiting", None),
    }
    facts = {"n 计入": str(value.n)}
    facts |= {"numerator / denominator 分子/分母": f"{value.num} / {value.den}"} if value.den is not None else {}
    facts |= {name: _number(found, unit) for name, found in (lengths | waiting).items() if found is not None}
    facts |= {"waiting 等候中": str(value.waiting)} if value.waiting and not isinstance(kpi, Quality) else {}
    facts |= {f"≤ {name.removeprefix('share≤')} s": _number(share, "%") for name, share in value.shares.items()}
    facts |= {f"left out 剔除 `{reason}`": str(n) for reason, n in value.excluded.items()}
    return lines[0] + "".join(f"- {name}: {what}\n" for name, what in facts.items()) + "\n"


def _number(value: float | None, unit: str) -> str:
    return "no value 无值" if value is None else f"{value:.6f}".rstrip("0").rstrip(".") + f" {unit}"
