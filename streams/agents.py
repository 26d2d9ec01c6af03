"""The one agent: takes whole fetches of all topics, one at a time, and gives them to the engine.

An agent can die while the worker lives on, so any fault here ends the process; the supervisor starts it again, and it
resumes from what is stored.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
import uvloop
from faust.types import TP

from ingest.errors import Unavailable
from streams.app import StreamApp, make_app, topics_read
from streams.engine import Engine
from streams.transport import WholeFetch

log = structlog.get_logger()

_PARTING_S = 8.0
_COLLECT_S = 5.0


class Stopped(Exception):
    """The worker cannot go on; the text is the sentence to say."""


async def _fold(app: StreamApp, failed: asyncio.Future[None], stream: Any) -> None:
    async for event in stream.events():
        message = event.message
        tp = TP(message.topic, message.partition)
        try:
            go_back = await app.engine.take(tp, message.value)
            if go_back is not None:
                await app.consumer.seek(tp, go_back)
        except Exception as error:
            if not failed.done():
                failed.set_exception(error)
            raise


async def _watch(app: StreamApp) -> None:
    """Ends with Stopped when there is lag and no progress."""
    engine, seen, since = app.engine, -1, time.monotonic()
    while True:
        await asyncio.sleep(1)
        lag = engine.lag(app.consumer, app.consumer.assignment()) if engine.owned else 0
        if engine.progress != seen or not lag or engine.excused:
            seen, since = engine.progress, time.monotonic()
        elif time.monotonic() - since > engine.estate.settings.stalled_after_s:
            raise Stopped(f"The fold stands still with {lag} records before it; ending, to be started again.")


async def run(engine: Engine, stop: threading.Event) -> None:
    """Work until `stop` is set. Raises Unavailable when Kafka is not there at the start, Stopped when stuck."""
    await engine.outlet.start()
    app = make_app(engine)
    failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    app.agent(app.topic(*topics_read(engine.estate.bus), schema=WholeFetch()), name="fold", concurrency=1)(
        lambda stream: _fold(app, failed, stream)
    )

    async def stopped() -> None:
        while not stop.is_set():
            await asyncio.sleep(0.1)

    async def crashed() -> None:
        await app.wait_until_stopped()
        raise Unavailable(f"The stream worker lost Kafka ({type(app.crash_reason).__name__}).")

    tasks = []
    try:
        await app.start()
        tasks = [
            asyncio.create_task(work)
            for work in (stopped(), engine.keep_time(), _watch(app), _collect(engine), crashed())
        ]
        done, _ = await asyncio.wait([*tasks, failed], return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        failed.cancel()
        await engine.close()
        # What Faust would still tell Kafka, the group's offsets, serves lag tools only: not worth waiting for ever.
        await asyncio.wait([asyncio.create_task(app.stop())], timeout=_PARTING_S)


def spare_the_collector() -> None:
    """No garbage collection by itself: what the shards hold is large, long-lived and free of cycles, and looking
    through it again and again took up to 40 % of the time."""
    gc.freeze()
    gc.disable()


async def _collect(engine: Engine) -> None:
    """Look through what is new now and then, unless there is a backlog, and never again through what stays."""
    while True:
        await asyncio.sleep(_COLLECT_S)
        if engine.rhythm.keeps_up:
            gc.collect(0)
        gc.freeze()


def work(engine_of: Callable[[], Engine], stop: threading.Event) -> None:
    """Run an engine made by `engine_of()` inside a fresh uvloop."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # also for Faust's consumer thread
    spare_the_collector()

    async def main() -> None:
        await run(engine_of(), stop)

    # Not asyncio.run, which in the end waits for every task: Faust's do not heed cancellation while Kafka is away.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(main())
