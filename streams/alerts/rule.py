"""What is too much: a rule for every live wait and deadline with a target, as the site would have it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ingest.errors import Misconfigured
from ingest.settings import Site
from streams.alerts.settings import AlertSettings, RuleSettings, Window
from streams.kpis import catalogue
from streams.kpis.kpi import Census, Due, Interval, Kpi, Quality, Target
from streams.targets import NOT_MEANT_FOR, keeps, targets

Verdict = Literal["well", "between", "over", "far"]
FEEDS = "feeds"  # the rule of the feeds
LIVE = "live"  # the rule of the live values themselves
_PEOPLE = ("doctor", "staff")  # an alert names places: nobody is to read it as blame
_BY = ("service_point_type", "dept")  # where somebody can act: the windows of a kind, else a department


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule: of which number, when it is too much, for how long, and who is told."""

    code: str
    kpi: str = ""
    by: str = ""
    where: tuple[tuple[str, str], ...] = ()
    but_not: tuple[str, ...] = ()
    window: Window = "60m"
    statistic: str = "value"
    direction: Literal["≤", "≥", "<", ">"] = "≤"
    limit: float = 0.0
    alarm: float | None = None
    clear: float = 0.0
    least_n: int = 0
    opens_after_s: int
    closes_after_s: int
    escalates_after_s: int
    who: tuple[str, ...] = ()
    escalates_to: tuple[str, ...] = ()

    def verdict(self, value: float | None) -> Verdict:
        """What a value is. Nothing to tell is well: a queue that is empty has no wait."""
        if value is None or keeps(value, self.clear, self.direction):
            return "well"
        if keeps(value, self.limit, self.direction):
            return "between"
        return "over" if self.alarm is None or keeps(value, self.alarm, self.direction) else "far"


def rules(site: Site, instead: Mapping[str, RuleSettings] | None = None) -> dict[str, Rule]:
    """All rules of a site by their codes, those of the feeds among them; some as if the site file said otherwise.

    Raises Misconfigured."""
    settings, aims = site.section("alerts", AlertSettings), targets(site)
    found: dict[str, Rule] = {}
    if settings.on:
        for code, target in aims.items():
            kpi = catalogue()[code]
            if isinstance(kpi, Interval | Due) and kpi.mode != "D":
                found[code] = _rule(code, kpi, target, RuleSettings(), settings)
    for code, said in {**settings.rules, **(instead or {})}.items():
        found.pop(code, None)
        if said.on:
            found[code] = _of_site(site, code, said, aims, settings)
    return found | ({FEEDS: _of_feeds(FEEDS, settings), LIVE: _of_feeds(LIVE, settings)} if settings.feeds else {})


def _of_feeds(code: str, settings: AlertSettings) -> Rule:
    return Rule(
        code=code, opens_after_s=settings.feed_opens_after_s, closes_after_s=settings.feed_closes_after_s,
        escalates_after_s=settings.escalates_after_s, who=settings.feed_who, escalates_to=settings.escalates_to,
    )  # fmt: skip


def _of_site(site: Site, code: str, said: RuleSettings, aims: dict[str, Target], settings: AlertSettings) -> Rule:
    place = f"alerts.rules.{code}"
    kpi = catalogue().get(said.kpi or code)
    if code in (FEEDS, LIVE):
        raise Misconfigured(f"{site.place(place)}: {code} is the feeds' own rule; [alerts] has its settings.")
    if kpi is None:
        raise Misconfigured(f"{site.place(place, 'kpi')}: there is no KPI {said.kpi or code}; `hispulse kpi list`.")
    if kpi.mode == "D" or isinstance(kpi, Quality):
        raise Misconfigured(f"{site.place(place, 'kpi')}: {kpi.code} has no live value that an alert could watch.")
    for dim in (*([said.by] if said.by else []), *said.where):
        if dim not in kpi.dims:
            raise Misconfigured(
                f"{site.place(place)}: {kpi.code} is not counted by {dim}, but by {', '.join(kpi.dims)}."
            )
    if any(dim in _PEOPLE for dim in (said.by, *said.where)):
        raise Misconfigured(f"{site.place(place)}: an alert names places, not people; write another dimension.")
    if kpi.code not in aims and (said.limit is None or said.direction is None):
        raise Misconfigured(f"{site.place(place)}: {kpi.code} has no target; write limit and direction.")
    return _rule(code, kpi, aims.get(kpi.code), said, settings)


def _rule(code: str, kpi: Kpi, target: Target | None, said: RuleSettings, settings: AlertSettings) -> Rule:
    direction = said.direction or (target.direction if target else "≤")
    limit = said.limit if said.limit is not None else target.value if target else 0.0
    by = next((dim for dim in _BY if dim in kpi.dims), "") if said.by is None else said.by
    return Rule(
        code=code,
        kpi=kpi.code,
        by=by,
        where=tuple(sorted(said.where.items())),
        but_not=NOT_MEANT_FOR.get(kpi.code, ()) if said.but_not is None else said.but_not,
        window=said.window or ("now" if isinstance(kpi, Census) else "60m" if isinstance(kpi, Interval) else "today"),
        statistic=said.statistic or (target.statistic if target else "value"),
        direction=direction,
        limit=limit,
        alarm=_alarm(said, target, limit, direction),
        clear=_clear(said, kpi, limit, direction, settings.hysteresis),
        least_n=_or(said.least_n, settings.least_n),
        opens_after_s=_or(said.opens_after_s, settings.opens_after_s),
        closes_after_s=_or(said.closes_after_s, settings.closes_after_s),
        escalates_after_s=_or(said.escalates_after_s, settings.escalates_after_s),
        who=settings.who if said.who is None else said.who,
        escalates_to=settings.escalates_to if said.escalates_to is None else said.escalates_to,
    )


def _or(said: int | None, usual: int) -> int:
    return usual if said is None else said


def _alarm(said: RuleSettings, target: Target | None, limit: float, direction: str) -> float | None:
    if said.alarm is not None:
        return said.alarm
    if target is not None and target.alarm is not None and said.limit is None:
        return target.alarm
    return limit * 2 if direction in ("≤", "<") else None


def _clear(said: RuleSettings, kpi: Kpi, limit: float, direction: str, hysteresis: float) -> float:
    if said.clear is not None:
        return said.clear
    if direction in ("≤", "<"):
        return limit * (1 - hysteresis)
    return limit + hysteresis * (100 - limit) if kpi.unit == "%" else limit * (1 + hysteresis)
