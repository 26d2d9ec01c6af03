"""The rows behind a number of today: made by one at a time, at most once a minute, however many look."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from board.past import Past
from ingest.settings import load_site
from tests.morning import heard
from tests.timeline import DAY, at
from warehouse.client import Warehouse
from warehouse.history import builds
from warehouse.rows import store

pytestmark = pytest.mark.services


def test_twenty_who_look_at_once_cause_one_build(warehouse: Warehouse) -> None:
    store(warehouse, heard("clinic", at("08:30")))
    site = load_site("demo")
    past = Past(site, lambda: warehouse)

    def look(_: int) -> int:
        rows, as_of = past.rows(("consult_wait",), DAY, {}, None, at("08:30"))
        assert as_of == at("08:30")
        return len(rows)

    with ThreadPoolExecutor(20) as viewers:
        seen = set(viewers.map(look, range(20)))
    assert len(seen) == 1
    assert seen.pop() > 0
    assert len(builds(warehouse, site.hospital.facility_id)) == 1
