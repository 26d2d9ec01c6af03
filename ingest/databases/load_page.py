"""A page "the load we put on your HIS", to show or print for its vendor: one file, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

from ingest.databases.load import Figures
from ingest.databases.load_report import QUARTERS, Line, facts, promises, quarters_of, since_begun, state

_STYLE = """\
:root{color-scheme:light}
body{font:15px/1.55 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1c2733;
background:#fff;max-width:1000px;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .4rem;border-bottom:2px solid #0b6b75;
padding-bottom:.2rem}h3{font-size:1rem;margin:1.3rem 0 .3rem}
.en{color:#5a6b7b;font-weight:400;font-size:.86em}.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 2.5rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.28rem .5rem .28rem 0;
border-bottom:1px solid #e3e8ed;vertical-align:top}th{font-weight:600}
.pair td:first-child{width:44%}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.worry{color:#a3260f;font-weight:600}pre{background:#f4f6f8;padding:.7rem;white-space:pre-wrap;
overflow-wrap:anywhere;font-size:.8rem;margin:.2rem 0 .8rem;border-radius:4px}
svg{display:block;width:100%;height:auto;margin:.4rem 0}svg text{font-size:11px;fill:#5a6b7b}
@media(max-width:700px){.pair{grid-template-columns:1fr}}@media print{body{margin:0}pre,tr{break-inside:avoid}}
"""


def page(site_name: str, all_figures: Iterable[Figures], now_ms: int, zone: ZoneInfo) -> str:
    """The page of a site's databases."""
    made = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    feeds = "".join(_feed(figures, now_ms, zone) for figures in all_figures)
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>HIS 数据库负载 · {escape(site_name)}</title><style>{_STYLE}</style></head><body>"
        '<h1>本平台对 HIS 数据库的负载 <span class="en">The load we put on your HIS</span></h1>'
        f"<p>{escape(site_name)} · {made:%Y-%m-%d %H:%M} · HIS Pulse<br>"
        "本平台只执行下列查询，从不写入；每条语句都在此计数。"
        '<span class="en">It asks nothing but the queries below and never writes; every statement is counted here.'
        f"</span></p>{feeds}</body></html>\n"
    )


def _feed(figures: Figures, now_ms: int, zone: ZoneInfo) -> str:
    return (
        f'<h2>{escape(figures.feed)} <span class="en">{escape(figures.source_system)} · {figures.engine} · '
        f"{state(figures, now_ms)}</span></h2>"
        f'<div class="pair"><div>{_block("承诺", "What we keep to", promises(figures))}</div>'
        f"<div>{_block('最近 24 小时', 'The last 24 hours', facts(figures, zone))}"
        f"{_block('自本进程启动以来', 'Since the process began', since_begun(figures))}</div></div>"
        f"{_chart(figures, zone)}{_views(figures)}"
    )


def _block(zh: str, en: str, lines: Iterable[Line]) -> str:
    rows = "".join(
        f'<tr><td>{line.zh}<br><span class="en">{line.en}</span></td>'
        f'<td class="n{" worry" if line.worry else ""}" style="white-space:normal">{escape(line.value)}</td></tr>'
        for line in lines
    )
    return f'<h3>{zh} <span class="en">{en}</span></h3><table>{rows}</table>'


def _chart(figures: Figures, zone: ZoneInfo) -> str:
    """The busiest minute of each quarter of an hour, held against the budget."""
    seconds, allowed = quarters_of(figures), figures.limits.seconds_per_minute
    top, wide, high, left = max(allowed, *seconds), 960, 150, 44
    step = (wide - left) / QUARTERS
    bars = "".join(
        f'<rect x="{left + n * step:.1f}" y="{high - high * each / top:.1f}" width="{step - 1.5:.1f}" '
        f'height="{high * each / top:.1f}" fill="{"#a3260f" if each > allowed else "#0b6b75"}"/>'
        for n, each in enumerate(seconds)
        if each
    )
    line = high - high * allowed / top
    last = datetime.fromtimestamp(figures.written_at / 1000, UTC).astimezone(zone)
    hours = "".join(
        f'<text x="{left + n * step:.0f}" y="{high + 28}">{(last.hour - 23 + n // 4) % 24:02d}:00</text>'
        for n in range(3 - last.minute // 15, QUARTERS, 12)
    )
    return (
        "<h3>每刻钟内最忙的一分钟，数据库为我们工作的秒数 "
        '<span class="en">Seconds of work for us in the busiest minute of each quarter of an hour</span></h3>'
        f'<svg viewBox="0 0 {wide} {high + 44}" role="img" aria-label="load of the last day">'
        '<g transform="translate(0,12)">'
        f'<line x1="{left}" x2="{wide}" y1="{line:.1f}" y2="{line:.1f}" stroke="#a3260f" stroke-dasharray="5 4"/>'
        f'<text x="0" y="{line + 4:.1f}">{allowed:g} s</text><text x="0" y="{high}">0 s</text>'
        f'<text x="{wide - 4}" y="{line + 15:.1f}" text-anchor="end">预算 budget</text>{bars}'
        f'<line x1="{left}" x2="{wide}" y1="{high}" y2="{high}" stroke="#9aa8b5"/>{hours}</g></svg>'
    )


def _views(figures: Figures) -> str:
    heads = ("查询 query", "语句 statements", "行 rows", "秒 seconds", "平均 mean ms", "最长 longest ms")
    head = "".join(f'<th class="{"n" if n else ""}">{text}</th>' for n, text in enumerate(heads))
    rows, asked = "", ""
    for name, view in figures.views.items():
        mean = view.seconds / view.statements * 1000 if view.statements else 0.0
        cells = (f"{view.statements:,}", f"{view.rows:,}", f"{view.seconds:,.2f}", f"{mean:,.1f}")
        numbers = "".join(f'<td class="n">{cell}</td>' for cell in (*cells, f"{view.longest_s * 1000:,.0f}"))
        rows += f"<tr><td>{escape(name)}</td>{numbers}</tr>"
        asked += f"<pre>{escape(view.statement)}</pre>"
    session = escape(";\n".join(figures.session))
    return (
        '<h3>自本进程启动以来，按查询 <span class="en">By query, since the process began</span></h3>'
        f"<table><tr>{head}</tr>{rows}</table>"
        '<h3>会话设置与全部语句原文 <span class="en">What a session is told, and every statement as asked</span></h3>'
        f"<pre>{session}</pre>{asked}"
    )
