"""A mended mapping read over the raw log: everybody then comes to what would have stood had it been right at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from nacl.public import PrivateKey

from infra.rehearsal.day import simulate
from infra.rehearsal.faults import FAULTS
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import is_message, wires
from infra.rehearsal.sizes import SIZES
from ingest.again.reader import Rereader
from ingest.again.reinterpret import Change, Reread, Span, changes, read_again
from ingest.again.topic import Place
from ingest.clock import Clock
from ingest.connector import RawMessage
from ingest.errors import Misconfigured
from ingest.events import decode, encode
from ingest.raw import RawRecord, Sealer
from ingest.settings import Site, load_site
from streams.house import HouseRules, house_rules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.golden.speech import PSEUDONYMS, PV1, message

KEY = PrivateKey(b"r" * 32)
SITE = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
numbers = {{ {numbers} }}
[feeds.his]
kind = "mllp"
source_system = "HIS^DEMO"
{feed}
{more}
{codes}
"""
WHOLE = Span(from_ms=0, until_ms=1 << 60)


@pytest.fixture(scope="module")
def raw() -> list[tuple[Place, bytes]]:
    """The raw log of a morning."""
    day = simulate(SIZES["clinic"], 7, date(2025, 3, 3), ZoneInfo("Asia/Shanghai"))
    sealer, messages = Sealer(KEY.public_key), [w for w in wires(tell(day, 7, FAULTS), day.people) if is_message(w)]
    return [
        (
            Place(0, offset),
            sealer.seal("his", RawMessage(body=w.body, media_type="application/hl7-v2", received_at=w.told_at)),
        )
        for offset, w in enumerate(messages[:400])
    ]


def site(directory: Path, *, numbers: str = "", feed: str = "", codes: str = "", more: str = "") -> Site:
    path = directory / "hospital.toml"
    path.write_text(SITE.format(numbers=numbers, feed=feed, codes=codes, more=more), "utf-8")
    return load_site(str(path))


def rereader(at: Site) -> Rereader:
    return Rereader(at, KEY, Clock(), PSEUDONYMS)


def first_told(raw: list[tuple[Place, bytes]], at: Site) -> list[bytes]:
    """What the feed wrote when the messages came."""
    reader = rereader(at)
    feeds = [(msgspec.msgpack.decode(sealed, type=RawRecord).feed, sealed) for _, sealed in raw]
    return [encode(event) for feed, sealed in feeds for event in reader.read(feed, sealed).events]


def again(
    raw: list[tuple[Place, bytes]], at: Site, log: list[bytes], span: Span = WHOLE
) -> tuple[Reread, list[Change]]:
    reread = read_again(iter(raw), span, rereader(at), [], 0)
    return reread, changes(reread, lambda: iter(log))


MENDED: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "a department's code": ({"codes": '[codes.dept]\nCARD = "DERM"'}, {}),
    "a channel that nobody knew": ({"codes": '[codes.channel]\nwechat = ""'}, {}),
    "a class of visits": ({"codes": '[codes.visit_class]\nO = "inpatient"'}, {}),
    "who numbers": ({"codes": '[codes.authority]\n"" = "OLD"'}, {}),
    "numbers that start anew each day": ({}, {"numbers": 'ticket = "daily"'}),
    "a zone behind": ({"feed": 'zone = "Asia/Tokyo"'}, {}),
    "a zone ahead": ({}, {"feed": 'zone = "Asia/Tokyo"'}),
    "the version, by hand": ({"codes": '[codes.dept]\nCARD = "DERM"'}, {"feed": "mapping_version = 7"}),
    "nothing": ({}, {}),
}


@pytest.mark.parametrize("name", MENDED)
def test_then_all_is_as_if_the_mapping_had_always_been_right(
    name: str, raw: list[tuple[Place, bytes]], tmp_path: Path
) -> None:
    wrong, right = MENDED[name]
    log = first_told(raw, site(tmp_path, **wrong))
    mended = site(tmp_path, **right)
    _, found = again(raw, mended, log)
    ought, house = first_told(raw, mended), house_rules(mended)
    assert bool(found) == (name != "nothing")

    log += [encode(change.event) for change in found]
    assert _rows(log, house) == _rows(ought, house)
    assert again(raw, mended, log)[1] == [], "read again, nothing is left to add"


def test_a_part_read_again_and_then_the_rest_come_to_the_same(raw: list[tuple[Place, bytes]], tmp_path: Path) -> None:
    log = first_told(raw, site(tmp_path, **MENDED["a zone behind"][0]))
    mended = site(tmp_path)
    noon = sorted(came(sealed) for _, sealed in raw)[len(raw) // 2]
    for span in (Span(from_ms=noon, until_ms=1 << 60), Span(from_ms=0, until_ms=noon)):
        log += [encode(change.event) for change in again(raw, mended, log, span)[1]]
        assert again(raw, mended, log, span)[1] == []
    house = house_rules(mended)
    assert _rows(log, house) == _rows(first_told(raw, mended), house)


def test_a_mapping_mended_back_and_forth_ends_where_it_stands(raw: list[tuple[Place, bytes]], tmp_path: Path) -> None:
    few = raw[:200]
    log = first_told(few, site(tmp_path))
    for codes in ('[codes.authority]\n"" = "OLD"', '[codes.dept]\nCARD = "DERM"', ""):
        mended = site(tmp_path, codes=codes)
        log += [encode(change.event) for change in again(few, mended, log)[1]]
    house = house_rules(mended)
    assert _rows(log, house) == _rows(first_told(few, mended), house)


def test_what_cannot_be_read_any_more_leaves_what_it_told(raw: list[tuple[Place, bytes]], tmp_path: Path) -> None:
    log = first_told(raw, site(tmp_path))
    worse = 'visit = "daily"'  # of many messages, nothing says which day's number it is
    reread, found = again(raw, site(tmp_path, numbers=worse, feed="malformed_limit = 0.5"), log)
    unread = reread.broken["his"]["missing subject: PV1-19"]
    assert unread > 50
    assert not any(change.what == "retracted" and change.event.visit_id is None for change in found)
    with pytest.raises(Misconfigured, match=rf"{unread} of 400 messages of feed his .* missing subject: PV1-19"):
        again(raw, site(tmp_path, numbers=worse, feed="malformed_limit = 0.1"), log)


def test_another_feed_heard_at_the_same_instant_keeps_its_word(tmp_path: Path) -> None:
    at = site(tmp_path, more='[feeds.queue]\nkind = "mllp"\nsource_system = "QUEUE^DEMO"')
    sealer = Sealer(KEY.public_key)
    sent: list[tuple[Place, bytes]] = []
    for feed, sender in (("his", "HIS|DEMO"), ("queue", "QUEUE|DEMO")):
        body = message("ADT^A04", PV1.replace("V1^", f"{feed}^"), sender=sender)
        came_now = RawMessage(body=body, media_type="application/hl7-v2", received_at=1_741_000_000_000)
        sent.append((Place(0, len(sent)), sealer.seal(feed, came_now)))
    log = first_told(sent, at)
    nothing = site(tmp_path, codes='[codes.visit_class]\nO = ""')
    _, found = again(sent, nothing, log, Span(from_ms=0, until_ms=1 << 60, feed="his"))
    assert {change.event.source_system for change in found} == {"HIS^DEMO"}


def came(sealed: bytes) -> int:
    return msgspec.msgpack.decode(sealed, type=RawRecord).received_at


def _rows(log: list[bytes], house: HouseRules) -> list[StageRow]:
    return fold_in_memory(map(decode, log), house)
