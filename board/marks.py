"""Marks and lines: the shapes that tell a state before its colour does, and the line of a day."""

from __future__ import annotations

from collections.abc import Sequence

from orchestration.reports.markup import Markup, el

# Each shape differs in outline, not only in fill: a clock, a bolt, one and two triangles, a tick, a broken link.
_SHAPES = {
    "clock": '<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.8"/>'
    '<path d="M8 4.4V8l2.6 1.7" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "bolt": '<path d="M9.5 1 3.5 9h4l-1 6 6-8.5h-4z" fill="currentColor"/>',
    "over": '<path d="M8 2.5 14.5 13.5h-13z" fill="currentColor"/>',
    "far": '<path d="M8 .8 14 8H2zM8 7.8l6 7.2H2z" fill="currentColor"/>',
    "ok": '<path d="m2.5 8.5 3.6 3.6 7.4-8" fill="none" stroke="currentColor" stroke-width="2"/>',
    "cut": '<path d="M1 8h4M11 8h4M6 4.5l4 7M10 4.5l-4 7" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "check": '<path d="M3 2h10v12H3zM5.5 5.5l5 5m0-5-5 5" fill="none" stroke="currentColor" stroke-width="1.6"/>',
    "bell": '<path d="M8 1.2c-3 0-4.4 2.2-4.4 5 0 3.2-1 4.6-1.8 5.6h12.4c-.8-1-1.8-2.4-1.8-5.6 0-2.8-1.4-5-4.4-5z" '
    'fill="currentColor"/><path d="M6 13a2 2 0 0 0 4 0z" fill="currentColor"/>',
    "dot": '<circle cx="8" cy="8" r="2.2" fill="currentColor"/>',
}


def mark(name: str, title: str = "") -> Markup:
    """A small drawn mark; with a title it speaks to screen readers, without it is silent."""
    return el(
        "svg",
        Markup(_SHAPES[name]),
        class_=f"mark mark-{name}",
        viewBox="0 0 16 16",
        role="img" if title else None,
        aria_label=title or None,
        aria_hidden=None if title else "true",
    )


def sparkline(
    points: Sequence[float | None], target: float | None, width: int = 176, height: int = 32, *, slots: int = 0
) -> Markup:
    """The line of today: one point an hour, gaps left open, the target dashed, the last point a dot."""
    known = [value for value in points if value is not None]
    if not known:
        return el("svg", class_="spark", viewBox=f"0 0 {width} {height}", aria_hidden="true")
    top = max([*known, (target or 0) * 1.15, 1e-9])
    step = (width - 6) / max(slots - 1, len(points) - 1, 1)

    def place(index: int, value: float) -> str:
        return f"{3 + index * step:.1f} {height - 3 - (height - 6) * value / top:.1f}"

    paths, pen = [], "M"
    for index, value in enumerate(points):
        if value is None:
            pen = "M"
            continue
        paths.append(f"{pen}{place(index, value)}")
        pen = "L"
    last = max(index for index, value in enumerate(points) if value is not None)
    shapes = [el("path", d="".join(paths), class_="spark-line")]
    if target is not None:
        y = f"{height - 3 - (height - 6) * target / top:.1f}"
        shapes.insert(0, el("path", d=f"M0 {y}H{width}", class_="spark-target"))
    # A line of no length with round ends: a dot that stays round when the picture is stretched.
    shapes.append(el("path", d=f"M{place(last, points[last] or 0.0)}h0", class_="spark-end"))
    return el(
        "svg", *shapes, class_="spark", viewBox=f"0 0 {width} {height}", preserveAspectRatio="none", aria_hidden="true"
    )
