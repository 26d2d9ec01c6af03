"""A HIS speaks MLLP to a real server before a real broker."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess, start_kafka
from ingest.bus import DEADLETTER, JOURNEY, RAW
from ingest.errors import Misconfigured
from ingest.events.queue import QueueCalled, QueueJoined
from ingest.settings import Site
from tests.conftest import free_port
from tests.integration.conversation import code_of, feed_of, framed, listening, say, site_file, told, values

pytestmark = pytest.mark.services

FEED = """
[feeds.his]
kind = "mllp"
source_system = "QUEUE^DEMO"
port = 0
max_message_bytes = 20000
malformed_limit = 1.0
"""


def ticket(control_id: str, step: str, at: str, number: str = "T1", header: str = "") -> bytes:
    """A step of a ticket at window 3 of the cashier."""
    return "\r".join(
        [
            rf"MSH|^~\&|QUEUE|DEMO|PULSE|H001|{at}||ZQN^Z01|{control_id}|P|2.5{header}",
            f"EVN|Z01|{at}|||| {at}".replace(" ", ""),
            "PID|1||P1^^^^MR||张珅^^^^^^",
            "PV1|1|O|CARD||||||||||||||||V1",
            f"ZQU|1|{step}|{number}|A001|cashier|CASH|W3|S7|{at}|1|normal|||",
        ]
    ).encode()


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess) -> Site:
    return site_file(tmp_path, kafka.bootstrap, FEED)


def test_an_answer_comes_when_the_events_are_durable(site: Site, tmp_path: Path) -> None:
    async def timeline() -> list[bytes]:
        async with listening(site, tmp_path) as server:
            return await say(
                server.port,
                framed(
                    ticket("M1", "JOIN", "20250303084000+0800", "Ta"), ticket("M2", "CALL", "20250303090500+0800", "Ta")
                ),
                2,
            )

    answers = asyncio.run(timeline())
    assert [code_of(answer) for answer in answers] == [b"MSA|AA|M1", b"MSA|AA|M2"]
    assert b"|PULSE|H001|QUEUE|DEMO|" in answers[0]
    queue = [event for event in told(site, "his.queue.v1") if event.source_msg_id in ("M1", "M2")]
    assert {type(event) for event in queue} == {QueueJoined, QueueCalled}
    placed = [json.loads(value) for value in values(site, JOURNEY)]
    assert {queue[0].event_id, queue[1].event_id} <= {placement["event"]["event_id"] for placement in placed}


def test_nobody_is_named_outside_the_sealed_raw_log(site: Site, tmp_path: Path) -> None:
    async def timeline() -> None:
        async with listening(site, tmp_path) as server:
            await say(server.port, framed(ticket("N1", "JOIN", "20250303084000", "Tn")), 1)

    asyncio.run(timeline())
    everything = b"".join(values(site, "his.queue.v1") + values(site, JOURNEY) + values(site, RAW))
    assert everything
    for identifying in ("张", "张珅", "珅"):
        assert identifying.encode() not in everything
        assert identifying.encode("gb18030") not in b"".join(values(site, "his.queue.v1"))
    assert b'"Tn"' not in everything and b'"P1"' not in everything and b'"V1"' not in everything


def test_bad_messages_are_refused_with_a_reason_and_good_ones_behind_them_flow(site: Site, tmp_path: Path) -> None:
    good = ticket("B9", "JOIN", "20250303084000+0800", "Tb")
    bad = [
        b"this is no HL7 at all",
        ticket("B2", "DANCE", "20250303084000+0800"),
        ticket("B3", "JOIN", "20250303084000+0800", ""),
        ticket("B4", "JOIN", "yesterday"),
        ticket("B5", "JOIN", "20250303084000+0800").replace(b"|2.5", b"|3.0"),
        ticket("B6", "JOIN", "20250303084000+0800") + b"\xff\xff\x80|",
        ticket("B7", "JOIN", "20250303084000+0800") + b"X" * 30_000,
    ]

    async def timeline() -> list[bytes]:
        async with listening(site, tmp_path) as server:
            return await say(server.port, framed(*bad, good), len(bad) + 1)

    codes = [code_of(answer) for answer in asyncio.run(timeline())]
    assert codes == [
        b"MSA|AR||not HL7: MSH",
        b"MSA|AE|B2|illegal code: ZQU-2",
        b"MSA|AE|B3|missing subject: ticket_id",
        b"MSA|AE|B4|unreadable time: EVN-2",
        b"MSA|AR|B5|version: MSH-12",
        b"MSA|AE||encoding: MSH-18",
        b"MSA|AE|B7|too long: frame",
        b"MSA|AA|B9",
    ]
    letters = [json.loads(value) for value in values(site, DEADLETTER)]
    assert {"illegal code: ZQU-2", "too long: frame"} <= {letter["reason"] for letter in letters}
    assert all(letter["offset"] is not None for letter in letters)
    assert b"DANCE" not in b"".join(values(site, DEADLETTER))


def test_none_of_our_business_is_accepted(site: Site, tmp_path: Path) -> None:
    foreign = ticket("F1", "JOIN", "20250303084000+0800").replace(b"ZQN^Z01", b"ADT^A29")
    training = ticket("F2", "JOIN", "20250303084000+0800", "Tt").replace(b"|P|2.5", b"|T|2.5")

    async def timeline() -> list[bytes]:
        async with listening(site, tmp_path) as server:
            return await say(server.port, framed(foreign.partition(b"\rZQU")[0], training), 2)

    assert [code_of(answer) for answer in asyncio.run(timeline())] == [b"MSA|AA|F1", b"MSA|AA|F2"]
    assert not [event for event in told(site, "his.queue.v1") if event.source_msg_id in ("F1", "F2")]


def test_enhanced_mode_gives_the_answers_that_were_asked_for(site: Site, tmp_path: Path) -> None:
    at = "20250303084000+0800"
    both = ticket("E1", "JOIN", at, "Te", "|||AL|AL")
    only_errors = ticket("E2", "JOIN", at, "Te", "|||ER|NE")
    an_error = ticket("E3", "JOIN", at, "", "|||ER|NE")

    async def timeline() -> list[bytes]:
        async with listening(site, tmp_path) as server:
            return await say(server.port, framed(both, only_errors, an_error), 3)

    assert [code_of(answer) for answer in asyncio.run(timeline())] == [
        b"MSA|CA|E1",
        b"MSA|AA|E1",
        b"MSA|CE|E3|missing subject: ticket_id",
    ]


def test_frames_that_never_end_are_dead_letters(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = site_file(tmp_path, kafka.bootstrap, FEED + "frame_s = 3.0\n")

    async def timeline() -> list[list[bytes]]:
        async with listening(site, tmp_path) as server:
            cut = b"\x0b" + ticket("X1", "JOIN", "20250303084000+0800")
            begun_anew = await say(server.port, cut + framed(ticket("X2", "JOIN", "20250303084000+0800", "Tx")), 2)
            hung_up = await say(server.port, cut, 1, hang_up=True)
            too_slow = await say(server.port, cut, 1)
            unframed = await say(server.port, b"GET / HTTP/1.1\r\n\r\n", 1, hang_up=True)
            return [begun_anew, hung_up, too_slow, unframed]

    begun_anew, hung_up, too_slow, unframed = asyncio.run(timeline())
    assert [code_of(answer) for answer in begun_anew] == [b"MSA|AE|X1|truncated: frame", b"MSA|AA|X2"]
    assert [code_of(answer) for answer in hung_up] == [b"MSA|AE|X1|truncated: frame"]
    assert [code_of(answer) for answer in too_slow] == [b"MSA|AE|X1|truncated: frame"]
    assert [code_of(answer) for answer in unframed] == [b"MSA|AR||no start block: frame"]


def test_a_message_in_many_pieces_is_one_message(site: Site, tmp_path: Path) -> None:
    async def timeline() -> bytes:
        async with listening(site, tmp_path) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for byte in framed(ticket("P1", "JOIN", "20250303084000+0800", "Tp")):
                writer.write(bytes([byte]))
                await writer.drain()
            answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120)
            writer.close()
            return answer.strip(b"\x0b\x1c\r")

    assert code_of(asyncio.run(timeline())) == b"MSA|AA|P1"


def test_while_kafka_is_away_nothing_is_acknowledged_and_nothing_is_lost(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    port, controller = free_port(), free_port()
    broker = start_kafka(tmp_path / "kafka", port, controller)
    site = site_file(tmp_path, broker.bootstrap, FEED)

    async def timeline() -> tuple[bytes, bool, bytes]:
        nonlocal broker
        async with listening(site, tmp_path) as server:
            before = (await say(server.port, framed(ticket("K1", "JOIN", "20250303084000+0800", "T1")), 1))[0]
            broker.stop()
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(framed(ticket("K2", "JOIN", "20250303084100+0800", "T2")))
            waiting = asyncio.create_task(reader.readuntil(b"\x1c\r"))
            done, _ = await asyncio.wait({waiting}, timeout=3)
            broker = await asyncio.to_thread(start_kafka, tmp_path / "kafka", port, controller)
            after = (await asyncio.wait_for(waiting, 60)).strip(b"\x0b\x1c\r")
            writer.close()
            return before, bool(done), after

    try:
        before, answered_too_soon, after = asyncio.run(timeline())
        assert code_of(before) == b"MSA|AA|K1"
        assert not answered_too_soon
        assert code_of(after) == b"MSA|AA|K2"
        assert {event.source_msg_id for event in told(site, "his.queue.v1")} == {"K1", "K2"}
    finally:
        broker.stop()


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        site = site_file(tmp_path, "127.0.0.1:1", FEED.replace("port = 0", f"port = {taken}"))

        async def timeline() -> None:
            async with listening(site, tmp_path, topics=False):
                pass

        with pytest.raises(Misconfigured, match=f"cannot listen on 127.0.0.1:{taken}"):
            asyncio.run(timeline())
    assert feed_of(site, "his").settings.kind == "mllp"


def test_a_message_that_drips_has_its_time_and_hurts_nobody(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = site_file(tmp_path, kafka.bootstrap, FEED + "frame_s = 3.0\n")

    async def timeline() -> tuple[bytes, bytes]:
        async with listening(site, tmp_path) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(b"\x0b" + ticket("D1", "JOIN", "20250303084000+0800"))
            dripping = asyncio.create_task(_drip(writer))
            good = await say(server.port, framed(ticket("D2", "JOIN", "20250303084000+0800", "Td")), 1)
            answer = await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120)
            dripping.cancel()
            writer.close()
            return answer.strip(b"\x0b\x1c\r"), good[0]

    dripped, good = asyncio.run(timeline())
    assert code_of(dripped).endswith(b"|truncated: frame") and code_of(good) == b"MSA|AA|D2"


async def _drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b".")
        await asyncio.sleep(0.1)


def test_one_address_has_so_many_connections_and_no_more(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = site_file(tmp_path, kafka.bootstrap, FEED + "max_connections_per_peer = 2\n")

    async def timeline() -> tuple[list[bytes], bytes]:
        async with listening(site, tmp_path) as server:
            knock = framed(ticket("C1", "JOIN", "20250303084000+0800", "Tc"))
            kept = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
            for reader, writer in kept:  # answered: so they are counted
                writer.write(knock)
                await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120)
            surplus, _ = await asyncio.open_connection("127.0.0.1", server.port)
            refused = await asyncio.wait_for(surplus.read(), 120)
            kept[0][1].close()
            await kept[0][1].wait_closed()
            while not (answer := await _answer_of(server.port, knock)):  # until it is counted no more
                await asyncio.sleep(0.1)
            kept[1][1].close()
            return [refused], answer

    refused, answer = asyncio.run(timeline())
    assert refused == [b""] and code_of(answer.strip(b"\x0b\x1c\r")) == b"MSA|AA|C1"


async def _answer_of(port: int, sent: bytes) -> bytes:
    """The first answer; b"" when the connection is refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
    finally:
        writer.close()
