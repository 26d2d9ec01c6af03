"""The same fact has one id whichever way it comes in: MLLP, FHIR, view, change capture, REST or file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from ingest.clock import Clock
from ingest.connectors import files
from ingest.events.envelope import Event, kind_of
from ingest.intake import take
from ingest.interpret.canonical import interpret_event
from ingest.interpret.change_table import Table
from ingest.interpret.changes import interpret_change
from ingest.interpret.views import TOGETHER, interpret_row
from ingest.settings import load_site
from tests.golden.fhir_resources import FHIR_SOURCE
from tests.golden.fhir_resources import told as told_by_fhir
from tests.golden.fhir_stories import ALL
from tests.golden.six_ways import NOT_CARRIED, RECORDS, VIEW_ROWS
from tests.golden.speech import PSEUDONYMS, SOURCE, message
from tests.golden.speech import told as heard
from tests.golden.test_changes import change
from tests.golden.test_fhir_same_facts import SAME

HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53
CODES = {  # one hospital, one numbering
    **SOURCE.codes,
    "authority": {"HIS": "", "urn:his": ""},
    "item_class": {"drug": "drug"},
}
PLAIN = msgspec.structs.replace(SOURCE, codes=CODES)
EMERGENCY = "PV1|1|E|{}" + "|" * 16 + "V2"
ALSO = [  # what the emergency's Encounter says beside the messages of SAME
    message("ADT^A10", f"EVN|A10|{'|' * 4}20250303100000", EMERGENCY.format("ED")),
    message("ADT^A08", f"EVN|A08|{'|' * 4}20250303100400", EMERGENCY.format("ED"), f"PV2{'|' * 40}1"),
    message("ADT^A08", "EVN|A08", EMERGENCY.format("ED"), "ZCN|1|START|20250303100600|R1|D01|1"),
    message("ADT^A02", f"EVN|A02|{'|' * 4}20250303110000", "PV1|1|E|ED|||RESUS" + "|" * 13 + "V2"),
]


def by_message(_: Path) -> Iterable[Event]:
    bodies = [body for messages, _ in SAME.values() for body in messages]
    return [event for body in [*bodies, *ALSO] for event in heard(body, PLAIN)]


def by_fhir(_: Path) -> Iterable[Event]:
    source = msgspec.structs.replace(FHIR_SOURCE, codes={**FHIR_SOURCE.codes, **CODES})
    resources = [resource for _, resources in SAME.values() for resource in resources]
    return [event for each in resources for event in told_by_fhir(each, known=ALL, source=source)]


def by_view(_: Path) -> Iterable[Event]:
    for view, columns in VIEW_ROWS:
        row = {"src_pk": "7", "row_ver": "100", "is_deleted": False, **columns}
        yield from interpret_row(msgspec.json.encode({"view": view, "row": row, "beside": []}), PLAIN, HEARD_AT)


def by_change(_: Path) -> Iterable[Event]:
    for view, columns in VIEW_ROWS:
        table, row = Table(table="his.any", view=view), {"src_pk": "7", **columns}
        together = [{"mapping": 0, "rows": [row]}] if view in TOGETHER else []  # they are asked for
        body = change("c", "his.any", None, row, types={}, together=together)
        yield from interpret_change(body, {"his.any": (table,)}, PLAIN, HEARD_AT)


def by_push(_: Path) -> Iterable[Event]:
    for record in RECORDS:
        yield from interpret_event(msgspec.json.encode(record), PLAIN, HEARD_AT)


def by_file(directory: Path) -> Iterable[Event]:
    """A long CSV of the same records: one line a fact, one rule a kind of fact."""
    columns = list(dict.fromkeys(name for record in RECORDS for name in record))
    lines = [",".join(columns)] + [",".join(str(record.get(name, "")) for name in columns) for record in RECORDS]
    (directory / "log.csv").write_text("\n".join(lines), "utf-8")
    rules = "".join(map(_rule, dict.fromkeys(record["event_type"] for record in RECORDS)))
    site = directory / "site.toml"
    site.write_text(SITE + rules, "utf-8")
    feed = files.files_feed(load_site(str(site)), Clock(), PSEUDONYMS)
    interpret = files.interpreter(feed)
    for raw in files.read_file(directory / "log.csv", feed):
        outcome = take(raw, interpret)
        assert not (outcome.ignored or outcome.malformed), (outcome, raw.body)
        yield from outcome.events


def _rule(kind: str) -> str:
    names = dict.fromkeys(name for record in RECORDS if record["event_type"] == kind for name in record)
    fields = ", ".join(f'{n} = "{n}"' for n in names if n not in ("event_type", "occurred_at", "visit_id"))
    return f'[[feeds.log.csv.events]]\nactivity = "{kind}"\nevent = "{kind}"\nfields = {{ {fields} }}\n'


SITE = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[codes.dept]
0301 = "CARD"
[feeds.log]
kind = "files"
source_system = "LOG"
[feeds.log.csv]
layout = "long"
activity = "event_type"
time = "occurred_at"
visit = "visit_id"
"""
WAYS: dict[str, Callable[[Path], Iterable[Event]]] = {
    "message": by_message,
    "fhir": by_fhir,
    "view": by_view,
    "change": by_change,
    "push": by_push,
    "file": by_file,
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_gives_the_facts_of_the_morning_the_same_ids(way: str, tmp_path: Path) -> None:
    facts = {event.event_id: kind_of(event) for event in by_push(tmp_path)}
    assert len(facts) == len(RECORDS)
    told = {event.event_id: event for event in WAYS[way](tmp_path)}
    lacking = sorted(kind for fact, kind in facts.items() if fact not in told)
    assert lacking == sorted(kind for each, kind in NOT_CARRIED if each == way)
    assert all(kind_of(told[fact]) == kind for fact, kind in facts.items() if fact in told)
    assert set(told) <= set(facts), "it tells these facts and no others, or some under a second id"


def test_told_six_ways_each_fact_counts_once(tmp_path: Path) -> None:
    told = [event for way in WAYS.values() for event in way(tmp_path)]
    assert len(told) > 5 * len(RECORDS)
    assert len({event.event_id for event in told}) == len(RECORDS)
