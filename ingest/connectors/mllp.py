"""HL7 v2 over MLLP: a server that a HIS sends its messages to.

A message is answered when it and its events are durable (AA), when it will never be valid (AE, AR), and not at all
while Kafka is away: the sender then keeps it and sends it again. Messages that come while one batch is made durable
share the next.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import structlog

from ingest.connector import Interpret, RawMessage
from ingest.control_ids import ControlIds
from ingest.errors import Malformed, Misconfigured
from ingest.feeds import Feed
from ingest.interpret.acknowledgement import acknowledgements
from ingest.interpret.frames import Frame, Frames
from ingest.interpret.hl7 import read
from ingest.interpret.messages import interpret_message
from ingest.interpret.source import Hl7Settings, source_of
from ingest.lines import Exchange, Line
from ingest.tls import facilities_of, server_context

log = structlog.get_logger()

MEDIA_TYPE = "application/hl7-v2"
_BATCH = 512
_CHUNK = 64 * 1024
_DRIP, _DRIPS, _DRIPPING_S = 64, 8, 1.0  # after so many pieces so short, a message is read only so often


class Settings(Hl7Settings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "mllp"."""

    host: str = "127.0.0.1"  # another address only with TLS or on a network of its own
    port: int = 2575  # 0: any free one
    max_message_bytes: int = 900_000
    max_connections: int = 200
    max_waiting: int = 2_000  # messages taken and not yet durable; then senders have to wait
    idle_s: float = 3_600.0  # a connection that says nothing for so long is closed
    frame_s: float = 30.0  # a message that takes longer from its first byte to its last is truncated
    max_connections_per_peer: int = 100  # of one address, so that none can keep the others out
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    tls_client_ca_file: str | None = None  # then senders must show a certificate of this authority
    tls_facilities: dict[str, tuple[str, ...]] = {}  # name in a certificate → the facilities (MSH-4) it may send for


def connect(feed: Feed) -> MllpServer:
    """The server of a feed; it listens from its first `read`."""
    return MllpServer(feed)


def interpreter(feed: Feed) -> Interpret:
    """HL7 v2 messages as events."""
    source, control_ids = source_of(feed), ControlIds()
    return lambda raw: interpret_message(raw.body, source, raw.received_at, control_ids.flags(raw.body))


