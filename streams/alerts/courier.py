"""Takes incidents to a webhook, signed, and again until it is taken or has lasted too long; on a thread of its own.

Whoever evaluates never waits for it. What it was told and what failed it says as records of the topic, so that a
restart goes on where it was, and a failed delivery is seen where incidents are. The same message has the same id.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec
import structlog

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.settings import Site
from ingest.signing import secret_of, signature
from streams.alerts.incident import Delivery
from streams.alerts.notice import Notice
from streams.alerts.settings import WebhookSettings

log = structlog.get_logger()
_LONGEST_PAUSE_S = 60.0


class Courier:
    """Delivers notices in their order."""

    def __init__(self, settings: WebhookSettings, secret: bytes) -> None:
        self._settings, self._secret = settings, secret
        self._waiting: queue.SimpleQueue[tuple[Notice, float]] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self._known: dict[str, Delivery] = {}
        self._taken: set[str] = set()
        self._client = httpx.Client(
            timeout=settings.timeout_s, trust_env=False, follow_redirects=False, verify=_trust(settings)
        )

    def offer(self, notices: Iterable[Notice], known: Delivery | None) -> None:
        """Take notices of one incident; those that it has already are passed over."""
        for notice in notices:
            if notice.id not in self._taken:
                self._taken.add(notice.id)
                self._known.setdefault(notice.incident, known or Delivery(incident=notice.incident))
                self._waiting.put((notice, time.monotonic()))

    def said(self) -> list[Delivery]:
        """What became of deliveries since it was last asked."""
        found = []
        while not self._said.empty():
            found.append(self._said.get())
        return found

    def run(self, stop: threading.Event) -> threading.Thread:
        """Deliver until `stop`."""

        def work() -> None:
            while not stop.is_set():
                try:
                    notice, offered_at = self._waiting.get(timeout=0.2)
                except queue.Empty:
                    continue
                self._deliver(notice, offered_at, stop)
            self._client.close()

        thread = threading.Thread(target=work, name="courier", daemon=True)
        thread.start()
        return thread

    def _deliver(self, notice: Notice, offered_at: float, stop: threading.Event) -> None:
        pause_s = self._settings.retry_s
        while not stop.is_set():
            before = self._known[notice.incident]
            why = self._post(notice)
            if not why:
                self._say(
                    Delivery(incident=notice.incident, told=(*before.told, notice.what), given_up=before.given_up)
                )
                return
            failed = msgspec.structs.replace(
                before, failing=why, attempts=before.attempts + 1, since=before.since or real_now_ms()
            )
            if time.monotonic() - offered_at >= self._settings.give_up_after_s:
                self._say(msgspec.structs.replace(failed, given_up=(*before.given_up, notice.what)))
                log.error("not delivered", incident=notice.incident, what=notice.what, reason=why)
                return
            self._say(failed)
            stop.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _say(self, delivery: Delivery) -> None:
        self._known[delivery.incident] = delivery
        self._said.put(delivery)

    def _post(self, notice: Notice) -> str:
        """Why it was not taken; "" when it was. What the receiver answers is not kept."""
        timestamp = str(real_now_ms() // 1000)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "his-pulse",
            "webhook-id": notice.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + signature(self._secret, notice.id, timestamp, notice.body).decode(),
        }
        try:
            answer = self._client.post(self._settings.url, content=notice.body, headers=headers)
        except (httpx.HTTPError, OSError) as error:
            return type(error).__name__
        return "" if answer.is_success else f"HTTP {answer.status_code}"


def courier(site: Site, settings: WebhookSettings) -> Courier | None:
    """The courier of a site; None when nobody is to be told. Raises Misconfigured."""
    if not settings.url:
        return None
    if not _is_whole(settings.url):
        raise Misconfigured(
            f"{site.place('alerts.webhook', 'url')}: write it whole, e.g. https://oncall.local/hooks/1."
        )
    place = site.place("alerts.webhook", "secret_file")
    if not settings.secret_file:
        raise Misconfigured(f"{place}: name the file that holds the signing secret, or leave url empty.")
    return Courier(settings, secret_of(Path(settings.secret_file), place))


def _is_whole(url: str) -> bool:
    """May it be posted to? What fails only in the posting would end the courier."""
    try:
        asked = httpx.URL(url)
    except httpx.InvalidURL:
        return False
    return asked.scheme in ("http", "https") and bool(asked.host)


def _trust(settings: WebhookSettings) -> ssl.SSLContext:
    trust = ssl.create_default_context()
    if settings.ca_file:
        try:
            trust.load_verify_locations(settings.ca_file)
        except OSError as error:
            raise Misconfigured(f"[alerts.webhook] ca_file cannot be read ({type(error).__name__}).") from None
    return trust
