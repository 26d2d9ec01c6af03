"""HL7 v2 over MLLP: a server that a HIS sends its messages to.

A message is answered when it and its events are durable (AA), when it will never be valid (AE, AR), and not at all
while Kafka is away: the sender then keeps it and sends it again. Messages that come while one batch is made durable
share the next.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import structlog

from ingest.connector import Interpret, RawMessage
from ingest.errors import Misconfigured
from ingest.feeds import Feed
from ingest.interpret.acknowledgement import acknowledgements
from ingest.interpret.frames import Frame, Frames
from ingest.interpret.messages import interpret_message
from ingest.interpret.source import Hl7Settings, source_of

log = structlog.get_logger()

MEDIA_TYPE = "application/hl7-v2"
_BATCH = 512
_CHUNK = 64 * 1024


class Settings(Hl7Settings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "mllp"."""

    host: str = "127.0.0.1"  # another address only with TLS or on a network of its own
    port: int = 2575  # 0: any free one
    max_message_bytes: int = 900_000
    max_connections: int = 100
    max_waiting: int = 2_000  # messages taken and not yet durable; then senders have to wait
    idle_s: float = 3_600.0  # a connection that says nothing for so long is closed
    frame_s: float = 30.0  # a message that takes longer to arrive is truncated
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    tls_client_ca_file: str | None = None  # then senders must show a certificate of this authority


def connect(feed: Feed) -> MllpServer:
    """The server of a feed; it listens from its first `read`."""
    return MllpServer(feed)


def interpreter(feed: Feed) -> Interpret:
    """HL7 v2 messages as events."""
    source = source_of(feed)
    return lambda raw: interpret_message(raw.body, source, raw.received_at)


class Exchange:
    """A message and the connection on which its answer goes back, in the order of the messages."""

    __slots__ = ("_line", "answer", "is_answered")

    def __init__(self, line: Line) -> None:
        self._line = line
        self.answer = b""
        self.is_answered = False
        line.open.append(self)

    def close(self, answers: list[bytes]) -> None:
        """Give the answers, once all earlier messages of the connection have theirs."""
        self.answer = b"".join(b"\x0b" + answer + b"\x1c\r" for answer in answers)
        self.is_answered = True
        self._line.send_answers()


class Line:
    """One connection's open exchanges."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.open: deque[Exchange] = deque()
        self._writer = writer

    def send_answers(self) -> None:
        """Write what is answered, in order."""
        out = bytearray()
        while self.open and self.open[0].is_answered:
            out += self.open.popleft().answer
        if out and not self._writer.is_closing():
            self._writer.write(bytes(out))


class MllpServer:
    """Listens, takes messages and answers them."""

    def __init__(self, feed: Feed) -> None:
        settings = feed.settings
        assert isinstance(settings, Settings)
        self._feed = feed
        self._settings = settings
        self._waiting: asyncio.Queue[RawMessage] = asyncio.Queue(settings.max_waiting)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.sockets[0].getsockname()[1]) if self._server else 0

    async def listen(self) -> None:
        """Start to listen. Raises Misconfigured when the port is taken or the TLS files are wrong."""
        settings = self._settings
        try:
            self._server = await asyncio.start_server(
                self._connected, settings.host, settings.port, ssl=_tls(settings), limit=_CHUNK
            )
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"Feed {self._feed.name} cannot listen on {settings.host}:{settings.port} ({type(error).__name__}): "
                f"name another host or port in [feeds.{self._feed.name}] of {self._feed.site.path}."
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
        at_ms = self._feed.clock.now_ms()
        exchange.close(acknowledgements(message.body, at_ms, reason, self._settings.encoding))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._connections) >= self._settings.max_connections:
            log.warning("connection refused", feed=self._feed.name, open=len(self._connections))
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, Line(writer))
        except (ConnectionError, asyncio.CancelledError):
            pass  # the sender is gone, or we are stopping: unanswered messages come again
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, line: Line) -> None:
        frames = Frames(self._settings.max_message_bytes)
        while True:
            limit_s = self._settings.frame_s if frames.is_inside else self._settings.idle_s
            try:
                async with asyncio.timeout(limit_s):
                    chunk = await reader.read(_CHUNK)
            except TimeoutError:
                chunk = b""
            for frame in frames.feed(chunk):
                await self._take(frame, line)
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
                fault=frame.fault,
                origin=Exchange(line),
            )
        )

    async def _until_answered(self, line: Line) -> None:
        """A sender that has closed its half may still be listening for its answers."""
        for _ in range(100):
            if not line.open:
                return
            await asyncio.sleep(0.05)


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.tls_cert_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
    if settings.tls_client_ca_file is not None:
        context.load_verify_locations(settings.tls_client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
