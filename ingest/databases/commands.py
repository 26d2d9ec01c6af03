"""The command `hispulse ingest load`: the load we put on the HIS, in the terminal or as a page for its vendor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ingest.databases.load import Figures


def show_load(
    site: Annotated[
        str,
        typer.Option(
            "--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path ending in .toml."
        ),
    ] = "demo",
    feed: Annotated[list[str] | None, typer.Option(help="Only this feed; may be given more than once.")] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write a page for the vendor of the HIS instead: one file, to show or print.")
    ] = None,
) -> None:
    """Show the load we put on the HIS: 本平台对 HIS 数据库的负载. Statements, rows and seconds of the last day.

    Run it where the feeds of kind sql run: their figures lie under HISPULSE_HOME.

    Example: hispulse ingest load --site my-hospital.toml --html load.html
    """
    from ingest.clock import real_now_ms
    from ingest.databases.load import figures_of
    from ingest.databases.load_page import page
    from ingest.errors import Misconfigured
    from ingest.process import feeds_of
    from ingest.settings import load_site

    try:
        loaded = load_site(site)
        names = feeds_of(loaded, "sql", feed or [])
        found = [figures for name in names if (figures := figures_of(loaded.name, name))]
        if not found:
            raise Misconfigured(
                f"None of the feeds {', '.join(names)} has run under this HISPULSE_HOME yet; start them with: "
                f"hispulse ingest sql --site {site}."
            )
        if html is None:
            return _tables(found, loaded.zone, real_now_ms())
        html.write_text(page(loaded.hospital.zh, found, real_now_ms(), loaded.zone), "utf-8")
        typer.echo(f"{html}")
    except OSError as error:
        typer.echo(f"hispulse: {html} cannot be written ({error.strerror}).", err=True)
        raise typer.Exit(2) from None
    except Misconfigured as error:
        typer.echo(f"hispulse: {error}", err=True)
        raise typer.Exit(2) from None


def _tables(found: list[Figures], zone: ZoneInfo, now_ms: int) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from ingest.databases.load_report import facts, promises, since_begun, state

    console = Console(highlight=False)
    for figures in found:
        console.print(f"\n[bold]{figures.feed}[/bold]  {figures.source_system} · {figures.engine} · ", end="")
        console.print(state(figures, now_ms))
        for zh, en, lines in (
            ("承诺", "what we keep to", promises(figures)),
            ("最近 24 小时", "the last 24 hours", facts(figures, zone)),
            ("自本进程启动以来", "since the process began", since_begun(figures)),
        ):
            table = Table(Column(zh, no_wrap=True), Column(en, no_wrap=True), "", box=None, pad_edge=False)
            for line in lines:
                table.add_row(line.zh, line.en, f"[red]{line.value}[/red]" if line.worry else line.value)
            console.print(table)
            console.print()
        views = Table("查询 query", *(Column(name, justify="right") for name in _NUMBERS), box=None, pad_edge=False)
        for name, view in figures.views.items():
            longest = f"{view.longest_s * 1000:,.0f} ms"
            views.add_row(name, f"{view.statements:,}", f"{view.rows:,}", f"{view.seconds:,.2f} s", longest)
        console.print(views)


_NUMBERS = ("语句 statements", "行 rows", "用时 time", "最长 longest")
