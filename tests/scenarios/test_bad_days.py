"""Bad days of a running stack: broker, engine and worker die and come back, and a HIS says what nobody can read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from ingest.bus import DEADLETTER
from tests.integration.conversation import code_of, framed, say, values
from tests.scenarios.chain import Chain, until
from tests.timeline import at

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

SITE = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[departments.CARD]
zh = "心内科"
en = "Cardiology"
[feeds.queue]
kind = "mllp"
source_system = "QUEUE^DEMO"
port = 2576
frame_s = 2.0
max_message_bytes = 20000
malformed_limit = 1.0
"""
# Who comes: names and numbers that must never be seen outside the sealed log.
NAME, NUMBER, PHONE = "张珅", "3301061987", "13800001111"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    running = Chain(tmp_path_factory.mktemp("bad-days"), SITE)
    try:
        yield running.start("load", "stream", "ingest-mllp", hospital_ms=at("10:00"))
    finally:
        running.stop()


def test_while_the_broker_is_away_nobody_is_answered_and_nothing_is_lost(chain: Chain) -> None:
    before = tickets_known(chain)
    assert told(chain, *joins("K", 1)) == ["AA"]

    async def timeline() -> tuple[int, list[str]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(chain))
        chain.kill("kafka")
        writer.write(framed(*joins("K", 20, first=2)))
        answers = asyncio.create_task(codes(reader, 20))
        await asyncio.wait({answers}, timeout=4)
        answered_too_soon = answers.done()
        await asyncio.to_thread(chain.start_again, "kafka")
        said = await asyncio.wait_for(answers, 120)
        writer.close()
        return answered_too_soon, said

    answered_too_soon, said = asyncio.run(timeline())
    assert not answered_too_soon
    assert said == ["AA"] * 20
    everybody_knows(chain, before + 21)
    for stage in ("stream", "load", "ingest-mllp"):
        lines = chain.stack.supervisor.log(stage).read_text("utf-8").splitlines()
        assert len(lines) < 200, f"{stage} complains too often"


def test_while_the_engine_is_away_the_loader_waits_and_the_wall_goes_on(chain: Chain) -> None:
    before = tickets_known(chain)
    chain.kill("warehouse")
    assert told(chain, *joins("W", 15)) == ["AA"] * 15
    assert waiting(chain) == before + 15
    until(lambda: '"event": "waiting"' in chain.stack.supervisor.log("load").read_text(), "the loader says it waits")
    chain.start_again("warehouse")
    everybody_knows(chain, before + 15)


def test_a_killed_worker_comes_back_with_the_same_values_and_what_came_meanwhile(chain: Chain) -> None:
    before = tickets_known(chain)
    assert told(chain, *joins("S", 5)) == ["AA"] * 5
    assert waiting(chain) == before + 5
    chain.kill("stream")
    assert told(chain, *joins("S", 5, first=6)) == ["AA"] * 5
    chain.start_again("stream")
    everybody_knows(chain, before + 10)


def test_what_nobody_can_read_is_refused_with_a_reason_and_the_next_is_heard(chain: Chain) -> None:
    before = tickets_known(chain)
    (good,) = joins("G", 1)
    not_hl7 = f"{NAME} says hello".encode()
    too_long = ticket("B2", "B2") + b"NTE|1||" + b"x" * 30_000
    not_gb18030 = ticket("B3", "B3").replace(b"|2.5", b"|2.5||||||GB 18030-2000").replace(NAME.encode(), b"\xff\xff")
    no_time = ticket("B4", "B4", time=PHONE)
    unknown = ticket("B5", "B5", trigger="ADT^A99").partition(b"\rZQU")[0]
    wrong = [not_hl7, too_long, not_gb18030, no_time, unknown]
    assert told(chain, *wrong, good) == ["AR", "AE", "AE", "AE", "AA", "AA"]
    assert asyncio.run(cut_short(chain)) == "AE"
    everybody_knows(chain, before + 1)
    letters = [json.loads(value) for value in values(chain.site, DEADLETTER)]
    reasons = [letter["reason"] for letter in letters]
    assert reasons == [
        "not HL7: MSH",
        "too long: frame",
        "encoding: MSH-18",
        "unreadable time: EVN-2",
        "truncated: frame",
    ]
    assert all(letter["offset"] is not None for letter in letters)


def test_nobody_is_named_in_any_log(chain: Chain) -> None:
    logs = chain.logs()
    assert "dead letter" in logs
    for secret in (NAME, "张", NUMBER, PHONE, "says hello"):
        assert secret not in logs
        assert json.dumps(secret)[1:-1] not in logs


# --- the hospital ----------------------------------------------------------------------------------------------------


def ticket(control_id: str, number: str, *, time: str = "20250303094000+0800", trigger: str = "ZQN^Z01") -> bytes:
    """Somebody takes a ticket at window 3 of the cashier at 09:40."""
    return "\r".join(
        [
            rf"MSH|^~\&|QUEUE|DEMO|PULSE|H001|20250303094000+0800||{trigger}|{control_id}|P|2.5",
            f"EVN|Z01|{time}||||{time}",
            f"PID|1||{NUMBER}{number}^^^^MR||{NAME}^^^^^^||||||||{PHONE}",
            f"PV1|1|O|CARD||||||||||||||||V{number}",
            f"ZQU|1|JOIN|{number}|A001|cashier|CASH|W3|S7|{time}|1|normal|||\r",
        ]
    ).encode()


def joins(prefix: str, count: int, first: int = 1) -> list[bytes]:
    return [ticket(f"{prefix}{n}", f"{prefix}{n}") for n in range(first, first + count)]


def port(chain: Chain) -> int:
    return chain.stack.ports()["feed queue"]


def told(chain: Chain, *messages: bytes) -> list[str]:
    """The answers to messages on one connection."""
    answers = asyncio.run(say(port(chain), framed(*messages), len(messages)))
    return [code_of(answer).split(b"|")[1].decode() for answer in answers]


async def codes(reader: asyncio.StreamReader, count: int) -> list[str]:
    frames = [await reader.readuntil(b"\x1c\r") for _ in range(count)]
    return [code_of(frame.strip(b"\x0b\x1c\r")).split(b"|")[1].decode() for frame in frames]


async def cut_short(chain: Chain) -> str:
    """The answer to half a message."""
    (answer,) = await say(port(chain), framed(ticket("B6", "B6"))[:120], 1)
    return code_of(answer).split(b"|")[1].decode()


# --- what is known ---------------------------------------------------------------------------------------------------


def waiting(chain: Chain) -> int:
    """Tickets that wait, on the wall."""
    found = chain.live().measure("queue_length_now", at("10:00"), "now")
    assert found.status in ("fresh", "empty")
    return found.n


def tickets_known(chain: Chain) -> int:
    """Facts in the warehouse; none of them twice."""
    chain.until_loaded()
    (found,) = chain.rows(
        "select count() as n, uniqExact(event_id) as facts from events final where event_type = 'queue.joined'"
    )
    assert found["n"] == found["facts"]
    return int(found["n"])


def everybody_knows(chain: Chain, tickets: int) -> None:
    assert tickets_known(chain) == tickets
    assert waiting(chain) == tickets
