"""What SQL reduces a day to, so that checks look at tens of rows and not at millions of events."""

from __future__ import annotations

from pathlib import Path


def query(name: str) -> str:
    """The text of `checks/<name>.sql`; its first line states the grain."""
    return (Path(__file__).resolve().parent / f"{name}.sql").read_text("utf-8")
