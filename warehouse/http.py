"""ClickHouse's HTTP interface, as much of it as its clients use: one thread a connection, since the engine blocks.

On loopback only, for those who know the password, and only when asked for by a loopback name (so that no web page can
reach it through a name of its own).
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
import uuid
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ingest.errors import Misconfigured
from warehouse.accounts import Account, Accounts, Denied
from warehouse.bodies import body_of
from warehouse.forms import fields_of, is_form
from warehouse.statements import (
    HEAD_LIMIT,
    Insert,
    Reading,
    insert_of,
    may_be_insert,
    reading_of,
)

_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}
_STATUS = {516: 403, 497: 403, 192: 403, 60: 404, 81: 404, 47: 404, 62: 400, 159: 408, 241: 500}
_BAD_REQUEST, _TOO_LONG, _ACCESS_DENIED, _AUTHENTICATION_FAILED = 36, 307, 497, 516


class Refused(Exception):
    """The engine, or the interface before it, refused a request; `code` is ClickHouse's number for why."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Runs(Protocol):
    """What stands behind the interface."""

    def read(self, reading: Reading, database: str, settings: str) -> Iterator[bytes]: ...

    def insert(self, insert: Insert, rows: Iterator[bytes], database: str, settings: str) -> int: ...


class Interface(ThreadingHTTPServer):
    """The listener. Raises Misconfigured for a port that is taken or an address that is not loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, accounts: Accounts, engine: Runs) -> None:
        if host not in _LOOPBACK_NAMES:
            raise Misconfigured(
                f"[warehouse] host = {host}: the embedded warehouse listens on 127.0.0.1 only; "
                "for other machines run a ClickHouse server and point [warehouse] to it."
            )
        self.accounts, self.engine = accounts, engine
        self._running = 0
        self._idle = threading.Condition()
        self.address_family = socket.AF_INET6 if host == "::1" else socket.AF_INET
        try:
            super().__init__((host, port), _Exchange)
        except OSError as error:
            raise Misconfigured(
                f"The warehouse cannot listen on {host}:{port} ({error.strerror}): set [warehouse] port to a free one."
            ) from None

    def __enter__(self) -> Interface:
        with self._idle:
            self._running += 1
        return self

    def __exit__(self, *_: object) -> None:
        with self._idle:
            self._running -= 1
            self._idle.notify_all()

    def drain(self, timeout_s: float) -> bool:
        """Wait until no request is under way; False when some still is."""
        with self._idle:
            return self._idle.wait_for(lambda: self._running == 0, timeout_s)

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002 - the server gives it
        """Only this machine may speak to us."""
        return ip_address(client_address[0]).is_loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is no news."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "hispulse-warehouse", ""
    server: Interface
    timeout = 300  # a connection may idle this long
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def do_GET(self) -> None:
        """Queries that change nothing, and the health check."""
        if urlsplit(self.path).path in ("/ping", "/replicas_status"):
            self._send(200, b"Ok.\n")
        else:
            self._respond(readonly=True)

    def do_POST(self) -> None:
        """Everything else."""
        self._respond(readonly=False)

    def log_message(self, *_: object) -> None:
        """Nothing: queries carry ids."""

    def _respond(self, readonly: bool) -> None:
        self._query_id = str(uuid.uuid4())
        self._tag = secrets.token_hex(8)  # marks an error in the middle of an answer
        self._begun = False
        with self.server:
            try:
                self._run(self._who_asks(), readonly)
            except Refused as error:
                self._refuse(error.code, str(error))
            except Denied as error:
                self._refuse(_ACCESS_DENIED, str(error))
            except (ValueError, UnicodeDecodeError) as error:
                self._refuse(_BAD_REQUEST, f"Code: {_BAD_REQUEST}. DB::Exception: {error}. (BAD_ARGUMENTS)")

    def _who_asks(self) -> Account:
        if urlsplit(f"//{self.headers.get('Host', '')}").hostname not in _LOOPBACK_NAMES:
            raise Refused(_AUTHENTICATION_FAILED, "Code: 516. DB::Exception: Host is not ours. (AUTHENTICATION_FAILED)")
        account = self.server.accounts.of(*_credentials(self.headers))
        if account is None:
            raise Refused(
                _AUTHENTICATION_FAILED,
                "Code: 516. DB::Exception: Authentication failed: password is incorrect, or there is no user with "
                "such name. (AUTHENTICATION_FAILED)",
            )
        return account

    def _run(self, account: Account, readonly: bool) -> None:
        params = parse_qsl(urlsplit(self.path).query, keep_blank_values=True)
        body = body_of(dict(self.headers.items()), self.rfile)
        if is_form(content_type := self.headers.get("Content-Type", "")):
            params += fields_of(content_type, b"".join(body)).items()
        asked = dict(params)
        settings = account.settings(params, readonly)
        database = account.database(asked.get("database") or self.headers.get("X-ClickHouse-Database"))
        default_format = asked.get("default_format") or self.headers.get("X-ClickHouse-Format") or "TabSeparated"
        start = asked.get("query", "").encode()
        start += b"\n" if start else b""
        while (insert := insert_of(start) if may_be_insert(start) else None) is None:
            chunk = next(body, None)
            if chunk is None:
                break
            start += chunk
            if len(start) > HEAD_LIMIT and not may_be_insert(start):
                raise Refused(_TOO_LONG, f"Code: {_TOO_LONG}. DB::Exception: Statement too long. (TOO_MANY_BYTES)")
        reading = reading_of(start.decode(), default_format) if insert is None else None
        account.check(reading, lambda text, form: self._asked(Reading(text, form, False), database, settings))
        if insert is not None:
            self._insert(insert, body, database, settings)
        elif reading is not None:
            self._read(reading, database, settings)

    def _asked(self, reading: Reading, database: str, settings: str) -> str:
        return b"".join(self.server.engine.read(reading, database, settings)).decode()

    def _insert(self, insert: Insert, body: Iterator[bytes], database: str, settings: str) -> None:
        began = time.monotonic_ns()
        written = self.server.engine.insert(insert, _chain(insert.rows, body), database, settings)
        summary = {"written_rows": str(written), "elapsed_ns": str(time.monotonic_ns() - began)}
        self._send(200, b"", {"X-ClickHouse-Summary": msgspec.json.encode(summary).decode()})

    def _read(self, reading: Reading, database: str, settings: str) -> None:
        chunks = self.server.engine.read(reading, database, settings)
        first = next(chunks, b"")  # an error before the first chunk can still be told by the status
        headers = {"X-ClickHouse-Format": reading.format}
        if not reading.streams:
            for _ in chunks:  # let the engine finish
                pass
            self._send(200, first, headers)
            return
        self._begin(200, headers | {"Transfer-Encoding": "chunked", "X-ClickHouse-Exception-Tag": self._tag})
        for chunk in _chain(first, chunks):
            self._write_chunk(chunk)
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _write_chunk(self, chunk: bytes) -> None:
        if chunk:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))

    def _refuse(self, code: int, text: str) -> None:
        self.close_connection = True  # part of the request may still be on its way
        if self._begun:  # said at the end of what was sent, as a server does; the last chunk never comes
            told, tag = text.encode(), self._tag.encode()
            self._write_chunk(b"__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (tag, told, len(told), tag))
        else:
            self._send(_STATUS.get(code, 500), text.encode() + b"\n", {"X-ClickHouse-Exception-Code": str(code)})

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self._query_id = getattr(self, "_query_id", "")
        self._begin(status, (headers or {}) | {"Content-Length": str(len(content))})
        self.wfile.write(content)
        self.wfile.flush()

    def _begin(self, status: int, headers: dict[str, str]) -> None:
        self._begun = True
        self.send_response(status)
        self.send_header("X-ClickHouse-Timezone", "UTC")
        self.send_header("X-ClickHouse-Query-Id", self._query_id)
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


def _credentials(headers: Any) -> tuple[str, str]:
    kind, _, told = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            user, _, password = b64decode(told, validate=True).decode().partition(":")
        except ValueError:
            return "", ""
        return user, password
    return headers.get("X-ClickHouse-User", ""), headers.get("X-ClickHouse-Key", "")


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
