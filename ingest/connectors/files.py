"""Files: HL7 v2 messages, one or many a file, and CSV, TSV or XLSX tables that the site file describes. A file in a
watched folder is moved to its folder "done" when all of it counts (to "refused" when it is not what is described), with
a receipt: what was read, published, ignored and refused, and why. Put back, it is read again and counts once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from pathlib import Path

import structlog

from ingest.aside import Aside
from ingest.clock import Clock
from ingest.connector import Interpret, RawMessage
from ingest.control_ids import ControlIds
from ingest.errors import Malformed, Misconfigured
from ingest.events.envelope import Event
from ingest.feeds import Feed, feed_settings, open_feed
from ingest.folders import files_in, mark_of
from ingest.intake import Outcome
from ingest.interpret.batch import pieces_in
from ingest.interpret.closing import interpret_batch_end
from ingest.interpret.layout import Csv
from ingest.interpret.messages import interpret_message
from ingest.interpret.source import Hl7Settings, source_of
from ingest.interpret.tabular import interpreter_of
from ingest.positions import Mark, Positions
from ingest.privacy import Pseudonyms
from ingest.receipt import Tally
from ingest.settings import Site
from ingest.tables import ROW, cells_of, rows_of

log = structlog.get_logger()

HL7 = "application/hl7-v2"
IN_BATCH, BATCH_END = f"{HL7}; in-batch", f"{HL7}; batch-end"
_PAGE = 500
_CSV_SUFFIXES = (".csv", ".tsv", ".txt")
_WORKBOOKS = (".xlsx", ".xlsm")


class Settings(Hl7Settings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "files"."""

    paths: tuple[str, ...] = ()  # files and folders
    follow_s: float = 0.0  # look so often for files that did not change between two looks; 0: read what is there, end
    done: str = "done"  # where files of a watched folder go with a receipt, in it or absolute; "": all files stay
    refused: str = "refused"  # and where those go that are not what is described
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
            yield from cells_of(path, settings.csv, feed.clock)
        elif settings.csv is not None and not _looks_like_hl7(path):
            yield from rows_of(path, settings.csv, feed.clock)
        else:
            yield from _messages(path, settings.max_message_bytes, feed.clock)
    except OSError as error:
        raise _Unreadable(f"{path} cannot be read ({type(error).__name__}).") from None


class _Unreadable(Misconfigured):
    """The disk does not give the file, whatever stands in it."""


def _settings(feed: Feed) -> Settings:
    assert isinstance(feed.settings, Settings)
    return feed.settings


def _messages(path: Path, max_bytes: int, clock: Clock) -> Iterator[RawMessage]:
    with path.open("rb") as file:
        for number, (body, is_in_batch, end) in enumerate(pieces_in(file), 1):
            too_long = len(body) > max_bytes
            yield RawMessage(
                body=body[:max_bytes],
                media_type=BATCH_END if end else IN_BATCH if is_in_batch else HL7,
                received_at=clock.now_ms(),
                fault="too long: message" if too_long else "",
                origin=number,
            )


def _looks_like_hl7(path: Path) -> bool:
    if path.suffix.lower() in (*_CSV_SUFFIXES[:2], ".hl7"):
        return path.suffix.lower() == ".hl7"  # whatever stands at its start
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf\x0b\r\n\t ")
    return start[:3] in (b"MSH", b"FHS", b"BHS")


class FilesReader:
    """Reads files in turn. With positions, those of watched folders move aside once they are read, and any other is
    read again only when it has changed."""

    def __init__(self, feed: Feed, paths: Sequence[Path], positions: Positions | None = None) -> None:
        self._feed, self._paths, self._positions = feed, paths, positions
        self._follow_s, settings = _settings(feed).follow_s, _settings(feed)
        moves = positions is not None and settings.done and settings.refused
        watched = [path for path in paths if path.is_dir()] if moves else []
        self._aside = Aside(watched, settings.done, settings.refused)
        self._without = self._aside.folders()
        self._seen: dict[Path, Mark] = {}  # at the last look
        self._refusals: dict[Path, tuple[Mark, str]] = {}  # what has been said of a file that stays
        self._tally = Tally(0)
        self.messages = 0
        self.files_read = 0

    async def read(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Pages of messages until every file is read, or for ever when the feed follows its folders."""
        while True:
            for path, mark in (await asyncio.to_thread(self.look)).items():
                async for page in self._whole(path, mark):
                    yield page
            if not self._follow_s:
                return
            await asyncio.sleep(self._follow_s)

    def settled(self, message: RawMessage, outcome: Outcome) -> None:
        """For the receipt; the end of a batch is no message of its own."""
        if message.media_type != BATCH_END:
            self._tally.count(message.origin, outcome)

    async def refuse(self, message: RawMessage, reason: str) -> None:
        """It is a dead letter; the receipt tells of it."""

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """The file is marked as read, or moves, when all of it is durable."""

    async def close(self) -> None:
        """Nothing is held open between pages' reads."""

    def look(self) -> dict[Path, Mark]:
        """The files to read now: not read before and, of a followed folder, the same as when we looked last."""
        found = {path: mark for path in files_in(self._paths, self._without) if (mark := mark_of(path))}
        seen, self._seen = self._seen, found
        known = self._positions.marks if self._positions else {}
        due = {path: mark for path, mark in found.items() if known.get(str(path)) != mark}
        return {path: mark for path, mark in due.items() if not self._follow_s or seen.get(path) == mark}

    async def _whole(self, path: Path, mark: Mark) -> AsyncIterator[Sequence[RawMessage]]:
        """The pages of one file; what follows the last one happens when all of it is durable."""
        self._tally, refused = Tally(self._feed.clock.now_ms()), ""
        coming = read_file(path, self._feed)
        try:
            while page := await asyncio.to_thread(lambda: list(islice(coming, _PAGE))):
                yield page
                self.messages += sum(message.media_type != BATCH_END for message in page)
        except Misconfigured as reason:
            if self._aside.watched(path) is None:
                raise
            refused = str(reason).replace(str(path), "The file")
            if self._refusals.get(path) != (told := (mark, refused)):
                log.warning("file refused", feed=self._feed.name, reason=refused)
            if isinstance(reason, _Unreadable):  # it stays, and we look again: the disk may give it another time
                self._refusals[path] = told
                return
        await asyncio.to_thread(self._finish, path, mark, refused)
        self.files_read += 1
        log.info("file read", feed=self._feed.name, messages=self.messages)

    def _finish(self, path: Path, mark: Mark, refused: str) -> None:
        """Move a file aside or, where that may not be, remember it."""
        feed = self._feed
        try:
            if self._aside.watched(path) and mark_of(path) == mark:  # else it has grown, and is read again
                receipt = self._tally.receipt(feed.name, path, feed.clock.now_ms(), feed.site.zone, refused)
                if self._positions:
                    self._positions.forget(str(path))
                self._aside.put(path, receipt)
                return
        except OSError as error:
            why = f"{type(error).__name__}: may we write to its folder?"
            log.warning("a file that was read cannot be moved aside and stays", feed=feed.name, reason=why)
        self._remember(path, mark)

    def _remember(self, path: Path, mark: Mark) -> None:
        if self._positions:
            self._positions.move(str(path), mark)
