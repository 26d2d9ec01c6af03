"""Rows, changes, records and resources of every kind, every column and element that may identify somebody filled."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, get_args

import msgspec

from ingest.events import catalogue
from ingest.events.envelope import payload_fields
from ingest.interpret.canonical import NOT_TOLD
from ingest.interpret.codes import legal_codes
from ingest.interpret.fields import NUMBERS, STAFF, hint, holds
from ingest.interpret.view_columns import COLUMNS
from tests.canaries.birds import BORN, Cage
from tests.golden.fhir_stories import ALL
from tests.golden.fhir_stories import STORIES as RESOURCES
from tests.golden.view_rows import ROWS

Told = dict[str, Any]
VIEWS = sorted(ROWS)
EVENTS = sorted(name for name in catalogue() if name not in NOT_TOLD)
FHIR = sorted(RESOURCES)
# Columns of a HIS that nobody asked for (domain specification 9), and what stands in them.
BESIDE = (
    "name", "cert_no", "phone", "now_address", "contact_name", "insure_no", "pym", "wbm", "agent_cert_no", "order_no",
    "speak_name", "patient_name", "diagnosis", "remark", "姓名", "电话", "身份证号",
)  # fmt: skip
_KEYS = {"patient_key", "src_pk", "visit_no", "reversed_of", "reopened_of", "old_appointment_id"}
WHEN = "2025-03-03T09:00:00+08:00"


def row(number: int, dice: Random) -> Told:
    """A row of a view."""
    view = VIEWS[number % len(VIEWS)]
    cage = Cage(number, dice)
    told: Told = {**dict.fromkeys(COLUMNS[view]), "src_pk": "7", "row_ver": "100", **ROWS[view][0]}
    told["is_deleted"] = dice.random() < 0.1
    for column in COLUMNS[view]:
        if column in _KEYS or column in NUMBERS:
            told[column] = cage.number(str(told.get(column, column)))
        elif column in STAFF:
            told[column] = cage.number(column)
        elif column == "birth_date":
            told[column] = BORN
    told |= {column: cage.text() for column in BESIDE}
    _misplaced(told, cage, dice, lambda column: column not in ("row_ver", "is_deleted"))
    return {"view": view, "row": told, "beside": []}


def change(number: int, dice: Random) -> Told:
    """A row's change as Debezium tells it; tables are called as the views."""
    told = row(number, dice)
    op = dice.choice("crud")
    columns = [{"field": name, "type": "string", "name": ""} for name in told["row"]]
    schema = {"type": "struct", "fields": [{"type": "struct", "field": "after", "fields": columns}]}
    payload = {
        "op": op,
        "before": told["row"] if op in "ud" else None,
        "after": None if op == "d" else told["row"],
        "source": {"db": "hospital", "schema": "his", "table": told["view"], "lsn": number + 1},
    }
    return {"place": number + 1, "change": {"schema": schema, "payload": payload}, "together": []}


def record(number: int, dice: Random) -> Told:
    """An event in our own terms, as a queue-call vendor sends it."""
    name = EVENTS[number % len(EVENTS)]
    kind, cage = catalogue()[name], Cage(number, dice)
    told: Told = {"event_type": name, "occurred_at": WHEN, "message_id": cage.long()}
    told |= {"patient_id": cage.number("patient"), "visit_id": cage.number("visit"), "birth_date": "1949-10-01"}
    told |= {field: _value(kind, field, cage, dice) for field in payload_fields(kind) if field not in told}
    told |= {column: cage.text() for column in BESIDE}
    _misplaced(told, cage, dice, lambda field: field != "event_type")
    return told


