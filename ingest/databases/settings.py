"""What a site file says of a database that is polled."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from ingest.databases.budget import are_hours
from ingest.databases.drivers import words_of
from ingest.databases.load import Limits
from ingest.databases.statements import Engine
from ingest.errors import Misconfigured
from ingest.feeds import Feed, FeedSettings
from ingest.interpret.views import VIEWS


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [feeds.<name>.queries.<view>]: plain SQL that gives a view's columns from the vendor's own tables."""

    sql: str = ""  # one select, without a closing semicolon; "" reads the database's own view. {since} in it is a day
    mode: Literal["versions", "snapshot"] = "versions"  # "snapshot": there is no row_ver, all rows are compared
    days: int = 2  # {since} is this many days ago, with today: 2 is yesterday
    every_s: float = 10.0  # of a snapshot
    max_rows: int = 20_000  # of a snapshot; more is refused, as it is not bounded
    vanished: Literal["ignore", "retract"] = "ignore"  # a row that is gone was cleared away; or was never true


class SqlSettings(FeedSettings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "sql"."""

    dsn: str  # e.g. "host=10.0.0.5 dbname=his user=hispulse_reader"; Oracle: dbname is the service; no password
    engine: Engine = "postgresql"
    password_file: str | None = None  # of PostgreSQL else PGPASSFILE; or no password
    schema: str = ""  # default: "public", the database of the dsn, "dbo", the user
    views: tuple[str, ...] = ()  # default: every canonical view that the database has, and those of `queries`
    queries: dict[str, Query] = {}
    begin: Literal["all", "end"] = (
        "all"  # where a view begins that was never read: with its first row, or after its last
    )
    poll_s: float = 2.0
    overlap_s: float = 60.0  # longer than the longest transaction that writes these rows
    overlap_every_s: float = 10.0
    recheck_overlap_s: float = 7200.0  # what a longer transaction hid is found by reading this much anew …
    recheck_every_s: float = 600.0  # … this often
    reconcile_every_s: float = 300.0  # rows are counted by department and hour, and gaps pulled again; 0: never
    reconcile_days: int = 2  # of so many days, with today
    page_rows: int = 500
    statement_timeout_s: float = 30.0
    slow_statement_s: float = 5.0  # one that takes longer counts as a failure
    max_rows_per_minute: int = 300_000
    max_seconds_per_minute: float = 20.0
    peak_hours: tuple[str, ...] = ()  # local, e.g. "08:00-11:30": then …
    peak_share: float = 0.5  # … only this share of the budget
    off_peak_views: tuple[str, ...] = ()  # not read at all at peak hours
    rest_after_failures: int = 3  # in a row; then the database is left alone …
    rest_s: float = 60.0  # … for so long, each time twice as long, up to 15 minutes
    writable_account: Literal["refuse", "warn"] = "refuse"  # what to do with an account that could write to the HIS

    @property
    def limits(self) -> Limits:
        """What we allow ourselves."""
        return Limits(
            rows_per_minute=self.max_rows_per_minute,
            seconds_per_minute=self.max_seconds_per_minute,
            statement_timeout_s=self.statement_timeout_s,
            peak_hours=self.peak_hours,
            peak_share=self.peak_share,
            off_peak_views=self.off_peak_views,
        )


_SELECT = re.compile(r"\s*(select|with)\b", re.IGNORECASE)


def check(feed: Feed, settings: SqlSettings) -> None:
    """Raise Misconfigured for what no database could be asked."""
    section = f"feeds.{feed.name}"
    if settings.engine != "postgresql":
        try:
            words_of(settings.dsn)
        except ValueError:
            _refuse(feed, section, "dsn", 'is words such as "host=10.0.0.5 port=3306 dbname=his user=reader"')
    for hours in settings.peak_hours:
        if not are_hours(hours):
            _refuse(feed, section, "peak_hours", 'is local times such as "08:00-11:30"')
    positive = ("page_rows", "max_rows_per_minute", "max_seconds_per_minute", "statement_timeout_s", "peak_share")
    for name in positive:
        if getattr(settings, name) <= 0:
            _refuse(feed, section, name, "is more than 0")
    if settings.peak_share > 1:
        _refuse(feed, section, "peak_share", "is a share of the budget, at most 1")
    for view, query in settings.queries.items():
        if view not in VIEWS:
            _refuse(feed, f"{section}.queries.{view}", "", f"is none of the canonical views {', '.join(VIEWS)}")
        if "{since}" in query.sql and query.mode == "versions":
            _refuse(feed, f"{section}.queries.{view}", "sql", 'has {since} only with mode = "snapshot"')
        if query.sql and (not _SELECT.match(query.sql) or ";" in query.sql):
            _refuse(feed, f"{section}.queries.{view}", "sql", "is one select, without a semicolon")


def _refuse(feed: Feed, section: str, key: str, rule: str) -> None:
    raise Misconfigured(f"{feed.site.place(section, key)}: {rule}.")
