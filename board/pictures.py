"""A picture below the matrix: arrivals of the day.

Drawn in per cent, so that the text in it keeps its size.
"""

from __future__ import annotations

from board.wall import Arrivals
from board.words import Language, say
from orchestration.reports.markup import Markup, el, join

_TALLEST = 56.0  # per cent of the picture; above it is room for its number


def arrivals(shown: Arrivals | None, lang: Language) -> Markup:
    """Arrivals by quarter hour, over the usual band."""
    head = el("h2", say(lang, "arrivals"))
    if shown is None or not shown.counts:
        return join(head, el("p", say(lang, "no_patients"), class_="quiet"))
    known = [count for count in shown.counts if count is not None]
    note = say(lang, "usual" if shown.high else "no_usual")
    return join(
        el("h2", say(lang, "arrivals"), " ", el("small", note)),
        _bars(shown),
        el("p", f"{say(lang, 'today')} {sum(known)}", class_="sr"),
    )


def _bars(arrivals: Arrivals) -> Markup:
    """Bars in per cent of the picture, so that the hours under them keep the size of text."""
    most = max(count or 0 for count in arrivals.counts)
    top = max([1.0, float(most), *arrivals.high]) * 76 / _TALLEST
    slots = len(arrivals.counts)
    shapes = [_band(arrivals, top)] if arrivals.high else []
    for i, count in enumerate(arrivals.counts):
        tall = 76 * (count or 0) / top
        place, wide = f"{(i + 0.1) * 100 / slots:.2f}%", f"{80 / slots:.2f}%"
        if tall:
            shapes.append(el("rect", x=place, y=f"{76 - tall:.1f}%", width=wide, height=f"{tall:.1f}%", class_="bar"))
        if count and count == most:
            most = -1  # once is enough
            shapes.append(el("text", count, x=f"{(i + 0.5) * 100 / slots:.2f}%", y=f"{72 - tall:.1f}%", class_="most"))
        quarter = arrivals.first_quarter + i
        if quarter % 8 == 0:
            shapes.append(el("text", quarter // 4, x=place, y="100%", class_="tick"))
    shapes.append(el("line", x1="0", x2="100%", y1="76%", y2="76%", class_="axis"))
    return el("svg", *shapes, class_="bars", aria_hidden="true")


def _band(arrivals: Arrivals, top: float) -> Markup:
    up = [f"{i + 0.5} {100 - 100 * value / top:.1f}" for i, value in enumerate(arrivals.high)]
    down = [f"{i + 0.5} {100 - 100 * value / top:.1f}" for i, value in enumerate(arrivals.low)]
    shape = el("path", d="M" + "L".join([*up, *reversed(down)]) + "Z", class_="band")
    box = f"0 0 {len(arrivals.counts)} 100"
    return el("svg", shape, viewBox=box, preserveAspectRatio="none", x="0", y="0", width="100%", height="76%")
