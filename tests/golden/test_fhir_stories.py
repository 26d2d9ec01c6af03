"""FHIR R4: a resource in, events out; a mistake takes back what it said; nobody is named."""

from __future__ import annotations

import importlib

import pytest

from ingest.events import encode
from ingest.interpret.fhir import RESOURCES
from tests.golden.fhir_resources import KNOWN, Resource, concept, ref, told
from tests.golden.fhir_stories import ALL, STORIES
from tests.golden.speech import lines


@pytest.mark.parametrize("name", STORIES)
def test_every_resource_tells_its_story(name: str) -> None:
    said, story = STORIES[name]
    events = told(said, known=ALL)
    assert lines(events) == story
    assert all(event.revision.startswith("00000000000000000001-") for event in events)
    assert not [flag for event in events for flag in event.quality_flags if flag.startswith(("unmapped", "unresolved"))]


def test_there_is_a_story_of_every_resource_that_is_read() -> None:
    assert {said["resourceType"] for said, _ in STORIES.values()} == set(RESOURCES)


@pytest.mark.parametrize(
    "said", [*(said for said, _ in STORIES.values()), *KNOWN], ids=lambda said: str(said["resourceType"])
)
def test_the_samples_are_fhir_r4_by_an_independent_model(said: Resource) -> None:
    name = said["resourceType"]
    model = importlib.import_module(f"fhirclient.models.{name.lower()}")
    getattr(model, name)(_required(said), strict=True)


def _required(said: Resource) -> Resource:
    """The sample with what R4 demands and we never read."""
    needed: dict[str, Resource] = {
        "DiagnosticReport": {"code": concept("K")},
        "Patient": {"gender": "female"},
        "ServiceRequest": {"subject": ref("Patient/p1")},
    }
    return {**needed.get(said["resourceType"], {}), **said}


@pytest.mark.parametrize("name", STORIES)
def test_nothing_identifying_is_in_an_event(name: str) -> None:
    body = b"".join(encode(event) for event in told(STORIES[name][0], known=ALL))
    for said in (
        "张",
        "珅",
        "李",
        "北京",
        "138",
        "1101011990",
        "10001",
        '"V1"',
        '"V2"',
        "D01",
        "1980",
        "A77",
        '"T1"',
        '"B1"',
    ):
        assert said.encode() not in body


@pytest.mark.parametrize(
    "name", [name for name in STORIES if name not in ("Patient", "EpisodeOfCare", "Slot", "Schedule")]
)
def test_a_mistake_takes_back_what_it_said(name: str) -> None:
    said, _ = STORIES[name]
    wrong = {**said, "status": "entered-in-error", "meta": {**said["meta"], "versionId": "2"}}
    if name.startswith("Encounter"):  # its status is part of its history
        wrong["statusHistory"] = [*said.get("statusHistory", []), {"status": said["status"], "period": said["period"]}]
    before = {event.event_id for event in told(said, known=ALL)}
    taken_back = told(wrong, known=ALL)
    assert {event.op for event in taken_back} == {"retract"}
    assert before & {event.event_id for event in taken_back}
