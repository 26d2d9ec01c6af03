"""The command `hispulse ingest reconcile`: what the HIS has and what of it is held here, as last compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ingest.databases.reconciled import Reconciled

REASONS = {
    "missing": ("待补读", "to be pulled"),
    "unversioned": ("无版本号", "without row_ver"),
    "refused": ("死信", "dead letters"),
    "gone": ("HIS 已无", "gone from the HIS"),
}


def show_reconciled(
    site: Annotated[
        str,
        typer.Option(
            "--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."
        ),
    ] = "demo",
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
    residual: Annotated[bool, typer.Option("--residual", help="Only what does not agree.")] = False,
) -> None:
    """Show how the views of the HIS agree with what is held here: 与 HIS 对账. By view, day and department.

    A running feed compares by itself, every [feeds.<name>] reconcile_every_s, and pulls again what it had missed.
    Run it where the feeds of kind sql run. Exit code 1: something does not agree.

    Example: hispulse ingest reconcile --site my-hospital.toml --residual
    """
    from ingest.databases.reconciled import reconciled_of
    from ingest.errors import Misconfigured
    from ingest.process import feeds_of
    from ingest.settings import load_site

    try:
        loaded = load_site(site)
        names = feeds_of(loaded, "sql", feed or [])
        found = [told for name in names if (told := reconciled_of(loaded.name, name))]
        if not found:
            raise Misconfigured(
                f"None of the feeds {', '.join(names)} has compared anything under this HISPULSE_HOME yet; start them "
                f"with: hispulse ingest sql --site {site}, and wait a minute."
            )
    except Misconfigured as error:
        typer.echo(f"hispulse: {error}", err=True)
        raise typer.Exit(2) from None
    for each in found:
        _table(each, loaded.zone, only_residual=residual)
    if any(count.why for each in found for view in each.views.values() for count in view.days):
        raise typer.Exit(1)


def _table(found: Reconciled, zone: ZoneInfo, *, only_residual: bool) -> None:
    from datetime import datetime

    from rich.console import Console
    from rich.table import Column, Table

    console = Console(highlight=False)
    figures = [Column(each, justify="right") for each in ("HIS", "本平台 here", "差 residual")]
    table = Table("视图 view", "日期 day", "科室 dept", *figures, "原因 why", box=None, pad_edge=False)
    for view, told in found.views.items():
        for count in told.days:
            if only_residual and not count.why:
                continue
            why = ", ".join(f"{'/'.join(REASONS[name])} {n:,}" for name, n in count.why.items())
            numbers = (f"{n:,}" for n in (count.rows, count.held, sum(count.why.values())))
            table.add_row(view, count.day, count.dept or "-", *numbers, f"[red]{why}[/red]" if why else "")
    console.print(f"\n[bold]{found.feed}[/bold]")
    console.print(table)
    for view, told in found.views.items():
        at = datetime.fromtimestamp(told.compared_at / 1000, zone)
        pulled = f", 补读 pulled again {told.pulled:,}" if told.pulled else ""
        console.print(f"{view}: 对账于 compared at {at:%Y-%m-%d %H:%M:%S}{pulled}")
    if found.whole:
        console.print(f"逐行比对 compared row by row as they are read: {', '.join(found.whole)}")
    if found.not_counted:
        console.print(f"没有可按时间计数的列 no time to count by: {', '.join(found.not_counted)}")
