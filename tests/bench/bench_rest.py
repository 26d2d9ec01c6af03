"""Durable events over HTTP in batches, with a real broker, beside a server that only parses them and keeps nothing.

Ours: `hispulse ingest rest` as a process of its own; a batch is answered when each of its records is sealed,
interpreted, and stored with its event and its placement. Another process sends batches of 500 over four connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from infra.local.kafka import running_kafka
from ingest.web.senders import new_token
from tests.bench.bench_mllp import serving
from tests.bench.figure import Figure, less_is_better, more_is_better

KAFKA_PORT, OUR_PORT, PLAIN_PORT = 19820, 19825, 19826
CONNECTIONS, BATCH = 4, 500

SITE = """
[hospital]
facility_id = "H001"
zh = "压测医院"
en = "Benchmark Hospital"

[bus]
bootstrap = "127.0.0.1:{kafka}"

[feeds.calls]
kind = "rest"
source_system = "CALLS^DEMO"
port = {port}
token_sha256 = ["{hashed}"]
max_records_per_minute = 100000000
"""


def batch(number: int) -> bytes:
    """A batch of calls, each of another ticket."""
    first = number * BATCH
    return json.dumps(
        [
            {
                "event_type": "queue.called",
                "occurred_at": "2025-03-03T09:05:00+08:00",
                "ticket_id": f"T{first + n}",
                "ticket_no": "A001",
                "queue_id": "CASH",
                "service_point_type": "cashier",
                "window_id": "W3",
                "staff_id": "2203",
                "call_seq": 1,
                "visit_id": f"MZ{first + n}",
            }
            for n in range(BATCH)
        ]
    ).encode()


async def send(port: int, token: str, seconds: float) -> dict[str, float]:
    """Send for a while; records a second, and the slowest of a hundred answers."""
    import httpx

    until, waits, sent = time.monotonic() + seconds, list[float](), 0
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    async with httpx.AsyncClient(headers=headers, timeout=120, trust_env=False) as client:

        async def one(connection: int) -> None:
            nonlocal sent
            number = connection * 100_000
            while time.monotonic() < until:
                body, began = batch(number), time.monotonic()
                answer = await client.post(f"http://127.0.0.1:{port}/v1/events", content=body)
                assert answer.status_code == 202, answer.text
                waits.append((time.monotonic() - began) * 1000)
                sent, number = sent + BATCH, number + 1

        began = time.monotonic()
        await asyncio.gather(*(one(connection) for connection in range(CONNECTIONS)))
        took_s = time.monotonic() - began
    waits.sort()
    return {"per_second": sent / took_s, "p99_ms": waits[int(len(waits) * 0.99)]}


def load(port: int, token: str, seconds: float) -> dict[str, float]:
    """The same from another process."""
    argv = [sys.executable, "-m", "tests.bench.bench_rest", "send", str(port), str(seconds)]
    environment = {**os.environ, "HISPULSE_BENCH_TOKEN": token}
    done = subprocess.run(argv, capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def serve_plain(port: int) -> None:
    """A server that parses a batch, keeps nothing and says 202."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def take(request: Request) -> JSONResponse:
        return JSONResponse({"accepted": len(await request.json())}, 202)

    uvicorn.run(Starlette(routes=[Route("/v1/events", take, methods=["POST"])]), port=port, log_config=None)


def run(quick: bool) -> list[Figure]:
    """Sustained rate and waits of ours, beside the peer."""
    seconds = 3.0 if quick else 15.0
    token, hashed = new_token()
    with tempfile.TemporaryDirectory(prefix="hispulse-bench-") as directory:
        home = Path(directory)
        site = home / "site.toml"
        site.write_text(SITE.format(kafka=KAFKA_PORT, port=OUR_PORT, hashed=hashed), "utf-8")
        told = {"HISPULSE_HOME": str(home), "HISPULSE_SITE": str(site)}
        hispulse = [sys.executable, "-m", "hispulse"]
        with running_kafka(home / "kafka", KAFKA_PORT):
            subprocess.run([*hispulse, "keys", "create"], env={**os.environ, **told}, check=True, capture_output=True)
            with serving([*hispulse, "ingest", "rest"], OUR_PORT, home / "ours.log", told):
                load(OUR_PORT, token, 2 if quick else 20)  # a broker's first minute is spent on compiling itself
                ours = load(OUR_PORT, token, seconds)
        plain_server = [sys.executable, "-m", "tests.bench.bench_rest", "plain", str(PLAIN_PORT)]
        with serving(plain_server, PLAIN_PORT, home / "plain.log"):
            plain = load(PLAIN_PORT, token, seconds / 3)
    nothing = "keeps nothing"
    return [
        more_is_better(
            "durable, in batches of 500",
            ours["per_second"],
            "events/s",
            floor=5_000,
            peer=nothing,
            peer_value=plain["per_second"],
        ),
        less_is_better("answer p99 of a batch", ours["p99_ms"], "ms", peer=nothing, peer_value=plain["p99_ms"]),
    ]


if __name__ == "__main__":
    if sys.argv[1] == "plain":
        serve_plain(int(sys.argv[2]))
    else:
        found = asyncio.run(send(int(sys.argv[2]), os.environ["HISPULSE_BENCH_TOKEN"], float(sys.argv[3])))
        print(json.dumps(found))
