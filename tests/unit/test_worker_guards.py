"""What keeps a worker honest where Faust and its client would let it lie still, go on half dead or listen to everybody.

| what faust-streaming 0.15.3 does | guarded by the test |
|---|---|
| counts a message into the gap before it; a commit advances by one fetch | test_transport: a_commit_reaches_the_end |
| believes in commits that failed | test_transport: a_commit_that_failed_is_not_believed |
| reads on from what the group committed | test_transport: it_reads_on_from_where_the_state_stands |
| sleeps a second when every buffer is full | test_transport: a_full_buffer_does_not_send_the_reader_to_sleep |
| drops what it fetched when the group changes | what_was_dropped_is_read_again, here |
| lives on when its agent has died | a_fault_in_the_agent_ends_the_worker, here |
| stands still and says nothing | who_stands_still_with_work_before_it_ends, here |
| opens a web server, waits 60 s for who was killed | the_app_listens_to_nobody_and_is_missed_soon, here |
| its client asks an absent broker thousands of times a second | who_gets_no_answer_pauses, here |
| waits for ever for its own end while Kafka is away | integration, test_stream_stop |
| (ours) keeps shards that others owned while it was paused | integration, test_stream_storm |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from faust.types import TP

from ingest.clock import load_clock
from ingest.topics import BusSettings
from streams.agents import Stopped, _fold, _watch
from streams.app import make_app
from streams.book import CellBook
from streams.engine import Engine
from streams.house import HouseRules
from streams.ownership import Estate, Owned, StreamSettings
from streams.patience import be_patient
from streams.publish import Publisher
from streams.shard import Shard
from streams.state import MemoryStore
from streams.transport import Fetch
from tests.conftest import free_port

QUEUE = TP("his.queue.v1", 0)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A worker's engine that owns shard 0 and has read its queue topic up to offset 10."""
    bus = BusSettings(bootstrap=f"127.0.0.1:{free_port()}", partitions=1)
    made = Engine(Estate(StreamSettings(stalled_after_s=0), bus, HouseRules(), load_clock(), tmp_path))
    book = CellBook()
    shard = Shard(HouseRules(), MemoryStore(), book)
    shard.meta.offsets = {QUEUE.topic: 10}
    made.owned[0] = Owned(0, shard, book, Publisher(0, {}, {}))
    return made


async def stream_of(*fetched: tuple[TP, Fetch]) -> AsyncIterator[Any]:
    """Messages as Faust's stream hands them to an agent."""
    for tp, fetch in fetched:
        yield SimpleNamespace(message=SimpleNamespace(topic=tp.topic, partition=tp.partition, value=fetch))


class Faust:
    """As much of an app as the worker asks: where it reads, and how long the log is."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.consumer = self
        self.sought: dict[TP, int] = {}

    async def seek(self, tp: TP, offset: int) -> None:
        self.sought[tp] = offset

    def assignment(self) -> set[TP]:
        return {QUEUE}

    def highwater(self, tp: TP) -> int:
        return 500


def fold(app: Faust, *fetched: tuple[TP, Fetch]) -> BaseException | None:
    """Let the agent take these fetches; returns the fault that ends the worker."""

    async def take() -> BaseException | None:
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        stream: Any = SimpleNamespace(events=lambda: stream_of(*fetched))
        whole: Any = app
        await asyncio.gather(_fold(whole, failed, stream), return_exceptions=True)
        return failed.exception() if failed.done() else None

    return asyncio.run(take())


def test_what_was_dropped_is_read_again(engine: Engine) -> None:
    app = Faust(engine)
    assert fold(app, (QUEUE, Fetch(15, 15, [None]))) is None
    assert app.sought == {QUEUE: 10}
    assert engine.owned[0].shard.meta.offsets[QUEUE.topic] == 10
    assert fold(app, (QUEUE, Fetch(10, 15, [None] * 6))) is None
    assert engine.owned[0].shard.meta.offsets[QUEUE.topic] == 16


def test_what_was_read_before_is_not_taken_again(engine: Engine) -> None:
    assert fold(Faust(engine), (QUEUE, Fetch(3, 9, [b"not an event"] * 7))) is None
    assert engine.owned[0].shard.meta.undecodable == 0


def test_a_fault_in_the_agent_ends_the_worker(engine: Engine) -> None:
    nowhere = TP("a.topic.nobody.knows", 0)
    assert isinstance(fold(Faust(engine), (nowhere, Fetch(0, 0, [None]))), KeyError)


def test_who_stands_still_with_work_before_it_ends(engine: Engine) -> None:
    app: Any = Faust(engine)
    with pytest.raises(Stopped, match="490 records before it"):
        asyncio.run(_watch(app))


def test_the_app_listens_to_nobody_and_is_missed_soon(engine: Engine) -> None:
    app = make_app(engine)
    assert not app.conf.web_enabled
    assert app.conf.broker_session_timeout <= 10
    assert not app.conf.topic_allow_declare


def test_who_gets_no_answer_pauses() -> None:
    async def asked_in_half_a_second() -> int:
        client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{free_port()}")
        asked, until = 0, time.monotonic() + 0.5
        while time.monotonic() < until:
            await client._metadata_update(client.cluster, [])
            asked += 1
        return asked

    be_patient()
    be_patient()  # twice is once
    assert asyncio.run(asked_in_half_a_second()) <= 3
