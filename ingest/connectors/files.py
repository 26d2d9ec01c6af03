"""Files: HL7 v2 messages, one or many a file, and CSV, TSV or XLSX tables that the site file describes."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from ingest.clock import Clock
from ingest.connector import Interpret, RawMessage
from ingest.control_ids import ControlIds
from ingest.errors import Malformed, Misconfigured, Unavailable
from ingest.events.envelope import Event
from ingest.feeds import Feed, feed_settings, open_feed
from ingest.interpret.batch import pieces_in
from ingest.interpret.closing import interpret_batch_end
from ingest.interpret.layout import Csv
from ingest.interpret.messages import interpret_message
from ingest.interpret.source import Hl7Settings, source_of
from ingest.interpret.tabular import Record, interpreter_of
from ingest.positions import Mark, Positions
from ingest.privacy import Pseudonyms
from ingest.settings import Site

log = structlog.get_logger()

HL7, ROW = "application/hl7-v2", "text/csv"
IN_BATCH, BATCH_END = f"{HL7}; in-batch", f"{HL7}; batch-end"
_PAGE = 500
_CSV_SUFFIXES = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm")


class Settings(Hl7Settings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "files"."""

    paths: tuple[str, ...] = ()  # files and folders
    follow_s: float = 0.0  # look for new and changed files this often; 0: read what is there, then end
    max_message_bytes: int = 900_000
    csv: Csv | None = None  # how a table (CSV, TSV, XLSX) is written; without it every file is HL7 v2


def connect(feed: Feed) -> FilesReader:
    """The reader of a feed's own paths; it knows which files it has read."""
    settings = _settings(feed)
    if not settings.paths:
        raise Misconfigured(f"{feed.site.path}, [feeds.{feed.name}] paths: name the files or folders to read.")
    return FilesReader(feed, [Path(path) for path in settings.paths], Positions(feed.site.name, feed.name))


def interpreter(feed: Feed) -> Interpret:
    """HL7 v2 messages and rows as events. Raises Misconfigured when the CSV's description is wrong."""
    settings, source, control_ids = _settings(feed), source_of(feed), ControlIds()
    described = f"feeds.{feed.name}.csv"

    def where(rule: int | None, key: str) -> str:
        return feed.site.place(described if rule is None else f"{described}.events", key, rule)

    of_row = interpreter_of(settings.csv, source, where) if settings.csv else None

    def interpret(raw: RawMessage) -> list[Event]:
        if raw.media_type == BATCH_END:
            return interpret_batch_end(raw.body, source, raw.received_at, feed.name)
        if raw.media_type != ROW:
            flags = ("batch",) if raw.media_type == IN_BATCH else ()
            return interpret_message(raw.body, source, raw.received_at, flags + control_ids.flags(raw.body))
        if of_row is None:
            raise Malformed("no description of rows: csv")
        return of_row(raw.body, raw.received_at)

    return interpret


def files_feed(site: Site, clock: Clock, pseudonyms: Pseudonyms, name: str | None = None) -> Feed:
    """The site's feed of kind files; without one, HL7 v2 files of anybody, test messages included. `name` chooses."""
    have = [each for each, settings in feed_settings(site).items() if settings.kind == "files"]
    if name is None and len(have) > 1:
        raise Misconfigured(f"{site.path} has several feeds of files; choose one with --feed: {', '.join(have)}.")
    if name is not None and name not in have:
        raise Misconfigured(f"{site.path} has no feed {name} of kind files; it has {', '.join(have) or 'none'}.")
    if have:
        return open_feed(site, name or have[0], clock, pseudonyms)
    settings = Settings(kind="files", source_system="FILES", accept_tests=True, malformed_limit=1.0)
    return Feed("files", settings, site, clock, pseudonyms)


def read_file(path: Path, feed: Feed) -> Iterator[RawMessage]:
    """Every message or row of one file. Raises Misconfigured when it cannot be read as the feed describes it."""
    settings = _settings(feed)
    try:
        if path.suffix.lower() in _WORKBOOKS:
            if settings.csv is None:
                raise Misconfigured(f"{path} is a workbook: describe its columns in [feeds.{feed.name}.csv].")
            yield from _cells(path, settings.csv, feed.clock)
        elif settings.csv is not None and not _looks_like_hl7(path):
            yield from _rows(path, settings.csv, feed.clock)
        else:
            yield from _messages(path, settings.max_message_bytes, feed.clock)
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read ({type(error).__name__}).") from None


