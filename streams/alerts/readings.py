"""What there is to judge at an instant: every rule's number at every place, every feed, the live values themselves.

Pure: what is known is passed in. A number whose feed is silent, or that is still being caught up with, is `unknown`:
nothing is concluded from it, and the feed is an incident of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

import msgspec

from ingest.calendar import Calendar
from ingest.events import domain_of
from ingest.settings import Department, Site
from streams.alerts.course import Reading
from streams.alerts.incident import Incident, Where
from streams.alerts.rule import FEEDS, LIVE, Rule, rules
from streams.alerts.settings import AlertSettings
from streams.feeds import Feed, Heard
from streams.hours import Opening, opening
from streams.house import HouseRules, house_rules
from streams.kpis import catalogue
from streams.kpis.kpi import Interval, Kpi
from streams.live import LiveValues, Measured

NOWHERE = frozenset({"", "?"})  # rows of which nobody knows where: there is nobody to tell
GONE_MS = 30_000  # real time: the workers repeat their word every few seconds


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What the readings must know of the site."""

    house: HouseRules
    calendar: Calendar  # without weekends where nobody wants alarms on them
    departments: dict[str, Department] = {}
    rules: dict[str, Rule] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone."""
        return ZoneInfo(self.house.zone)

    def hours(self, where: Where, at: int) -> tuple[str, ...]:
        """The open hours of a place on the day of an instant: its department's, else the hospital's."""
        known = self.departments.get(dict(where).get("dept", ""))
        return self.calendar.hours(self.house.local_day(at), (known.open_hours if known else None) or None)


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the numbers, as it is known at an instant of the hospital's clock."""

    at: int
    feeds: tuple[Feed, ...] = ()
    told: dict[str, Heard] = {}  # by source
    silent_for_ms: int = 0  # real time since the workers' last word


def watched(site: Site) -> Watched:
    """What a site file says of it. Raises Misconfigured."""
    house = house_rules(site)
    are_quiet = not site.section("alerts", AlertSettings).weekends
    return Watched(
        house=house,
        calendar=house.calendar.without_weekends() if are_quiet else house.calendar,
        departments=dict(site.departments),
        rules=rules(site),
    )


def readings(site: Watched, live: LiveValues, moment: Moment, known: Iterable[Incident]) -> list[Reading]:
    """Every reading of this instant; also of places where something is open and that have no number any more."""
    unfinished = list(known)
    found = [*readings_of_feeds(site, moment, unfinished), *_of_live_values(site, live, moment)]
    for rule in site.rules.values():
        if rule.kpi:
            found.extend(
                _of_rule(site, rule, live, moment, [each.where for each in unfinished if each.rule == rule.code])
            )
    return found


def readings_of_feeds(site: Watched, moment: Moment, known: list[Incident]) -> Iterator[Reading]:
    """What the feeds' own rule finds. `known`: what is pending or open."""
    rule = site.rules.get(FEEDS)
    if rule is None or moment.silent_for_ms > GONE_MS:  # nobody listens: their silence is not theirs
        return
    late = {each.where for each in known if each.rule == FEEDS and each.cause == "late"}
    for feed in moment.feeds:
        if feed.link == "never":
            continue  # not connected yet: the wall says so, and there is nothing that ended
        found = _of_feed(feed, moment.at)
        if found.verdict == "well" and feed.late_ms is None and found.where in late:
            found = msgspec.structs.replace(found, verdict="unknown")  # too little came to say that it is over
        yield found


