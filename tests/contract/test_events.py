"""The vocabulary against the specification's table, event by event."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from ingest.events import catalogue, decode, domain_of, domains, encode
from ingest.events.envelope import Event, Instant, Telling, assemble, kind_of, subject_of
from ingest.events.schemas import codes_of, field_kinds, json_schema

ROOT = Path(__file__).resolve().parent.parent.parent
TELLING = Telling(facility_id="H001", source_system="HIS^T", ingested_at=1_741_741_200_000)
NINE = Instant(1_741_741_200_000, "second", 480)

# Where the classes say more, or say it elsewhere, than the specification's table.
ALIASES = {"dispensing.called"}  # told as queue.called
BEYOND = {"age_band", "sex", "patient_group", "dept_code", "feed", "corrected_subject", "corrected_revision"}
FURTHER = {
    "prescription.submitted": {"bill_id"},  # 7.2 has it in v_prescription, 5.8 does not
    # Reconciliation, and what a slot of change capture holds: the specification asks for both, and names no field.
    "feed.heartbeat": {"compared_at", "residual", "kept_bytes"},
    "feed.batch_closed": {"view", "told_type", "departments"},
}
NO_FIELDS = {"free_text"}  # dropped at the door
SEQUENCES = re.compile(r"(_seq|^hop)\|t$")  # a source without the sequence uses the event's time

KINDS = [pytest.param(kind, id=name) for name, kind in catalogue().items()]


def rows() -> dict[str, dict[str, Any]]:
    path = Path(os.environ.get("HISPULSE_SHARED", ROOT.parent / "shared")) / "spec" / "domain_tables.json"
    if not path.exists():
        pytest.skip(f"specification tables not found: {path} (set HISPULSE_SHARED)")
    return {row["event"]: row for row in json.loads(path.read_text("utf-8"))["events"]}


def told_fields(text: str) -> dict[str, tuple[bool, tuple[str, ...]]]:
    """Field → (a complete source delivers it, its codes) of a cell of the specification's table."""
    fields = {}
    for part in re.split(r";(?![^{(\[]*[})\]])", text):
        name = re.match(r"\s*(\w+)", part)
        codes = re.search(r"^\s*\w+ enum\(([^)]*)\)", part)
        outer = re.sub(r"\{[^}]*\}|\([^)]*\)", "", part)
        if name:
            fields[name[1]] = ("!" in outer, tuple(c.strip() for c in codes[1].split(",")) if codes else ())
    return fields


@pytest.mark.shared
def test_every_event_of_the_specification_is_there_and_no_other() -> None:
    assert set(catalogue()) == set(rows()) - ALIASES


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_an_event_has_the_fields_codes_and_marks_of_the_specification(kind: type[Event]) -> None:
    told = {k: v for k, v in told_fields(rows()[kind_of(kind)]["fields"]).items() if k not in NO_FIELDS}
    ours = field_kinds(kind)
    envelope = set(Event.__struct_fields__)
    assert set(told) - envelope <= set(ours)
    assert set(ours) - set(told) <= BEYOND | {kind.subject} | FURTHER.get(kind_of(kind), set())
    assert set(kind.expected) == {name for name, (expected, _) in told.items() if expected} - {"source_system"}
    for name, (_, codes) in told.items():
        if codes:
            assert codes_of(kind, name) == codes


@pytest.mark.shared
@pytest.mark.parametrize("kind", KINDS)
def test_an_event_has_the_subject_natural_key_and_title_of_the_specification(kind: type[Event]) -> None:
    row = rows()[kind_of(kind)]
    assert kind.title[0] == row["zh"]
    assert kind.broadcast == row["subject"].startswith("all partitions")
    if not kind.broadcast and kind_of(kind) != "record.corrected":
        assert kind.subject == row["subject"]
    key = [re.sub(SEQUENCES, r"\1", term) for term in kind.natural_key]
    assert [term.replace("corrected_revision", "revision") for term in key] == row["natural_key"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_says_what_it_is_in_both_languages_and_one_sentence(kind: type[Event]) -> None:
    assert all(kind.title)
    assert (kind.__doc__ or "").strip().endswith(".")
    assert domain_of(kind_of(kind)) in domains()


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_with_nothing_but_its_subject_is_accepted_flagged_and_comes_back_equal(kind: type[Event]) -> None:
    event = bare(kind)
    assert decode(encode(event)) == event
    missing = {flag.removeprefix("missing:") for flag in event.quality_flags}
    assert missing == set(kind.expected) - {kind.subject}
    assert subject_of(event)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_an_event_names_all_of_its_fields(kind: type[Event]) -> None:
    schema = json_schema(kind)
    assert set(schema["properties"]) == {"event_type", *kind.__struct_fields__}
    assert schema["properties"]["event_type"]["enum"] == [kind_of(kind)]


def bare(kind: type[Event]) -> Event:
    """An event of which a source told only whom it is about."""
    named: dict[str, Any] = {kind.subject: "s" * 32} if kind.subject != "source_system" else {}
    return assemble(kind, TELLING, NINE, **named)
