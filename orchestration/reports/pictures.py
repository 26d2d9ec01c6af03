"""Charts drawn as SVG: lines with their limits, bars by hour, and small lines beside a number. Pure.

They need no script and nothing from outside, print sharply, and every one stands beside the numbers that it shows.
"""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reports.document import Chart
from orchestration.reports.figures import FEW
from orchestration.reports.markup import Markup, el

_WIDE, _HIGH = 760, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 64, 16, 36
_INK, _QUIET, _RULE, _ACCENT, _OVER, _FAR = "#16202a", "#5a6570", "#e3e8ec", "#0072b2", "#b45309", "#c2410c"
_OTHER = "#9aa5ae"


class _Scale:
    """Where values and positions come to lie."""

    def __init__(self, chart: Chart) -> None:
        levels = (chart.centre, chart.upper, chart.lower, chart.target)
        known = [v for v in (*chart.values, *chart.other, *levels) if v is not None]
        self.many = len(chart.labels)
        low, high = min(known, default=0.0), max(known, default=1.0)
        self.low = min(low, 0.0) if chart.kind == "bars" or low < high * 0.6 else low - (high - low) * 0.15
        self.high = high + (high - self.low) * 0.08 or 1.0
        self.step = (_WIDE - _LEFT - _RIGHT) / max(self.many, 1)

    def x(self, index: int) -> float:
        return round(_LEFT + (index + 0.5) * self.step, 1)

    def y(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(_HIGH - _BOTTOM - share * (_HIGH - _TOP - _BOTTOM), 1)

    def ticks(self) -> list[float]:
        """Some round numbers between bottom and top."""
        span = self.high - self.low
        size = next((s for s in _STEPS if span / s <= 5), span)
        first = int(self.low / size) + (1 if self.low > 0 else 0)
        return [n * size for n in range(first, int(self.high / size) + 1)]


_STEPS = [m * 10.0**e for e in range(-2, 7) for m in (1, 2, 5)]


def drawn(chart: Chart) -> Markup:
    """A chart as SVG; screen readers get its title, the numbers are in tables."""
    scale = _Scale(chart)
    parts = [*_grid(chart, scale), *_levels(chart, scale)]
    parts += _bars(chart, scale) if chart.kind == "bars" else _lines(chart, scale)
    return el("svg", *parts, viewBox=f"0 0 {_WIDE} {_HIGH}", role="img", aria_label=chart.title)


def _grid(chart: Chart, scale: _Scale) -> list[Markup]:
    shapes = []
    for tick in scale.ticks():
        y = scale.y(tick)
        shapes.append(_line(_LEFT, y, _WIDE - _RIGHT, y, _RULE))
        shapes.append(_text(_LEFT - 6, y + 3.5, f"{tick:g}", "end"))
    every = max(1, -(-scale.many // 16))
    for index, label in enumerate(chart.labels):
        if index % every == 0:
            shapes.append(_text(scale.x(index), _HIGH - 20, label, "middle"))
            if chart.counts:
                shapes.append(_text(scale.x(index), _HIGH - 6, f"n={chart.counts[index]}", "middle", size=9))
    if chart.judged_from is not None and 0 < chart.judged_from < scale.many:
        x = round(scale.x(chart.judged_from) - scale.step / 2, 1)
        shapes.append(_line(x, _TOP - 6, x, _HIGH - _BOTTOM, _QUIET, dash="2 3"))
        shapes.append(_text(x + 4, _TOP + 2, chart.judged_name, "start"))
    return shapes


def _levels(chart: Chart, scale: _Scale) -> list[Markup]:
    """Centre, limits and target, each with its number at the right edge; those that would collide stay unnumbered."""
    levels = [(chart.target, _OVER, "6 4"), (chart.centre, _QUIET, ""), (chart.upper, _QUIET, "3 4"),
              (chart.lower, _QUIET, "3 4")]  # fmt: skip
    shapes, taken = [], list[float]()
    for value, colour, dash in levels:
        if value is None:
            continue
        y = scale.y(value)
        shapes.append(_line(_LEFT, y, _WIDE - _RIGHT, y, colour, dash=dash))
        if all(abs(y - other) > 10 for other in taken):
            shapes.append(_text(_WIDE - _RIGHT + 5, y + 3.5, f"{value:.1f}".removesuffix(".0"), "start", colour))
            taken.append(y)
    return shapes


def _bars(chart: Chart, scale: _Scale) -> list[Markup]:
    shapes, wide, floor = [], round(scale.step * 0.66, 1), scale.y(scale.low)
    for index, value in enumerate(chart.values):
        if value is not None:
            over, y = chart.target is not None and value > chart.target, scale.y(value)
            few = bool(chart.counts) and chart.counts[index] < FEW
            shapes.append(el("rect", x=str(round(scale.x(index) - wide / 2, 1)), y=str(y), width=str(wide),
                             height=str(round(max(floor - y, 0.8), 1)), fill=_OVER if over else _ACCENT,
                             fill_opacity="0.35" if few else None))  # fmt: skip
            shapes.append(_text(scale.x(index), y - 4, f"{value:.0f}", "middle", _INK))
    return shapes


def _lines(chart: Chart, scale: _Scale) -> list[Markup]:
    shapes = []
    if chart.other:
        shapes.append(_path(chart.other, scale, _OTHER, 1.6))
    shapes.append(_path(chart.values, scale, _ACCENT, 2.2))
    for index, value in enumerate(chart.values):
        if value is not None:
            far = index in chart.signals
            shapes.append(el("circle", cx=str(scale.x(index)), cy=str(scale.y(value)), r="5" if far else "2.6",
                             fill=_FAR if far else _ACCENT))  # fmt: skip
    return shapes


def _path(values: Sequence[float | None], scale: _Scale, colour: str, width: float) -> Markup:
    parts, pen = [], "M"
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{scale.x(index)} {scale.y(value)}")
        pen = "L"
    return el("path", d="".join(parts), fill="none", stroke=colour, stroke_width=str(width), stroke_linejoin="round")


def small(values: Sequence[float], aim: float | None = None) -> Markup:
    """A line without axes: the days before, and the newest as a dot."""
    wide, high = 120, 28
    known = [*values, *([aim] if aim is not None else [])]
    low, span = min(known), (max(known) - min(known)) or 1.0
    step = (wide - 8) / max(len(values) - 1, 1)

    def height(value: float) -> float:
        return round(high - 4 - (value - low) / span * (high - 8), 1)

    places = [f"{round(4 + index * step, 1)} {height(value)}" for index, value in enumerate(values)]
    shapes = [_line(0, height(aim), wide, height(aim), _OVER, dash="4 3")] if aim is not None else []
    shapes.append(_stroke("M" + "L".join(places), _QUIET, 1.4))
    shapes.append(_stroke(f"M{places[-1]}h0", _ACCENT, 5))
    return el("svg", *shapes, viewBox=f"0 0 {wide} {high}", preserveAspectRatio="none", aria_hidden="true")


def _stroke(path: str, colour: str, width: float) -> Markup:
    """A line that stays as wide when the picture is stretched; one of no length is a dot."""
    how = {"stroke_width": str(width), "stroke_linecap": "round", "vector_effect": "non-scaling-stroke"}
    return el("path", d=path, fill="none", stroke=colour, **how)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dash: str = "") -> Markup:
    return el("line", x1=str(x1), y1=str(y1), x2=str(x2), y2=str(y2), stroke=colour, stroke_dasharray=dash or None)


def _text(x: float, y: float, said: str, anchor: str, colour: str = _QUIET, size: int = 11) -> Markup:
    return el("text", said, x=str(x), y=str(y), text_anchor=anchor, font_size=size, style=f"fill:{colour}")
