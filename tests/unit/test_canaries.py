"""The canaries themselves: every one is found, in whatever encoding it got out, and nothing else is taken for one."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from ingest.events import encode
from ingest.events.envelope import kind_of
from ingest.intake import take
from ingest.interpret.canonical import NOT_TOLD
from ingest.interpret.codes import harmless, plain
from ingest.interpret.fhir import RESOURCES
from ingest.interpret.messages import FAMILIES, interpret_message
from ingest.interpret.views import VIEWS
from tests.canaries.birds import BORN, Cage, found
from tests.canaries.flock import FEEDS, WAYS, feeds_of, interpreter_of, messages
from tests.canaries.spoken import KINDS
from tests.canaries.written import EVENTS, FHIR
from tests.canaries.written import VIEWS as ROWS
from tests.golden.speech import PV1, SOURCE, message
from tests.integration.conversation import site_file

A_FEW = 300


@pytest.mark.parametrize("shape", ["name", "card", "phone", "text", "long", "any"])
def test_every_canary_is_found_in_any_encoding(shape: str) -> None:
    for number in range(40):
        said = getattr(Cage(number, Random(number)), shape)()
        told = (said.encode(), said.encode("gb18030"), json.dumps(said).encode(), f"<p>{said}".encode())
        assert all(map(found, told)), shape
    assert found(BORN.encode()) == found(b"1949-10-01") == ["birth date"]
    assert found(Cage(7, Random(7)).number("A77").encode()) == ["number of the HIS"]


def test_what_leaves_is_no_canary() -> None:
    events = interpret_message(message("ADT^A04", "EVN|A04|20250303084000", PV1), SOURCE, 1_741_000_000_000)
    assert events and not any(found(encode(event)) for event in events)


def test_there_are_canaries_of_every_kind() -> None:
    spoken = {kind[0].partition("^")[0] for kind in KINDS}
    assert spoken >= set(FAMILIES) and set(ROWS) == set(VIEWS) and not set(EVENTS) & NOT_TOLD
    assert len(FHIR) >= len(RESOURCES)


@pytest.mark.parametrize("way", WAYS)
def test_no_canary_is_in_an_event_or_a_reason(way: str, tmp_path: Path) -> None:
    interpret = interpreter_of(feeds_of(site_file(tmp_path, "127.0.0.1:1", FEEDS))[way])
    outcomes = [take(each, interpret) for each in messages(way, A_FEW, seed=2)]
    told = [event for outcome in outcomes for event in (*outcome.events, *outcome.future)]
    leaks = {f"{kind_of(event)}: {what}" for event in told for what in found(encode(event))}
    assert not leaks and len(told) > A_FEW // 2
    assert not any(found(f"{outcome.ignored}{outcome.malformed}".encode()) for outcome in outcomes)
    assert any(outcome.malformed for outcome in outcomes)


def test_a_telephone_is_no_code_however_it_is_written() -> None:
    for said in ("13800138000", "138-0013-8000", "138.0013.8000", "0571-87236114", "+8613800138000"):
        assert not plain(said) and not harmless(said), said
    for code in ("CT-2023-0401", "W3-301-2", "2345-7", "SN-2023-0401-12345", "0301-1"):
        assert plain(code), code
