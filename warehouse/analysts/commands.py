"""`hispulse warehouse analysts`: what analysts and BI tools may read, and their account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from warehouse.asked import SITE


def analysts(
    create: Annotated[
        bool, typer.Option("--create", help="Make the account, or give it a new password. Nothing is restarted.")
    ] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the account away.")] = False,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print what the administrator of a ClickHouse server has to run.")
    ] = False,
    site: SITE = "demo",
) -> None:
    """Say what analysts and BI tools may read and how they connect; make their account. 分析人员与 BI 工具的只读账号。

    They read statistics whose small cells are blank, within limits: section [analysts] of the site file.
    Example: hispulse warehouse analysts --create
    """
    from ingest.errors import Misconfigured
    from ingest.settings import load_site
    from warehouse.analysts.grants import grants
    from warehouse.analysts.settings import AnalystSettings, password_file
    from warehouse.analysts.views import database_of, dictionary
    from warehouse.client import WarehouseSettings

    if create and revoke:
        raise Misconfigured("Either --create or --revoke.")
    named = load_site(site)
    account, warehouse = named.section("analysts", AnalystSettings), named.section("warehouse", WarehouseSettings)
    kept = password_file(account)
    if revoke:
        kept.unlink(missing_ok=True)
        typer.echo(f"{account.user}: no account any more. Of a ClickHouse server: drop user `{account.user}`")
        return
    if create:
        _new_password(kept)
    if sql:
        if not kept.exists():
            raise Misconfigured("There is no account yet: hispulse warehouse analysts --create --sql")
        password = kept.read_text("utf-8").strip()
        typer.echo(";\n".join(grants(account, warehouse.database, password)) + ";")
        return
    readable = database_of(warehouse.database)
    state = f"password in {kept}" if kept.exists() else "no account yet: hispulse warehouse analysts --create"
    where = f"{'https' if warehouse.tls else 'http'}://{warehouse.host}:{warehouse.port}"
    typer.echo(f"{where}, database {readable}, user {account.user}; {state}")
    for name, (grain, columns) in dictionary().items():
        typer.echo(f"\n{readable}.{name}: {grain}\n    {', '.join(column.name for column in columns)}")


def _new_password(path: Path) -> None:
    import secrets

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_urlsafe(24), "utf-8")
