"""Two plain MLLP servers to stand beside ours: one that keeps nothing, one that waits for Kafka at every message.

python -m tests.bench.mllp_peers PORT [BOOTSTRAP TOPIC]
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

END = b"\x1c\r"


def answer(body: bytes) -> bytes:
    """AA with the control id, and nothing else."""
    fields = body.lstrip(b"\x0b").split(b"|", 10)
    return b"\x0bMSH|^~\\&|||||||ACK|" + fields[9] + b"|P|2.5\rMSA|AA|" + fields[9] + END


async def serve(port: int, keep: Callable[[bytes], None]) -> None:
    """Keep each message, then answer it."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                body = await reader.readuntil(END)
                keep(body)
                writer.write(answer(body))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", port) as server:
        await server.serve_forever()


def keeping_in_kafka(bootstrap: str, topic: str) -> Callable[[bytes], None]:
    """`send().get()` for each message, acknowledged by all replicas."""
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)

    def keep(body: bytes) -> None:
        producer.send(topic, value=body).get(timeout=30)

    return keep


def main() -> None:
    """Serve until killed."""
    port, *kafka = sys.argv[1:]
    asyncio.run(serve(int(port), keeping_in_kafka(*kafka) if kafka else lambda body: None))


if __name__ == "__main__":
    main()
