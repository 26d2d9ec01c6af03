"""Draws a journey: a line a thing that happened and a stretch of time, from the first to the last, as SVG.

Everything said in it is a word of ours or a number; colours come from the page's own style sheet.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from itertools import chain
from zoneinfo import ZoneInfo

from ingest.workbench.effect import Bar, Journey, Mark

_WIDTH, _LEFT, _RIGHT, _LINE, _HEAD = 1000, 20, 320, 22, 26
_MOST = 60  # lines of one journey
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440, 2880, 10080)
_TICKS = 8
_MINUTE = 60_000


def drawn(journey: Journey, zone: ZoneInfo) -> str:
    """The picture; "" of a journey of a single moment without any stretch of time."""
    lines: list[Mark | Bar] = sorted(chain(journey.marks, journey.bars), key=_begins)
    ends = [mark.at for mark in journey.marks] + [bar.ended or bar.started for bar in journey.bars]
    begins = [_begins(line)[0] for line in lines]
    if not lines or min(begins) == max(ends):
        return ""
    scale = _Scale(min(begins), max(ends), zone)
    shown = lines[:_MOST]
    height = _HEAD + _LINE * len(shown) + 6
    body = "".join(chain(scale.ticks(height), (_line(line, n, scale) for n, line in enumerate(shown))))
    return (
        f'<svg class="journey" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="就诊经过 journey {escape(journey.name)}">{body}</svg>'
    )


class _Scale:
    """Where a moment lies from left to right."""

    def __init__(self, begins: int, ends: int, zone: ZoneInfo) -> None:
        self._begins, self._length, self._zone = begins, max(ends - begins, 1), zone

    def x(self, at: int) -> float:
        """Of a moment."""
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (at - self._begins) / self._length, 1)

    def ticks(self, height: int) -> Iterator[str]:
        """Round times, as many as fit."""
        minutes = self._length / _MINUTE
        step = next((s for s in _STEPS_MIN if minutes / s <= _TICKS), _STEPS_MIN[-1]) * _MINUTE
        offset = _offset_ms(self._begins, self._zone)
        at = -(-(self._begins + offset) // step) * step - offset
        while at <= self._begins + self._length:
            x = self.x(at)
            yield f'<line class="tick" x1="{x}" x2="{x}" y1="{_HEAD - 6}" y2="{height}"/>'
            yield f'<text class="when" x="{x}" y="14" text-anchor="middle">{self._said(at, step)}</text>'
            at += step

    def _said(self, at: int, step: int) -> str:
        """Of a tick: the time of the day, or the day where one tick is as much."""
        said = moment(at, self._zone)
        return said[:5] if step >= _STEPS_MIN[-3] * _MINUTE else said[6:11]


def moment(at: int, zone: ZoneInfo) -> str:
    """Local date and time, to the second."""
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(zone):%m-%d %H:%M:%S}"


def length(millis: int) -> str:
    """A length as people say it."""
    seconds = millis // 1000
    if abs(seconds) < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    return f"{minutes} min" if abs(minutes) < 180 else f"{minutes // 60} h {minutes % 60:02d} min"


def _begins(line: Mark | Bar) -> tuple[int, int]:
    return (line.at, 0) if isinstance(line, Mark) else (line.started, 1)


def _line(line: Mark | Bar, number: int, scale: _Scale) -> str:
    y = _HEAD + _LINE * number + _LINE / 2
    if isinstance(line, Mark):
        x = scale.x(line.at)
        crossed = " taken-back" if line.is_retracted else ""
        said = f"{line.zh} {line.en}" + (" · 撤回 taken back" if line.is_retracted else "")
        return f'<circle class="mark{crossed}" cx="{x}" cy="{y}" r="5"/>{_text(x + 11, y, said, "mark")}'
    begins, ends = scale.x(line.started), scale.x(line.ended if line.ended is not None else line.started)
    if line.ended is None:
        ends, how = _WIDTH - _RIGHT, "open"
    else:
        how = "left-out" if line.left_out else "counts"
    lasts = "未结束 not ended" if line.ended is None else length(line.ended - line.started)
    said = f"{line.zh} {line.en} · {lasts}" + (f" · 剔除 left out: {line.left_out}" if line.left_out else "")
    wide = max(round(ends - begins, 1), 2)
    bar = f'<rect class="bar {how}" x="{min(begins, ends)}" y="{y - 6}" width="{wide}" height="12" rx="3"/>'
    return bar + _text(max(begins, ends) + 8, y, said, "bar")


def _text(x: float, y: float, said: str, kind: str) -> str:
    return f'<text class="{kind}-text" x="{round(x, 1)}" y="{y + 4}">{escape(said)}</text>'


def _offset_ms(at: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).utcoffset()
    return round(offset.total_seconds() * 1000) if offset else 0
