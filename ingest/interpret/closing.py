"""Tells the end of a batch of HL7 v2 messages: how many were declared (BTS-1, FTS-1) and how many came."""

from __future__ import annotations

import msgspec

from ingest.errors import Ignored, Malformed
from ingest.events.control import FeedBatchClosed
from ingest.events.envelope import Event, Instant, Telling
from ingest.interpret.batch import BatchEnd
from ingest.interpret.codes import harmless
from ingest.interpret.encodings import decoded
from ingest.interpret.hl7 import Segment, header_of
from ingest.interpret.teller import Source, Teller
from ingest.interpret.times import read_offset

_decoder = msgspec.msgpack.Decoder(BatchEnd)


def interpret_batch_end(body: bytes, source: Source, ingested_at: int, feed: str) -> list[Event]:
    """The event of a batch that has come to its end. Raises Ignored for one without a number or a time, Malformed."""
    try:
        end = _decoder.decode(body)
    except msgspec.DecodeError:
        raise Malformed("not the end of a batch: $") from None
    header, file = _header(end.header, source), _header(end.file or end.header, source)
    sender = f"{header.value(3)}^{header.value(4)}".strip("^")
    telling = Telling(
        facility_id=source.facility_id,
        source_system=sender[:100] or source.source_system or "unknown",
        ingested_at=ingested_at,
        mapping_version=source.mapping_version,
    )
    teller = Teller(source, telling, read_offset(header.value(7)))
    made, flags = _made(teller, header, file, ingested_at)
    teller.telling = msgspec.structs.replace(telling, sent_at=made.ms)
    teller.tell(
        FeedBatchClosed,
        made,
        flags=flags,
        feed=feed,
        batch_id=_number(source, sender, header, file),
        declared_count=_declared(teller, end, header),
        received_count=end.received,
        business_date=teller.local_day(made).isoformat(),
    )
    return teller.events


def _header(line: bytes, source: Source) -> Segment:
    text, encoding = decoded(line, source.encoding)
    return header_of(text, encoding)


def _made(teller: Teller, header: Segment, file: Segment, ingested_at: int) -> tuple[Instant, tuple[str, ...]]:
    """When the batch was made (BHS-7), else the file (FHS-7), else now."""
    made = teller.time(header.value(7), f"{header.name}-7")
    if made:
        return made, ()
    made = teller.time(file.value(7), "FHS-7")
    if made:
        return made, ("occurred_from:FHS-7",)
    return Instant(ingested_at, "ms", 0), ("occurred_from:received_at",)


def _number(source: Source, sender: str, header: Segment, file: Segment) -> str:
    """BHS-11, else its time; else the file's. A file's own number is told apart from its batch's."""
    number = header.value(11) or header.value(7) or file.value(11) or file.value(7)
    if not number:
        raise Ignored("batch without a number or a time")
    kind = "batch" if header.name == "BHS" else "file"
    if not harmless(number):
        return source.pseudonyms.of(kind, source.facility_id, sender, number)
    return f"file-{number}" if kind == "file" else number


def _declared(teller: Teller, end: BatchEnd, header: Segment) -> int | None:
    """BTS-1 counts messages, FTS-1 the batches of a file."""
    trailer = end.trailer.decode("ascii", "replace").split(header.marks.field)
    return teller.number(trailer[1].strip() if len(trailer) > 1 else "", f"{trailer[0][:3]}-1")
