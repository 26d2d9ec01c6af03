"""Sends messages over many MLLP connections, each waiting for its answer as a HIS does, and notes how long it took.

    python -m tests.bench.mllp_load FILE PORT CONNECTIONS SECONDS [RATE]

Without a rate every connection sends as soon as it was answered. With one, messages have their times beforehand, and
a wait counts from that time: an answer that comes late cannot hide that the next message was late too.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import uvloop

END = b"\x1c\r"


class Load:
    """The messages, round and round, and what became of them."""

    def __init__(self, bodies: list[bytes], port: int, seconds: float, rate: float) -> None:
        self._bodies = bodies
        self._port = port
        self._seconds = seconds
        self._rate = rate
        self._numbers: Iterator[int] = count()
        self._begin = 0.0
        self.waits_s: list[float] = []
        self.refused = 0

    async def run(self, connections: int) -> dict[str, float]:
        """Until the time is over. The figures."""
        lines = [await asyncio.open_connection("127.0.0.1", self._port) for _ in range(connections)]
        self._begin = time.perf_counter()
        await asyncio.gather(*(self._line(reader, writer) for reader, writer in lines))
        took = time.perf_counter() - self._begin
        waits = sorted(self.waits_s)
        return {
            "messages": len(waits),
            "refused": self.refused,
            "per_second": len(waits) / took,
            "p50_ms": 1000 * waits[len(waits) // 2],
            "p99_ms": 1000 * waits[len(waits) * 99 // 100],
            "max_ms": 1000 * waits[-1],
        }

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            number = next(self._numbers)
            due = self._begin + number / self._rate if self._rate else time.perf_counter()
            if due > self._begin + self._seconds:
                break
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            writer.write(b"\x0b" + self._bodies[number % len(self._bodies)] + END)
            answer = await reader.readuntil(END)
            self.waits_s.append(time.perf_counter() - due)
            self.refused += b"MSA|AA" not in answer
        writer.close()


def main() -> None:
    """Print the figures as JSON."""
    file, port, connections, seconds, *rate = sys.argv[1:]
    bodies = msgspec.msgpack.decode(Path(file).read_bytes(), type=list[bytes])
    load = Load(bodies, int(port), float(seconds), float(rate[0]) if rate else 0.0)
    print(json.dumps(uvloop.run(load.run(int(connections)))))


if __name__ == "__main__":
    main()
