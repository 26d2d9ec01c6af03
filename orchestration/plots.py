"""A small plot beside an asset: bars by hour as an SVG, drawn here since an intranet has no way out."""

import base64
from collections.abc import Sequence

import dagster as dg

_WIDTH, _HEIGHT, _BAR = 620, 150, 24


def hours_plot(title: str, values: Sequence[float | None]) -> dg.MarkdownMetadataValue:
    """24 values, one an hour, as a bar chart; None leaves a gap."""
    known = [v for v in values if v is not None]
    top = max(known, default=0) or 1
    bars = "".join(_bar(hour, value, top) for hour, value in enumerate(values) if value is not None)
    label = f'<text x="4" y="14" font-size="12" fill="#333">{title} · max {top:g}</text>'
    ticks = "".join(
        f'<text x="{8 + hour * _BAR}" y="{_HEIGHT - 3}" font-size="10" fill="#555">{hour:02d}</text>'
        for hour in range(0, 24, 3)
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}">{label}{bars}{ticks}</svg>'
    inline = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{inline})")


def _bar(hour: int, value: float, top: float) -> str:
    height = round(max(0.0, value) / top * (_HEIGHT - 40))
    x, y = 6 + hour * _BAR, _HEIGHT - 16 - height
    return f'<rect x="{x}" y="{y}" width="{_BAR - 5}" height="{height}" fill="#0072B2"/>'
