"""What is to be known of the data before figures are read: feeds that were silent, days that were restated. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.reports.document import Item, Points
from orchestration.reports.facts import Facts, Restated
from orchestration.reports.words import say
from orchestration.reports.writing import Language, amount, listed, pick, short_day, title
from streams.kpis import catalogue
from warehouse.kpi_history import CAUSES

_MOST = 5


def data_points(facts: Facts, lang: Language) -> tuple[Points, ...]:
    """The part that stands before all others, where there is something to say."""
    items = (*_silent(facts, lang), *_restated(facts, lang))
    return (Points(say(lang, "of_the_data"), items, ""),) if items else ()


def _silent(facts: Facts, lang: Language) -> Iterator[Item]:
    """A silent feed has no figures; none of them is a zero."""
    for each in facts.silent:
        feeds = listed([_called(source, pick(name, lang)) for source, name in each.sources], lang)
        key = "silent_on" if facts.grain else "silent_today"
        yield Item(say(lang, key, day=short_day(each.day), feeds=feeds), say(lang, "silent_means"), "warn")


def _called(source: str, name: str) -> str:
    return f"{name} ({source})" if name and name != source else source


def _restated(facts: Facts, lang: Language) -> Iterator[Item]:
    for day in facts.restated_days:
        why = listed([pick(CAUSES[cause], lang) for cause in day.causes if cause in CAUSES], lang)
        key = "restated_on" if facts.grain else "restated_today"
        said = say(lang, key, day=short_day(day.day), n=day.figures, why=why or say(lang, "why_unknown"))
        yield Item(said, "" if facts.grain else _sizes(facts, lang), "quiet")


def _sizes(facts: Facts, lang: Language) -> str:
    """The figures that changed most, from what to what."""
    ordered = sorted(facts.restated, key=lambda each: -_share(facts, each))
    told = []
    for each in ordered[:_MOST]:
        kpi, now = catalogue()[each.kpi], facts.whole(each.kpi)
        value = amount(now.value if now else None, kpi, lang)
        told.append(f"{title(kpi, lang)} {amount(each.first_value, kpi, lang)} → {value}")
    return listed(told, lang) + (say(lang, "seen_more") if len(ordered) > _MOST else "")


def _share(facts: Facts, each: Restated) -> float:
    """By how much of itself it changed; what was not there before comes first."""
    now = facts.whole(each.kpi)
    if each.first_value is None or now is None or now.value is None:
        return float("inf")
    return abs(now.value - each.first_value) / max(abs(each.first_value), 1e-9)
