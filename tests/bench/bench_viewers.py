"""Two hundred viewers at once: what they cost the board beside one, and how long after the first the last hears.

A real server over a county hospital's morning, in a process of its own; ten times a second something changes. The
viewers are connections that read their stream compressed, as browsers do.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
import zlib
from urllib.parse import urlsplit

import psutil

from tests.bench.figure import Figure, less_is_better
from tests.bench.pixel_hops import Processor, percentile
from tests.conftest import ROOT

VIEWERS = 200
CHANGES = 10  # a second
_SAID = re.compile(rb"id: \w+\.(\d+)")


def run(quick: bool) -> list[Figure]:
    """Processor time and memory with one viewer and with all, and the delay of the last behind the first."""
    seconds = 5 if quick else 20
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_viewers"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as board:
        assert board.stdout is not None
        address = board.stdout.readline().decode().strip()
        one_cpu, one_memory, _ = _watched(board.pid, address, 1, seconds)
        all_cpu, all_memory, heard = _watched(board.pid, address, VIEWERS, seconds)
        board.terminate()
    behind = sorted(max(times) - min(times) for times in heard.values() if len(times) >= VIEWERS * 0.9)
    return [
        less_is_better("processor time of the board, 1 viewer", one_cpu, "% of one"),
        less_is_better(f"processor time of the board, {VIEWERS} viewers", all_cpu, "% of one"),
        less_is_better("memory a viewer", (all_memory - one_memory) / VIEWERS / 1024, "kB"),
        less_is_better("the last hears after the first, p50", percentile(behind, 50) * 1000, "ms"),
        less_is_better("the last hears after the first, p99", percentile(behind, 99) * 1000, "ms", ceiling=500),
    ]


Heard = dict[int, list[float]]  # change → when each viewer heard it


def _watched(pid: int, address: str, viewers: int, seconds: int) -> tuple[float, int, Heard]:
    """Processor time in per cent and memory of the board while so many watch."""
    heard: Heard = {}

    async def watch() -> tuple[float, int]:
        watching = [asyncio.create_task(_viewer(address, heard)) for _ in range(viewers)]
        await asyncio.sleep(2)
        processor = Processor(pid)
        heard.clear()
        await asyncio.sleep(seconds)
        spent, memory = processor.percent(), psutil.Process(pid).memory_info().rss
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        return spent, memory

    spent, memory = asyncio.run(watch())
    heard.pop(max(heard), None)  # not everybody has heard the last
    return spent, memory, heard


async def _viewer(address: str, heard: Heard) -> None:
    """A connection that listens."""
    where = urlsplit(address)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(f"GET /stream HTTP/1.1\r\nHost: {where.netloc}\r\nAccept-Encoding: gzip\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    unpacked = zlib.decompressobj(31)
    while size := int(await reader.readline() or b"0", 16):
        text = unpacked.decompress((await reader.readexactly(size + 2))[:-2])
        now = time.perf_counter()
        for found in _SAID.findall(text):
            heard.setdefault(int(found), []).append(now)


def serve() -> None:
    """A board on which something changes all the time."""
    from tests.running_board import RunningBoard
    from tests.timeline import timeline

    board = RunningBoard(size="county", clock="09:40")
    sys.stdout.write(board.address + "\n")
    sys.stdout.flush()
    number = 0
    while True:
        began = time.monotonic()
        number += 1
        board.say(tuple(timeline(
            f"09:30 VW{number} registration.created visit_class=outpatient dept_code=CARD\n"
            f"09:30 VW{number} patient.checked_in point=clinic dept_code=CARD"
        )))  # fmt: skip
        time.sleep(max(0.0, began + 1 / CHANGES - time.monotonic()))


if __name__ == "__main__":
    serve()
