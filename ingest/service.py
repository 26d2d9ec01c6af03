"""A process under a supervisor: structured lines on stderr, metrics on loopback, a clean stop, one sentence on failure.

Logs carry ids and counts only. An unforeseen error is logged by type and place, never with its text, which might
quote what it failed on.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog
from prometheus_client import start_http_server

from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site, load_site

log = structlog.get_logger()

CANNOT_WORK = 2  # exit code: what is wrong can be mended by the reader of the sentence


def run_service(name: str, site_name: str, main: Callable[[Site, threading.Event], None]) -> None:
    """Run `main(site, stop)` until it returns; SIGTERM and SIGINT set `stop`. Exits 2 with one sentence when the
    process cannot work, 1 on an error of ours."""
    stop = threading.Event()
    try:
        start_logging(name)
        site = load_site(site_name)
        _stop_on_signals(stop)
        _serve_metrics(name, site)
        log.info("started", site=site.name)
        main(site, stop)
        log.info("stopped")
    except (Misconfigured, Unavailable) as error:
        _say(str(error))
        raise SystemExit(CANNOT_WORK) from None
    except Exception as error:
        log.error("failed", error=type(error).__name__, at=_places(error))
        _say(f"{name} failed: {type(error).__name__}; the line above says where.")
        raise SystemExit(1) from None


def start_logging(name: str) -> None:
    """JSON lines on stderr, ours and the libraries', each with the service's name."""
    shared: list[Any] = [
        lambda _logger, _method, line: {**line, "service": name},
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[lines], level=logging.INFO, force=True)
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # we say ourselves, once, that the broker is away
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would write down every address, with the numbers in it


def _stop_on_signals(stop: threading.Event) -> None:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)


def _serve_metrics(name: str, site: Site) -> None:
    """On loopback, at the port that HISPULSE_METRICS_PORT or [metrics] <service> names; 0 or nothing: not at all."""
    text = os.environ.get("HISPULSE_METRICS_PORT") or str(site.section("metrics", dict[str, int]).get(name, 0))
    if not text.isdigit() or int(text) > 65535:
        raise Misconfigured("HISPULSE_METRICS_PORT is no port number; write one, or 0 for no metrics.")
    if int(text):
        try:
            start_http_server(int(text), addr="127.0.0.1")
        except OSError:
            raise Misconfigured(f"Port {text} for the metrics of {name} is taken; name another in [metrics].") from None


def _places(error: Exception) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames]


def _say(sentence: str) -> None:
    sys.stderr.write(f"hispulse: {sentence}\n")
