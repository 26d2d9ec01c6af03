"""What is said of a KPI's published values: `kpi show`, of a day or a period; `kpi history`, of what was restated."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from warehouse.asked import DAY, SITE, checked_day, day_named, kpi_named

if TYPE_CHECKING:
    from ingest.settings import Site
    from streams.kpis.kpi import Kpi
    from warehouse.client import Warehouse
    from warehouse.kpi_history import Published
    from warehouse.periods import Grain
    from warehouse.standing import Standing

_Json = Annotated[bool, typer.Option("--json", help="JSON instead of a table.")]
_Grain = Annotated[str, typer.Option("--grain", metavar="day|week|month|quarter|year", help="A day, or what it is in.")]


def show(
    code: Annotated[str, typer.Argument(help="The KPI: see `hispulse kpi list`.")],
    site: SITE = "demo",
    day: DAY = None,
    grain: _Grain = "day",
    first: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of any period.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day of any period.")] = None,
    by: Annotated[str | None, typer.Option(help="One row per value of this dimension.")] = None,
    as_json: _Json = False,
) -> None:
    """Show a KPI's values of a day, or of the week, month, quarter or year that it lies in, as the mart has them; or
    over all the rows of any period (--from, --to). Of a period only days that were published count; it is said which.

    Example: hispulse kpi show consult_wait --day 2026-11-20 --grain month --by dept
    """
    import msgspec

    from ingest.settings import load_site
    from streams.measurable import sentence
    from warehouse.arrived import not_told
    from warehouse.client import WarehouseSettings, connect
    from warehouse.group_gaps import by_group

    kpi = kpi_named(code, by)
    named, of = load_site(site), grain_named(grain)
    when, begins, ends = day_named(named, day), first and checked_day(first), last and checked_day(last)
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    if first or last:
        title, covered, rows = _over(warehouse, named, kpi, begins, ends, by)
    elif of:
        title, covered, rows = _of_period(warehouse, named, kpi, of, when, by)
    else:
        title, covered, rows = _of_day(warehouse, named, kpi, when, by)
    groups, rows = by_group(warehouse, named, kpi, rows, None if of or first or last else when, by)
    needs = not_told(warehouse, named).get(code, ())
    stands = None if first or last else _standing(warehouse, named, kpi, grain, when)
    if as_json:
        told = {"kpi": code, "unit": kpi.unit, "not_measurable_needs": needs}
        told |= {**covered, **(msgspec.structs.asdict(stands) if stands else {})}
        typer.echo(msgspec.json.format(msgspec.json.encode(told | groups.told | {"values": rows}), indent=2).decode())
    elif needs:
        typer.echo(f"{code}: {sentence(needs)} ({', '.join(needs)})")
    elif rows:
        _print(kpi, title, rows)
        groups.show(title)
        if stands and (said := _stands_said(stands, named, code, when, grain)):
            typer.echo(said)
    else:
        typer.echo(f"{code}: nothing in the mart for {title}. Build the days with: hispulse mart build --day …")


def _standing(warehouse: Warehouse, site: Site, kpi: Kpi, grain: str, day: str) -> Standing:
    from ingest.clock import load_clock
    from streams.house import house_rules
    from warehouse.standing import standing_of

    return standing_of(warehouse, house_rules(site), kpi, grain, day, {}, load_clock().now_ms())


def _stands_said(stands: Standing, site: Site, code: str, day: str, grain: str) -> str:
    """What is said below a value: that it was restated, is final or frozen, and where that opens."""
    said = ["已定稿 final"] if stands.is_final else []
    if stands.frozen_ms is not None:
        said.append(f"已冻结 frozen {datetime.fromtimestamp(stands.frozen_ms / 1000, site.zone):%Y-%m-%d %H:%M}")
    if last := stands.restated:
        word = f"调整 adjustment to {_figure(last.value)}" if last.is_adjustment else "已重报 restated"
        by = "" if last.by is None else f" ({_signed(last.by)})"
        of = "" if grain == "day" else f" --grain {grain}"
        said.append(f"{word}{by}: {_why(last)}; hispulse kpi history {code} {day}{of}")
    return " · ".join(said)


_Told = tuple[str, dict[str, Any], list[dict[str, Any]]]


def _of_day(warehouse: Warehouse, site: Site, kpi: Kpi, day: str, by: str | None) -> _Told:
    from warehouse.history import values_of_day

    return day, {"day": day}, values_of_day(warehouse, site.hospital.facility_id, kpi.code, day, by=by)


def _of_period(warehouse: Warehouse, site: Site, kpi: Kpi, grain: Grain, day: str, by: str | None) -> _Told:
    import msgspec

    from streams.house import house_rules
    from warehouse.period_values import values_of_period
    from warehouse.periods import period_of

    period = period_of(grain, day)
    coverage, rows = values_of_period(warehouse, house_rules(site), kpi, period, by)
    title = f"{period.name}, {coverage.published_days} of {coverage.days} days"
    if coverage.is_outdated:
        title += " (days were published since: hispulse mart periods)"
    told = {"grain": grain, "period": period.name, "from": period.first, "to": period.last}
    return title, told | msgspec.structs.asdict(coverage), rows


def _over(warehouse: Warehouse, site: Site, kpi: Kpi, first: str | None, last: str | None, by: str | None) -> _Told:
    from ingest.errors import Misconfigured
    from streams.house import house_rules
    from warehouse.closed_days import EARLIEST, LATEST
    from warehouse.period_values import values_over

    covered, rows = values_over(warehouse, house_rules(site), kpi, first or EARLIEST, last or LATEST, by)
    if not covered.days:
        facility = site.hospital.facility_id
        raise Misconfigured(f"No day of that period has marts of {facility}: build one with `hispulse mart build`.")
    told = {"from": covered.days[0].day, "to": covered.days[-1].day, "days": len(covered.days)}
    return f"{told['from']} … {told['to']}, {told['days']} days", told, rows


def history(
    code: Annotated[str, typer.Argument(help="The KPI: see `hispulse kpi list`.")],
    day: Annotated[str, typer.Argument(metavar="YYYY-MM-DD", help="Which day, in the hospital's zone.")],
    site: SITE = "demo",
    grain: _Grain = "day",
    where: Annotated[
        list[str] | None, typer.Option(metavar="DIMENSION=VALUE", help="Of this part; may be repeated.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Show every value that was published of a day, or of what it lies in: when, by how much it was restated, and why.

    Example: hispulse kpi history consult_wait 2026-11-20 --where dept=CARD
    """
    import msgspec

    from ingest.settings import load_site
    from warehouse.client import WarehouseSettings, connect
    from warehouse.kpi_history import history_of
    from warehouse.periods import period_of

    kpi = kpi_named(code, None)
    named, of, part = load_site(site), grain_named(grain), _where_named(kpi, where or [])
    when = day_named(named, day)
    begins = period_of(of, when).first if of else when
    warehouse = connect(named.section("warehouse", WarehouseSettings))
    told = history_of(warehouse, named.hospital.facility_id, kpi, grain, begins, part)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
    elif told:
        _print_history(kpi, named, period_of(of, when).name if of else when, told)
    else:
        typer.echo(f"{code}: nothing was published for {when}. Publish it with: hispulse day close {when}")


