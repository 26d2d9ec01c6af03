"""How a worker speaks: round by round, in order, however long Kafka is away; and the next round may be worked out
while the last one's words are on their way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from ingest.errors import Unavailable
from streams.outlet import Outlet, Record

log = structlog.get_logger()

_AGAIN_S = 1.0


class Voice:
    """The words of one worker."""

    def __init__(self, outlet: Outlet) -> None:
        self.waits = False  # for Kafka, which is away
        self._outlet = outlet
        self._saying: asyncio.Future[None] | None = None

    async def say(self, records: Sequence[Record]) -> None:
        """Return when Kafka has stored them."""
        while True:
            try:
                await self._outlet.write(records)
                self.waits = False
                return
            except Unavailable as away:
                log.warning("waiting for Kafka", reason=str(away))
            self.waits = True
            await asyncio.sleep(_AGAIN_S)

    def begin(self, records: Sequence[Record], heard: Callable[[], None]) -> None:
        """Say a round's words, and `heard` when Kafka has them. The round before must have been heard."""
        assert self._saying is None

        async def saying() -> None:
            await self.say(records)
            heard()

        self._saying = asyncio.ensure_future(saying())

    async def heard(self) -> None:
        """Wait until Kafka has the last round's words. Who is cancelled meanwhile does not take the words back."""
        if self._saying is not None:
            await asyncio.shield(self._saying)
            self._saying = None

    def fall_silent(self) -> None:
        """Let go of what Kafka does not take."""
        if self._saying is not None:
            self._saying.cancel()
