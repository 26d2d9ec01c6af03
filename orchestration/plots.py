"""A small plot beside an asset: bars as an SVG, drawn here since an intranet has no way out."""

import base64
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import dagster as dg

_WIDTH, _HEIGHT, _LEFT = 620, 150, 8
_MOST_LABELS = 8


def hours_plot(title: str, values: Sequence[float | None]) -> dg.MarkdownMetadataValue:
    """24 values, one an hour, as a bar chart; None leaves a gap."""
    return bars_plot(title, {f"{hour:02d}": value for hour, value in enumerate(values)})


def bars_plot(title: str, values: Mapping[str, float | None]) -> dg.MarkdownMetadataValue:
    """Values under their names as a bar chart; None leaves a gap, and of many names some are left out."""
    top = max((v for v in values.values() if v is not None), default=0) or 1
    step, every = (_WIDTH - _LEFT) / max(len(values), 1), -(-len(values) // _MOST_LABELS) or 1
    bars = "".join(_bar(n, value, top, step) for n, value in enumerate(values.values()) if value is not None)
    label = f'<text x="4" y="14" font-size="12" fill="#333">{escape(title)} · max {top:g}</text>'
    ticks = "".join(
        f'<text x="{_LEFT + n * step:.0f}" y="{_HEIGHT - 3}" font-size="10" fill="#555">{escape(name)}</text>'
        for n, name in enumerate(values)
        if n % every == 0
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">{label}{bars}{ticks}</svg>'
    inline = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{inline})")


def _bar(number: int, value: float, top: float, step: float) -> str:
    height = round(max(0.0, value) / top * (_HEIGHT - 40))
    x, y, width = _LEFT - 2 + number * step, _HEIGHT - 16 - height, max(2.0, step - 5)
    return f'<rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{height}" fill="#0072B2"/>'
