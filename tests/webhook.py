"""A receiver of webhooks: a real HTTP server on loopback that refuses as often as it is told to."""

from __future__ import annotations

import base64
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

Message = tuple[dict[str, str], bytes]  # headers in lower case, body


def secret_file(folder: Path) -> Path:
    """A signing secret that only its owner may read; the same one for the same folder."""
    path = folder / "webhook-secret"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    return path


class Receiver:
    """Listens until closed."""

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.taken: list[Message] = []
        self._refusals = 0
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.answer(({k.lower(): v for k, v in self.headers.items()}, body)))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks/1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def refuse(self, times: int) -> None:
        """Refuse the next messages."""
        self._refusals = times

    def answer(self, message: Message) -> int:
        """The status with which a message is answered."""
        self.asked.append(message)
        if self._refusals:
            self._refusals -= 1
            return 503
        self.taken.append(message)
        return 200

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
