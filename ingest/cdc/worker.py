"""Kafka Connect, asked over REST: takes a feed's connector, and says how it fares.

What it says of a failure is not quoted: it may name a row. Its own log has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog

from ingest.errors import Unavailable

log = structlog.get_logger()
_PATIENCE_S = 30.0


class Worker:
    """A worker, or a cluster of them, at a REST address."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url.rstrip("/"), name
        self._at = f"/connectors/{name}"

    def hand_in(self, configuration: dict[str, str]) -> None:
        """Let it run the connector so; one that fails is begun anew. Raises Unavailable."""
        known = self._ask("GET", f"{self._at}/config") or {}
        if {**known, "name": ""} != {**configuration, "name": ""}:  # it adds the name
            self._ask("PUT", f"{self._at}/config", configuration)
            log.info("connector handed in", connector=self._name)
        elif "FAILED" in self._states():
            self._ask("POST", f"{self._at}/restart?includeTasks=true&onlyFailed=true")
            log.warning("connector begun anew", connector=self._name)

    def forget(self, configuration: dict[str, str], meanwhile: Callable[[], None]) -> None:
        """Let the connector forget how far it has read; `meanwhile` nobody reads. Raises Unavailable."""
        if self._ask("GET", f"{self._at}/config") is None:
            stopped = {"name": self._name, "config": configuration, "initial_state": "STOPPED"}
            self._ask("POST", "/connectors", stopped)
        else:
            self._ask("PUT", f"{self._at}/stop")
        deadline = time.monotonic() + _PATIENCE_S
        while self._states() != ["STOPPED"]:
            if time.monotonic() > deadline:
                raise Unavailable(f"Connector {self._name} does not stop.")
            time.sleep(0.2)
        meanwhile()
        self._ask("DELETE", f"{self._at}/offsets")
        self._ask("PUT", f"{self._at}/resume")

    def _states(self) -> list[str]:
        """How the connector and its task stand."""
        told = self._ask("GET", f"{self._at}/status") or {}
        return [str(each.get("state")) for each in (told.get("connector", {}), *told.get("tasks", []))]

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        """What it answers; None of a connector that it does not have."""
        try:
            with httpx.Client(trust_env=False, timeout=_PATIENCE_S) as client:
                answer = client.request(method, self._url + path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unavailable(f"Kafka Connect at {self._url} does not answer ({type(error).__name__}).") from None
        if answer.status_code == 404:
            return None
        if answer.status_code in (400, 422):  # also while the database is away: it tries to reach it
            raise Unavailable(
                f"Kafka Connect at {self._url} refuses connector {self._name} (status {answer.status_code}): does it "
                "have Debezium's plug-in, and does it reach the database? Its log says more."
            )
        if answer.status_code >= 300:
            raise Unavailable(f"Kafka Connect at {self._url} is not ready (status {answer.status_code}).")
        return answer.json() if answer.content else {}
