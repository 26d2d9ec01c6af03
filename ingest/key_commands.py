"""Commands for the site's keys: `hispulse keys create|show-public|token|rotate|retire`."""

from __future__ import annotations

import typer

from ingest.commands import SiteOption  # which mounts these as it runs


def mount(app: typer.Typer) -> None:
    """Add these commands."""
    keys = typer.Typer(no_args_is_help=True, help="The site's keys: pseudonyms and the raw log.")
    keys.command("create")(create_keys)
    keys.command("show-public")(show_public_key)
    keys.command("token")(make_token)
    keys.command("rotate")(rotate_key)
    keys.command("retire")(retire_key)
    app.add_typer(keys, name="keys", rich_help_panel="Data and days")


def create_keys() -> None:
    """Make the site's keys where there are none: the site key (pseudonyms) and the raw log's pair.

    They lie in keys/ under HISPULSE_HOME. Keys that exist are never replaced. Example: hispulse keys create
    """
    from ingest.privacy import create_site_key, keys_directory
    from ingest.raw import PRIVATE_KEY_FILE, create_raw_keys

    directory = keys_directory()
    typer.echo(f"site key        {create_site_key(directory)}")
    typer.echo(f"raw log, public {create_raw_keys(directory)}")
    private = directory / PRIVATE_KEY_FILE
    if private.exists():
        typer.echo(f"raw log, private {private}: no running process needs it; keep it elsewhere.")


def show_public_key() -> None:
    """Print the public key to which raw messages are sealed.

    Example: hispulse keys show-public
    """
    from ingest.raw import load_public_key

    typer.echo(bytes(load_public_key()).hex())


def make_token() -> None:
    """Make a token for a sender of a rest or fhir feed: the token for the sender, its hash for the site file.

    Example: hispulse keys token
    """
    from ingest.web.senders import new_token

    token, hashed = new_token()
    typer.echo(f"for the sender     {token}")
    typer.echo(f'for the site file  token_sha256 = ["{hashed}"]')


def rotate_key(site: SiteOption = "demo") -> None:
    """Change the site key: new patients, visits and papers get new names, and what is open keeps its own.

    Kafka must be running. The connectors of this machine pause meanwhile and go on by themselves; stop those of other
    machines, give them the new keys/site.key, and start them. Senders keep their messages. No number changes. The key
    before stays beside the new one until `hispulse keys retire`.

    Example: hispulse keys rotate --site my-hospital.toml
    """
    from ingest.bus import BusSettings
    from ingest.rotation import rotate
    from ingest.settings import load_site

    keys = rotate(load_site(site).section("bus", BusSettings), typer.echo)
    typer.echo(f"site key, version {keys.key.version}; let go of the one before in some weeks: hispulse keys retire")


def retire_key(site: SiteOption = "demo") -> None:
    """Let go of the site key before the last, once nothing can be open under it any more.

    That is as many days after the rotation as events and raw messages are kept (section bus), and
    at least 31. Who has not come since then is a new patient from now on: measures over a year (patients who return,
    chronic patients) then miss them, so the longer you wait the better. Example: hispulse keys retire
    """
    from ingest.bus import BusSettings
    from ingest.rotation import retire
    from ingest.settings import load_site

    keys = retire(load_site(site).section("bus", BusSettings), typer.echo)
    typer.echo(f"site key, version {keys.key.version}; the one before is gone")
