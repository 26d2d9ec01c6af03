"""The database whose log is read, asked a few small things over a session of its own, which cannot write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ingest.cdc.settings import password_of, settings_of
from ingest.clock import real_now_ms
from ingest.databases.drivers import Access, Connection, code_of, connect, driver, is_ours
from ingest.databases.statements import Engine, session
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed

_STATEMENT_S = 20.0


class Server:
    """A database server. Opens its session when first asked, and again after it broke."""

    def __init__(self, feed: Feed) -> None:
        settings = settings_of(feed)
        self.engine: Engine = "postgresql" if settings.engine == "postgresql" else "mysql"
        self._feed = feed
        self._access = Access(settings.dsn, password_of(feed), _STATEMENT_S, None)
        self._session: Connection | None = None

    def rows(self, statement: str, *values: object) -> list[tuple[str, ...]]:
        """The rows of an answer, as text; null is "". Raises Unavailable or Misconfigured, never with the server's
        words: they may quote a row."""
        errors = driver(self.engine).Error
        try:
            cursor = self._opened().cursor()
            cursor.execute(statement, values or None)
            found: list[Sequence[Any]] = list(cursor.fetchall())
            cursor.close()
        except errors as error:
            self.close()
            told = f"{type(error).__name__} {code_of(self.engine, error)}".rstrip()
            if is_ours(self.engine, code_of(self.engine, error)):
                raise Misconfigured(f"Feed {self._feed.name} may not ask its database ({told}).") from None
            raise Unavailable(f"The database of feed {self._feed.name} does not answer ({told}).") from None
        return [tuple("" if value is None else str(value) for value in row) for row in found]

    def column(self, statement: str, *values: object) -> list[str]:
        """The first column of an answer."""
        return [row[0] for row in self.rows(statement, *values)]

    def value(self, statement: str, *values: object) -> str:
        """The first value of an answer; "" of none."""
        return next(iter(self.column(statement, *values)), "")

    def quoted(self, name: str) -> str:
        """A name of the site file as the server's own language writes it, whatever is in it."""
        mark = '"' if self.engine == "postgresql" else "`"
        return mark + name.replace(mark, mark * 2).replace("%", "%%") + mark

    def close(self) -> None:
        """End the session."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _opened(self) -> Connection:
        if self._session is None:
            self._session = connect(self.engine, self._access)
            cursor = self._session.cursor()
            for statement in self._first_words():
                cursor.execute(statement)
            cursor.close()
        return self._session

    def _first_words(self) -> list[str]:
        """It only reads, waits for nobody for long, and tells times by the hospital's clock."""
        offset = f"{datetime.fromtimestamp(real_now_ms() / 1000, self._feed.zone):%z}"
        return session(self.engine, _STATEMENT_S, f"{offset[:3]}:{offset[3:5]}")
