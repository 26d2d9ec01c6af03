"""Command of the reference: `hispulse docs write`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path

import typer

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"


def mount(app: typer.Typer) -> None:
    """Add this room's commands."""
    docs = typer.Typer(no_args_is_help=True, help="The reference pages, written from the code.")
    docs.command("write")(write)
    docs.command("check")(check)
    app.add_typer(docs, name="docs", rich_help_panel="Rehearsal and reference")


@cache
def all_pages() -> dict[str, str]:
    """Path below `docs/reference/` → content, from every module in this folder that has `pages()`."""
    import infra.reference as folder

    found: dict[str, str] = {}
    for module_info in pkgutil.iter_modules(folder.__path__):
        module = importlib.import_module(f"{folder.__name__}.{module_info.name}")
        if hasattr(module, "pages"):
            found |= module.pages()
    return found


def stale_pages(directory: Path = REFERENCE) -> list[str]:
    """The pages that do not say what the code says, and those that nothing writes any more."""
    wanted = all_pages()
    have = {p.relative_to(directory).as_posix(): p.read_text("utf-8") for p in directory.rglob("*.*") if p.is_file()}
    return sorted(name for name in wanted.keys() | have.keys() if wanted.get(name) != have.get(name))


def write() -> None:
    """Write docs/reference/ anew: events with their JSON Schemas, settings, KPIs, marts.

    Example: hispulse docs write
    """
    stale = stale_pages()
    pages = all_pages()
    for name in stale:
        path = REFERENCE / name
        if name in pages:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[name], "utf-8")
        else:
            path.unlink()
    typer.echo(f"{len(pages)} pages, {len(stale)} of them written anew.")


def check() -> None:
    """Exit 1 and name the pages that are stale.

    Example: hispulse docs check
    """
    if stale := stale_pages():
        typer.echo(
            f"Stale: {', '.join(stale[:10])}{' …' if len(stale) > 10 else ''}. Write them with: hispulse docs write"
        )
        raise typer.Exit(1)
