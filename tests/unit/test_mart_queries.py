"""What a build asks with: parameters grow with the catalogues, and there is room for them."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from ingest.settings import load_site
from streams.house import house_rules
from streams.stages import stages
from warehouse.client import named_in
from warehouse.mart_queries import RELATIONS, kpi_parameters, kpi_query, measured, over_days, parameters, query

LONGEST_ADDRESS = 65_536  # what the embedded warehouse takes; a server takes sixteen times as much
NAMES = {relation: f"working_{relation}_0a1b2c3d" for relation in RELATIONS}


def test_a_builds_parameters_leave_three_quarters_of_an_address_free() -> None:
    shared = parameters(house_rules(load_site("demo")), "2025-03-03", 0, 0)
    steps = [(query(step), shared | NAMES) for step in (*RELATIONS, *stages(), "stage_rows")]
    days = over_days("stage_rows_building", "day", "2025-03-03", "2025-03-03")
    steps += [(kpi_query(kpi), shared | days | kpi_parameters(kpi)) for kpi in measured()]
    longest = max(len(urlencode(named_in(sql, known), quote_via=quote)) for sql, known in steps)
    assert longest < LONGEST_ADDRESS / 4, f"{longest} of {LONGEST_ADDRESS} bytes"


def test_a_statement_is_sent_what_it_names() -> None:
    known = {"day": "2025-03-03", "facility": "H001", "zone": "Asia/Shanghai"}
    assert named_in("select {day:Date}, {'zone': 1} where f = {facility:String}", known) == {
        "day": "2025-03-03",
        "facility": "H001",
    }
