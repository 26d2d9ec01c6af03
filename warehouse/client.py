"""The warehouse as every other part sees it: rows, frames, inserts and commands, over ClickHouse's HTTP interface."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import clickhouse_connect
import msgspec
from clickhouse_connect import common
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError
from urllib3.exceptions import HTTPError

from ingest.errors import Misconfigured, Unavailable
from ingest.settings import home

common.set_setting("dict_parameter_format", "map")  # as ClickHouse reads a Map parameter, not as JSON

for _name in ("clickhouse_connect", "urllib3.connectionpool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # their lines quote statements; what matters is raised

_NAMED = re.compile(r"\{(\w+):")

# What ClickHouse says when it is there and cannot: timeouts, too many queries, memory, disk, too many parts.
_NOT_NOW = {159, 202, 209, 210, 241, 242, 243, 252, 394, 439, 745}


class QueryFailed(Exception):
    """ClickHouse refused a statement; `code` is its number for why."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(text)
        self.code = code


class WarehouseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [warehouse]: where ClickHouse is. The password is in a file or in HISPULSE_WAREHOUSE_PASSWORD."""

    host: str = "127.0.0.1"
    port: int = 8123
    tls: bool = False
    user: str = "hispulse"
    password_file: str | None = None  # default: keys/warehouse-password under HISPULSE_HOME
    database: str = "hispulse"
    query_timeout_s: int = 300


def password(settings: WarehouseSettings) -> str:
    """The warehouse's password. Raises Misconfigured naming the file."""
    if told := os.environ.get("HISPULSE_WAREHOUSE_PASSWORD"):
        return told
    path = Path(settings.password_file) if settings.password_file else home() / "keys" / "warehouse-password"
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise Misconfigured(
            f"Cannot read the warehouse's password from {path} ({error.strerror}): "
            "set [warehouse] password_file or HISPULSE_WAREHOUSE_PASSWORD; on one machine `hispulse up` makes it."
        ) from None