def _of_feed(feed: Feed, at: int) -> Reading:
    common = Reading(
        rule=FEEDS, where=(("feed", feed.name),), at=at, verdict="well", hours=feed.opening,
        value=None if feed.heard_at is None else round(max(0, at - feed.heard_at) / 1000),
    )  # fmt: skip

    def beyond(cause: str, value_ms: int | None, limit_ms: int | None) -> Reading:
        value, limit = (None if ms is None else round(ms / 1000) for ms in (value_ms, limit_ms))
        return msgspec.structs.replace(common, verdict="over", cause=cause, value=value, limit=limit)

    if feed.link == "down":
        return beyond("link", None if feed.link_since is None else at - feed.link_since, None)
    if not feed.is_certain:
        return msgspec.structs.replace(common, verdict="unknown")
    if feed.silent_since is not None:
        return beyond("silent", at - feed.silent_since, feed.patience_ms)
    if feed.is_few(at):
        few = msgspec.structs.replace(common, verdict="over", cause="few", value=feed.rate.now)
        return msgspec.structs.replace(few, limit=feed.rate.usual and round(feed.rate.usual))
    if feed.opening == "break" and at - (feed.heard_at or 0) > feed.patience_ms:
        return msgspec.structs.replace(common, verdict="unknown")  # at noon silence is neither well nor not
    if feed.late_ms is not None and feed.late_ms > feed.late_after_ms:
        return beyond("late", feed.late_ms, feed.late_after_ms)
    return common


def _of_live_values(site: Watched, live: LiveValues, moment: Moment) -> Iterator[Reading]:
    if LIVE in site.rules and live.published_at:
        is_gone = moment.silent_for_ms > GONE_MS
        yield Reading(
            rule=LIVE, at=moment.at, verdict="over" if is_gone else "well", cause="gone" if is_gone else "",
            value=round(moment.silent_for_ms / 1000), limit=GONE_MS / 1000,
        )  # fmt: skip


def _of_rule(site: Watched, rule: Rule, live: LiveValues, moment: Moment, open_at: list[Where]) -> Iterator[Reading]:
    kpi, is_blind = catalogue()[rule.kpi], moment.silent_for_ms > GONE_MS or _is_stale(catalogue()[rule.kpi], moment)
    measured = live.measure_by(rule.kpi, rule.by, moment.at, rule.window, where=dict(rule.where))
    left_out = NOWHERE.union(rule.but_not) if rule.by else frozenset()
    by_place = {_where(rule, group): found for group, found in measured.items() if group not in left_out}
    for where in {*by_place, *open_at}:
        found = by_place.get(where)
        hours = opening(site.hours(where, moment.at), moment.at, site.zone)
        is_known = not is_blind and not live.catching_up and (found is None or found.status in ("fresh", "empty"))
        yield reading_of(rule, kpi, where, found, moment.at, hours, is_known=is_known)


def reading_of(
    rule: Rule, kpi: Kpi, where: Where, found: Measured | None, at: int, hours: Opening, *, is_known: bool = True
) -> Reading:
    """What a rule finds in a number. No number at all is well; one of too few people opens nothing and ends nothing."""
    value, n = (None, 0) if found is None else (statistic(kpi, rule.statistic, found), people(kpi, found))
    verdict = rule.verdict(value)
    if n < rule.least_n and verdict != "well":
        verdict = "between"
    return Reading(
        rule=rule.code, where=where, at=at, verdict=verdict if is_known else "unknown", hours=hours, value=value, n=n
    )


def statistic(kpi: Kpi, name: str, found: Measured) -> float | None:
    """A statistic of a live value by its name; of waits those of whoever still waits are included."""
    if isinstance(kpi, Interval):
        if name == "value":
            name = kpi.statistics[0]
        if name in ("p50", "p90"):
            return found.p50_waiting if name == "p50" else found.p90_waiting
    known: Mapping[str, float | None] = {"p50": found.p50, "p90": found.p90, "mean": found.mean, **found.shares}
    return known.get(name, found.value)


def people(kpi: Kpi, found: Measured) -> int:
    """Of how many a number is: finished and waiting."""
    return found.n + len(found.since) if isinstance(kpi, Interval) else found.n


def _where(rule: Rule, group: str) -> Where:
    return tuple(sorted([*rule.where, *([(rule.by, group)] if rule.by else [])]))


def _is_stale(kpi: Kpi, moment: Moment) -> bool:
    """Is a feed gone that tells what this number needs?"""
    domains = frozenset(domain_of(kind) for kind in kpi.needs)
    return any(
        feed.source_system in moment.told
        and (feed.link == "down" or feed.silent_since is not None)
        and domains & moment.told[feed.source_system].domains
        for feed in moment.feeds
    )
