"""What analysts may use of the warehouse: section [analysts] of the site file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ingest.settings import home


class AnalystSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [analysts]: the account of BI tools. There is none until `hispulse warehouse analysts --create`."""

    user: str = "analyst"
    password_file: str | None = None  # default: keys/analyst-password under HISPULSE_HOME
    query_seconds: int = 30  # a query that takes longer is stopped
    query_memory_mb: int = 1024  # one that wants more is stopped
    result_rows: int = 1_000_000  # one that answers more is refused


def password_file(settings: AnalystSettings) -> Path:
    """Where the account's password is kept."""
    return Path(settings.password_file) if settings.password_file else home() / "keys" / "analyst-password"


def limits(settings: AnalystSettings) -> dict[str, str]:
    """The limits as ClickHouse's settings. One thread: a long query of theirs leaves the board a processor."""
    return {
        "max_execution_time": str(settings.query_seconds),
        "max_memory_usage": str(settings.query_memory_mb * 1_000_000),
        "max_result_rows": str(settings.result_rows),
        "result_overflow_mode": "throw",
        "max_threads": "1",
        "readonly": "1",
    }
