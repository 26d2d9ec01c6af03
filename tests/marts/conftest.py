"""The worked example, published once and copied for each test that goes on from there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ingest.settings import load_site
from tests import worked_example as example
from tests.services_warehouse import EmbeddedProcess, filled
from tests.timeline import DAY
from warehouse.client import Warehouse, connect
from warehouse.marts import build_day
from warehouse.rows import store


@pytest.fixture(scope="session")
def published_example(embedded: EmbeddedProcess) -> Iterator[Warehouse]:
    """The worked example, heard and published. Only to be read."""
    with embedded.lent() as settings:
        connection = connect(settings)
        store(connection, example.events())
        build_day(connection, load_site("demo"), DAY, example.AS_OF)
        yield connection
        connection.close()


@pytest.fixture
def example_day(warehouse: Warehouse, published_example: Warehouse) -> Warehouse:
    """A copy of it, to be changed."""
    for table in filled(published_example):
        warehouse.command(
            "insert into {table:Identifier} select * from {source:Identifier}.{table:Identifier}",
            {"table": table, "source": published_example.database},
        )
    return warehouse
