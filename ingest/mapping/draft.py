"""A first site file from a table: which rows or columns tell which events, as far as their names give it away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ingest.events import catalogue
from ingest.interpret.codes import harmless
from ingest.mapping.check import RARE
from ingest.mapping.columns import activity_column, field_columns, patient_column, time_columns, visit_columns
from ingest.mapping.event_names import ALWAYS, events_named
from ingest.mapping.shown import quoted
from ingest.mapping.table import Table

# A visit begins with the first of these that is told, where no registration is.
_BEGINS = ("ed.arrived", "patient.checked_in", "triage.completed", "queue.joined", "consultation.started")
_MOST_ACTIVITIES = 60
_ARRIVAL = ("arriv", "到达", "到院", "签到")
_WAIT = ("wait", "queue", "q_time", "等待", "等候", "候诊")
_CARE = ("time_with", "service", "consult", "duration", "treatment", "时长", "就诊")


class Told(NamedTuple):
    """One rule of a description."""

    event: str
    where: str  # TOML: an activity, a time's column, or offsets
    note: str = ""


def table_draft(table: Table, feed: str = "files") -> str:
    """The section of a feed that reads this table."""
    activity = activity_column(table)
    times = time_columns(table)
    is_long = bool(activity) and len(times) >= 1
    visit = visit_columns(table, long=is_long)
    patient = patient_column(table)
    taken = [*visit, patient, activity]
    if is_long:
        rules, unknown = _long_rules(table, activity)
    else:
        rules, unknown = _wide_rules(table) if times else _offset_rules(table)
    rules = _with_registration(rules)
    layout = "long" if is_long else "wide"
    lines = [
        f"[feeds.{feed}.csv]",
        f'layout = "{layout}"  # ' + ("一行一个事件 one row an event" if is_long else "一行一次就诊 one row a visit"),
        f"delimiter = {quoted(table.delimiter)}",
        f"encoding = {quoted(table.encoding)}",
        *([f"visit = {_columns(visit)}"] if visit else []),
        *([f"patient = {quoted(patient)}"] if patient else []),
        *([f"time_format = {quoted(table.time_format)}"] if table.time_format else []),
        *([f"activity = {quoted(activity)}", f"time = {quoted(times[0].name)}"] if is_long else []),
        *(['anchor = "2025-01-01"  # 分钟从何时算起 where the minutes count from'] if not (is_long or times) else []),
    ]
    fields = {name: column for name, column in field_columns(table, taken).items() if _has(rules, name)}
    if fields:
        lines.append("fields = { " + ", ".join(f"{name} = {quoted(column)}" for name, column in fields.items()) + " }")
    subjects = [*visit, *([activity] if is_long else [])]
    parts = ["\n".join(lines), *(_rule(feed, rule, fields, subjects) for rule in rules), *unknown]
    text = "\n\n".join(parts)
    if any(rule.event.startswith("ed.") for rule in rules):
        text = text.replace('visit_class = "outpatient"', 'visit_class = "emergency"')
    return text


def _long_rules(table: Table, activity: str) -> tuple[list[Told], list[str]]:
    rules, unknown = [], []
    counts = Counter(table.named(activity).values).most_common(_MOST_ACTIVITIES)
    named = events_named(name for name, _ in counts)
    for name, n in counts:
        if event := named.get(name):
            rules.append(Told(event, f"activity = {quoted(name)}", f"  # {n}"))
        elif harmless(name) or n >= RARE:
            unknown.append(f"# 未知活动 unknown activity {quoted(name)}: {n}")
    return rules, ["\n".join(unknown)] if unknown else []


def _wide_rules(table: Table) -> tuple[list[Told], list[str]]:
    rules, unknown = list[Told](), []
    named = events_named(column.name for column in time_columns(table))
    for column in time_columns(table):
        event = named.get(column.name)
        if event and event not in {rule.event for rule in rules}:
            rules.append(Told(event, f"time = {quoted(column.name)}"))
        else:
            unknown.append(f"# 未知时间 unknown time {quoted(column.name)}: {len(column.values)}")
    if not rules:  # something must be told; the reader sees that it is a guess
        column = time_columns(table)[0]
        rules.append(Told("patient.checked_in", f"time = {quoted(column.name)}", "  # 猜测 a guess"))
    return rules, ["\n".join(unknown)] if unknown else []


def _offset_rules(table: Table) -> tuple[list[Told], list[str]]:
    """Minutes since some moment: an arrival, how long was waited, how long it took."""
    numbers = [column.name for column in table.columns if column.is_number]
    full = [name for name in numbers if len(table.named(name).values) * 2 > len(table.rows)]
    chain: list[str] = []
    for words in (_ARRIVAL, _WAIT, _CARE):
        found = next((name for name in full if name not in chain and any(word in name.lower() for word in words)), None)
        if found is None:
            break
        chain.append(found)
    events = ("patient.checked_in", "consultation.started", "consultation.ended")
    rules = [
        Told(event, f"offset = {_columns(chain[: n + 1], always_list=True)}")
        for n, event in enumerate(events[: len(chain)])
    ]
    note = '# 没有找到时间列 no column of times was found: name one with time = "…"'
    return rules, [] if rules else [note]


def _with_registration(rules: list[Told]) -> list[Told]:
    """Every visit is registered: where nothing tells it, with the first that is told."""
    if any(rule.event == "registration.created" for rule in rules):
        return rules
    for event in _BEGINS:
        first = [rule for rule in rules if rule.event == event]
        if first:
            return [Told("registration.created", first[0].where, first[0].note), *rules]
    return rules


def _rule(feed: str, rule: Told, fields: Iterable[str], subjects: Sequence[str]) -> str:
    kind = catalogue()[rule.event]
    lines = [f"[[feeds.{feed}.csv.events]]", f"{rule.where}{rule.note}"]
    lines.append(f"event = {quoted(rule.event)}  # {kind.title[0]}")
    if kind.subject not in (*fields, "visit_id", "patient_id", "source_system") and subjects:
        lines.append(f"fields = {{ {kind.subject} = {_columns(subjects)} }}")
    always = {name: value for name, value in ALWAYS.get(rule.event, {}).items() if name not in fields}
    if always:
        lines.append("values = { " + ", ".join(f"{name} = {quoted(value)}" for name, value in always.items()) + " }")
    return "\n".join(lines)


def _has(rules: Iterable[Told], field: str) -> bool:
    return any(field in catalogue()[rule.event].__struct_fields__ for rule in rules)


def _columns(names: Sequence[str], *, always_list: bool = False) -> str:
    if len(names) == 1 and not always_list:
        return quoted(names[0])
    return "[" + ", ".join(quoted(name) for name in names) + "]"
