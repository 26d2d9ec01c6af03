"""Sees to it that somebody captures changes, that the database is fit for it, and that no slot fills its disk."""

from __future__ import annotations

import time

import structlog
from prometheus_client import Gauge

from ingest.bus import BusSettings
from ingest.cdc.configuration import connector_configuration, connector_name
from ingest.cdc.ready import refuse_unready, slot
from ingest.cdc.server import Server
from ingest.cdc.settings import keep_password, settings_of, slot_of
from ingest.cdc.worker import Worker
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import Feed

log = structlog.get_logger()

_LOOK_EVERY_S = 15.0
_LAG = Gauge("hispulse_ingest_slot_lag_bytes", "Log that the HIS database keeps for the feed's slot", ["feed"])


class Watch:
    """What has to hold around a feed of changes."""

    def __init__(self, feed: Feed, server: Server) -> None:
        self._feed, self._server, self._settings = feed, server, settings_of(feed)
        self._worker = Worker(self._settings.connect_url, connector_name(feed)) if self._settings.connect_url else None
        self._looked_at = 0.0
        self.kept_bytes: int | None = None  # log that the database keeps for the slot, when last looked at

    def begin(self, gap: str, has_begun: bool) -> None:
        """The database is ready and the connector runs; after a gap all rows are told anew. Raises Unavailable,
        Misconfigured."""
        refuse_unready(self._feed, self._server)
        configuration = connector_configuration(self._feed, self._feed.site.section("bus", BusSettings))
        keep_password(self._feed)
        if gap := gap or (self._slot_gap() if has_begun else ""):
            self._begin_anew(configuration, gap)
        if self._worker is not None:
            self._worker.hand_in(configuration)

    def look(self) -> None:
        """Now and then, at the slot. Raises Unavailable when it has been given up: `begin` then mends it."""
        if self._settings.engine != "postgresql" or time.monotonic() - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = time.monotonic()
        try:
            stands = slot(self._feed, self._server)
        except Unavailable as reason:
            log.warning("slot not seen", feed=self._feed.name, reason=str(reason))
            return
        self.kept_bytes = stands.lag_bytes
        _LAG.labels(self._feed.name).set(stands.lag_bytes)
        if stands.lost:
            raise Unavailable(f"The database has given up slot {slot_of(self._feed)}.")

    def _slot_gap(self) -> str:
        """Why the log no longer holds what has not been read; "" while it does."""
        if self._settings.engine != "postgresql":
            return ""  # Debezium sees by itself that a file of the log is gone
        stands = slot(self._feed, self._server)
        what = "is gone" if not stands.exists else "was given up by the database" if stands.lost else ""
        return f"slot {slot_of(self._feed)} {what}" if what else ""

    def _begin_anew(self, configuration: dict[str, str], why: str) -> None:
        """What came meanwhile is gone from the log: read all rows anew. What was deleted meanwhile stays unknown."""
        if self._worker is None:
            raise Misconfigured(
                f"Feed {self._feed.name} has a gap: {why}. Stop connector {connector_name(self._feed)}, drop the slot, "
                "delete the connector's offsets and resume it: it then reads all rows anew."
            )
        log.error("changes were missed, all rows are read anew", feed=self._feed.name, reason=why)
        self._worker.forget(configuration, self._drop_lost_slot)

    def _drop_lost_slot(self) -> None:
        if self._settings.engine == "postgresql" and slot(self._feed, self._server).lost:
            self._server.rows("select pg_drop_replication_slot(%s)", slot_of(self._feed))
