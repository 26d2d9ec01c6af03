"""The analysts' account on a ClickHouse server, in the server's own words: a profile, a role, a user.

The server keeps it: what an analyst may read is granted, all else is refused, and the profile's limits cannot be
loosened. An administrator runs these once; running them again changes nothing but the password and the limits.
"""

from __future__ import annotations

from hashlib import sha256

from warehouse.analysts.settings import AnalystSettings, limits
from warehouse.analysts.views import database_of
from warehouse.statements import quoted


def grants(settings: AnalystSettings, database: str, password: str) -> list[str]:
    """The statements, in order. The password goes as its hash."""
    profile, role, readable = f"{database}_analysts", f"{database}_analyst", database_of(database)
    hashed = sha256(password.encode()).hexdigest()
    held = ", ".join(f"{name} = {_value(value)}{_lock(name, value)}" for name, value in limits(settings).items())
    return [
        f"create settings profile or replace `{profile}` settings {held}",
        f"create role if not exists `{role}`",
        f"grant select, show on `{readable}`.* to `{role}`",
        f"create user or replace `{settings.user}` identified with sha256_hash by '{hashed}'"
        f" default role `{role}` default database `{readable}` settings profile '{profile}'",
        f"grant `{role}` to `{settings.user}`",
    ]


def _value(value: str) -> str:
    return value if value.isdigit() else quoted(value)


def _lock(name: str, value: str) -> str:
    if name == "max_execution_time":  # Grafana's client sets one of its own, and fails where it may not
        return f" max {value} changeable_in_readonly"
    return "" if name == "readonly" else " const"
