"""How what was found in a sample is shown: tables, and lines to paste into the site file."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec
from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ingest.events import catalogue
from ingest.interpret.codes import harmless
from ingest.mapping.check import Checked, Unmapped
from ingest.mapping.event_names import ALWAYS

_FIELDS = {"dept": "科室 department", "activity": "活动 activity"}


def checked_text(checked: Checked, *, rare: bool) -> RenderableType:
    """Everything that a sample comes to."""
    parts: list[RenderableType] = [
        f"{checked.messages} 条消息 messages: {checked.events.total()} 个事件 events of {len(checked.events)} types"
    ]
    parts += [_aside(checked)] if checked.aside else []
    parts += [_missing(checked)] if checked.missing else []
    shown, hidden = _split(checked.unmapped, rare=rare)
    if shown:
        parts += [
            _unmapped(shown),
            "",
            "写进站点文件 for the site file:",
            Text(f"\n{lines_for(shown, checked.feed)}\n"),
        ]
    elif not hidden:
        parts.append("没有未映射的编码。Every code, department and activity is mapped.")
    parts += [
        f"{field}: {n} values seen less than three times are not shown, they may be names; --rare shows them."
        for field, n in hidden.items()
    ]
    return Group(*parts)


def checked_json(checked: Checked, *, rare: bool) -> str:
    """The same as one JSON object."""
    shown, hidden = _split(checked.unmapped, rare=rare)
    told = {
        "messages": checked.messages,
        "events": dict(sorted(checked.events.items())),
        "aside": [{"outcome": kind, "reason": why, "n": n} for (kind, why), n in checked.aside.most_common()],
        "missing": dict(checked.missing.most_common()),
        "unmapped": shown,
        "hidden": hidden,
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def lines_for(found: Sequence[Unmapped], feed: str) -> str:
    """TOML that maps these; what nobody can guess is a comment to fill in."""
    parts: list[str] = []
    for field, group in groupby((each for each in found if each.field != "activity"), key=lambda each: each.field):
        of_field = list(group)
        if codes := [each for each in of_field if not (_is_new_department(each) and harmless(each.raw))]:
            parts.append("\n".join([f"[codes.{field}]", *map(_line, codes)]))
        parts += [_department(each) for each in of_field if _is_new_department(each)]
    parts += [_rule(each, feed) for each in found if each.field == "activity"]
    return "\n\n".join(parts)


def _is_new_department(each: Unmapped) -> bool:
    return each.field == "dept" and each.suggestion is None


def _department(each: Unmapped) -> str:
    name = quoted(each.raw)
    return f"[departments.{_code(each.raw)}]  # {each.n}\nzh = {name}\nen = {name}"


def _code(raw: str) -> str:
    """A code for a department that has none but its name: a key of TOML."""
    if not harmless(raw):
        return f"D{zlib.crc32(raw.encode()) % 10_000:04d}"
    return raw if all(c.isalnum() or c in "_-" for c in raw) else quoted(raw)


def _rule(each: Unmapped, feed: str) -> str:
    lines = [
        f"[[feeds.{feed}.csv.events]]",
        f"activity = {quoted(each.raw)}  # {each.n}",
        f"event = {quoted(each.suggestion or '?')}",
    ]
    if each.suggestion in ALWAYS:
        lines.append(f"values = {values_of(each.suggestion)}")
    return "\n".join(lines if each.suggestion else [f"# {line}" for line in lines])


def values_of(event: str) -> str:
    """What a rule for an event always says, as TOML."""
    return "{ " + ", ".join(f"{name} = {quoted(value)}" for name, value in ALWAYS[event].items()) + " }"


def quoted(text: str) -> str:
    """A TOML string."""
    return msgspec.json.encode(text).decode()


def _line(each: Unmapped) -> str:
    ours = _code(each.raw) if _is_new_department(each) else each.suggestion
    line = f"{quoted(each.raw)} = {quoted(ours or '?')}  # {each.n}"
    return line if ours else f"# {line}"


def _split(found: Iterable[Unmapped], *, rare: bool) -> tuple[list[Unmapped], dict[str, int]]:
    """What may be printed, and of each field how many may not."""
    shown, hidden = [], dict[str, int]()
    for each in found:
        if rare or each.is_shown:
            shown.append(each)
        else:
            hidden[each.field] = hidden.get(each.field, 0) + 1
    return shown, hidden


def _aside(checked: Checked) -> Table:
    table = Table("未成事件 left aside", "原因 reason", Column("n", justify="right"), box=None)
    for (kind, reason), n in checked.aside.most_common(20):
        table.add_row(kind, reason, str(n))
    return table


def _missing(checked: Checked) -> Table:
    table = Table(Column("缺少字段 missing field", no_wrap=True), "", Column("n", justify="right"), box=None)
    for name, n in checked.missing.most_common(20):
        table.add_row(name, catalogue()[name.split()[0]].title[0], str(n))
    return table


def _unmapped(found: Sequence[Unmapped]) -> Table:
    right = Column("n", justify="right")
    table = Table(Column("未映射 unmapped", no_wrap=True), "编码 code", right, "建议 suggestion", box=None)
    for each in found:
        table.add_row(_FIELDS.get(each.field, each.field), Text(each.raw), str(each.n), each.suggestion or "")
    return table