class Warehouse:
    """A connection that may be shared by threads. Every method raises Unavailable when the warehouse is away."""

    def __init__(self, settings: WarehouseSettings, client: Any) -> None:
        self._settings = settings
        self._client = client
        self._wire = None if settings.host in ("127.0.0.1", "localhost", "::1") else "zstd"

    @property
    def place(self) -> str:
        """Which warehouse this is: where it answers, and its database."""
        return f"{self._settings.host}:{self._settings.port}:{self._settings.database}"

    @property
    def database(self) -> str:
        """The database that unqualified names mean."""
        return self._settings.database

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """All rows of a query as dictionaries; instants are aware, in UTC."""
        with _speaking(self._settings):
            return list(self._client.query(sql, parameters=_parameters(sql, params)).named_results())

    def frame(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """All rows of a query as a pandas frame."""
        with _speaking(self._settings):
            asked = _parameters(sql, params)
            frame = self._client.query_df(sql, parameters=asked)
            if len(frame.columns):
                return frame
            empty = self._client.query(sql, parameters=asked)  # the driver drops an empty frame's columns
            return frame.reindex(columns=list(empty.column_names))

    def command(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """Run a statement that gives no rows, or one value."""
        with _speaking(self._settings):
            return self._client.command(sql, parameters=_parameters(sql, params))

    def stream(self, sql: str, form: str) -> Iterator[bytes]:
        """What a query answers in a format of ClickHouse's, as it comes."""
        with _speaking(self._settings):
            answer = self._client.raw_stream(sql, fmt=form)
            try:
                while piece := answer.read(1 << 20):
                    yield piece
            finally:
                answer.close()

    def insert(
        self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], token: str | None = None
    ) -> None:
        """Insert rows of Python values. A batch whose token was seen before changes nothing."""
        if not rows:
            return
        with _speaking(self._settings):
            self._client.insert(table, rows, column_names=list(columns), settings=_inserting(token))

    def insert_json(self, table: str, lines: bytes, token: str | None = None) -> None:
        """Insert rows that are JSON objects already, one a line."""
        self._insert_raw(table, None, lines, "JSONEachRow", token)

    def insert_arrow(self, table: str, columns: Sequence[str], block: memoryview, token: str | None = None) -> None:
        """Insert columns that are a stream of Arrow's already."""
        self._insert_raw(table, columns, block, "ArrowStream", token)

    def insert_native(self, table: str, blocks: Iterator[bytes]) -> None:
        """Insert what `stream` gave in format Native."""
        self._insert_raw(table, None, blocks, "Native", None)

    def _insert_raw(
        self, table: str, columns: Sequence[str] | None, block: bytes | memoryview | Iterator[bytes], form: str,
        token: str | None,
    ) -> None:  # fmt: skip
        # Without `optimize_on_insert` equal rows collapse later: a fifth faster.
        settings = _inserting(token) | {"optimize_on_insert": 0}
        with _speaking(self._settings):
            self._client.raw_insert(
                table, columns, insert_block=block, fmt=form, settings=settings, compression=self._wire
            )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def connect(settings: WarehouseSettings) -> Warehouse:
    """A connection to the warehouse. Raises Unavailable when it is away, Misconfigured when it knows us not."""
    secret = password(settings)
    with _speaking(settings):
        client = clickhouse_connect.get_client(
            interface="https" if settings.tls else "http",
            host=settings.host,
            port=settings.port,
            username=settings.user,
            password=secret,
            database=settings.database,
            connect_timeout=5,
            send_receive_timeout=settings.query_timeout_s + 30,
            settings={"max_execution_time": settings.query_timeout_s},
            autogenerate_session_id=False,  # a session per client would serialise its threads
            tz_mode="aware",
            client_name="hispulse",
            compress=settings.host not in ("127.0.0.1", "localhost", "::1"),
        )
    return Warehouse(settings, client)


def named_in(sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Of what is known, what a statement names: a day's build knows of every stage, and most of its steps of few."""
    named = set(_NAMED.findall(sql))
    return {name: value for name, value in params.items() if name in named}


def _parameters(sql: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
    asked = named_in(sql, params or {})
    return {name: _Instant(value) if isinstance(value, datetime) else value for name, value in asked.items()}


class _Instant:
    """An instant as seconds since 1970: the driver would drop milliseconds and the server apply its own zone."""

    def __init__(self, instant: datetime) -> None:
        ms = round(instant.timestamp() * 1000)
        self._text = f"{ms // 1000}.{ms % 1000:03d}" if ms % 1000 else str(ms // 1000)

    def __str__(self) -> str:
        return self._text


def _inserting(token: str | None) -> dict[str, Any]:
    # A replayed file may hold years: a batch may touch as many months as it likes.
    settings: dict[str, Any] = {"max_partitions_per_insert_block": 0}
    return settings | {"insert_deduplication_token": token} if token else settings


@contextmanager
def _speaking(settings: WarehouseSettings) -> Iterator[None]:
    """Says as Unavailable, Misconfigured or QueryFailed what the driver and its driver say in many ways."""
    place = f"{settings.host}:{settings.port}"
    try:
        yield
    except (HTTPError, OSError) as error:
        why = f"does not answer ({type(error).__name__}): is it up, is [warehouse] right?"
        raise Unavailable(f"The warehouse at {place} {why}") from None
    except ClickHouseError as error:
        code: int | None = getattr(error, "code", None)
        if code in (516, 192, 193, 194):
            raise Misconfigured(
                f"The warehouse at {place} refuses user {settings.user}: check its password, "
                "[warehouse] user and password_file."
            ) from None
        if code in _NOT_NOW or (isinstance(error, OperationalError) and code is None):
            why = "does not answer" if code is None else f"cannot just now (code {code})"
            raise Unavailable(f"The warehouse at {place} {why}.") from None
        raise QueryFailed(code, f"The warehouse refused a statement: {str(error)[:600]}") from None
