"""The page of the vocabulary, and a JSON Schema for each event type."""

from __future__ import annotations

from pathlib import Path

import msgspec

from infra.reference.source import Field, cell, declarations
from ingest import events as vocabulary
from ingest.events import catalogue, domains
from ingest.events.envelope import Event, kind_of
from ingest.events.schemas import codes_of, field_kinds, json_schema
from ingest.topics import event_topic

_FOLDER = Path(vocabulary.__file__).parent

_HEAD = """\
# Events 事件

Generated from `ingest/events/`; do not edit. {count} event types in {domains} domains. JSON Schemas: `schemas/`.

Every event is one JSON object, one Kafka message, keyed by its subject. Identifiers are pseudonyms of 32 hex digits;
instants are UTC milliseconds; amounts are decimal text in CNY. `!` marks a field that a complete source delivers: its
absence is flagged `missing:<field>` and counted, never refused. A natural key is what makes two tellings the same
fact; `t` stands for the event's own time.

每个事件是一个 JSON 对象、一条 Kafka 消息，以其主体为键。标识符均为 32 位十六进制假名；
时刻为 UTC 毫秒；金额为十进制文本（人民币元）。`!` 表示完整的来源应当提供的字段：
缺失时标记 `missing:<字段>` 并计数，从不拒收。自然键决定两次陈述是否为同一事实；`t` 为事件自身的时间。

## Envelope 信封

| field 字段 | type 类型 | |
|---|---|---|
"""


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    schemas = {
        f"schemas/{event_type}.json": msgspec.json.format(msgspec.json.encode(json_schema(kind)), indent=2).decode()
        + "\n"
        for event_type, kind in catalogue().items()
    }
    return {"events.md": _page(), **schemas}


def _page() -> str:
    text = _HEAD.format(count=len(catalogue()), domains=len(domains()))
    envelope = _fields_of("envelope.py")["Event"]
    text += "".join(f"| `{f.name}` | {cell(f.type)} | {cell(f.comment)} |\n" for f in envelope.values())
    for domain, kinds in domains().items():
        fields = _fields_of(f"{domain}.py")
        first = (_FOLDER / f"{domain}.py").read_text("utf-8").split('"""')[1].split("\n\n")[0]
        text += f"\n## {domain}\n\n{first}\n\nTopic 主题: `{event_topic(domain)}`\n"
        text += "".join(_section(kind, {**fields, **_fields_of("envelope.py")}) for kind in kinds)
    return text


def _section(kind: type[Event], known: dict[str, dict[str, Field]]) -> str:
    key = ", ".join(f"`{term}`" for term in kind.natural_key)
    where = "every partition 每个分区" if kind.broadcast else f"`{kind.subject}`"
    text = f"\n### `{kind_of(kind)}` {kind.title[0]}\n\n{kind.title[1]}. {kind.__doc__}\n\n"
    text += f"Subject 主体: {where} · natural key 自然键: {key}\n\n"
    text += "| field 字段 | type 类型 | |\n|---|---|---|\n"
    for name in ("visit_id", "patient_id"):
        if name in kind.expected:
            text += f"| `{name}`! | text | envelope 信封 |\n"
    for name, what in field_kinds(kind).items():
        codes = codes_of(kind, name)
        shown = " ".join(f"`{code}`" for code in codes) if codes else what
        comment = next((known[c.__name__][name].comment for c in kind.__mro__ if name in known.get(c.__name__, {})), "")
        text += f"| `{name}`{'!' if name in kind.expected else ''} | {shown} | {cell(comment)} |\n"
    return text


def _fields_of(file: str) -> dict[str, dict[str, Field]]:
    return {each.name: {f.name: f for f in each.fields} for each in declarations(_FOLDER / file)}