def grain_named(grain: str) -> Grain | None:
    """The grain of a period; None for a day. Raises Misconfigured."""
    from ingest.errors import Misconfigured
    from warehouse.periods import GRAINS

    if grain == "day":
        return None
    for known in GRAINS:
        if grain == known:
            return known
    raise Misconfigured(f"No grain {grain}: there are day, {', '.join(GRAINS)}.")


def _where_named(kpi: Kpi, where: list[str]) -> dict[str, str]:
    from ingest.errors import Misconfigured

    parts = dict(each.partition("=")[::2] for each in where)
    for name in parts:
        kpi_named(kpi.code, name)
    if not all(parts.values()):
        raise Misconfigured("Name a part as DIMENSION=VALUE, e.g. --where dept=CARD.")
    return parts


def _print(kpi: Kpi, title: str, rows: list[dict[str, Any]]) -> None:
    from rich.table import Column, Table

    numbers = [Column(name, justify="right") for name in ("n", "value", "p50", "p90", "mean", "complete %")]
    table = Table("of", *numbers, "left out", box=None, title=f"{kpi.zh} · {kpi.en} · {title} · {kpi.told_in}")
    for row in rows:
        left_out = [f"{n} {reason}" for reason, n in sorted(row["excluded"].items())]
        left_out += [f"{row['waiting']} waiting"] if row["waiting"] else []
        of = " ".join(filter(None, [row["series"], *row["dims"].values()])) or "all"
        figures = [_figure(row[name]) for name in ("value", "p50", "p90", "mean", "completeness")]
        table.add_row(of, str(row["n"]), *figures, ", ".join(left_out))
    show_table(table)


def _print_history(kpi: Kpi, site: Site, when: str, told: list[Published]) -> None:
    from rich.table import Column, Table

    numbers = [Column(name, justify="right") for name in ("value", "by", "n")]
    title = f"{kpi.zh} · {kpi.en} · {when} · {kpi.told_in}"
    table = Table("published", *numbers, "why", "definition", "code", "events", box=None, title=title)
    for each in told:
        at = datetime.fromtimestamp(each.published_ms / 1000, site.zone)
        by = "" if each.by is None else _signed(each.by)
        value = "gone" if each.is_gone else _figure(each.value)
        value = f"调整 adjustment: {value}" if each.is_adjustment else value
        release = f"{each.release} {each.code}"
        table.add_row(f"{at:%Y-%m-%d %H:%M}", value, by, str(each.n), _why(each), str(each.version), release,
                      f"{each.events or ''}")  # fmt: skip
    show_table(table)


def _why(published: Published) -> str:
    from warehouse.kpi_history import CAUSES

    said = []
    for why in published.why:
        zh, en = CAUSES[why.cause]
        of = ", ".join([*why.event_types, *why.days, *([why.note] if why.note else [])])
        rows = f"{why.rows} × " if why.rows else ""
        said.append(f"{rows}{zh} {en}" + (f" ({of})" if of else ""))
    return "; ".join(said)


def show_table(table: Any) -> None:
    from rich.console import Console

    (Console() if sys.stdout.isatty() else Console(width=160)).print(table)


def _signed(difference: float) -> str:
    return f"{difference:+.6f}".rstrip("0").rstrip(".")


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
