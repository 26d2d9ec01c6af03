"""Docs that cannot rot: the reference says what the code says."""

from __future__ import annotations

import ast

from infra.reference.commands import all_pages, stale_pages
from infra.reference.settings import name_of, sections, sources
from ingest.events import catalogue
from ingest.settings import SECTIONS


def test_the_reference_is_not_stale() -> None:
    assert stale_pages() == [], "write it anew with: hispulse docs write"


def test_every_event_has_its_entry_and_its_schema() -> None:
    pages = all_pages()
    for event_type in catalogue():
        assert f"### `{event_type}`" in pages["events.md"]
        assert f"schemas/{event_type}.json" in pages


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
