"""Writes the reports that a closed day makes due, and delivers them: each once, and again what failed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import structlog

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Site, home
from orchestration.reports.day import day_report
from orchestration.reports.delivery.parcel import Undelivered, parcel_of
from orchestration.reports.delivery.settings import DeliverySettings, deliveries
from orchestration.reports.delivery.ways import take
from orchestration.reports.document import Document
from orchestration.reports.due import Due, asked_for, due_of
from orchestration.reports.facts import Facts
from orchestration.reports.files import contents, write
from orchestration.reports.period import period_report
from orchestration.reports.reading import read_day, read_period
from orchestration.reports.settings import Format, ReportSettings
from orchestration.reports.writing import Language
from warehouse.client import Warehouse
from warehouse.report_deliveries import Attempt, note, standing

log = structlog.get_logger("orchestration")


class Outcome(msgspec.Struct, frozen=True):
    """What became of one delivery: `why` is empty when it was taken, now or (`before`) at an earlier time."""

    due: Due
    delivery: str
    why: str = ""
    before: bool = False


class Reports:
    """The reports of one day that has closed; each is read and made once, however many want it."""

    def __init__(self, warehouse: Warehouse, site: Site, day: str) -> None:
        self._warehouse, self._site, self._day = warehouse, site, day
        self._settings = site.section("reports", ReportSettings)
        self._facts = cache(self._read)
        self._document = cache(self._made)
        self._files = cache(self._contents)

    def keep(self) -> list[Path]:
        """Write the hospital's reports into the folder of all reports."""
        written = []
        kept = Path(self._settings.folder) if self._settings.folder else home() / "reports"
        for due in due_of(self._day):
            folder = kept / due.report / due.period
            for lang in self._settings.languages:
                written += write(self._files(due, lang, self._settings.formats), folder)
        return written

    def send(self, again: bool = False) -> list[Outcome]:
        """Deliver what the site's deliveries want; what one has taken is not sent again, unless told so."""
        facility = self._site.hospital.facility_id
        periods = tuple(due.period for due in due_of(self._day))
        taken = {
            (row["report"], row["period"], row["department"], row["delivery"])
            for row in standing(self._warehouse, facility, periods)
            if row["is_delivered"] and not again
        }
        outcomes = []
        for name, settings in deliveries(self._site).items():
            for due in asked_for(settings, self._day):
                if (due.report, due.period, due.department, name) in taken:
                    outcomes.append(Outcome(due, name, before=True))
                else:
                    outcomes.append(self._deliver(due, name, settings))
        return outcomes

    def _deliver(self, due: Due, name: str, settings: DeliverySettings) -> Outcome:
        why = ""
        try:
            files = self._files(due, settings.lang, settings.formats)
            take(settings, parcel_of(self._document(due, settings.lang), files))
        except (Undelivered, Misconfigured, Unavailable) as failed:
            why = str(failed)
            log.warning("report_not_delivered", delivery=name, report=due.report, period=due.period, reason=why)
        attempt = Attempt(
            report=due.report, period=due.period, department=due.department, delivery=name, kind=settings.kind,
            at_ms=real_now_ms(), why=why,
        )  # fmt: skip
        note(self._warehouse, self._site.hospital.facility_id, attempt)
        return Outcome(due, name, why)

    def _read(self, due: Due) -> Facts:
        if due.report == "day":
            return read_day(self._warehouse, self._site, self._day)
        return read_period(self._warehouse, self._site, due.report, self._day)

    def _made(self, due: Due, lang: Language) -> Document:
        facts = self._facts(msgspec.structs.replace(due, department=""))
        return day_report(facts, lang) if due.report == "day" else period_report(facts, lang, due.department)

    def _contents(self, due: Due, lang: Language, formats: Sequence[Format]) -> dict[str, bytes]:
        return dict(contents(self._document(due, lang), formats, self._settings.browser))
