"""A morning with something to report: a day that was really built, checked and restated, with days before it."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from expectations.day import keep
from expectations.suite import Finding
from infra.rehearsal.day import simulate
from infra.rehearsal.feeds import tell
from infra.rehearsal.sizes import SIZES
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import Site, load_site
from tests.integration.closing import write_site
from tests.rehearsed import events_of
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import at
from warehouse.client import Warehouse, connect
from warehouse.marts import build_day
from warehouse.rows import store

DAY = "2025-03-30"  # a Sunday, made a working day below
BEFORE = [(date.fromisoformat(DAY) - timedelta(days=n)).isoformat() for n in range(1, 19)]


class Morning(NamedTuple):
    """A site whose day is published, with days before it that were like it but shorter."""

    site_file: Path
    site: Site
    warehouse: Warehouse


def a_morning(embedded: EmbeddedProcess, folder: Path) -> Morning:
    """Build it in a database of its own; reports are kept in `folder`."""
    settings = embedded.database(f"t_{secrets.token_hex(4)}")
    more = f'\n[calendar]\ndays_on = ["{DAY}"]\n[reports]\nfolder = "{folder / "kept"}"\n'
    path = write_site(folder, settings, more)
    site, warehouse = load_site(str(path)), connect(settings)
    day = simulate(SIZES["clinic"], 11, date.fromisoformat(DAY), site.zone)
    source = Source(facility_id="H001", pseudonyms=Pseudonyms(SiteKey(b"r" * 32)), zone=site.zone, codes=site.codes)
    store(warehouse, events_of(tell(day, 11, ()), day, source))
    build_day(warehouse, site, DAY, at("30:00", DAY))
    _days_before(warehouse)
    late = Finding(
        suite="kpis", expectation="complete", kpi="consult_wait", severity="warn", passed=False,
        observed="1 of 1: [93.5]", expected="≥ 95", zh="环节时间戳完整率 ≥ 95%", en="stage completeness ≥ 95 %",
    )  # fmt: skip
    keep(warehouse, [late], "H001", DAY, "r1", at("30:05", DAY))
    warehouse.command(  # an hour earlier it had been published as twice as long
        "insert into kpi_ledger select * replace(published_at - interval 1 hour as published_at, value * 2 as value)"
        " from (select * from kpi_ledger where kpi = 'consult_wait' and grain = 'day' and empty(dims) and series = '')"
    )
    return Morning(path, site, warehouse)


def _days_before(warehouse: Warehouse) -> None:
    """Days before as this one, with values of about half; a week and a month of this day alone."""
    told = {"day": DAY, "before": BEFORE}
    warehouse.command(
        "insert into kpi_values select * except (number) replace(toDate({before:Array(String)}[number]) as day,"
        " value * if(number % 2 = 0, 0.5, 0.55) as value)"
        " from (select * from kpi_values where day = {day:Date} and grain = 'day') as known"
        " cross join (select number + 1 as number from numbers(length({before:Array(String)}))) as days",
        told,
    )
    warehouse.command(
        "insert into mart_builds select * except (number) replace(toDate({before:Array(String)}[number]) as day)"
        " from (select * from mart_builds where day = {day:Date}) as known"
        " cross join (select number + 1 as number from numbers(length({before:Array(String)}))) as days",
        told,
    )
    for grain, first in (("week", "2025-03-24"), ("month", "2025-03-01")):
        warehouse.command(
            "insert into period_values select * replace({grain:String} as grain, {first:Date} as day)"
            " from (select * from kpi_values where day = {day:Date} and grain = 'day')",
            told | {"grain": grain, "first": first},
        )
