"""The worked timelines of the reference, told to the real engine: every row that a page shows is one that it gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.reference.stories import stories
from infra.reference.stories.story import WorkedStory
from infra.reference.timeline import DAY, at, timeline
from infra.reference.worked import worked
from ingest.settings import load_site
from streams.book import is_over
from streams.stages.stage import StageRow
from tests.marts.rows import build
from tests.marts.said import said
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import connect

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def rows(embedded: EmbeddedProcess) -> Iterator[list[StageRow]]:
    events = [event for story in stories() for event in timeline(story.text)]
    with embedded.lent() as settings:
        connection = connect(settings)
        yield build(connection, load_site("demo"), events, DAY, at("2026-03-05T08:00"), kpis=())
        connection.close()


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.code)
def test_the_rows_of(rows: list[StageRow], story: WorkedStory) -> None:
    shown = sorted(said(row) for row in worked(story).rows if row.day == DAY)
    scopes = {row.scope_id for row in worked(story).rows}
    kinds = {row.stage for row in worked(story).rows}
    given = [row for row in rows if row.scope_id in scopes and row.stage in kinds and not is_over(row)]
    assert sorted(said(row) for row in given) == shown