def files_in(paths: Sequence[Path]) -> list[Path]:
    """The files at the given paths, folders searched through, in order of name. Raises Misconfigured."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
        elif path.exists():
            found.append(path)
        else:
            raise Misconfigured(f"There is no file or folder {path}.")
    return found


def _settings(feed: Feed) -> Settings:
    assert isinstance(feed.settings, Settings)
    return feed.settings


def _messages(path: Path, max_bytes: int, clock: Clock) -> Iterator[RawMessage]:
    with path.open("rb") as file:
        for body, is_in_batch, end in pieces_in(file):
            too_long = len(body) > max_bytes
            yield RawMessage(
                body=body[:max_bytes],
                media_type=BATCH_END if end else IN_BATCH if is_in_batch else HL7,
                received_at=clock.now_ms(),
                fault="too long: message" if too_long else "",
            )


def _rows(path: Path, described: Csv, clock: Clock) -> Iterator[RawMessage]:
    encoding = "utf-8-sig" if described.encoding.lower() in ("utf-8", "utf8") else described.encoding
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else described.delimiter)
        try:
            header = next(reader, [])
            if not header:
                raise Misconfigured(f"{path} is empty: a CSV begins with a line that names its columns.")
            if missing := sorted(described.columns() - set(header)):
                raise Misconfigured(f"{path} has no column {', '.join(missing)}; the site file names it.")
            for values in reader:
                if values:
                    yield _row(header, values, reader.line_num, clock)
        except (UnicodeDecodeError, csv.Error) as error:
            raise Misconfigured(
                f"{path} is no CSV in {described.encoding} after line {reader.line_num} ({type(error).__name__})."
            ) from None


def _row(header: list[str], values: list[str], line: int, clock: Clock) -> RawMessage:
    row = dict(zip(header, values, strict=False))
    return RawMessage(
        body=msgspec.json.encode(Record(line, row)),
        media_type=ROW,
        received_at=clock.now_ms(),
        fault="" if len(values) == len(header) else f"number of fields: line {line}",
    )


def _cells(path: Path, described: Csv, clock: Clock) -> Iterator[RawMessage]:
    from ingest.workbooks import lines_of  # whoever has no workbooks need not load what reads them

    for number, row, fault in lines_of(path, described):
        body = msgspec.json.encode(Record(number, row))
        yield RawMessage(body=body, media_type=ROW, received_at=clock.now_ms(), fault=fault)


def _looks_like_hl7(path: Path) -> bool:
    if path.suffix.lower() in (*_CSV_SUFFIXES[:2], ".hl7"):
        return path.suffix.lower() == ".hl7"  # whatever stands at its start
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")
    return start[:3] in (b"MSH", b"FHS", b"BHS")


class FilesReader:
    """Reads files in turn. With positions, a file that has been read is read again only when it has changed."""

    def __init__(self, feed: Feed, paths: Sequence[Path], positions: Positions | None = None) -> None:
        self._feed = feed
        self._paths = paths
        self._positions = positions
        self.messages = 0
        self.files_read = 0

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Pages of messages until every file is read, or for ever when the feed follows its folders."""
        while True:
            for path in await asyncio.to_thread(files_in, self._paths):
                mark = self._mark(path)
                if self._positions and self._positions.marks.get(str(path)) == mark:
                    continue
                async for page in self._pages(path):
                    yield page
                if self._positions:
                    await asyncio.to_thread(self._positions.move, str(path), mark)
                self.files_read += 1
                log.info("file read", feed=self._feed.name, messages=self.messages)
            follow_s = _settings(self._feed).follow_s
            if not follow_s:
                return
            await asyncio.sleep(follow_s)

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """It is a dead letter; the file stays as it is."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """The file is marked as read when all of it is durable."""

    async def close(self) -> None:
        """Nothing is held open between pages' reads."""

    async def _pages(self, path: Path) -> AsyncIterator[Sequence[RawMessage]]:
        coming = read_file(path, self._feed)
        while page := await asyncio.to_thread(lambda: list(islice(coming, _PAGE))):
            yield page
            self.messages += sum(message.media_type != BATCH_END for message in page)

    def _mark(self, path: Path) -> Mark:
        try:
            state = path.stat()
        except OSError as error:
            raise Unavailable(f"{path} is gone ({type(error).__name__}).") from None
        return Mark(str(state.st_mtime_ns), str(state.st_size))
