"""How dead letters and changes are shown on a terminal, and how far the reading is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import msgspec
from rich.console import Console, Group, RenderableType
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from ingest.again.letters import Letter
from ingest.again.letters import counted as letters_counted
from ingest.again.reinterpret import Change, Reread
from ingest.again.reinterpret import counted as changes_counted
from ingest.again.replay import Replayed
from ingest.connector import RawMessage
from ingest.errors import Malformed
from ingest.interpret.encodings import decoded

DayOf = Callable[[int], str]
_ZH = {"told": "新增", "revised": "更正", "retracted": "撤回"}


class Bar:
    """Progress on the terminal's error side; nothing where there is none."""

    def __init__(self, what: str, total: int | None = None) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(what, total=total)

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def reach(self, done: int, total: int) -> None:
        """So many of so many."""
        self._bar.update(self._task, completed=done, total=total)

    def advance(self, more: int) -> None:
        """So many more."""
        self._bar.advance(self._task, more)


def show(what: RenderableType) -> None:
    """As wide as the terminal; wide enough for every column where there is none."""
    if isinstance(what, str):
        sys.stdout.write(f"{what}\n")
    else:
        (Console() if sys.stdout.isatty() else Console(width=200)).print(what)


def letters_table(letters: Sequence[Letter], day_of: DayOf, *, each: bool) -> RenderableType:
    """Day, feed and reason with how many; or one line a letter."""
    if not letters:
        return "没有死信。No dead letters."
    right = Column("n", justify="right")
    if each:
        table = Table(Column("id", no_wrap=True), "日期 day", "接入 feed", "原因 reason", "事件 event", box=None)
        for letter in letters:
            said = letter.said
            table.add_row(letter.id, day_of(said.received_at), said.feed, said.reason, said.event_type or "")
        return table
    table = Table("日期 day", "接入 feed", "原因 reason", right, Column("例 e.g.", no_wrap=True), box=None)
    first: dict[tuple[str, str, str], str] = {}
    for letter in letters:
        first.setdefault((day_of(letter.said.received_at), letter.said.feed, letter.said.reason), letter.id)
    for key, n in letters_counted(letters, day_of).items():
        table.add_row(*key, str(n), first[key])
    return table


def letters_as_json(letters: Sequence[Letter], day_of: DayOf) -> str:
    """One object a letter."""
    told = [{"id": each.id, "day": day_of(each.said.received_at), **_plain(each.said)} for each in letters]
    return _json(told)


def letter_text(letter: Letter, minute_of: DayOf) -> str:
    """What is known of a letter, a line each."""
    said, place = letter.said, letter.raw
    lines = [
        f"死信 dead letter  {letter.id}",
        f"接入 feed         {said.feed}",
        f"收到 received     {minute_of(said.received_at)}",
        f"原因 reason       {said.reason}",
        *([f"事件 event        {said.event_type}"] if said.event_type else []),
        f"原文 raw log      {said.topic} {place if place else '(not kept)'}",
    ]
    return "\n".join(lines)


def message_text(message: RawMessage) -> str:
    """A message as people read it: a segment a line, and no control characters for the terminal."""
    try:
        text = decoded(message.body)[0]
    except Malformed:
        text = message.body.decode("ascii", "backslashreplace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    clean = "".join(c if c in "\n\t" or c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return f"\n{clean.rstrip()}"


def replayed_text(done: Replayed) -> str:
    """What came of a replay, in a sentence or two."""
    still = ", ".join(f"{n} {reason}" for reason, n in done.still.most_common())
    told = f"{done.events} events published" + (f", {done.ignored} none of our business" if done.ignored else "")
    sentences = [f"{done.letters} dead letters: {done.settled} settled ({told}), {done.still.total()} still fail."]
    sentences += [f"Still: {still}."] if still else []
    sentences += [f"{done.gone} are no longer in the raw log and stay."] if done.gone else []
    return " ".join(sentences)


def changes_text(reread: Reread, found: Sequence[Change], day_of: DayOf) -> RenderableType:
    """What changes, by day, event type and feed; and what could not be read."""
    kinds = {what: sum(change.what == what for change in found) for what in _ZH}
    parts = ", ".join(f"{n} {what} {_ZH[what]}" for what, n in kinds.items())
    head = f"{reread.messages} messages read again, {len(reread.facts)} facts: {parts if found else 'nothing changes'}."
    notes = [
        f"Feed {feed}: {n} messages cannot be read ({reason}); what they told stays as it is."
        for feed, reasons in reread.broken.items()
        for reason, n in reasons.most_common()
    ]
    if reread.mended:
        notes.append(f"{sum(each.settled_at is not None for each in reread.mended)} dead letters can be read now.")
    table = Table("日期 day", Column("event", no_wrap=True), "接入 feed", "", Column("n", justify="right"), box=None)
    for (day, event_type, feed, what), n in changes_counted(list(found), day_of).items():
        table.add_row(day, event_type, feed, f"{_ZH[what]} {what}", str(n))
    return Group(head, *notes, *([table] if found else []))


def changes_as_json(found: Sequence[Change], day_of: DayOf) -> str:
    """One object for each day, event type, feed and kind of change."""
    names = ("day", "event_type", "feed", "what")
    return _json(
        [dict(zip(names, key, strict=True)) | {"n": n} for key, n in changes_counted(list(found), day_of).items()]
    )


def _plain(said: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(said)
    return plain


def _json(told: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()
