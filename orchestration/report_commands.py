"""Commands of reports: `hispulse report day`, `week`, `month`, `improvement`, `send`, `deliveries`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warehouse.asked import SITE

if TYPE_CHECKING:
    from ingest.settings import Site
    from orchestration.reports.document import Document
    from orchestration.reports.facts import Facts
    from orchestration.reports.settings import Format
    from orchestration.reports.writing import Language
    from warehouse.client import Warehouse
    from warehouse.periods import Grain

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")]
LangOption = Annotated[str, typer.Option("--lang", metavar="zh|en", help="Language.")]
FormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT,…", help="html, pdf, xlsx, csv, parquet; several with commas.")
]
DayArgument = Annotated[str, typer.Argument(metavar="YYYY-MM-DD", help="Which day, in the hospital's zone.")]


def mount(app: typer.Typer) -> None:
    """Add the group of commands."""
    report = typer.Typer(no_args_is_help=True, help="Reports of published days: to read, to print, to reckon with.")
    report.command("day")(day_report)
    report.command("week")(week_report)
    report.command("month")(month_report)
    report.command("improvement")(improvement)
    report.command("send")(send)
    report.command("deliveries")(deliveries)
    app.add_typer(report, name="report", rich_help_panel="Data and days")


def day_report(
    day: DayArgument, site: SITE = "demo", out: OutOption = Path("reports"), lang: LangOption = "zh",
    formats: FormatOption = "html",
) -> None:  # fmt: skip
    """Write the daily service report: what missed its target, what changed by more than noise, where people waited.

    Example: hispulse report day 2026-11-20 --out reports --format html,pdf,xlsx
    """
    from orchestration.reports.day import day_report as document_of
    from orchestration.reports.reading import read_day
    from warehouse.asked import checked_day

    named, warehouse, spoken = _opened(site, lang)
    _write(document_of(read_day(warehouse, named, checked_day(day)), spoken), named, out, formats_named(formats))


DeptOption = Annotated[str, typer.Option("--dept", metavar="CODE", help="As feedback to this department.")]


def week_report(
    day: DayArgument, site: SITE = "demo", dept: DeptOption = "", out: OutOption = Path("reports"),
    lang: LangOption = "zh", formats: FormatOption = "html",
) -> None:  # fmt: skip
    """Write the report of the week that a day lies in: of the whole hospital, or as feedback to one department.

    Example: hispulse report week 2026-11-20 --dept ORTH --format html,pdf
    """
    _period("week", day, site, dept, out, lang, formats)


def month_report(
    day: DayArgument, site: SITE = "demo", dept: DeptOption = "", out: OutOption = Path("reports"),
    lang: LangOption = "zh", formats: FormatOption = "html",
) -> None:  # fmt: skip
    """Write the report of the month that a day lies in: of the whole hospital, or as feedback to one department.

    Example: hispulse report month 2026-11-20 --dept ORTH --lang en
    """
    _period("month", day, site, dept, out, lang, formats)


def _period(grain: Grain, day: str, site: str, dept: str, out: Path, lang: str, formats: str) -> None:
    from orchestration.reports.period import period_report
    from orchestration.reports.reading import read_period
    from warehouse.asked import checked_day

    named, warehouse, spoken = _opened(site, lang)
    wanted = formats_named(formats)
    facts = read_period(warehouse, named, grain, checked_day(day))
    _write(period_report(facts, spoken, department_named(facts, dept)), named, out, wanted)


def improvement(
    code: Annotated[str, typer.Argument(metavar="KPI", help="The KPI: see `hispulse kpi list`.")],
    action_on: Annotated[str, typer.Option("--action-on", metavar="YYYY-MM-DD", help="The first day with the action.")],
    dept: Annotated[str, typer.Option("--dept", metavar="CODE", help="Where; default: the whole hospital.")] = "",
    against: Annotated[str, typer.Option(metavar="CODE", help="Compared with which department; default: all.")] = "",
    action: Annotated[str, typer.Option(help="What was done, in a few words.")] = "",
    goal: Annotated[float | None, typer.Option(help="The value aimed at, in the KPI's unit.")] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First baseline day.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day looked at.")] = None,
    site: SITE = "demo", out: OutOption = Path("reports"), lang: LangOption = "zh", formats: FormatOption = "html",
) -> None:  # fmt: skip
    """Write what came of an action: baseline, control chart, before and after beside a comparison (PDCA).

    Example: hispulse report improvement consult_wait --dept ORTH --action-on 2026-11-17 --against NEUR --goal 10
    """
    from orchestration.reports.improvement_report import improvement_report
    from orchestration.reports.reading_improvement import Asked, read_improvement
    from warehouse.asked import checked_day, kpi_named

    kpi = kpi_named(code, "dept" if dept or against else None)
    named, warehouse, spoken = _opened(site, lang)
    asked = Asked(
        kpi=kpi.code, action_on=checked_day(action_on), dept=dept, against=against, action=action, goal=goal,
        first=first and checked_day(first), last=last and checked_day(last),
    )  # fmt: skip
    wanted = formats_named(formats)
    _write(improvement_report(read_improvement(warehouse, named, asked), spoken), named, out, wanted)


def send(
    day: DayArgument,
    site: SITE = "demo",
    again: Annotated[bool, typer.Option("--again", help="Also what was delivered before.")] = False,
) -> None:
    """Write and deliver the reports that a closed day makes due, as the schedule does. Exit 1 when one was not taken.

    What was delivered is not sent twice. Example: hispulse report send 2026-11-20
    """
    from orchestration.reports.sending import Reports
    from warehouse.asked import checked_day

    named, warehouse, _ = _opened(site, "zh")
    reports = Reports(warehouse, named, checked_day(day))
    for path in reports.keep():
        typer.echo(str(path))
    outcomes = reports.send(again)
    for outcome in outcomes:
        state = outcome.why or ("delivered before" if outcome.before else "delivered")
        of = " ".join(part for part in (outcome.due.report, outcome.due.period, outcome.due.department) if part)
        typer.echo(f"{outcome.delivery}: {of}: {state}")
    if any(outcome.why for outcome in outcomes):
        raise typer.Exit(1)


def deliveries(
    site: SITE = "demo",
    period: Annotated[str, typer.Option(metavar="NAME", help="Only of this day, week or month.")] = "",
) -> None:
    """Show how every delivery stands, the newest first. Exit 1 when one has not been taken.

    Example: hispulse report deliveries --period 2026-11-20
    """
    from rich.console import Console
    from rich.table import Table

    from orchestration.reports.writing import instant_text
    from warehouse.report_deliveries import standing

    named, warehouse, _ = _opened(site, "zh")
    rows = standing(warehouse, named.hospital.facility_id, (period,) if period else ())
    table = Table("delivery", "report", "period", "department", "attempts", "last", "state", box=None)
    for row in rows:
        state = "delivered" if row["is_delivered"] else row["last_why"]
        table.add_row(row["delivery"], row["report"], row["period"], row["department"], str(row["attempts"]),
                      instant_text(row["last_ms"], named.zone), state)  # fmt: skip
    if rows:
        (Console() if sys.stdout.isatty() else Console(width=160)).print(table)
    else:
        typer.echo("Nothing was delivered yet: hispulse report send DAY; deliveries are set in [deliveries.<name>].")
    if any(not row["is_delivered"] for row in rows):
        raise typer.Exit(1)


def department_named(facts: Facts, dept: str) -> str:
    """A department that has figures. Raises Misconfigured saying which have."""
    from ingest.errors import Misconfigured

    known = sorted({figure.part for figure in facts.figures if figure.dim == "dept" and figure.part != "?"})
    if dept and dept not in known:
        raise Misconfigured(f"{facts.name} has nothing of a department {dept}, but of {', '.join(known) or 'none'}.")
    return dept


def _opened(site: str, lang: str) -> tuple[Site, Warehouse, Language]:
    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect

    spoken = language_named(lang)
    named = load_site(site)
    return named, connect(named.section("warehouse", WarehouseSettings)), spoken


def _write(document: Document, site: Site, out: Path, formats: tuple[Format, ...]) -> None:
    from orchestration.reports.files import contents, write
    from orchestration.reports.settings import ReportSettings

    made = contents(document, formats, site.section("reports", ReportSettings).browser)
    for path in write(made, out):
        typer.echo(str(path))


def language_named(lang: str) -> Language:
    """A language as told. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from orchestration.reports.settings import LANGUAGES

    for known in LANGUAGES:
        if lang == known:
            return known
    raise Misconfigured(f"No language {lang}: reports are written in {' or '.join(LANGUAGES)}.")


def formats_named(formats: str) -> tuple[Format, ...]:
    """Formats as told, with commas. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from orchestration.reports.settings import FORMATS

    wanted = [each.strip() for each in formats.split(",") if each.strip()]
    if unknown := [each for each in wanted if each not in FORMATS]:
        raise Misconfigured(f"No format {', '.join(unknown)}: there are {', '.join(FORMATS)}.")
    return tuple(known for known in FORMATS if known in wanted)
