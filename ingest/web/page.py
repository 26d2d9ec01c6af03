"""The page that a sender's programmer reads: one plain document, nothing from outside, no script."""

from __future__ import annotations

from html import escape

import msgspec

from ingest.events.envelope import Event, kind_of
from ingest.interpret.canonical_schema import Codes, Schema, event_schema, example, told_kinds
from ingest.settings import Hospital

_STYLE = """
body{font:16px/1.6 system-ui,"Noto Sans CJK SC",sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}
pre,code{font-family:ui-monospace,monospace;background:#f2f5f7}pre{padding:.8rem;overflow:auto}
table{border-collapse:collapse;width:100%;margin:.4rem 0 1.4rem}td{border-top:1px solid #d8e0e6;padding:.2rem .6rem;
vertical-align:top}td:first-child{white-space:nowrap}h3{margin:1.6rem 0 0}small{color:#5a6b78}
"""
_CURL = """curl -i https://HOST:PORT/v1/events \\
  -H "authorization: Bearer $TOKEN" -H "content-type: application/json" \\
  --data-binary @- &lt;&lt;'EOF'
%s
EOF"""


def page(hospital: Hospital, codes: Codes) -> bytes:
    """The page as HTML."""
    call = escape(msgspec.json.format(msgspec.json.encode(example()), indent=2).decode(), quote=False)
    kinds = "".join(_event(kind, event_schema(kind, codes)) for kind in told_kinds())
    return f"""<!doctype html><html lang="zh"><meta charset="utf-8"><title>HIS Pulse: POST /v1/events</title>
<style>{_STYLE}</style><h1>POST /v1/events</h1>
<p>{escape(hospital.zh)} · {escape(hospital.en)} · <a href="openapi.json">openapi.json</a></p>
<p>事件推送接口：一次一条、数组、每行一条（application/x-ndjson），或 CloudEvents 1.0；可用 gzip。
号码请照原样发送，在此处即变为假名，不保留原值；姓名、电话、地址和自由文本请勿发送，发送也会被丢弃。
返回 202 表示全部落盘；返回 422 时只有列出的记录被拒收，其余已落盘；重复发送不会重复计数。</p>
<p>One event, an array, one a line, or CloudEvents 1.0 (structured, batch, binary); gzip if you like. Send your own
numbers: they become pseudonyms here. Send no names, phones, addresses or free text; they are left out. 202: all of it
is durable. 422: only the records listed were refused. Telling the same again changes nothing; telling it otherwise
corrects it, if <code>version</code> grows.</p>
<pre>{_CURL % call}</pre>
<p>A signature may stand in for the token (Standard Webhooks): headers <code>webhook-id</code>,
<code>webhook-timestamp</code> and <code>webhook-signature: v1,…</code>.</p>
<h2 id="refused-records">Errors 错误</h2>
<p><small>application/problem+json; <code>errors[].pointer</code> names the place, never what stood
there. 错误只说明位置，不引用内容。</small></p>{kinds}</html>""".encode()


def _event(kind: type[Event], schema: Schema) -> str:
    expected = set(kind.expected)
    rows = "".join(
        f"<tr><td><code>{name}</code>{' *' if name in expected else ''}</td><td>{_told(field)}</td></tr>"
        for name, field in schema["properties"].items()
        if name not in _SHARED or name in expected
    )
    name = kind_of(kind)
    return (
        f'<h3 id="{name}"><code>{name}</code> {escape(kind.title[0])}</h3>'
        f"<small>{escape(kind.title[1])}; * = a complete source sends it 完整的来源应提供</small><table>{rows}</table>"
    )


_SHARED = {"event_type", "op", "recorded_at", "sent_at", "version", "message_id", "quality_flags", "visit_date"}


def _told(field: Schema) -> str:
    """A field in a few words; that it may be null goes without saying."""
    if "enum" in field:
        return escape(", ".join(str(each) for each in field["enum"] if each))
    if "anyOf" in field:
        return _told(field["anyOf"][0])
    if "$ref" in field:
        return escape(str(field["$ref"]).rsplit("/", 1)[-1])
    if "items" in field:
        items = field["items"].get("properties")
        return "list of " + (escape(", ".join(items)) if items else _told(field["items"]))
    kind = field.get("type", "")
    named = kind if isinstance(kind, str) else kind[0]
    return escape(f"{named} {field.get('description', '')}".strip())
