"""Docs that cannot rot: the reference says what the code says."""

from __future__ import annotations

import ast

import pytest

from infra.reference.commands import all_pages, stale_pages
from infra.reference.settings import name_of, sections, sources
from infra.reference.stories import stories
from infra.reference.timeline import timeline
from infra.reference.worked import values_of
from ingest.events import catalogue
from ingest.events.envelope import subject_of
from ingest.settings import SECTIONS
from streams.kpis import catalogue as kpis
from streams.kpis.kpi import Kpi

KPIS = kpis()


def test_the_reference_is_not_stale() -> None:
    assert stale_pages() == [], "write it anew with: hispulse docs write"


def test_every_event_has_its_entry_and_its_schema() -> None:
    pages = all_pages()
    for event_type in catalogue():
        assert f"### `{event_type}`" in pages["events.md"]
        assert f"schemas/{event_type}.json" in pages


@pytest.mark.parametrize("kpi", KPIS.values(), ids=KPIS)
def test_every_kpi_has_its_page_with_a_worked_timeline(kpi: Kpi) -> None:
    page = all_pages()[f"kpis/{kpi.code}.md"]
    assert kpi.zh in page and kpi.en in page and "## Worked timeline 时间线实例" in page
    (story,) = [story for story in stories() if kpi.code in story.kpis]
    values = values_of(kpi, story)
    assert values and values[0].value is not None, "the story comes to no number"
    assert len(timeline(story.text)) >= 2


def test_no_story_tells_of_anothers_subjects() -> None:
    owners: dict[str, set[str]] = {}
    for story in stories():
        assert set(story.kpis) <= KPIS.keys()
        for event in timeline(story.text):
            owners.setdefault(f"{event.subject} {subject_of(event)}", set()).add(story.code)
    assert {subject for subject, codes in owners.items() if len(codes) > 1} == set()


def test_every_section_of_a_site_file_is_known_and_documented() -> None:
    assert {name_of(section) for section in sections()} <= set(SECTIONS)
    read = {
        str(argument.value).split(".")[0]
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "section"
        for argument in node.args[:1]
        if isinstance(argument, ast.Constant)
    }
    assert read <= set(SECTIONS)