class MllpServer:
    """Listens, takes messages and answers them."""

    def __init__(self, feed: Feed) -> None:
        settings = feed.settings
        assert isinstance(settings, Settings)
        self._feed = feed
        self._settings = settings
        self._waiting: asyncio.Queue[RawMessage] = asyncio.Queue(settings.max_waiting)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], str] = {}  # each with its peer's address
        self._answers = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    async def listen(self) -> None:
        """Start to listen. Raises Misconfigured when the port is taken or the TLS files are wrong."""
        settings, where = self._settings, f"[feeds.{self._feed.name}] of {self._feed.site.path}"
        if settings.tls_facilities and not (settings.tls_cert_file and settings.tls_client_ca_file):
            raise Misconfigured(
                f"tls_facilities in {where} says who may send for whom: it takes tls_cert_file and tls_client_ca_file."
            )
        context = server_context(settings, where)
        try:
            self._server = await asyncio.start_server(
                self._connected,
                settings.host,
                settings.port,
                ssl=context,
                ssl_handshake_timeout=settings.frame_s if context else None,
                limit=_CHUNK,
            )
        except OSError as error:
            raise Misconfigured(
                f"Feed {self._feed.name} cannot listen on {settings.host}:{settings.port} ({type(error).__name__}): "
                f"name another host or port in {where}."
            ) from None
        log.info(
            "listening", feed=self._feed.name, host=settings.host, port=self.port, tls=bool(settings.tls_cert_file)
        )

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """What has come while the last batch was settled."""
        if self._server is None:
            await self.listen()
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < _BATCH and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            yield batch

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """AE or AR with the reason."""
        self._answer(message, reason)

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """AA."""
        for message in messages:
            self._answer(message, "")

    async def close(self) -> None:
        """Stop listening; what is not answered will be sent again."""
        if self._server is not None:
            self._server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _answer(self, message: RawMessage, reason: str) -> None:
        exchange = message.origin
        assert isinstance(exchange, Exchange)
        self._answers += 1
        at_ms = self._feed.clock.now_ms()
        exchange.close(acknowledgements(message.body, at_ms, reason, self._settings.encoding, self._answers))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task, peer = asyncio.current_task(), str((writer.get_extra_info("peername") or ("",))[0])
        facilities = self._may_send_for(writer)
        refusal = "certificate" if facilities == frozenset() else self._crowd(peer)
        if task is None or refusal:
            log.warning("connection refused", feed=self._feed.name, reason=refusal, open=len(self._connections))
            writer.close()
            return
        self._connections[task] = peer
        try:
            await self._converse(reader, Line(writer, facilities))
        except (ConnectionError, ssl.SSLError, asyncio.CancelledError):
            pass  # the sender is gone, or we are stopping: unanswered messages come again
        finally:
            del self._connections[task]
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    def _crowd(self, peer: str) -> str:
        """Who has as many connections as may be: everybody together, this peer, or nobody ("")."""
        if len(self._connections) >= self._settings.max_connections:
            return "max_connections"
        of_peer = Counter(self._connections.values())[peer]
        return "max_connections_per_peer" if of_peer >= self._settings.max_connections_per_peer else ""

    def _may_send_for(self, writer: asyncio.StreamWriter) -> frozenset[str] | None:
        """The sending facilities that the sender's certificate stands for; None where any will do."""
        if not self._settings.tls_facilities:
            return None
        return facilities_of(writer.get_extra_info("peercert") or {}, self._settings.tls_facilities)

    async def _converse(self, reader: asyncio.StreamReader, line: Line) -> None:
        frames, now = Frames(self._settings.max_message_bytes), asyncio.get_running_loop().time
        until, drips = now() + self._settings.idle_s, 0
        while True:
            was_inside = frames.is_inside
            try:
                async with asyncio.timeout_at(until):
                    chunk = await reader.read(_CHUNK)
            except TimeoutError:
                chunk = b""
            ended = 0
            for frame in frames.feed(chunk):
                await self._take(frame, line)
                ended += 1
            if not frames.is_inside:
                until = now() + self._settings.idle_s
            elif ended or not was_inside:  # a message has begun: from now on it has its time
                until = now() + self._settings.frame_s
            drips = drips + 1 if frames.is_inside and not ended and len(chunk) < _DRIP else 0
            if chunk and drips > _DRIPS:  # hundreds who send byte by byte must not keep the others waiting
                await asyncio.sleep(min(_DRIPPING_S, max(until - now(), 0)))
            if not chunk:
                if rest := frames.end():
                    await self._take(rest, line)
                await self._until_answered(line)
                return

    async def _take(self, frame: Frame, line: Line) -> None:
        if not frame.body and not frame.fault:
            return  # an empty frame: some senders knock
        await self._waiting.put(
            RawMessage(
                body=frame.body,
                media_type=MEDIA_TYPE,
                received_at=self._feed.clock.now_ms(),
                fault=frame.fault or self._foreign(frame.body, line),
                origin=Exchange(line),
            )
        )

    def _foreign(self, body: bytes, line: Line) -> str:
        """A fault where a message is of another facility than the sender's certificate stands for."""
        if line.facilities is None:
            return ""
        with suppress(Malformed):  # what is no HL7 at all is told by whoever interprets it
            if read(body, self._settings.encoding).get("MSH", 4) not in line.facilities:
                return "wrong sender: MSH-4"
        return ""

    async def _until_answered(self, line: Line) -> None:
        """A sender that has closed its half may still be listening for its answers."""
        for _ in range(100):
            if not line.open:
                return
            await asyncio.sleep(0.05)
