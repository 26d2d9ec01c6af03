"""Slow senders: each begins a message and never comes to its end, a byte at a time; who is cut off begins anew.

    python -m tests.bench.mllp_slow PORT SENDERS

They come from several addresses of the loopback, so that no limit for one address keeps them away. Says how many are
connected, once all of them have begun, and goes on until it is ended.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

A_PEER = 100  # senders of one address: as many as the server takes by default
_BEGINNING = b"\x0bMSH|^~\\&|HIS|DEMO|PULSE|H001|20250303084000||ADT^A04|1|P|2.5\rNTE|1||"
_PAUSE_S = 0.25


class Slow:
    """All of them."""

    def __init__(self, port: int, senders: int) -> None:
        self._port, self._senders, self._connected = port, senders, 0

    async def run(self) -> None:
        """Until the process is ended."""
        speaking = [asyncio.create_task(self._sender(number)) for number in range(self._senders)]
        while self._connected < self._senders:
            await asyncio.sleep(0.1)
        print(self._connected, flush=True)
        await asyncio.gather(*speaking)

    async def _sender(self, number: int) -> None:
        address = f"127.0.0.{10 + number // A_PEER}"
        await asyncio.sleep(number * 0.005)
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(address, 0))
                self._connected += 1
                try:
                    writer.write(_BEGINNING)
                    while not writer.is_closing():
                        await asyncio.sleep(_PAUSE_S)
                        writer.write(b"x")
                        await writer.drain()
                finally:
                    self._connected -= 1
                    writer.close()
            await asyncio.sleep(_PAUSE_S)


if __name__ == "__main__":
    asyncio.run(Slow(*map(int, sys.argv[1:])).run())
