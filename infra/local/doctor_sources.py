"""Says how a hospital's sources agree: with the HIS's own counts, and in their clocks, as far as this machine knows."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ingest.clock import load_clock
from ingest.databases.reconcile_command import REASONS
from ingest.databases.reconciled import reconciled_of
from ingest.errors import Misconfigured, Unavailable
from ingest.feeds import feed_settings
from ingest.settings import Site
from streams.house import house_rules
from warehouse.client import QueryFailed, WarehouseSettings, connect
from warehouse.clock_offsets import ClockOffset, clock_offsets


def agreement(site: Site, directory: Path | None = None) -> str:
    """What the last comparisons with the HIS found. Raises Misconfigured when something does not agree."""
    names = [name for name, feed in feed_settings(site).items() if feed.kind == "sql"]
    told = [found for name in names if (found := reconciled_of(site.name, name, directory))]
    apart: Counter[str] = Counter()
    for found in told:
        for view in found.views.values():
            for count in view.days:
                apart.update(count.why)
    if apart:
        why = ", ".join(f"{n:,} {REASONS[name][1]}" for name, n in sorted(apart.items()))
        raise Misconfigured(f"Rows that do not agree with the HIS: {why}; see hispulse ingest reconcile --residual.")
    if not told:
        return "not compared here yet" if names else "no feed of views"
    return f"{sum(len(found.views) for found in told)} views agree"


def clocks(site: Site) -> str:
    """Whose clock is off today, as far as the warehouse tells. Raises Misconfigured when one is."""
    try:
        warehouse = connect(site.section("warehouse", WarehouseSettings))
        found = clock_offsets(warehouse, site, house_rules(site).local_day(load_clock().now_ms()))
    except (Unavailable, Misconfigured, QueryFailed):
        return "not known while the warehouse is away"
    return verdict(found)


def verdict(found: list[ClockOffset]) -> str:
    """The offsets in a sentence. Raises Misconfigured when a clock is off."""
    off = [f"{each.second} {each.bounds} s ahead of {each.first}" for each in found if each.is_off]
    if off:
        raise Misconfigured(f"A clock is off: {'; '.join(off)}. Set the clocks of both by one time server (NTP).")
    return f"{len(found)} pairs of sources, none of them off" if found else "too few facts of today to tell"
