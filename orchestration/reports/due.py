"""Which reports a closed day makes due: its own, on a Sunday the week's, on a month's last day the month's. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from orchestration.reports.delivery.settings import DeliverySettings, ReportKind
from warehouse.periods import period_of


class Due(msgspec.Struct, frozen=True, order=True):
    """One report: which kind, what its day or period is called, and of which department ("" is the hospital)."""

    report: ReportKind
    period: str
    department: str = ""


def due_of(day: str) -> list[Due]:
    """The reports of the hospital that are due when a day has closed."""
    found = [Due("day", day)]
    if (week := period_of("week", day)).last == day:
        found.append(Due("week", week.name))
    if (month := period_of("month", day)).last == day:
        found.append(Due("month", month.name))
    return found


def asked_for(settings: DeliverySettings, day: str) -> Iterator[Due]:
    """Which of them a delivery wants, and of whom; a day has no feedback to departments."""
    for due in due_of(day):
        if due.report not in settings.reports:
            continue
        if due.report == "day" or not settings.departments:
            yield due
        else:
            yield from (msgspec.structs.replace(due, department=dept) for dept in settings.departments)
