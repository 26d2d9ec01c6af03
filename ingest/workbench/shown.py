"""What became of a body, as HTML: events, what was left aside, unmapped codes, journeys, KPI values.

Of a message only codes are shown again, for they must be mapped; numbers are pseudonyms, shortened.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ingest.events.envelope import Event, kind_of, payload_fields, subject_of
from ingest.intake import Outcome
from ingest.mapping.check import Checked
from ingest.mapping.shown import lines_for
from ingest.workbench.effect import Effect, Figure, Journey
from ingest.workbench.look import Looked
from ingest.workbench.picture import drawn, moment

_EVENTS, _JOURNEYS, _ASIDE = 300, 12, 100  # shown at most; how many more there are is said
_SHORT = 8  # digits of a pseudonym
_NOTATIONS = {
    "hl7": "HL7 v2", "fhir": "FHIR R4", "event": "事件 JSON events", "rows": "视图行 rows of a view", "csv": "CSV",
}  # fmt: skip
_WHY = {"ignored": "忽略 ignored", "malformed": "拒收 refused", "future": "时间在未来 in the future"}


def result(looked: Looked, effect: Effect, zone: ZoneInfo, as_of: int) -> str:
    """Everything that the page shows."""
    return "".join(
        (
            _summary(looked),
            _aside(looked.outcomes),
            _unmapped(looked.checked),
            _events(looked.events, zone),
            _missing(looked.checked),
            _journeys(effect.journeys, zone),
            _figures(effect.figures, zone, as_of),
        )
    )


def refusal(reason: str) -> str:
    """Nothing could be read, and why."""
    return f'<p class="worry">无法读取 cannot be read: {escape(reason)}</p>'


def _summary(looked: Looked) -> str:
    refused = sum(bool(each.malformed) for each in looked.outcomes)
    feed = (
        f" · 按数据源 as feed <code>{escape(looked.feed)}</code>" if looked.feed else " · 站点无此类数据源 no such feed"
    )
    left = f" · <strong>另有 {looked.left} 条未读 more not looked at</strong>" if looked.left else ""
    return (
        f'<p class="summary" data-summary><strong>{_NOTATIONS[looked.notation]}</strong>{feed} · '
        f"{len(looked.outcomes)} 条消息 messages → <strong>{len(looked.events)}</strong> 个事件 events"
        f"{f' · <span class=worry>{refused} 条拒收 refused</span>' if refused else ''}{left}</p>"
    )


def _aside(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for place, outcome in enumerate(outcomes, 1):
        for kind, reason in (("malformed", outcome.malformed), ("ignored", outcome.ignored)):
            if reason:
                rows.append((str(place), _WHY[kind], reason))
        rows += [(str(place), _WHY["future"], kind_of(event)) for event in outcome.future]
    if not rows:
        return ""
    return _section(
        "未成事件",
        "Left aside",
        _table(("第几条 message", "结果 outcome", "原因与位置 reason and place"), rows[:_ASIDE]),
        len(rows) - _ASIDE,
    )


def _unmapped(checked: Checked) -> str:
    if not checked.unmapped:
        return ""
    rows = [(each.field, each.raw, str(each.n), each.suggestion or "—") for each in checked.unmapped]
    lines = escape(lines_for(checked.unmapped, checked.feed))
    return _section(
        "未映射的编码", "Unmapped codes",
        _table(("字段 field", "编码 code", "n", "建议 suggestion"), rows)
        + f"<p>写进站点文件 for the site file:</p><pre>{lines}</pre>",
    )  # fmt: skip


def _events(events: Sequence[Event], zone: ZoneInfo) -> str:
    if not events:
        return ""
    rows = [
        (
            moment(event.occurred_at, zone),
            f"{'撤回 taken back: ' if event.op == 'retract' else ''}{type(event).title[0]} {type(event).title[1]}",
            kind_of(event),
            _short(event.visit_id or "") or "—",
            _short(subject_of(event)),
            _fields(event),
            ", ".join(event.quality_flags),
        )
        for event in events[:_EVENTS]
    ]
    head = ("时间 time", "事件 event", "", "就诊 visit", "对象 subject", "字段 fields", "标记 flags")
    return _section("事件", "Events", _table(head, rows, code=(2, 3, 4)), len(events) - _EVENTS)


def _fields(event: Event) -> str:
    told = ((name, getattr(event, name)) for name in payload_fields(type(event)) if name != event.subject)
    return " · ".join(f"{name} {_value(value)}" for name, value in told if value not in (None, (), "", {}))


def _value(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, msgspec.Struct):
        return "/".join(_value(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _short(str(value))


def _short(text: str) -> str:
    """A pseudonym's beginning; other texts as they are."""
    is_pseudonym = len(text) >= 32 and all(c in "0123456789abcdef" for c in text)
    return f"{text[:_SHORT]}…" if is_pseudonym else text


def _missing(checked: Checked) -> str:
    if not checked.missing:
        return ""
    rows = [(name, str(n)) for name, n in checked.missing.most_common(20)]
    return _section("缺少的字段", "Missing fields", _table(("事件与字段 event and field", "n"), rows, code=(0,)))


def _journeys(journeys: Sequence[Journey], zone: ZoneInfo) -> str:
    if not journeys:
        return ""
    parts = []
    for journey in journeys[:_JOURNEYS]:
        what = "就诊 visit" if journey.is_visit else "未指明就诊 no visit named"
        title = f"<h3>{what} <code>{escape(journey.name)}…</code></h3>"
        parts.append(title + (drawn(journey, zone) or _moments(journey, zone)))
    return _section("经过", "Journey", "".join(parts), len(journeys) - _JOURNEYS)


def _moments(journey: Journey, zone: ZoneInfo) -> str:
    """A journey that has no length."""
    return "".join(f"<p>{moment(m.at, zone)} {escape(m.zh)} {escape(m.en)}</p>" for m in journey.marks)


def _figures(figures: Sequence[Figure], zone: ZoneInfo, as_of: int) -> str:
    note = (
        f"仅凭以上事件，截至 {moment(as_of, zone)}。 "
        f'<span class="en">Of these events alone, as of {moment(as_of, zone)}.</span>'
    )
    if not figures:
        return _section(
            "对指标的影响", "KPI effect", "<p>没有指标用到这些事件。No KPI has anything to say of these.</p>"
        )
    rows = [
        (
            f.zh,
            f.en,
            f.code,
            f.of,
            str(f.n),
            f"{f.value} {f.unit}" if f.value else "—",
            str(f.waiting or ""),
            f.left_out,
        )
        for f in figures
    ]
    head = ("指标 KPI", "", "", "", "n", "值 value", "等候 waiting", "剔除 left out")
    return _section("对指标的影响", "KPI effect", f"<p>{note}</p>" + _table(head, rows, code=(2,)))


def _section(zh: str, en: str, body: str, more: int = 0) -> str:
    tail = f"<p>另有 {more} 项未显示 more are not shown</p>" if more > 0 else ""
    return f'<section><h2>{zh} <span class="en">{en}</span></h2>{body}{tail}</section>'


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], code: tuple[int, ...] = ()) -> str:
    top = "".join(f"<th>{escape(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(_cell(n, text, code) for n, text in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(number: int, text: str, code: tuple[int, ...]) -> str:
    shown = escape(text)
    return f"<td><code>{shown}</code></td>" if number in code and text else f"<td>{shown}</td>"