def _value(kind: type[msgspec.Struct], field: str, cage: Cage, dice: Random) -> Any:
    """What a sender writes into a field of an event, or of a part of one."""
    what = holds(kind, field)
    if what == "code":
        return dice.choice(sorted(legal_codes(kind, field) or {"A1"}))
    if what == "list":
        part = get_args(hint(kind, field))[0]
        if part is str:
            return [cage.number(field), cage.long()]
        return [{name: _value(part, name, cage, dice) for name in part.__struct_fields__}]
    if what in ("number", "ticket", "staff"):
        return cage.number(field)
    plain: Told = {"instant": WHEN, "day": "2025-03-03", "amount": "12.5", "int": 1, "float": 1, "bool": True}
    plain["map"] = {"missing": 1}
    return plain.get(what, "W3")


def resource(number: int, dice: Random) -> Told:
    """A bundle with a resource of a kind that is read, and those that it refers to; everything in it named."""
    cage = Cage(number, dice)
    said, _ = RESOURCES[FHIR[number % len(FHIR)]]
    entries: list[Told] = [{"resource": _named(copy.deepcopy(each), cage)} for each in (said, *ALL)]
    places = [place for place in _leaves(entries[0]["resource"]) if place[1] not in ("resourceType", "versionId")]
    for _ in range(dice.choice((0, 0, 1, 2))):
        holder, key = dice.choice(places)
        holder[key] = cage.any()
    for entry in entries[1:]:
        entry["search"] = {"mode": "include"}
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def _named(said: Any, cage: Cage) -> Any:
    """Every identifier a canary; every element that may identify somebody filled, whether R4 has it there or not."""
    if isinstance(said, list):
        return [_named(each, cage) for each in said]
    if not isinstance(said, dict):
        return said
    said = {key: _named(value, cage) for key, value in said.items()}
    if said.get("resourceType") in ("Organization", "Location"):
        return {**said, "name": cage.name(), "description": cage.text()}
    if "resourceType" in said:
        said["identifier"] = _numbers(said.get("identifier"), cage)
        who = {"name": [{"family": cage.name()}], "telecom": [{"value": cage.phone()}], "birthDate": "1949-10-01"}
        what = {"address": [{"text": cage.text()}], "text": {"div": f"<div>{cage.text()}</div>"}}
        more = {"note": [{"text": cage.text()}], "contact": [{"name": {"text": cage.name()}}], "title": cage.text()}
        said |= {**who, **what, **more, "conclusion": cage.text()}
    if "reference" in said:
        said["display"] = cage.name()
    if "coding" in said:
        said["text"] = cage.text()
    return said


def _numbers(said: Any, cage: Cage) -> Any:
    """The same identifiers with other values, and an ID card beside them."""
    several = said if isinstance(said, list) else [said] if said else [{"value": "own"}]
    told = [{**each, "value": cage.number(str(each.get("value")))} for each in several]
    card = {"value": cage.card(), "type": {"coding": [{"code": "NI"}]}}
    return told[0] if isinstance(said, dict) else [card, *told]


def _leaves(said: Any) -> Iterator[tuple[Any, Any]]:
    """Every text, by what holds it."""
    for key, value in said.items() if isinstance(said, dict) else enumerate(said):
        if isinstance(value, str):
            yield said, key
        elif isinstance(value, (dict, list)):
            yield from _leaves(value)


def _misplaced(told: Told, cage: Cage, dice: Random, may: Callable[[str], bool]) -> None:
    """Something of an identity stands in any column at all."""
    for _ in range(dice.choice((0, 0, 1, 3))):
        told[dice.choice([each for each in told if may(each)])] = cage.any()


def line(number: int, dice: Random) -> list[str]:
    """A line of a table that a site describes: see `COLUMNS_OF_A_FILE`."""
    cage = Cage(number, dice)
    told = ["接诊", WHEN, cage.number("visit"), cage.number("patient"), cage.number("doctor"), "R1", cage.text()]
    if dice.random() < 0.3:
        told[dice.randrange(len(told))] = cage.any()
    return told if dice.random() < 0.9 else told[: dice.randrange(1, len(told))]


COLUMNS_OF_A_FILE = ("步骤", "时间", "就诊号", "病人号", "医生", "诊室", "备注")
