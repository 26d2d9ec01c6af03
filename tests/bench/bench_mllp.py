"""Durable MLLP ingest over real sockets and a real broker, beside a server that keeps nothing and one that hurries not.

Ours: `hispulse ingest mllp` as a process of its own; a message is answered when it is sealed, interpreted, and stored
with its events. The load comes from another process over 96 connections, each waiting for its answer. The peers answer
the same messages: a plain asyncio server without storing anything, and the same with kafka-python's `send().get()`
of the raw message for each, without sealing or interpreting. At last the same senders once more, beside 500 others that
begin a message and never come to its end.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from infra.local.kafka import running_kafka, wait_for_port
from infra.rehearsal.day import simulate
from infra.rehearsal.faults import chosen
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import messages
from infra.rehearsal.sizes import SIZES
from ingest.bus import RAW
from ingest.settings import load_site
from tests.bench.figure import Figure, less_is_better, more_is_better

KAFKA_PORT, OUR_PORT, PLAIN_PORT, GET_PORT = 19810, 19815, 19816, 19817
CONNECTIONS = 96  # the server takes 100
WARM_UP_S = 25  # a broker's first minute is spent on compiling itself: four times the work for a message
PACED = 500  # messages a second, for the wait
SLOW = 500  # senders beside the good ones, all taken in

SITE = """
[hospital]
facility_id = "H001"
zh = "压测医院"
en = "Benchmark Hospital"
rehearsal = true

[bus]
bootstrap = "127.0.0.1:{kafka}"

[feeds.his]
kind = "mllp"
source_system = "HIS^DEMO"
port = {port}
encoding = "gb18030"
max_connections = 700
malformed_limit = 1.0
"""


def say(path: Path) -> int:
    """Write a rehearsed day's messages, of all its systems, to a file; how many there are."""
    zone = load_site("demo").zone
    day = simulate(SIZES["clinic"], 20250303, date(2025, 3, 3), zone)
    bodies = [wire.body for wire in messages(tell(day, 20250303, chosen("none")), day.people)]
    path.write_bytes(msgspec.msgpack.encode(bodies))
    return len(bodies)


@contextmanager
def serving(argv: list[str], port: int, log: Path, environment: dict[str, str] | None = None) -> Iterator[None]:
    """A server process for as long as the block lasts."""
    with log.open("wb") as out:
        server = subprocess.Popen(argv, stdout=out, stderr=out, env={**os.environ, **(environment or {})})
    try:
        wait_for_port(port, server, 60, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def load(file: Path, port: int, seconds: float, rate: float = 0) -> dict[str, float]:
    """What a process that sends finds."""
    argv = [sys.executable, "-m", "tests.bench.mllp_load", str(file), str(port), str(CONNECTIONS), str(seconds)]
    done = subprocess.run([*argv, *([str(rate)] if rate else [])], capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    assert figures["refused"] == 0, f"{figures['refused']} messages were refused"
    return figures


@contextmanager
def slow_ones(port: int) -> Iterator[None]:
    """Slow senders, all of them connected, for as long as the block lasts."""
    argv = [sys.executable, "-m", "tests.bench.mllp_slow", str(port), str(SLOW)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as slow:
        try:
            assert slow.stdout is not None
            assert int(slow.stdout.readline()) == SLOW
            yield
        finally:
            slow.kill()


def run(quick: bool) -> list[Figure]:
    """Sustained rate and waits of ours, beside both peers."""
    seconds = 3.0 if quick else 15.0
    with tempfile.TemporaryDirectory(prefix="hispulse-bench-") as directory:
        home = Path(directory)
        file, site = home / "messages", home / "site.toml"
        say(file)
        site.write_text(SITE.format(kafka=KAFKA_PORT, port=OUR_PORT), "utf-8")
        told = {"HISPULSE_HOME": str(home), "HISPULSE_SITE": str(site)}
        with running_kafka(home / "kafka", KAFKA_PORT) as broker:
            hispulse = [sys.executable, "-m", "hispulse"]
            subprocess.run([*hispulse, "keys", "create"], env={**os.environ, **told}, check=True, capture_output=True)
            with serving([*hispulse, "ingest", "mllp"], OUR_PORT, home / "ours.log", told):
                load(file, OUR_PORT, 2 if quick else WARM_UP_S)
                flood, paced = load(file, OUR_PORT, seconds), load(file, OUR_PORT, seconds, PACED)
                with slow_ones(OUR_PORT):
                    beside = load(file, OUR_PORT, seconds, PACED)
            peers = [sys.executable, "-m", "tests.bench.mllp_peers"]
            with serving([*peers, str(PLAIN_PORT)], PLAIN_PORT, home / "plain.log"):
                plain, plain_paced = load(file, PLAIN_PORT, seconds / 3), load(file, PLAIN_PORT, seconds / 3, PACED)
            with serving([*peers, str(GET_PORT), broker.bootstrap, RAW], GET_PORT, home / "get.log"):
                one_by_one = load(file, GET_PORT, seconds / 3)
    return figures_of(flood, paced, beside, plain, plain_paced, one_by_one)


def figures_of(
    flood: dict[str, float],
    paced: dict[str, float],
    beside: dict[str, float],
    plain: dict[str, float],
    plain_paced: dict[str, float],
    one_by_one: dict[str, float],
) -> list[Figure]:
    """The figures of the runs."""
    at = f"at {PACED}/s"
    nothing, get = "keeps nothing", "send().get() each"
    rate = flood["per_second"]
    return [
        more_is_better("durable, sustained", rate, "msg/s", floor=2_000, peer=get, peer_value=one_by_one["per_second"]),
        more_is_better("durable, sustained", rate, "msg/s", peer=nothing, peer_value=plain["per_second"]),
        less_is_better(f"answer p50 {at}", paced["p50_ms"], "ms", peer=nothing, peer_value=plain_paced["p50_ms"]),
        less_is_better(
            f"answer p99 {at}", paced["p99_ms"], "ms", ceiling=25, peer=nothing, peer_value=plain_paced["p99_ms"]
        ),
        less_is_better(
            f"answer p99 {at} beside {SLOW} slow senders",
            beside["p99_ms"],
            "ms",
            ceiling=2 * paced["p99_ms"],
            peer="without them",
            peer_value=paced["p99_ms"],
        ),
        less_is_better("answer p99 under the flood", flood["p99_ms"], "ms", peer=get, peer_value=one_by_one["p99_ms"]),
    ]
