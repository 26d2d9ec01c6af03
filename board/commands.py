"""The board's commands: `hispulse board` serves it; its `user` says who may look, its `remove` who no longer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from board.access import Role
    from ingest.settings import Site

SITE = typer.Option("--site", envvar="HISPULSE_SITE", help="A site in infra/sites/, or a path to a site file.")


def mount(app: typer.Typer) -> None:
    """Add the board's commands to the front door."""
    board = typer.Typer(
        invoke_without_command=True,
        help="Serve the live board (on loopback unless the site says so).\n\n"
        "Example: hispulse board --site my-hospital.toml",
    )

    @board.callback()
    def serve(context: typer.Context, site: Annotated[str, SITE] = "demo") -> None:
        context.obj = site
        if context.invoked_subcommand is None:
            from ingest.service import run_service

            run_service("board", site, _serve)

    @board.command()
    def user(
        context: typer.Context,
        name: str,
        role: Annotated[str, typer.Option(help="wall, analyst or it.")] = "wall",
    ) -> None:
        """Let somebody look: asks for the password, keeps only its salted hash.

        Example: hispulse board --site my-hospital.toml user ward3 --role wall
        """
        from board.access import role_named
        from ingest.settings import load_site

        given = role_named(role)
        # Asked for, never an option: what is in an argument list, everybody on the machine can read.
        password = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
        typer.echo(_add_user(load_site(context.obj), name, given, password))

    @board.command()
    def remove(context: typer.Context, name: str) -> None:
        """Let somebody look no longer: whatever they have open closes within seconds.

        Example: hispulse board --site my-hospital.toml remove ward3
        """
        from ingest.settings import load_site

        typer.echo(_remove_user(load_site(context.obj), name))

    app.add_typer(board, name="board", rich_help_panel="Processes, each alone under a supervisor")


def _serve(site: Site, stop: threading.Event) -> None:
    from board.service import serve

    serve(site, stop)


def _add_user(site: Site, name: str, role: Role, password: str) -> str:
    from board.access import Users, new_user
    from board.service import users_file

    path = users_file(site)
    Users(path).put(name, new_user(role, password))
    return f"{name} may look as {role}: {path}"


def _remove_user(site: Site, name: str) -> str:
    from board.access import Users
    from board.service import users_file
    from ingest.errors import Misconfigured

    path = users_file(site)
    if not Users(path).remove(name):
        raise Misconfigured(f"Nobody called {name} may look: {path}")
    return f"{name} may look no longer: {path}"
