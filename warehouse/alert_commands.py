"""`hispulse alerts backtest`: how many incidents rules, or a changed rule, would have raised on days that are over."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse.asked import SITE, day_named

if TYPE_CHECKING:
    from streams.alerts.incident import Incident

_Number = float | None


def backtest(
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day.")],
    site: SITE = "demo",
    rule: Annotated[str | None, typer.Option(help="Only this rule; then it may be changed by what follows.")] = None,
    limit: Annotated[_Number, typer.Option(help="Another limit (alarm and hysteresis follow it).")] = None,
    alarm: Annotated[_Number, typer.Option(help="Another alarm.")] = None,
    opens_after_s: Annotated[int | None, typer.Option(help="Another minimum duration.")] = None,
    closes_after_s: Annotated[int | None, typer.Option(help="Another duration of being well.")] = None,
    least_n: Annotated[int | None, typer.Option(help="Another least number of people.")] = None,
    silent_after_s: Annotated[int | None, typer.Option(help="Of the rule feeds: silent after so long.")] = None,
    late_after_s: Annotated[int | None, typer.Option(help="Of the rule feeds: late after so long.")] = None,
    feed: Annotated[str | None, typer.Option(help="Of the rule feeds: only this feed is changed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Say how many incidents the rules would have raised on days whose marts are built; and how many a changed rule.

    Taken is what the marts know now, minute by minute: what was told late or mended counts as if it had been known, and
    silent feeds hid nothing. The rule feeds goes by when events were heard, and needs no marts: what is silent, late or
    tells too little within its hours; heartbeats are not kept, so that a broken link is a silence. Try it with
    --rule feeds --feed lis --silent-after-s 1800.

    Example: hispulse alerts backtest --from 2026-11-01 --to 2026-11-20 --rule consult_wait --limit 45
    """
    from ingest.settings import load_site
    from warehouse.backtest import Changed, backtested

    named = load_site(site)
    begins, ends = day_named(named, first), day_named(named, last)
    changes = {"limit": limit, "alarm": alarm, "opens_after_s": opens_after_s, "closes_after_s": closes_after_s,
               "least_n": least_n, "silent_after_s": silent_after_s, "late_after_s": late_after_s}  # fmt: skip
    given = {name: value for name, value in changes.items() if value is not None}
    found = backtested(named, Changed(rule, given, feed), begins, ends)
    told = [_sum(code, raised) for code, raised in found.raised.items()]
    if as_json:
        import msgspec

        answer = {"from": begins, "to": ends, "days": found.days, "days_heard": found.days_heard, "rules": told}
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        _print(told, f"{begins} … {ends}: {found.days} days with marts, feeds heard on {found.days_heard}")


def _sum(code: str, raised: dict[str, list[Incident]]) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": code}
    for name, mine in raised.items():
        lengths = [((each.closed_at or each.seen_at) - (each.opened_at or 0)) / 60_000 for each in mine]
        told[name] = {
            "incidents": len(mine),
            "far": sum(each.severity > 1 for each in mine),
            "minutes": round(sum(lengths)),
            "longest_min": round(max(lengths, default=0)),
            "places": _by_place(mine),
        }
    return told


def _by_place(incidents: list[Incident]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in incidents:
        place = " ".join([", ".join(value for _, value in each.where) or "all", *([each.cause] if each.cause else [])])
        found[place] = found.get(place, 0) + 1
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def _print(told: list[dict[str, Any]], title: str) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    numbers = [Column(name, justify="right") for name in ("incidents", "far over", "minutes open", "longest min")]
    table = Table("rule", "", *numbers, "where", box=None, title=title)
    for each in told:
        for name in ("now", "changed"):
            if (found := each.get(name)) is not None:
                places = ", ".join(f"{place} {n}" for place, n in found["places"].items())
                figures = (found[key] for key in ("incidents", "far", "minutes", "longest_min"))
                table.add_row(each["rule"] if name == "now" else "", name, *map(str, figures), places)
    (Console() if sys.stdout.isatty() else Console(width=160)).print(table)
