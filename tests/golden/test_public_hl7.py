"""Messages that nobody here wrote: they parse, become events or a reason, and two other readers read them alike."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from ingest.errors import Ignored
from ingest.events import encode
from ingest.events.envelope import kind_of
from ingest.interpret.batch import messages_in
from ingest.interpret.hl7 import read
from ingest.interpret.messages import interpret_message
from tests.golden.speech import SOURCE

pytestmark = pytest.mark.shared

MAPPED = {
    "A01",
    "A02",
    "A03",
    "A04",
    "A05",
    "A06",
    "A08",
    "A09",
    "A10",
    "A11",
    "A13",
    "A14",
    "A16",
    "A40",
    "A43",
    "A45",
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    "S26",
    "O01",
    "O13",
    "O11",
    "O19",
    "O21",
    "O09",
    "O17",
    "P03",
    "P06",
    "P11",
    "PC1",
    "R01",
    "R22",
    "R23",
    "R24",
}
TOLD = {
    "A05",
    "A06",
    "A08",
    "A10",
    "A11",
    "A14",
    "A40",
    "S12",
    "S13",
    "S14",
    "S15",
    "S16",
    "S17",
    "S26",
    "O01",
    "O11",
    "O13",
    "O21",
    "P03",
    "P11",
}


@pytest.fixture(scope="module")
def samples(shared: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in sorted((shared / "hl7" / "samples").glob("*.hl7"))}


@pytest.fixture(scope="module")
def stream(shared: Path) -> list[bytes]:
    return list(messages_in(io.BytesIO((shared / "hl7" / "stream" / "simulated-hospital.hl7").read_bytes())))


def test_every_sample_becomes_events_or_is_ignored(samples: dict[str, bytes]) -> None:
    assert len(samples) == 57
    with_events = set()
    for name, body in samples.items():
        trigger = name.split("-")[1]
        try:
            assert interpret_message(body, SOURCE, 1_900_000_000_000)
            with_events.add(trigger)
        except Ignored as reason:
            assert not str(reason).startswith("trigger:") or trigger not in MAPPED
    assert with_events >= TOLD


def test_the_same_control_id_in_many_messages_makes_no_two_facts_one(samples: dict[str, bytes]) -> None:
    reused = [body for body in samples.values() if read(body).get("MSH", 10) == "MSG00001"]
    ids = set()
    for body in reused:
        try:
            ids |= {event.event_id for event in interpret_message(body, SOURCE, 1_900_000_000_000)}
        except Ignored:
            continue
    assert len(ids) > 3


def test_the_simulated_hospital(stream: list[bytes]) -> None:
    source = msgspec.structs.replace(SOURCE, accept_tests=True)
    counts: Counter[str] = Counter()
    for body in stream:
        try:
            counts.update(kind_of(event) for event in interpret_message(body, source, 1_900_000_000_000))
        except Ignored as reason:
            counts[str(reason)] += 1
    assert counts == {
        "report.issued": 610,
        "specimen.collected": 610,
        "specimen.received": 610,
        "inpatient.admitted": 400,
        "document of no order": 2,
        "patient.merged": 1,
    }


def test_a_stream_in_any_order_and_any_line_ends_tells_the_same_facts(stream: list[bytes]) -> None:
    source = msgspec.structs.replace(SOURCE, accept_tests=True)

    def facts(bodies: list[bytes]) -> set[bytes]:
        found = set()
        for body in bodies:
            try:
                found |= {encode(event) for event in interpret_message(body, source, 1_900_000_000_000)}
            except Ignored:
                continue
        return found

    some = stream[:200]
    shuffled = Random(1).sample([body.replace(b"\n", b"\r\n") for body in some], len(some))
    assert facts(some) == facts(shuffled)


def test_line_endings_make_no_difference(shared: Path) -> None:
    folder = shared / "hl7" / "line-endings"
    unix, windows = (_events((folder / f"sample_{name}.hl7").read_bytes()) for name in ("unix", "win"))
    assert unix == windows and len(unix) == 1
    for path in folder.glob("*.hl7"):
        body = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        told = [_events(body.replace(b"\n", end)) for end in (b"\r", b"\n", b"\r\n")]
        assert told[0] == told[1] == told[2]


def _events(body: bytes) -> Any:
    source = msgspec.structs.replace(SOURCE, accept_tests=True)
    try:
        return [encode(event) for event in interpret_message(body, source, 1_900_000_000_000)]
    except Ignored as reason:
        return str(reason)


def test_python_hl7_reads_the_same_fields(samples: dict[str, bytes]) -> None:
    import hl7

    for name, body in samples.items():
        ours = read(body)
        theirs = hl7.parse("\r".join(ours.lines) + "\r")
        for mine, segment in zip(ours, theirs, strict=True):
            for field in range(1, len(segment)):
                assert mine.raw(field) == str(segment(field) if field <= len(segment) else ""), (
                    f"{name} {mine.name}-{field}"
                )


def test_hl7apy_reads_the_same_fields(samples: dict[str, bytes]) -> None:
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_segment

    compared = 0
    for name, body in samples.items():
        ours = read(body)
        for line, mine in zip(ours.lines, ours, strict=True):
            if mine.name == "MSH":
                continue
            try:
                theirs = parse_segment(line, version="2.5", validation_level=VALIDATION_LEVEL.TOLERANT)
            except HL7apyException:
                continue  # a segment that is not of its version
            for field, value in _by_number(theirs).items():
                assert _tidy(mine.raw(field)) == _tidy(value), f"{name} {mine.name}-{field}"
                compared += 1
    assert compared > 5_000


def _by_number(segment: Any) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    for field in segment.children:
        if field.name:
            found.setdefault(int(field.name.split("_")[1]), []).append(field.to_er7())
    return {number: "~".join(values) for number, values in found.items()}


def _tidy(text: str) -> list[str]:
    """The values in order: the other reader leaves out empty components beyond a type's own, and writes 001 as 1."""
    return [value.lstrip("0") if value.isdigit() else value for value in re.split(r"[~^&]", text) if value]
