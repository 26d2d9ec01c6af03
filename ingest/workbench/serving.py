"""Runs the workbench until it is stopped: its token, its address, its TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from typing import Any

import uvicorn

from ingest.errors import Misconfigured
from ingest.settings import Site
from ingest.web.listener import Server, is_loopback
from ingest.web.senders import new_token
from ingest.workbench.door import Door
from ingest.workbench.effect import Judge
from ingest.workbench.look import Workbench
from ingest.workbench.server import application
from ingest.workbench.settings import WorkbenchSettings


def doors(site: Site, settings: WorkbenchSettings) -> tuple[Door, str]:
    """The door, and the token of this start where the site file lists none. Raises Misconfigured where others could
    reach the page without either token or TLS."""
    where = f"[workbench] of {site.path}"
    if not is_loopback(settings.host):
        if not settings.token_sha256:
            raise Misconfigured(
                f"The workbench would listen on {settings.host}: make a token with `hispulse keys token` and name its "
                f"hash under token_sha256 in {where}."
            )
        if not settings.tls_cert_file and not settings.behind_proxy:
            raise Misconfigured(
                f"The workbench would take messages over plain HTTP on {settings.host}: name tls_cert_file and "
                f"tls_key_file in {where}, or say behind_proxy = true."
            )
    if settings.token_sha256:
        return Door(settings.token_sha256, settings.session_hours), ""
    token, known = new_token()
    return Door((known,), settings.session_hours), token


def serve(bench: Workbench, judge: Judge, settings: WorkbenchSettings, door: Door, stop: threading.Event) -> None:
    """Serve until `stop`. Raises Misconfigured before it has begun."""
    listener = bound(settings)
    app = application(bench, judge, settings, door)
    try:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            limit_concurrency=40, timeout_keep_alive=30, timeout_graceful_shutdown=2, **_tls(settings),
        )  # fmt: skip
        config.load()
    except (OSError, ssl.SSLError) as error:
        listener.close()
        raise Misconfigured(f"[workbench] TLS files cannot be read ({type(error).__name__}).") from None
    asyncio.run(_until(config, listener, stop))


def bound(settings: WorkbenchSettings) -> socket.socket:
    """A socket on the page's address. Raises Misconfigured."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Misconfigured(
            f"The workbench cannot listen on {settings.host} port {settings.port} ({type(error).__name__}); name "
            "another in [workbench] port."
        ) from None
    return listener


async def _until(config: uvicorn.Config, listener: socket.socket, stop: threading.Event) -> None:
    server = Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    while not stop.is_set() and not serving.done():
        await asyncio.sleep(0.2)
    server.should_exit = True
    await serving


def _tls(settings: WorkbenchSettings) -> dict[str, Any]:
    if settings.tls_cert_file is None:
        return {}
    return {"ssl_certfile": settings.tls_cert_file, "ssl_keyfile": settings.tls_key_file}
