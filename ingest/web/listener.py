"""An HTTP server of a feed: bound at once, closed with the feed, and not to be held up by senders that say nothing."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from ingest.errors import Misconfigured
from ingest.feeds import Feed
from ingest.web.settings import HttpSettings

log = structlog.get_logger()

_SWEEP_S = 1.0


class Listener:
    """The listening side of a feed."""

    def __init__(self, feed: Feed, app: ASGIApp) -> None:
        settings = feed.settings
        assert isinstance(settings, HttpSettings)
        self._feed, self._settings, self._app = feed, settings, app
        self._socket: socket.socket | None = None
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._socket.getsockname()[1]) if self._socket else 0

    async def open(self) -> None:
        """Start to listen. Raises Misconfigured."""
        settings = self._settings
        where = f"[feeds.{self._feed.name}] of {self._feed.site.path}"
        if not settings.tls_cert_file and not settings.behind_proxy and not is_loopback(settings.host):
            raise Misconfigured(
                f"Feed {self._feed.name} would take tokens over plain HTTP on {settings.host}: name tls_cert_file in "
                f"{where}, or say behind_proxy = true."
            )
        self._socket = self._bound(where)
        config = uvicorn.Config(
            self._app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            limit_concurrency=settings.max_connections + 1, timeout_keep_alive=30, timeout_graceful_shutdown=2,
            proxy_headers=False, **self._tls(where),
        )  # fmt: skip
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(f"Feed {self._feed.name}: TLS files ({type(error).__name__}); see {where}.") from None
        self._server = Server(config)
        self._tasks = [asyncio.create_task(self._server.serve([self._socket])), asyncio.create_task(self._sweep())]
        log.info(
            "listening", feed=self._feed.name, host=settings.host, port=self.port, tls=bool(settings.tls_cert_file)
        )

    async def close(self) -> None:
        """Stop listening; what is not answered will be sent again."""
        if self._server is None:
            return
        self._server.should_exit = True
        serving, sweeping = self._tasks
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        await serving
        self._server = None

    def _bound(self, where: str) -> socket.socket:
        host, port = self._settings.host, self._settings.port
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(2048)  # from now on: who connects before the server runs waits a moment
        except OSError as error:
            listener.close()
            raise Misconfigured(
                f"Feed {self._feed.name} cannot listen on {host}:{port} ({type(error).__name__}): name another host or "
                f"port in {where}."
            ) from None
        listener.setblocking(False)
        return listener

    def _tls(self, where: str) -> dict[str, Any]:
        settings = self._settings
        if settings.tls_cert_file is None:
            return {}
        for name in ("tls_cert_file", "tls_key_file", "tls_client_ca_file"):
            named = getattr(settings, name)
            if named is not None and not Path(named).is_file():
                raise Misconfigured(f"Feed {self._feed.name}: there is no file {named} ({name} in {where}).")
        return {
            "ssl_certfile": settings.tls_cert_file,
            "ssl_keyfile": settings.tls_key_file,
            "ssl_ca_certs": settings.tls_client_ca_file,
            "ssl_cert_reqs": ssl.CERT_REQUIRED if settings.tls_client_ca_file else ssl.CERT_NONE,
        }

    async def _sweep(self) -> None:
        """Close connections whose request head does not come to its end: the server itself would wait for ever."""
        since: dict[Any, float] = {}
        while True:
            await asyncio.sleep(_SWEEP_S)
            if self._server is None:
                continue
            waiting = {each for each in self._server.server_state.connections if _is_between_requests(each)}
            since = {each: since.get(each, 0.0) + _SWEEP_S for each in waiting}
            for each, waited_s in since.items():
                if waited_s > self._settings.head_s and each.timeout_keep_alive_task is None:
                    each.transport.abort()


def _is_between_requests(connection: Any) -> bool:
    return connection.cycle is None or bool(connection.cycle.response_complete)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Server(uvicorn.Server):
    """Leaves signals alone: the process has its own way to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield
