"""While Kafka is away, its client asks for it a few times a second and says so seldom.

aiokafka asks again at once when nobody answered: where the connection is refused, thousands of times a second, with
two lines of log each. That would fill the disk and a processor of the machine on which the broker is to start again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka.client import AIOKafkaClient

_MARK = "is_patient"  # of a client that pauses already
_PAUSE_S = 0.25
_LOGGERS = (
    "aiokafka", "aiokafka.conn", "aiokafka.consumer.fetcher", "aiokafka.consumer.group_coordinator",
    "aiokafka.producer.sender",
)  # fmt: skip


class _Seldom(logging.Filter):
    """Lets a line of one place in the code through once in a while."""

    def __init__(self, every_s: float) -> None:
        super().__init__()
        self._every_s = every_s
        self._said_at: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """False for what the same place has said just before."""
        place = (record.pathname, record.lineno)
        if record.created - self._said_at.get(place, 0.0) < self._every_s:
            return False
        self._said_at[place] = record.created
        return True


def be_patient(say_every_s: float = 10.0) -> None:
    """From now on every client of aiokafka in this process pauses before it asks again. Calling it twice is once."""
    if getattr(AIOKafkaClient._metadata_update, _MARK, False):
        return
    ask = AIOKafkaClient._metadata_update

    async def ask_and_pause(client: AIOKafkaClient, cluster: Any, topics: Any) -> bool:
        answered: bool = await ask(client, cluster, topics)
        if not answered:
            await asyncio.sleep(_PAUSE_S)
        return answered

    setattr(ask_and_pause, _MARK, True)
    AIOKafkaClient._metadata_update = ask_and_pause
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_Seldom(say_every_s))
