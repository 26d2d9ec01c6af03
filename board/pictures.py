"""The two pictures below the matrix: arrivals of the day, and where time goes.

Drawn in per cent, so that the text in them keeps its size.
"""

from __future__ import annotations

from board.columns import BY_CODE, COLUMNS
from board.wall import Arrivals, TimeShare
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


def shares(shown: tuple[TimeShare, ...], lang: Language) -> Markup:
    """One stacked bar per department: where its patients' time goes."""
    head = el("h2", say(lang, "time_goes"))
    if not shown:
        return join(head, el("p", say(lang, "no_patients"), class_="quiet"))
    longest = max(sum(minutes for _, minutes in share.parts) for share in shown) or 1.0
    return join(head, el("ul", *(_share(share, longest, lang) for share in shown[:3])), _share_key(shown, lang))


def _share(share: TimeShare, longest: float, lang: Language) -> Markup:
    total = sum(minutes for _, minutes in share.parts)
    place, shapes = 0.0, []
    for code, minutes in share.parts:
        wide = 100 * minutes / longest
        title = el("title", f"{BY_CODE[code].name(lang)} {minutes:.0f}")
        shapes.append(el("rect", title, x=f"{place:.2f}%", width=f"{wide:.2f}%", height="100%", class_=f"part-{code}"))
        if wide > 8:
            shapes.append(el("text", f"{minutes:.0f}", x=f"{place + wide / 2:.2f}%", y="78%", class_=f"in-{code}"))
        place += wide
    name = share.zh if lang == "zh" else share.en
    picture = el("svg", *shapes, class_="stack", aria_hidden="true")
    spoken = "; ".join(f"{BY_CODE[code].name(lang)} {minutes:.0f}" for code, minutes in share.parts)
    return el("li", el("span", name, class_="who"), picture, el("b", f"{total:.0f}"), el("span", spoken, class_="sr"))


def _share_key(shares: tuple[TimeShare, ...], lang: Language) -> Markup:
    used = {code for share in shares for code, _ in share.parts}
    keys = [
        el("span", el("i", class_=f"key key-{column.code}"), column.name(lang))
        for column in COLUMNS
        if column.code in used
    ]
    return el("p", *keys, class_="keys")
