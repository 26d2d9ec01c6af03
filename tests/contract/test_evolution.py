"""The vocabulary only grows within a version: it is held against the schemas of the last release.

`tests/contract/released/schemas.json` is what was released; after a release it is written anew with
`python -m tests.contract.test_evolution`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ingest.events import catalogue
from ingest.events.schemas import json_schema
from tests.contract.evolution import ADVICE, Schema, broken

RELEASED = Path(__file__).parent / "released" / "schemas.json"


def current() -> dict[str, Schema]:
    return {name: json_schema(kind) for name, kind in catalogue().items()}


def released() -> dict[str, Schema]:
    return msgspec.json.decode(RELEASED.read_bytes(), type=dict[str, Schema])


def test_nothing_that_was_released_is_broken() -> None:
    now = current()
    found = [fault for name, schema in released().items() for fault in broken(name, schema, now.get(name))]
    assert not found, "\n".join([*found, f"Within a version a schema may only grow: {ADVICE}."])


def _gone(schema: Schema) -> None:
    del schema["properties"]["window_id"]


def _renamed(schema: Schema) -> None:
    schema["properties"]["window"] = schema["properties"].pop("window_id")


def _retyped(schema: Schema) -> None:
    schema["properties"]["call_seq"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


def _retyped_plain(schema: Schema) -> None:
    schema["properties"]["occurred_at"] = {"type": "string"}


def _not_null(schema: Schema) -> None:
    schema["properties"]["call_seq"] = {"type": "integer"}


def _fewer_codes(schema: Schema) -> None:
    choices = schema["properties"]["service_point_type"]["anyOf"]
    next(choice for choice in choices if len(choice.get("enum", ())) > 1)["enum"].remove("pharmacy")


def _demanded(schema: Schema) -> None:
    schema["required"].append("window_id")


def _new_and_demanded(schema: Schema) -> None:
    schema["properties"]["floor"] = {"type": "string"}
    schema["required"].append("floor")


def _other_key(schema: Schema) -> None:
    schema["x-natural-key"] = ["ticket_id"]


def _other_subject(schema: Schema) -> None:
    schema["x-subject"] = "visit_id"


def _bounded(schema: Schema) -> None:
    schema["properties"]["ticket_no"]["anyOf"][0]["maxLength"] = 8


def _other_parts(schema: Schema) -> None:
    schema["properties"]["ref_ids"] = {"type": "array", "items": {"type": "integer"}, "default": []}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_gone, "queue.called.window_id: the field is gone"),
        (_renamed, "queue.called.window_id: the field is gone"),
        (_retyped, "queue.called.call_seq: may no longer be integer"),
        (_retyped_plain, "queue.called.occurred_at: may no longer be integer"),
        (_not_null, "queue.called.call_seq: may no longer be null"),
        (_fewer_codes, "queue.called.service_point_type: codes that are no longer legal: pharmacy"),
        (_demanded, "queue.called.window_id: is demanded now"),
        (_new_and_demanded, "queue.called.floor: is demanded now"),
        (_other_key, "queue.called: its natural key"),
        (_other_subject, "queue.called: its subject"),
        (_bounded, "queue.called.ticket_no: maxLength is narrower"),
        (_other_parts, "queue.called.ref_ids[]: may no longer be string"),
    ],
)
def test_an_incompatible_change_is_refused(change: Callable[[Schema], None], says: str) -> None:
    before, now = current()["queue.called"], copy.deepcopy(current()["queue.called"])
    change(now)
    (found,) = broken("queue.called", before, now)
    assert found.startswith(says)


def test_an_event_type_that_is_gone_is_refused() -> None:
    assert list(broken("queue.called", current()["queue.called"], None)) == ["queue.called: the event type is gone"]


def test_a_part_of_a_list_is_held_as_well() -> None:
    before, now = current()["bill.paid"], copy.deepcopy(current()["bill.paid"])
    del now["$defs"]["PaymentPart"]["properties"]["amount"]
    assert list(broken("bill.paid", before, now)) == ["bill.paid.parts[].amount: the field is gone"]


def test_what_only_grows_is_no_breach() -> None:
    before, now = current()["queue.called"], copy.deepcopy(current()["queue.called"])
    now["properties"]["floor"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    choices = now["properties"]["service_point_type"]["anyOf"]
    next(choice for choice in choices if len(choice.get("enum", ())) > 1)["enum"].append("blood_bank")
    now["required"].remove("revision")
    now["description"] = "Said otherwise."
    assert not list(broken("queue.called", before, now))


def test_every_released_type_still_has_its_version() -> None:
    versions = {name: schema["properties"]["schema_version"]["default"] for name, schema in current().items()}
    assert {versions[name] for name in released() if name in versions} == {1}


def write_released(schemas: dict[str, Schema]) -> None:
    """One line an event type, so that a diff shows which."""
    lines = (f"{msgspec.json.encode(name).decode()}: {msgspec.json.encode(schemas[name]).decode()}" for name in schemas)
    RELEASED.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    write_released(current())
