"""Each stage's query: events in, rows out, on the real engine. What is told and what must follow is in `cases/`.

All timelines are built once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.settings import load_site
from streams.stages import stages
from streams.stages.stage import StageRow
from tests.marts.cases import all_cases
from tests.marts.rows import build
from tests.marts.said import said
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import DAY, at, timeline
from warehouse.client import connect

pytestmark = pytest.mark.services

CASES = all_cases()


@pytest.fixture(scope="module")
def rows(embedded: EmbeddedProcess) -> Iterator[list[StageRow]]:
    events = [event for text, _ in CASES.values() for event in timeline(text)]
    with embedded.lent() as settings:
        connection = connect(settings)
        yield build(connection, load_site("demo"), events, DAY, at("12:00"), kpis=())
        connection.close()


@pytest.mark.parametrize("scope", CASES)
def test_rows_of(rows: list[StageRow], scope: str) -> None:
    assert [said(row) for row in rows if row.scope_id == scope] == CASES[scope][1]


def test_every_stage_is_told(rows: list[StageRow]) -> None:
    assert {row.stage for row in rows} == set(stages())
