"""MLLP over TLS: who shows which certificate speaks for which facility, before a real broker."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from infra.local.kafka import KafkaProcess
from ingest.bus import DEADLETTER
from ingest.connectors import mllp
from ingest.errors import Misconfigured
from ingest.settings import Site, load_site
from tests.integration.certificates import Authority, Shown, client
from tests.integration.conversation import code_of, feed_of, framed, listening, site_file, told, values

pytestmark = pytest.mark.services

HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


@pytest.fixture
def hospital_ca(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "hospital-ca")


@pytest.fixture
def server_shows(hospital_ca: Authority) -> Shown:
    return hospital_ca.vouch("pulse", HERE)


def secured(directory: Path, bootstrap: str, authority: Authority, shown: Shown, more: str = "") -> Site:
    """A hospital with one feed over TLS that wants to see certificates of the authority."""
    feed = f"""
[feeds.his]
kind = "mllp"
source_system = "HIS^{directory.name}"
port = 0
malformed_limit = 1.0
tls_cert_file = "{shown.cert}"
tls_key_file = "{shown.key}"
tls_client_ca_file = "{authority.cert}"
{more}
"""
    return site_file(directory, bootstrap, feed)


FACILITIES = """
[feeds.his.tls_facilities]
"his.ward.example" = ["EAST", "WEST"]
"urn:lis" = ["LAB"]
"""


def ticket(control_id: str, facility: str) -> bytes:
    """A ticket is taken, and this facility says so."""
    return "\r".join(
        [
            rf"MSH|^~\&|QUEUE|{facility}|PULSE|H001|20250303084000+0800||ZQN^Z01|{control_id}|P|2.5",
            "EVN|Z01|20250303084000+0800",
            "PID|1||P1^^^^MR||张珅",
            f"ZQU|1|JOIN|T-{control_id}|A001|cashier|CASH|||20250303084000+0800",
        ]
    ).encode()


async def answers(port: int, context: ssl.SSLContext | None, *messages: bytes) -> list[bytes]:
    """The answers to messages over one connection; none where the connection is refused."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    except (ConnectionError, ssl.SSLError):
        return []
    try:
        writer.write(framed(*messages))
        said = [await asyncio.wait_for(reader.readuntil(b"\x1c\r"), 120) for _ in messages]
        return [code_of(answer.strip(b"\x0b\x1c\r")) for answer in said]
    except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
        return []
    finally:
        writer.close()


def heard(site: Site, letter: str) -> list[str]:
    """The numbers, of those that begin with a letter, of the messages that became events."""
    numbers = [str(event.source_msg_id) for event in told(site, "his.queue.v1")]
    return sorted(number for number in numbers if number.startswith(letter))


def test_a_sender_with_a_certificate_of_the_hospital_is_heard_and_nobody_else(
    tmp_path: Path, kafka: KafkaProcess, hospital_ca: Authority, server_shows: Shown
) -> None:
    site = secured(tmp_path, kafka.bootstrap, hospital_ca, server_shows)
    stranger = Authority(tmp_path, "another-ca").vouch("his.ward.example")
    known = hospital_ca.vouch("anybody")
    expired = hospital_ca.vouch("late", days=-1)

    async def timeline() -> list[list[bytes]]:
        async with listening(site, tmp_path) as server:
            contexts = [client(hospital_ca, shown) for shown in (known, None, stranger, expired)]
            return [await answers(server.port, context, ticket(f"S{n}", "EAST")) for n, context in enumerate(contexts)]

    assert asyncio.run(timeline()) == [[b"MSA|AA|S0"], [], [], []]
    assert heard(site, "S") == ["S0"]


