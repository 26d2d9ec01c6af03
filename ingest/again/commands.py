"""Commands that read messages again: `hispulse deadletters list|show|replay` and `hispulse reinterpret`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest.commands import SiteOption  # which mounts these as it runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.again.letters import Letter
    from ingest.again.reader import Rereader
    from ingest.again.reinterpret import Change, Reread
    from ingest.settings import Site

_Key = Annotated[Path | None, typer.Option("--key", help="The private key of the raw log; default keys/raw.private.")]
_Feed = Annotated[str | None, typer.Option(help="Only this feed.")]
_Reason = Annotated[str | None, typer.Option(help="Only reasons that begin so, e.g. 'illegal value'.")]
_Day = Annotated[str | None, typer.Option(help="Only messages that came on this day.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON array instead of a table.")]


def mount(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(no_args_is_help=True, help="Messages that could not be read: why, which, and once more.")
    group.command("list")(list_letters)
    group.command("show")(show_letter)
    group.command("replay")(replay_letters)
    app.add_typer(group, name="deadletters", rich_help_panel="Data and days")
    app.command("reinterpret", rich_help_panel="Data and days")(reinterpret)


def list_letters(
    site: SiteOption = "demo",
    feed: _Feed = None,
    reason: _Reason = None,
    day: _Day = None,
    ids: Annotated[bool, typer.Option("--ids", help="One line a message, with its id.")] = False,
    as_json: _Json = False,
) -> None:
    """List the dead letters by day, feed and reason; nothing of a message's content.

    Letters are kept for deadletter_days of section bus. Example: hispulse deadletters list --feed his
    """
    from ingest.again.letters import chosen
    from ingest.again.shown import letters_as_json, letters_table, show
    from ingest.settings import load_site

    loaded = load_site(site)
    day_of = _day_of(loaded)
    letters = chosen(_letters(loaded), day_of, feed=feed, reason=reason, day=day)
    if as_json:
        typer.echo(letters_as_json(letters, day_of))
    else:
        show(letters_table(letters, day_of, each=ids))


def show_letter(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="As `hispulse deadletters list` gives it.")],
    site: SiteOption = "demo",
    key: _Key = None,
) -> None:
    """Show one dead letter and its message as it came, to whoever holds the private key of the raw log.

    The message names patients: look at it where you may.

    Example: hispulse deadletters show 2-17 --key /media/raw.private
    """
    from ingest.again.letters import named
    from ingest.again.shown import letter_text, message_text
    from ingest.again.topic import at_places
    from ingest.bus import RAW, BusSettings
    from ingest.errors import Misconfigured
    from ingest.settings import load_site

    loaded = load_site(site)
    rereader = _rereader(loaded, key, sealed_only=True)
    letter = named(_letters(loaded), letter_id)
    typer.echo(letter_text(letter, _day_of(loaded, "minute")))
    places = [letter.raw] if letter.raw else []
    found = next(at_places(loaded.section("bus", BusSettings), RAW, places), None)
    if found is None:
        raise Misconfigured(f"The message of {letter_id} is not in the raw log: too long to be kept, or kept too long.")
    typer.echo(message_text(rereader.message(found.value)))


def replay_letters(
    letter_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Only these.")] = None,
    site: SiteOption = "demo",
    feed: _Feed = None,
    reason: _Reason = None,
    day: _Day = None,
    key: _Key = None,
) -> None:
    """Read dead letters again after a mapping or the code was mended, and publish what they tell.

    What still fails stays a dead letter and counts once; twice makes no difference. Exit code 1: some still fail.

    Example: hispulse deadletters replay --feed his --reason "illegal value" --site my-hospital.toml
    """
    from ingest.again.letters import chosen, named
    from ingest.again.replay import replay
    from ingest.again.shown import Bar, replayed_text
    from ingest.bus import BusSettings
    from ingest.clock import load_clock
    from ingest.settings import load_site

    loaded = load_site(site)
    rereader = _rereader(loaded, key)
    letters = chosen(_letters(loaded), _day_of(loaded), feed=feed, reason=reason, day=day)
    if letter_ids:
        letters = [named(letters, each) for each in letter_ids]
    with Bar("reading again", len(letters)) as bar:
        done = replay(loaded.section("bus", BusSettings), rereader, letters, load_clock().now_ms(), bar.advance)
    typer.echo(replayed_text(done))
    if done.still:
        raise typer.Exit(1)


def reinterpret(
    from_: Annotated[str, typer.Option("--from", help="First day on which the messages came, e.g. 2025-03-03.")],
    to: Annotated[str | None, typer.Option("--to", help="Last day; default today.")] = None,
    site: SiteOption = "demo",
    feed: _Feed = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, publish nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also when more than a fifth of all facts go.")] = False,
    key: _Key = None,
    as_json: _Json = False,
) -> None:
    """Run a mended mapping over the raw log, and publish the revisions and retractions that follow.

    Restart the feeds with the mended site file first, then look with --dry-run. What a message tells now takes the
    place of what it told; what no message tells any more is taken back; done twice, the second changes nothing. The
    wall follows within its live horizon, the marts when the days are closed anew (`hispulse day close`).
    It holds about a kilobyte a fact: for many days of a large hospital, go day by day.

    Example: hispulse reinterpret --from 2025-03-03 --to 2025-03-06 --dry-run --site my-hospital.toml
    """
    from ingest.again.letters import open_letters
    from ingest.again.reinterpret import changes, events_of, messages_of, publish_changes, read_again
    from ingest.again.shown import Bar, changes_as_json, changes_text, show
    from ingest.again.span import span_of
    from ingest.bus import BusSettings
    from ingest.clock import load_clock
    from ingest.settings import load_site

    loaded, clock = load_site(site), load_clock()
    bus, span = loaded.section("bus", BusSettings), span_of(loaded, clock, from_, to, feed)
    rereader = _rereader(loaded, key)
    with Bar("messages") as bar:
        reread = read_again(messages_of(bus, span, bar.reach), span, rereader, open_letters(bus), clock.now_ms())
    with Bar("events") as bar:
        found = changes(reread, lambda: events_of(bus, bar.reach))
    show(changes_as_json(found, _day_of(loaded)) if as_json else changes_text(reread, found, _day_of(loaded)))
    if dry_run:
        return
    if not yes:
        _refuse_many_gone(reread, found)
    with Bar("publishing", len(found)) as bar:
        publish_changes(bus, found, reread.mended, bar.advance)
    if found and not as_json:
        days = sorted({_day_of(loaded)(change.event.occurred_at) for change in found})
        typer.echo(f"Published. Then close anew: hispulse backfill --from {days[0]} --to {days[-1]}")


def _refuse_many_gone(reread: Reread, found: list[Change]) -> None:
    """A wrong site file or key takes nearly all back; a mended mapping seldom does."""
    from ingest.errors import Misconfigured

    gone = sum(change.what == "retracted" for change in found)
    if gone * 5 > len(reread.facts) + gone:
        raise Misconfigured(
            f"{gone} facts would be taken back and {len(reread.facts)} are told: nothing was published. "
            "If the site file and its keys are the right ones, say --yes."
        )


def _letters(site: Site) -> list[Letter]:
    from ingest.again.letters import open_letters
    from ingest.bus import BusSettings, ensure_topics

    bus = site.section("bus", BusSettings)
    ensure_topics(bus)
    return open_letters(bus)


def _rereader(site: Site, key: Path | None, *, sealed_only: bool = False) -> Rereader:
    """Raises Misconfigured without the private key, or (to read more than one message) the site's."""
    import secrets

    from ingest.again.reader import Rereader, raw_key
    from ingest.bus import BusSettings
    from ingest.clock import load_clock
    from ingest.privacy import Pseudonyms, SiteKey
    from ingest.rotation import current_pseudonyms

    private = raw_key(key)
    nobody = Pseudonyms(SiteKey(secrets.token_bytes(32)))
    return Rereader(
        site, private, load_clock(), nobody if sealed_only else current_pseudonyms(site.section("bus", BusSettings))
    )


def _day_of(site: Site, precision: str = "day") -> Callable[[int], str]:
    """The hospital's day, or minute, of an instant."""
    from datetime import datetime

    length, zone = {"day": 10, "minute": 16}[precision], site.zone
    return lambda at: datetime.fromtimestamp(at / 1000, zone).isoformat(" ")[:length]
