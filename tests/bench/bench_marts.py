"""One day's marts for a large hospital: from 1.6M events to checked-in-place stage rows and KPI values.

A thousand synthetic patients are told and multiplied inside the engine under other ids, to what 40 000 of them tell in
a day. Measured is the whole build: choosing the day's facts, every stage, every KPI value, publishing. Its peer is the
same rows by the fold in Python, measured on the first thousand patients. Then the board's queries while the day is
built once more, the checks, the report, and the engine's peak memory.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from expectations.day import check_events, check_journeys, check_kpis
from ingest.events.envelope import Event
from ingest.settings import load_site
from orchestration.reports.day import day_report
from orchestration.reports.html import html_of
from orchestration.reports.reading import read_day
from streams.house import house_rules
from streams.memory import fold_in_memory
from tests.bench.figure import Figure, less_is_better, more_is_better
from tests.outpatients import DAY, morning
from tests.services_warehouse import EmbeddedProcess
from warehouse.client import Warehouse, connect
from warehouse.columns import COLUMNS
from warehouse.history import usual, values_of_day
from warehouse.marts import DayReport, build_day, measured
from warehouse.rows import store

PATIENTS = 1_000
EVENTS = 1_600_000
NIGHT = 1_741_024_800_000  # 2025-03-04 02:00 +08:00

# Every id begins with four hex digits of its own; other digits make other patients, in the ids' columns and the body.
_COPY = r"""
insert into events ({columns})
with
    lower(hex(toUInt16({copy:UInt16}))) as digits,
    (id) -> if(length(id) < 32, id, concat(digits, substring(id, 5))) as other
select {values}
from events
where kafka_offset = -1
"""


def run(quick: bool) -> list[Figure]:
    """Seconds of a build, and events a second beside the fold's."""
    wanted = EVENTS // 16 if quick else EVENTS
    told = morning(PATIENTS, minutes=240)
    began = time.perf_counter()
    rows = fold_in_memory(told, house_rules(load_site("demo")))
    folded_per_s = len(told) / (time.perf_counter() - began)
    with tempfile.TemporaryDirectory() as directory:
        engine = EmbeddedProcess(Path(directory)).start()
        try:
            settings = engine.database("bench")
            warehouse = connect(settings)
            events = multiply(warehouse, told, wanted)
            began = time.perf_counter()
            report = build_day(warehouse, load_site("demo"), DAY, NIGHT)
            seconds = time.perf_counter() - began
            after = [
                _while_built_again(warehouse, connect(settings)),
                *_checked_and_reported(warehouse),
            ]
            after.append(less_is_better("peak memory of the engine", engine.peak_memory_mb(), "MB", ceiling=4096))
        finally:
            engine.stop()
    _show(report, len(rows))
    return [
        less_is_better(f"daily marts of {events:,} events", seconds, "s", ceiling=None if quick else 60),
        more_is_better("events a second", events / seconds, "/s", peer="the fold in Python", peer_value=folded_per_s),
        *after,
    ]


def _while_built_again(warehouse: Warehouse, board: Warehouse) -> Figure:
    """What the board asks behind a number, ten times a second, while the day is built once more."""
    took_ms: list[float] = []
    is_built = threading.Event()

    def ask() -> None:
        while not is_built.wait(0.1):
            began = time.perf_counter()
            values_of_day(board, "H001", "consult_wait", DAY)
            usual(board, "H001", "consult_wait", DAY)
            took_ms.append((time.perf_counter() - began) * 1000 / 2)

    asking = threading.Thread(target=ask)
    asking.start()
    build_day(warehouse, load_site("demo"), DAY, NIGHT)
    is_built.set()
    asking.join()
    p95 = sorted(took_ms)[int(len(took_ms) * 0.95)]
    return less_is_better("a board query during a build, p95", p95, "ms", ceiling=50)


def _checked_and_reported(warehouse: Warehouse) -> list[Figure]:
    """Every check of the day, and its report as a page."""
    site, began = load_site("demo"), time.perf_counter()
    check_events(warehouse, "H001", site.hospital.zone, DAY)
    check_journeys(warehouse, "H001", DAY)
    check_kpis(warehouse, "H001", DAY, measured(), table="kpi_values")
    checked_at = time.perf_counter()
    html_of(day_report(read_day(warehouse, site, DAY), "zh"))
    return [
        less_is_better("all checks of the day", checked_at - began, "s", ceiling=60),
        less_is_better("the day's report", time.perf_counter() - checked_at, "s", ceiling=30),
    ]


def multiply(warehouse: Warehouse, told: list[Event], wanted: int) -> int:
    """Store the events and as many copies of them, under other ids, as make `wanted`; returns how many there are."""
    store(warehouse, told)
    hexed = r"replaceRegexpAll(body, '\"[0-9a-f]{4}([0-9a-f]{28}|[0-9a-f]{60})\"', concat('\"', digits, '\\\\1\"'))"
    made = {
        **{column: f"other({column})" for column in ("event_id", "subject", "patient_id", "visit_id")},
        "links": "arrayMap(id -> other(id), links)",
        "body": hexed,
        "kafka_offset": "toInt64({copy:UInt16})",
    }
    copy = _COPY.replace("{columns}", ", ".join(COLUMNS))
    copy = copy.replace("{values}", ", ".join(made.get(column, column) for column in COLUMNS))
    for number in range(1, wanted // len(told)):
        warehouse.command(copy, {"copy": number})
    return int(warehouse.rows("select count() as n from events")[0]["n"])


def _show(report: DayReport, rows_of_a_thousand: int) -> None:
    slowest = sorted(report.seconds.items(), key=lambda item: -item[1])[:8]
    made = f"{sum(report.rows.values())} stage rows, {sum(report.values.values())} KPI values"
    print(f"{report.events} winners, {made}; of the first thousand patients {rows_of_a_thousand} rows")
    print("slowest: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest))