def test_plain_words_to_a_secured_port_are_not_heard(
    tmp_path: Path, kafka: KafkaProcess, hospital_ca: Authority, server_shows: Shown
) -> None:
    site = secured(tmp_path, kafka.bootstrap, hospital_ca, server_shows)

    async def timeline() -> tuple[list[bytes], list[bytes]]:
        async with listening(site, tmp_path) as server:
            plain = await answers(server.port, None, ticket("P0", "PLAIN"))
            return plain, await answers(server.port, client(hospital_ca, hospital_ca.vouch("a")), ticket("P1", "PLAIN"))

    assert asyncio.run(timeline()) == ([], [b"MSA|AA|P1"])
    assert heard(site, "P") == ["P1"]


def test_a_certificate_speaks_for_its_facilities_only(
    tmp_path: Path, kafka: KafkaProcess, hospital_ca: Authority, server_shows: Shown
) -> None:
    site = secured(tmp_path, kafka.bootstrap, hospital_ca, server_shows, FACILITIES)
    ward = hospital_ca.vouch("his.ward.example")
    by_dns = hospital_ca.vouch("cn-of-no-meaning", x509.DNSName("his.ward.example"))
    lis = hospital_ca.vouch("lis", x509.UniformResourceIdentifier("urn:lis"))
    nobody = hospital_ca.vouch("nobody")

    async def timeline() -> list[list[bytes]]:
        async with listening(site, tmp_path) as server:
            spoken = [
                (ward, [ticket("F1", "EAST"), ticket("F2", "LAB"), ticket("F3", "WEST"), ticket("F4", "")]),
                (by_dns, [ticket("F5", "EAST")]),
                (lis, [ticket("F6", "LAB"), ticket("F7", "east"), b"this is no HL7"]),
                (nobody, [ticket("F8", "EAST")]),
            ]
            return [await answers(server.port, client(hospital_ca, shown), *said) for shown, said in spoken]

    refused = b"|wrong sender: MSH-4"
    assert asyncio.run(timeline()) == [
        [b"MSA|AA|F1", b"MSA|AR|F2" + refused, b"MSA|AA|F3", b"MSA|AR|F4" + refused],
        [b"MSA|AA|F5"],
        [b"MSA|AA|F6", b"MSA|AR|F7" + refused, b"MSA|AR||not HL7: MSH"],
        [],
    ]
    assert heard(site, "F") == ["F1", "F3", "F5", "F6"]
    letters = [json.loads(value) for value in values(site, DEADLETTER)]
    assert [letter["reason"] for letter in letters].count("wrong sender: MSH-4") == 3


def test_a_sender_that_does_not_trust_us_hears_nothing_of_us(
    tmp_path: Path, kafka: KafkaProcess, hospital_ca: Authority, server_shows: Shown
) -> None:
    site = secured(tmp_path, kafka.bootstrap, hospital_ca, server_shows)
    elsewhere = Authority(tmp_path, "elsewhere")

    async def timeline() -> list[bytes]:
        async with listening(site, tmp_path) as server:
            return await answers(server.port, client(elsewhere, hospital_ca.vouch("b")), ticket("U1", "EAST"))

    assert asyncio.run(timeline()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("tls_client_ca_file", "tls_client_ca"), "no such setting"),
        (("pulse.cert.pem", "nowhere.pem"), "There is no file"),
        (("pulse.key.pem", "other.key.pem"), "cannot be used together"),
        (("tls_client_ca_file = ", "# "), "it takes tls_cert_file and tls_client_ca_file"),
    ],
)
def test_tls_that_cannot_work_is_one_sentence(
    tmp_path: Path, hospital_ca: Authority, server_shows: Shown, change: tuple[str, str], sentence: str
) -> None:
    hospital_ca.vouch("other")
    secured(tmp_path, "127.0.0.1:1", hospital_ca, server_shows, FACILITIES)
    path = tmp_path / "hospital.toml"
    path.write_text(path.read_text("utf-8").replace(*change), "utf-8")

    async def timeline() -> None:
        server = mllp.connect(feed_of(load_site(str(path)), "his"))
        await server.listen()
        await server.close()

    with pytest.raises(Misconfigured, match=sentence):
        asyncio.run(timeline())
