"""What the rules, and a changed one beside them, would have raised on days that are over: of KPIs and of feeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from ingest.clock import load_clock
from ingest.errors import Misconfigured
from ingest.feeds import FeedSettings, feed_settings
from ingest.settings import Site
from streams.alerts.hindsight import Hindsight
from streams.alerts.incident import Incident
from streams.alerts.readings import watched
from streams.alerts.rule import FEEDS, LIVE, Rule, rules
from streams.alerts.settings import AlertSettings, RuleSettings
from warehouse.alert_history import days_built, rows_of
from warehouse.client import Warehouse, WarehouseSettings, connect
from warehouse.feed_hindsight import Listened, raised_by_feeds

_OF_FEEDS = ("silent_after_s", "late_after_s")  # settings of the feeds themselves
_OF_ANY = ("opens_after_s", "closes_after_s")
_Raised = dict[str, list[Incident]]


class Changed(NamedTuple):
    """Which rule is looked at alone, if any, and what would be different in it."""

    rule: str | None = None
    given: Mapping[str, Any] = {}
    feed: str | None = None  # of the rule of feeds: only of this one


class Found(NamedTuple):
    """What was raised: by rule, as it is ("now") and as it would be ("changed")."""

    days: int  # with marts
    days_heard: int
    raised: dict[str, _Raised]


def backtested(site: Site, changed: Changed, first: str, last: str) -> Found:
    """Go through the days. Raises Misconfigured when there is nothing to go through, or no such rule."""
    known = _asked_for({code: rule for code, rule in watched(site).rules.items() if code != LIVE}, changed)
    warehouse = connect(site.section("warehouse", WarehouseSettings))
    of_kpis, raised = {code: rule for code, rule in known.items() if rule.kpi}, dict[str, _Raised]()
    days = days_heard = 0
    if of_kpis:
        days, raised = _of_kpis(warehouse, site, of_kpis, changed, (first, last))
    if FEEDS in known:
        ways = _ways(site, known[FEEDS], changed)
        days_heard, raised[FEEDS] = raised_by_feeds(warehouse, site, ways, first, last, load_clock().now_ms())
        if not days_heard and not of_kpis:
            raise Misconfigured(f"Nothing was heard of any feed from {first} to {last}: the warehouse has no events.")
    return Found(days, days_heard, raised)


def _asked_for(known: dict[str, Rule], changed: Changed) -> dict[str, Rule]:
    code, given = changed.rule, changed.given
    if code is None and (given or changed.feed):
        raise Misconfigured("Name the rule that is to be changed with --rule.")
    if code is not None and code not in known:
        raise Misconfigured(f"There is no rule {code}; there are {', '.join(known)}.")
    for name in given:
        if code is not None and name not in _OF_ANY and (name in _OF_FEEDS) != (code == FEEDS):
            raise Misconfigured(f"The rule {code} has no --{name.replace('_', '-')}.")
    if changed.feed and code != FEEDS:
        raise Misconfigured(f"The rule {code} is not one of feeds: --feed goes with --rule {FEEDS}.")
    return known if code is None else {code: known[code]}


def _ways(site: Site, rule: Rule, changed: Changed) -> dict[str, Listened]:
    """The rule of the feeds as it is, and as it would be."""
    feeds, given = feed_settings(site), changed.given
    if changed.feed and changed.feed not in feeds:
        raise Misconfigured(f"There is no feed {changed.feed} in {site.path}; there are {', '.join(feeds)}.")
    ways = {"now": Listened(rule, feeds)}
    if given:
        of_rule = {name: value for name, value in given.items() if name in _OF_ANY}
        of_feed = {name: value for name, value in given.items() if name in _OF_FEEDS}
        other: dict[str, FeedSettings] = {
            name: msgspec.structs.replace(feed, **of_feed) if changed.feed in (None, name) else feed
            for name, feed in feeds.items()
        }
        ways["changed"] = Listened(msgspec.structs.replace(rule, **of_rule), other)
    return ways


def _of_kpis(
    warehouse: Warehouse, site: Site, known: dict[str, Rule], changed: Changed, between: tuple[str, str]
) -> tuple[int, dict[str, _Raised]]:
    (first, last), facility = between, site.hospital.facility_id
    days = days_built(warehouse, facility, first, last)
    if not days:
        raise Misconfigured(
            f"No day from {first} to {last} has marts of {facility}: build them with "
            f"`hispulse mart build --from {first} --to {last}`."
        )
    courses = {"now": Hindsight(watched(site), known)}
    if changed.given and changed.rule:
        courses["changed"] = Hindsight(watched(site), {changed.rule: _changed(site, changed.rule, changed.given)})
    for day in days:
        rows = rows_of(warehouse, facility, day, known.values())
        for course in courses.values():
            course.live_through(day, rows)
    return len(days), {
        code: {name: [each for each in course.incidents if each.rule == code] for name, course in courses.items()}
        for code in known
    }


def _changed(site: Site, code: str, given: Mapping[str, Any]) -> Rule:
    """The rule as it would be if its section of the site file said so too."""
    said = site.section("alerts", AlertSettings).rules.get(code, RuleSettings())
    return rules(site, {code: msgspec.structs.replace(said, **given)})[code]
