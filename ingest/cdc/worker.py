"""Kafka Connect, asked over REST: takes a feed's connector, and says how it fares.

What it says of a failure is not quoted: it may name a row. Its own log has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog

from ingest.errors import Misconfigured, Unavailable

log = structlog.get_logger()
_PATIENCE_S = 30.0


class Worker:
    """A worker, or a cluster of them, at a REST address."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url.rstrip("/"), name

    def hand_in(self, configuration: dict[str, str]) -> None:
        """Let it run the connector so; one that fails is begun anew. Raises Unavailable, Misconfigured."""
        at = f"/connectors/{self._name}"
        known = self._ask("GET", f"{at}/config") or {}
        if {**known, "name": ""} != {**configuration, "name": ""}:  # it adds the name
            self._ask("PUT", f"{at}/config", configuration)
            log.info("connector handed in", connector=self._name)
        elif self.has_failed():
            self._ask("POST", f"{at}/restart?includeTasks=true&onlyFailed=true")
            log.warning("connector begun anew", connector=self._name)

    def forget(self, meanwhile: Callable[[], None]) -> None:
        """Let the connector forget how far it has read; it begins anew. Raises Unavailable."""
        at = f"/connectors/{self._name}"
        if self._ask("PUT", f"{at}/stop") is not None:  # None: it has no such connector
            deadline = time.monotonic() + _PATIENCE_S
            while self._state() != "STOPPED" and time.monotonic() < deadline:
                time.sleep(0.2)
            meanwhile()
            self._ask("DELETE", f"{at}/offsets")
            self._ask("PUT", f"{at}/resume")
        else:
            meanwhile()

    def _state(self) -> str:
        told = self._ask("GET", f"/connectors/{self._name}/status") or {}
        return "STOPPED" if not told.get("tasks") and told.get("connector", {}).get("state") == "STOPPED" else ""

    def has_failed(self) -> bool:
        """Whether the connector or its task has given up."""
        told = self._ask("GET", f"/connectors/{self._name}/status") or {}
        states = [told.get("connector", {}), *told.get("tasks", [])]
        return any(each.get("state") == "FAILED" for each in states)

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        try:
            with httpx.Client(trust_env=False, timeout=_PATIENCE_S) as client:
                answer = client.request(method, self._url + path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Kafka Connect at {self._url} does not answer ({type(error).__name__}).") from None
        if answer.status_code == 404:
            return None
        if answer.status_code in (400, 422):
            raise Misconfigured(
                f"Kafka Connect at {self._url} refuses connector {self._name} (status {answer.status_code}); its log "
                "says why. Are Debezium's plug-in and the database within its reach?"
            )
        if answer.status_code >= 300:
            raise Unavailable(f"Kafka Connect at {self._url} is not ready (status {answer.status_code}).")
        return answer.json() if answer.content else {}
