"""`hispulse alerts backtest`: how many incidents rules, or a changed rule, would have raised on days that are over."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse.asked import SITE, day_named

if TYPE_CHECKING:
    from ingest.settings import Site
    from streams.alerts.incident import Incident
    from streams.alerts.rule import Rule

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
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of a table.")] = False,
) -> None:
    """Say how many incidents the rules would have raised on days whose marts are built; and how many a changed rule.

    Taken is what the marts know now, minute by minute: what was told late or mended counts as if it had been known, and
    silent feeds hid nothing. Feeds have no marts and are left out.

    Example: hispulse alerts backtest --from 2026-11-01 --to 2026-11-20 --rule consult_wait --limit 45
    """
    from ingest.settings import load_site
    from streams.alerts.readings import watched

    named = load_site(site)
    begins, ends = day_named(named, first), day_named(named, last)
    known = {code: each for code, each in watched(named).rules.items() if each.kpi}
    changes = {"limit": limit, "alarm": alarm, "opens_after_s": opens_after_s, "closes_after_s": closes_after_s,
               "least_n": least_n}  # fmt: skip
    given = {name: value for name, value in changes.items() if value is not None}
    sets = {"now": _only(known, rule, given)}
    if given and rule:
        sets["changed"] = {rule: _changed(named, rule, given)}
    days, raised = _live_through(named, sets, begins, ends)
    told = [_sum(code, raised) for code in sets["now"]]
    if as_json:
        import msgspec

        answer = {"from": begins, "to": ends, "days": len(days), "rules": told}
        typer.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
    else:
        _print(told, f"{begins} … {ends}, {len(days)} days with marts")


def _only(known: dict[str, Rule], rule: str | None, given: dict[str, Any]) -> dict[str, Rule]:
    from ingest.errors import Misconfigured

    if rule is None and given:
        raise Misconfigured("Name the rule that is to be changed with --rule.")
    if rule is not None and rule not in known:
        raise Misconfigured(f"There is no rule {rule}; there are {', '.join(known)}.")
    return known if rule is None else {rule: known[rule]}


def _changed(site: Site, code: str, given: dict[str, Any]) -> Rule:
    """The rule as it would be if its section of the site file said so too."""
    import msgspec

    from streams.alerts.rule import rules
    from streams.alerts.settings import AlertSettings, RuleSettings

    said = site.section("alerts", AlertSettings).rules.get(code, RuleSettings())
    return rules(site, {code: msgspec.structs.replace(said, **given)})[code]


def _live_through(
    site: Site, sets: dict[str, dict[str, Rule]], first: str, last: str
) -> tuple[list[str], dict[str, list[Incident]]]:
    from ingest.errors import Misconfigured
    from streams.alerts.hindsight import Hindsight
    from streams.alerts.readings import watched
    from warehouse.alert_history import days_built, rows_of
    from warehouse.client import WarehouseSettings, connect

    warehouse, facility = connect(site.section("warehouse", WarehouseSettings)), site.hospital.facility_id
    days = days_built(warehouse, facility, first, last)
    if not days:
        raise Misconfigured(
            f"No day from {first} to {last} has marts of {facility}: build them with "
            f"`hispulse mart build --from {first} --to {last}`."
        )
    courses = {name: Hindsight(watched(site), rules) for name, rules in sets.items()}
    for day in days:
        rows = rows_of(warehouse, facility, day, [rule for rules in sets.values() for rule in rules.values()])
        for course in courses.values():
            course.live_through(day, rows)
    return days, {name: course.incidents for name, course in courses.items()}


def _sum(code: str, raised: dict[str, list[Incident]]) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": code}
    for name, incidents in raised.items():
        mine = [each for each in incidents if each.rule == code]
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
        place = ", ".join(value for _, value in each.where) or "all"
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
