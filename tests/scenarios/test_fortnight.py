"""A rehearsed fortnight: marts, ledger, checks and reports tell its story as it was (told by tests/fortnight.py).

The suite lives three of its days; HISPULSE_FORTNIGHT=whole lives all fourteen, by Dagster's job and with every KPI, and
HISPULSE_REPORTS=DIR keeps the reports to be looked at.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from expectations.day import comparable_days
from infra.rehearsal.sizes import SIZES
from ingest.settings import load_site
from orchestration.reports.checks import checks_page
from orchestration.reports.day import day_report
from orchestration.reports.document import Document, Points
from orchestration.reports.files import contents, write
from orchestration.reports.period import period_report
from orchestration.reports.reading import read_day, read_period
from orchestration.reports.reading_checks import read_checks
from orchestration.reports.writing import Language
from streams.house import house_rules
from streams.kpis import catalogue
from tests.fortnight import (
    DAYS,
    HOLIDAY,
    LATE,
    MISTAKEN,
    SILENT,
    Fortnight,
    Plan,
    by_dagster,
    in_steps,
)
from tests.integration.closing import write_site
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import at
from warehouse.check_rows import checked
from warehouse.client import Warehouse, connect
from warehouse.kpi_history import Published, history_of
from warehouse.marts import build_day
from warehouse.rows import store

pytestmark = [
    pytest.mark.services,
    pytest.mark.timeout(1800),
]  # a day's closing is seconds; on a busy machine, a minute

WHOLE = os.environ.get("HISPULSE_FORTNIGHT") == "whole"
KPIS = ("consult_wait", "window_wait", "service_volume", "pharm_pickup_wait", "exam_report_tat", "lab_intra_tat",
        "refund_rate")  # fmt: skip
CLINIC = SIZES["clinic"]
PLAN = (
    Plan(size=CLINIC)
    if WHOLE
    else Plan(
        size=dataclasses.replace(CLINIC, outpatients=40, emergencies=4, departments=("CARD", "DERM"), beds=2),
        days=(LATE, SILENT, MISTAKEN[0]),
        kpis=KPIS,
        again={"2025-04-01": (LATE,), "2025-04-04": (MISTAKEN[0],)},
    )
)
PHARMACY, CASHIER = {"service_point_type": "pharmacy"}, {"service_point_type": "cashier"}


@pytest.fixture(scope="module")
def lived(embedded: EmbeddedProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fortnight]:
    folder = tmp_path_factory.mktemp("fortnight")
    fortnight = Fortnight(embedded, folder / "hospital", PLAN)
    if not WHOLE:
        fortnight.live(in_steps)
    else:
        with pytest.MonkeyPatch.context() as environment, dg.DagsterInstance.ephemeral() as instance:
            environment.setenv("HISPULSE_CLOCK", str(folder / "clock.json"))
            fortnight.live(by_dagster(folder / "clock.json", instance))
    yield fortnight
    fortnight.warehouse.close()


def history(lived: Fortnight, code: str, day: str, **where: str) -> list[Published]:
    """What was published of a value, the first with nothing before it."""
    return history_of(lived.warehouse, "H001", catalogue()[code], "day", day, where)


def causes(published: Published) -> set[str]:
    return {why.cause for why in published.why}


def failed(lived: Fortnight, day: str, *levels: str) -> dict[str, str]:
    """The checks of a day that did not pass, with what was seen."""
    rows = checked(lived.warehouse, "H001", day)
    levels = levels or ("withhold", "warn")
    return {
        f"{r['suite']}.{r['expectation']}": r["observed"] for r in rows if not r["passed"] and r["severity"] in levels
    }


def test_every_day_was_published_and_late_data_named_the_days_to_close_again(lived: Fortnight) -> None:
    assert [day for _, day, is_published in lived.outcomes if not is_published] == []
    assert LATE in lived.late["2025-03-29"], "the laboratory's words came on Friday"
    assert LATE in lived.late["2025-04-01"], "its bills were refunded on Monday"
    assert MISTAKEN[0] in lived.late["2025-04-04"], "read again on Thursday"


def test_what_came_two_days_late_is_published_then_and_said_to_be_late(lived: Fortnight) -> None:
    """On the first morning there was no turnaround at all, and none was made up."""
    reported = [each for each in history(lived, "lab_intra_tat", LATE) if each.n]
    told = len(lived.hospital.of(LATE, "specimen.received"))
    assert 0 < reported[0].n <= told and "late" in causes(reported[0])
    first, *_ = history(lived, "consult_wait", LATE)
    assert first.published_ms < reported[0].published_ms


def test_a_merge_a_correction_and_a_retraction_are_told_with_their_size(lived: Fortnight) -> None:
    first, *_, last = history(lived, "service_volume", LATE)
    assert (first.value or 0) - (last.value or 0) == 2  # two visits are one, and one never was
    restated = history(lived, "consult_wait", LATE)[1:]
    assert {"corrected", "merged", "retracted"} <= {cause for each in restated for cause in causes(each)}
    assert all(each.by is not None for each in restated)


def test_refunds_of_monday_restate_the_day_of_the_bill(lived: Fortnight) -> None:
    last = history(lived, "refund_rate", LATE)[-1]
    assert ("late", True) in {(why.cause, "bill.refunded" in why.event_types) for why in last.why}
    assert last.by is not None and last.by > 0


def test_a_silent_feed_is_marked_and_never_a_zero(lived: Fortnight) -> None:
    found = failed(lived, SILENT)
    assert found["feeds.not_silent"].endswith(": RIS^DEMO 1")
    rows = lived.warehouse.rows(
        "select value, n from kpi_values where kpi = 'exam_report_tat' and day = {day:Date} and grain = 'day'"
        " and empty(dims) and series = ''", {"day": SILENT},
    )  # fmt: skip
    assert [row for row in rows if row["value"] is not None] == []
    assert "feeds.not_silent" not in failed(lived, MISTAKEN[0])
    facts = read_day(lived.warehouse, lived.site, SILENT)
    assert "数据来源" in matters(day_report(facts, "zh"))[0] and "RIS^DEMO" in matters(day_report(facts, "zh"))[0]
    assert "RIS^DEMO) told nothing" in matters(day_report(facts, "en"))[0]


def test_after_the_mapping_was_mended_all_is_as_if_it_had_always_been_right(
    lived: Fortnight, embedded: EmbeddedProcess, tmp_path: Path
) -> None:
    """The same days told under the right mapping to a hospital of their own."""
    day = MISTAKEN[0]
    wrong, right = history(lived, "window_wait", day, **CASHIER)
    assert causes(right) == {"mapped"} and right.n < wrong.n
    [pharmacy] = history(lived, "window_wait", day, **PHARMACY)
    assert causes(pharmacy) == {"mapped"} and pharmacy.n + right.n == wrong.n

    settings = embedded.database(f"t_{secrets.token_hex(4)}")
    site = load_site(str(write_site(tmp_path, settings)))
    beside = connect(settings)
    store(beside, [e for e in lived.hospital.rightly_told() if e.ingested_at < at("06:00", "2025-04-04")])
    kpis = [catalogue()[code] for code in KPIS]
    build_day(beside, site, day, at("06:00", "2025-04-04"), kpis=kpis)
    assert said(lived.warehouse, day) == said(beside, day)
    beside.close()


def said(warehouse: Warehouse, day: str) -> list[dict[str, Any]]:
    """All values of a day, but for when they were made."""
    return warehouse.rows(
        "select * except (computed_at, as_of) from kpi_values where day = {day:Date} and has({kpis:Array(String)}, kpi)"
        " order by kpi, grain, series, hour, toString(dims)", {"day": day, "kpis": list(KPIS)},
    )  # fmt: skip


def matters(document: Document) -> list[str]:
    """What stands at the top."""
    blocks = [block for block in document.sections[0].blocks if isinstance(block, Points)]
    return [f"{item.said} {item.behind}" for block in blocks for item in block.items]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_reports_open_with_what_is_to_be_known_of_the_days(lived: Fortnight, lang: Language) -> None:
    restated = matters(day_report(read_day(lived.warehouse, lived.site, LATE), lang))
    assert any("服务量" in each or "olume" in each for each in restated), restated
    week = matters(period_report(read_period(lived.warehouse, lived.site, "week", SILENT), lang))
    assert any("03-27" in each and "RIS^DEMO" in each for each in week), week
    assert any("03-26" in each for each in week), week


def test_a_holiday_is_no_alarm(lived: Fortnight) -> None:
    """It is held against no working day."""
    for day in set(DAYS[DAYS.index(HOLIDAY) :]) & set(PLAN.days):
        assert [each for each in failed(lived, day) if each.startswith(("drift", "feeds"))] == []
    assert comparable_days(lived.warehouse, house_rules(lived.site), HOLIDAY).before is None
    assert comparable_days(lived.warehouse, house_rules(lived.site), SILENT).before == LATE


def test_the_reports_and_the_page_of_checks_can_be_kept_to_be_looked_at(lived: Fortnight, tmp_path: Path) -> None:
    folder = Path(os.environ.get("HISPULSE_REPORTS") or tmp_path)
    languages: tuple[Language, ...] = ("zh", "en")
    for lang in languages:
        for day in (LATE, SILENT, PLAN.days[-1]):
            write(contents(day_report(read_day(lived.warehouse, lived.site, day), lang), ("html",)), folder)
            write(contents(checks_page(read_checks(lived.warehouse, lived.site, day), lang), ("html",)), folder)
        for dept in ("", "CARD"):
            facts = read_period(lived.warehouse, lived.site, "week", SILENT)
            write(contents(period_report(facts, lang, dept), ("html",)), folder)
    pages = [path.read_text("utf-8") for path in folder.glob("*.html")]
    assert len(pages) >= 16
    assert not [page for page in pages if "http://" in page.replace("http://www.w3.org", "")]
