"""Commands that write reports: `hispulse report day`, `week`, `month`, `improvement`, `regulator`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestration.delivery_commands import DayArgument, opened
from orchestration.delivery_commands import mount as mount_deliveries
from warehouse.asked import SITE

if TYPE_CHECKING:
    from ingest.settings import Site
    from orchestration.reports.document import Document
    from orchestration.reports.facts import Facts
    from orchestration.reports.settings import Format
    from warehouse.periods import Grain

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the files go.")]
LangOption = Annotated[str, typer.Option("--lang", metavar="zh|en", help="Language.")]
FormatOption = Annotated[
    str, typer.Option("--format", metavar="FORMAT,…", help="html, pdf, xlsx, csv, parquet; several with commas.")
]


def mount(app: typer.Typer) -> None:
    """Add the group of commands."""
    report = typer.Typer(no_args_is_help=True, help="Reports of published days: to read, to print, to reckon with.")
    report.command("day")(day_report)
    report.command("week")(week_report)
    report.command("month")(month_report)
    report.command("improvement")(improvement)
    report.command("regulator")(regulator)
    mount_deliveries(report)
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

    named, warehouse, spoken = opened(site, lang)
    _write(document_of(read_day(warehouse, named, day), spoken), named, out, formats_named(formats))


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

    named, warehouse, spoken = opened(site, lang)
    wanted = formats_named(formats)
    facts = read_period(warehouse, named, grain, day)
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
    named, warehouse, spoken = opened(site, lang)
    asked = Asked(
        kpi=kpi.code, action_on=checked_day(action_on), dept=dept, against=against, action=action, goal=goal,
        first=first and checked_day(first), last=last and checked_day(last),
    )  # fmt: skip
    wanted = formats_named(formats)
    _write(improvement_report(read_improvement(warehouse, named, asked), spoken), named, out, wanted)


def regulator(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="outpatient, emergency or experience.")],
    day: DayArgument,
    grain: Annotated[str, typer.Option(metavar="month|quarter|year", help="Of what the day lies in.")] = "month",
    site: SITE = "demo", out: OutOption = Path("reports"), lang: LangOption = "zh", formats: FormatOption = "html,xlsx",
) -> None:  # fmt: skip
    """Write a pack of official indicators: values, definitions, exclusions, evidence; cells under 10 are not told.

    Example: hispulse report regulator emergency 2026-11-20 --grain quarter --format pdf,xlsx
    """
    from ingest.errors import Misconfigured
    from orchestration.reports.packs import PACKS
    from orchestration.reports.reading import read_period
    from orchestration.reports.regulator import regulator_pack
    from warehouse.kpi_commands import grain_named

    if pack not in PACKS:
        raise Misconfigured(f"No pack {pack}: there are {', '.join(PACKS)}.")
    of, wanted = grain_named(grain), formats_named(formats)
    if of is None or of == "week":
        raise Misconfigured(f"A pack is of a month, a quarter or a year, not of a {grain}.")
    named, warehouse, spoken = opened(site, lang)
    facts = read_period(warehouse, named, of, day)
    _write(regulator_pack(PACKS[pack], facts, spoken), named, out, wanted)


def department_named(facts: Facts, dept: str) -> str:
    """A department that has figures. Raises Misconfigured saying which have."""
    from ingest.errors import Misconfigured

    known = sorted({figure.part for figure in facts.figures if figure.dim == "dept" and figure.part != "?"})
    if dept and dept not in known:
        raise Misconfigured(f"{facts.name} has nothing of a department {dept}, but of {', '.join(known) or 'none'}.")
    return dept


def _write(document: Document, site: Site, out: Path, formats: tuple[Format, ...]) -> None:
    from orchestration.reports.files import contents, write
    from orchestration.reports.settings import ReportSettings

    made = contents(document, formats, site.section("reports", ReportSettings).browser)
    for path in write(made, out):
        typer.echo(str(path))


def formats_named(formats: str) -> tuple[Format, ...]:
    """Formats as told, with commas. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from orchestration.reports.settings import FORMATS

    wanted = [each.strip() for each in formats.split(",") if each.strip()]
    if unknown := [each for each in wanted if each not in FORMATS]:
        raise Misconfigured(f"No format {', '.join(unknown)}: there are {', '.join(FORMATS)}.")
    return tuple(known for known in FORMATS if known in wanted)
