"""Commands of the mapping workbench: `hispulse map check` and `hispulse map new`.

The group is open to the rooms to the right: they add their commands to `map_commands`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.privacy import Pseudonyms

map_commands = typer.Typer(no_args_is_help=True, help="The mapping workbench: from a sample to a site file.")


def mount(app: typer.Typer) -> None:
    """Add these commands."""
    map_commands.command("new")(new)
    map_commands.command("check")(check)
    app.add_typer(map_commands, name="map", rich_help_panel="Begin here")


def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Files or folders of a sample.")] = None,
    site: Annotated[
        str, typer.Option("--site", envvar="HISPULSE_SITE", help="Site file: a name in infra/sites, or a path.")
    ] = "demo",
    live: Annotated[bool, typer.Option("--live", help="Look at what just came over the feeds instead.")] = False,
    minutes: Annotated[float, typer.Option(help="With --live: at the messages of so many minutes.")] = 10.0,
    feed: Annotated[str | None, typer.Option(help="Which feed; of files where the site has several.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="With --live: the private key of the raw log.")] = None,
    rare: Annotated[
        bool, typer.Option("--rare", help="Show also what was seen once or twice: it may be a name.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show which codes, departments and activities a sample holds that the site file does not map, and how often.

    With a suggestion for each, as lines to paste. Exit code 1: something is unmapped.

    Example: hispulse map check messages.hl7 --site my-hospital.toml
    """
    from ingest.again.reader import raw_key
    from ingest.again.shown import show
    from ingest.clock import load_clock
    from ingest.errors import Misconfigured
    from ingest.mapping.sample import check_files, check_log
    from ingest.mapping.shown import checked_json, checked_text
    from ingest.settings import load_site

    loaded, clock = load_site(site), load_clock()
    if live == bool(paths):
        raise Misconfigured("Name the files of a sample, or say --live to look at what just came over the feeds.")
    if live:
        checked = check_log(loaded, raw_key(key), clock, pseudonyms(), round(minutes * 60_000), feed)
    else:
        checked = check_files(loaded, paths or [], clock, pseudonyms(), feed)
    show(checked_json(checked, rare=rare) if as_json else checked_text(checked, rare=rare))
    if checked.unmapped:
        raise typer.Exit(1)


def new(
    paths: Annotated[list[Path], typer.Argument(metavar="SAMPLE...", help="A CSV, or HL7 v2 files or folders.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write it, ending in .toml.")] = None,
    zone: Annotated[str, typer.Option(help="Of times that carry no offset.")] = "Asia/Shanghai",
) -> None:
    """Write a first site file for a sample: what its columns, activities, senders, departments and codes probably are.

    A draft to be read line by line; `hispulse try` takes it as it is. Without --out it is printed.

    Example: hispulse map new monday.csv --out my-hospital.toml
    """
    from ingest.clock import load_clock
    from ingest.errors import Misconfigured
    from ingest.mapping.first_site import first_site

    if out is not None and (out.exists() or out.suffix != ".toml"):
        raise Misconfigured(f"{out} {'is there already' if out.exists() else 'does not end in .toml'}: name another.")
    text = first_site(paths, str(out or "my-hospital.toml"), zone, load_clock(), pseudonyms())
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, "utf-8")
    sample = " ".join(map(str, paths))
    typer.echo(f"{out} 已写好，请逐行核对。 Written; read every line. Then: hispulse try {sample} --site {out}")


def pseudonyms() -> Pseudonyms:
    """Under the site's key; where there is none, under one that is forgotten at the end."""
    import secrets

    from ingest.privacy import KEY_FILE, SiteKey, keys_directory, load_site_key
    from ingest.privacy import Pseudonyms as Made

    exists = (keys_directory() / KEY_FILE).exists()
    return Made(load_site_key() if exists else SiteKey(secrets.token_bytes(32)))
