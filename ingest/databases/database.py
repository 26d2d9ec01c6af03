"""A HIS database that is asked gently: within a budget, with a timeout, by an account that cannot write.

Every statement passes here: it is timed, counted, and held against the breaker.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import structlog

from ingest.clock import real_now_ms
from ingest.databases import drivers, rights, statements
from ingest.databases.budget import Breaker, Budget, is_within
from ingest.databases.load import Figures, LoadBook, path_of
from ingest.databases.settings import SqlSettings
from ingest.databases.statements import Column, Statement
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed

log = structlog.get_logger()

COUNTING = " reconcile"  # how statements are called that count a view's rows
_MINUTES_A_DAY = 24 * 60
_PATIENCE_S = 5.0
_RIGHTS, _CATALOGUE, _COLUMNS = _ABOUT = ("rights", "catalogue", "columns")  # what is asked of no view
_NAMES = {
    "postgresql": "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
    "where n.nspname = %s and c.relkind in ('v', 'm', 'r', 'p', 'f') and has_table_privilege(c.oid, 'select')",
    "mysql": "select table_name from information_schema.tables where table_schema = %s",
    "sqlserver": "select o.name from sys.objects o join sys.schemas s on s.schema_id = o.schema_id "
    "where s.name = %s and o.type in ('U', 'V', 'SN')",
    "oracle": "select object_name from all_objects where owner = :1 "
    "and object_type in ('TABLE', 'VIEW', 'MATERIALIZED VIEW', 'SYNONYM')",
}


class Database:
    """One feed's connection, opened when it is needed."""

    def __init__(self, feed: Feed, settings: SqlSettings, directory: Path | None = None) -> None:
        self._feed, self._settings = feed, settings
        self.engine = settings.engine
        self._connection: Any = None
        self._asking = Lock()  # a feed that stops lets go while a thread of its may still be asking
        self._budget = Budget(settings.max_rows_per_minute, settings.max_seconds_per_minute)
        self._breaker = Breaker(settings.rest_after_failures, settings.rest_s)
        now_ms = real_now_ms()
        figures = Figures(
            feed=feed.name,
            engine=settings.engine,
            source_system=settings.source_system,
            limits=settings.limits,
            began_at=now_ms,
        )
        self.book = LoadBook(figures, path_of(feed.site.name, feed.name, directory))

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    @property
    def schema(self) -> str:
        """Where the views lie."""
        words = {} if self.engine == "postgresql" else drivers.words_of(self._settings.dsn)
        usual = {
            "postgresql": "public",
            "mysql": words.get("dbname", ""),
            "sqlserver": "dbo",
            "oracle": words.get("user", "").upper(),
        }
        return self._settings.schema or usual[self.engine]

    def open(self) -> None:
        """A session that cannot write, of an account that cannot either. Raises Unavailable or Misconfigured."""
        self._leave_alone()
        driver = drivers.driver(self.engine)
        settings = self._settings
        password = self._password()
        access = drivers.Access(settings.dsn, password, settings.statement_timeout_s, settings.encoding)
        told = statements.session(self.engine, settings.statement_timeout_s, self._offset())
        try:
            self._connection = drivers.connect(self.engine, access)
            with self._connection.cursor() as cursor:
                for each in told:
                    cursor.execute(each)
        except driver.Error as error:  # a server that is not there is not spared by waiting
            raise self._failed(error, asked=False) from None
        self._prove(told)

    def rows(self, view: str, statement: Statement) -> list[tuple[Any, ...]]:
        """The rows of a statement. Raises Unavailable or Misconfigured."""
        return self._ask(view, statement)[0]

    def columns(self, source: str) -> dict[str, Column]:
        """The columns of what is read, by their names in lower case."""
        return self._ask(_COLUMNS, statements.probe(self.engine, source), probing=True)[1]

    def names(self) -> dict[str, str]:
        """What the schema has that we may read: in lower case, and as it is spelt."""
        found = self.rows(_CATALOGUE, Statement(_NAMES[self.engine], (self.schema,)))
        return {str(row[0]).lower(): str(row[0]) for row in found}

    def is_peak(self) -> bool:
        """Whether these are the hospital's busy hours."""
        local = datetime.fromtimestamp(self._feed.clock.now_ms() / 1000, UTC).astimezone(self._feed.zone)
        return is_within((local.hour * 60 + local.minute) % _MINUTES_A_DAY, self._settings.peak_hours)

    def allowance(self) -> tuple[int, float]:
        """How many rows may be asked for now; or how many seconds to wait for some."""
        now_ms, share = real_now_ms(), self._settings.peak_share if self.is_peak() else 1.0
        wait_ms = self._budget.wait_ms(now_ms, self._settings.page_rows, share)
        rows = min(self._settings.page_rows, max(1, self._budget.rows_left(now_ms, share)))
        return (0, wait_ms / 1000) if wait_ms else (rows, 0.0)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        self.book.write(real_now_ms(), at_once=True)
        if connection is None or not self._asking.acquire(timeout=_PATIENCE_S):
            return  # the thread that still asks is the last to hold it
        try:
            connection.close()
        except drivers.driver(self.engine).Error:
            log.info("the connection was gone", feed=self._feed.name)
        finally:
            self._asking.release()

    def _ask(
        self, view: str, statement: Statement, *, probing: bool = False
    ) -> tuple[list[tuple[Any, ...]], dict[str, Column]]:
        began, connection = time.monotonic(), self._connection
        if connection is None:
            raise Unavailable(f"The database of feed {self._feed.name} was let go.")
        try:
            with self._asking, connection.cursor() as cursor:
                if preface := statements.before(self.engine):
                    cursor.execute(preface)
                drivers.ask(self.engine, cursor, statement)
                columns = drivers.columns(self.engine, cursor) if probing else {}
                found = [] if probing else list(cursor.fetchall())
                if self.engine == "oracle":  # ends the read-only transaction
                    connection.rollback()
        except drivers.driver(self.engine).Error as error:
            self._budget.spend(real_now_ms(), 0, time.monotonic() - began)
            raise self._failed(error) from None
        except UnicodeDecodeError:  # which quotes the row
            self.close()
            where = self._feed.site.place(f"feeds.{self._feed.name}", "encoding")
            raise Misconfigured(f"{where}: a text of {view} is in another encoding than its database says.") from None
        self._answered(view, statement, len(found), time.monotonic() - began)
        return found, columns

    def _answered(self, view: str, statement: Statement, rows: int, seconds: float) -> None:
        now_ms = real_now_ms()
        self._budget.spend(now_ms, rows, seconds)
        self.book.asked(view, statement.public, rows, seconds, now_ms)
        is_counting = view.endswith(COUNTING)  # which is done less often when it is slow, and stops no feed
        if seconds < self._settings.slow_statement_s or is_counting:
            if view not in _ABOUT and not is_counting:  # that it can tell of itself says nothing of its rows
                self._breaker.went_well()
            return
        self._breaker.went_badly(now_ms)
        self.book.failed("slow", now_ms, self._breaker.opened)
        if self._breaker.state(now_ms) == "open":
            self.close()
            self._leave_alone()

    def _leave_alone(self) -> None:
        """Raise Unavailable while the database is given a rest."""
        rest_s = self._breaker.rest_s(real_now_ms())
        self.book.resting(rest_s > 0)
        if rest_s > 0:
            raise Unavailable(
                f"The database of feed {self._feed.name} failed or crawled {self._settings.rest_after_failures} times "
                f"in a row and is left alone for a while."
            )

    def _failed(self, error: Exception, *, asked: bool = True) -> Unavailable | Misconfigured:
        """What is wrong, without the server's words: they may quote a row. Only what was asked counts as a strain."""
        now_ms, code = real_now_ms(), drivers.code_of(self.engine, error)
        too_long = drivers.is_too_long(self.engine, code)
        if asked:
            self._breaker.went_badly(now_ms)
        self.book.failed("too_long" if too_long else "failed", now_ms, self._breaker.opened)
        self.close()
        what = f"{type(error).__name__}{f' {code}' if code else ''}"
        if drivers.is_ours(self.engine, code):
            return Misconfigured(
                f"Feed {self._feed.name} cannot read its database ({what}): look at dsn, password_file, rights and "
                f"queries in {self._feed.site.place(f'feeds.{self._feed.name}')}."
            )
        if too_long:
            return Unavailable(f"A statement of feed {self._feed.name} took too long and was ended ({what}).")
        return Unavailable(f"The database of feed {self._feed.name} does not answer ({what}).")

    def _prove(self, session: Sequence[str]) -> None:
        """Ask the catalogue whether the account could write. Raises Misconfigured when it could, unless it may."""
        found = self.rows(_RIGHTS, Statement(rights.STATEMENT[self.engine]))
        harmful = rights.harmful(self.engine, found)
        self.book.account(harmful, list(session))
        if not harmful:
            return
        named = ", ".join(harmful[: rights.MOST]) + (" …" if len(harmful) > rights.MOST else "")
        where = self._feed.site.place(f"feeds.{self._feed.name}", "dsn")
        if self._settings.writable_account == "refuse":
            self.close()
            raise Misconfigured(
                f"{where}: this account could write to the HIS ({named}); give it nothing but select on what it reads, "
                'or say writable_account = "warn".'
            )
        log.warning("THE ACCOUNT COULD WRITE TO THE HIS; the session is read-only", feed=self._feed.name, rights=named)

    def _password(self) -> str | None:
        if self._settings.password_file is None:
            return None
        try:
            return Path(self._settings.password_file).read_text("utf-8").strip()
        except OSError as error:
            where = f"{self._feed.site.path}, [feeds.{self._feed.name}] password_file"
            raise Misconfigured(f"{where}: unreadable ({type(error).__name__}).") from None

    def _offset(self) -> str:
        """The hospital's offset from UTC now, as MySQL writes it."""
        now = datetime.fromtimestamp(real_now_ms() / 1000, UTC).astimezone(self._feed.zone)
        minutes = int((now.utcoffset() or timedelta()).total_seconds() // 60)
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
