"""The other side of deliveries: a mail server, and one that is a webhook and the robots of WeCom, DingTalk and Feishu.

They are as strict as the real ones about what is signed and how, and refuse as those do: a robot with 200 and a number.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.conftest import free_port

SECRET = "SEC0123456789"


class PostOffice:
    """A local HTTP server; `said` is what it took, by path; paths in `closed` refuse."""

    def __init__(self) -> None:
        self.said: dict[str, list[Any]] = {}
        self.closed: set[str] = set()
        office = self

        class Desk(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = office.take(self.path, dict(self.headers.items()), body)
                told = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def address(self, path: str) -> str:
        """Where something of it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        """What is answered: as each robot does."""
        asked = urlsplit(path)
        if asked.path == "/cgi-bin/webhook/upload_media":
            if "wecom-file" in self.closed:
                return 200, {"errcode": 40009}
            self._keep("wecom-file", body)
            return 200, {"errcode": 0, "media_id": "M1"}
        robot = {"/cgi-bin/webhook/send": "wecom", "/robot/send": "dingtalk", "/open-apis/bot/v2/hook/1": "feishu"}
        name = robot.get(asked.path, "webhook")
        told = json.loads(body)
        number = "code" if name == "feishu" else "errcode"
        if name in self.closed:
            return (503, {}) if name == "webhook" else (200, {number: 310000})
        if not _is_signed(name, parse_qs(asked.query), told):
            return 200, {number: 19021}
        self._keep(name, (headers, told))
        return 200, {number: 0}

    def _keep(self, name: str, what: Any) -> None:
        self.said.setdefault(name, []).append(what)


def _is_signed(name: str, query: dict[str, list[str]], told: dict[str, Any]) -> bool:
    if name == "dingtalk":
        stamp = query["timestamp"][0]
        right = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        fresh = abs(time.time() * 1000 - int(stamp)) < 3_600_000
        return fresh and query["sign"][0] == base64.b64encode(right).decode()
    if name == "feishu":
        right = hmac.new(f"{told['timestamp']}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
        fresh = abs(time.time() - int(told["timestamp"])) < 3600
        return fresh and told["sign"] == base64.b64encode(right).decode()
    return name != "wecom" or query["key"] == ["K"]


class MailRoom:
    """A local mail server; `mails` is what came, with its envelope's recipients. With `tls` it wants STARTTLS and a
    login (`USER`)."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.port = free_port()
        strict: dict[str, Any] = (
            {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": _knows}
            if tls is not None
            else {}
        )
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=60, **strict)
        self._controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Called by the server with each mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 taken"

    def close(self) -> None:
        """Answer no more."""
        self._controller.stop()


USER = ("pulse", "open sesame")


def _knows(server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
    known = isinstance(login, LoginPassword) and (login.login.decode(), login.password.decode()) == USER
    return AuthResult(success=known, handled=False)
