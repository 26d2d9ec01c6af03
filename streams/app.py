"""The Faust app: one group of workers that shares the partitions of all topics; no tables, no web server."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import faust
from faust.types import TP

from ingest.bus import topics
from ingest.topics import ALERT, DEADLETTER, KPI, RAW, BusSettings
from streams.engine import Engine
from streams.outlet import security_of
from streams.patience import be_patient
from streams.transport import Transport

_NOT_READ = {RAW, DEADLETTER, KPI, ALERT}


class StreamApp(faust.App):  # type: ignore[misc] # Faust brings no types
    """Faust's app, whose consumer asks the engine where to read on."""

    engine: Engine

    async def resume(self, assigned: set[TP]) -> Mapping[TP, int]:
        """Where the shards stand."""
        return await self.engine.resume(self.consumer, assigned)


def topics_read(bus: BusSettings) -> list[str]:
    """All topics that the fold reads: the events, the journeys, the hints, and what every shard must hear."""
    return sorted(topic.name for topic in topics(bus) if topic.name not in _NOT_READ)


def make_app(engine: Engine) -> StreamApp:
    """The app of one worker."""
    bus, group = engine.estate.bus, engine.estate.settings.group
    be_patient()
    app = StreamApp(
        group,
        broker=[f"kafka://{address}" for address in bus.bootstrap.split(",")],
        broker_credentials=_credentials(bus),
        web_enabled=False,  # it would listen on all interfaces
        topic_disable_leader=True,
        topic_allow_declare=False,
        datadir=str(Path(tempfile.gettempdir()) / f"{group}-faust"),  # Faust wants one; there are no tables in it
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=4 * 1024 * 1024,
        broker_session_timeout=6.0,  # a killed worker's shards go to another in seconds
        broker_heartbeat_interval=2.0,
        broker_request_timeout=60.0,
        broker_commit_interval=2.0,
        # A broker that has just come back may not know its topics: what was shared out then is looked at again.
        consumer_metadata_max_age_ms=5_000,
        stream_buffer_maxsize=16,  # fetches, not events
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
    )
    app.engine = engine
    app.transport = Transport(app.conf.broker_consumer, app)
    for chatty in ("faust", "mode", "aiokafka"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    return app


def _credentials(bus: BusSettings) -> Any:
    if bus.security == "plaintext":
        return None
    options = security_of(bus)
    if bus.security.startswith("sasl"):
        return faust.SASLCredentials(
            mechanism=options["sasl_mechanism"],
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            ssl_context=options.get("ssl_context"),
        )
    return faust.SSLCredentials(options["ssl_context"])
