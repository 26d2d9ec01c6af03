"""Stage rows as the cases write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from streams.stages.stage import StageRow
from tests.timeline import DAY


def said(row: StageRow) -> str:
    """A row as the cases write it."""
    scope = row.scope_id + (f"/{row.part}" if row.part else "")
    head = f"{row.stage} {scope} {row.series}".strip()
    words = [f"at {clock(row.at)}"] if row.started_at is None and row.ended_at is None else [_ends(row)]
    if row.millis is not None:
        words.append(f"{round(row.millis / 60_000, 2):g}")
    words += [f"({row.excluded})"] if row.excluded else []
    words += ["num"] if row.num else []
    words += [f"distinct {row.distinct}"] if row.distinct else []
    words += [f"amount {row.amount}"] if row.amount else []
    words += [f"num {row.amount_num}"] if row.amount_num else []
    return " ".join([f"{head}:", *words, *row.flags, "{" + " ".join(row.dims) + "}"])


def _ends(row: StageRow) -> str:
    start, end = ("" if instant is None else clock(instant) for instant in (row.started_at, row.ended_at))
    return f"{start}→" + (f"open until {clock(row.open_until)}" if row.open_until is not None else end)


def clock(ms: int) -> str:
    """Local time; with its date where that is another."""
    local = datetime.fromtimestamp(ms / 1000, UTC).astimezone(timezone(timedelta(hours=8)))
    day = "" if local.date().isoformat() == DAY else f"{local:%m-%d} "
    return day + (f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}")
