"""The three answers to one question: what is live, what is in the mart, and what must come out of what was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from infra.rehearsal.truth import Row
from infra.rehearsal.truth_values import Figures, figures, money, same_gaps
from streams.kpis import catalogue
from streams.kpis.kpi import Census, Kpi, Quality, Score, Split
from streams.live import LiveValues, Measured
from streams.stages import folded_stages, gauged
from warehouse.client import Warehouse
from warehouse.history import values_of_day


class Question(NamedTuple):
    """One number: a KPI's series on a day, for the whole hospital or by a dimension."""

    kpi: str
    series: str
    day: str
    dim: str = ""


Answers = dict[str, Figures]  # value of the dimension ("" = the whole) → figures


def questions(days: Iterable[str], today: str) -> list[Question]:
    """Everything that is compared. Gauges exist for today only; those about transport have no truth of their own."""
    asked = []
    for day in days:
        for kpi in catalogue().values():
            if about_transport(kpi) or (isinstance(kpi, Census) and day != today):
                continue
            asked += [Question(kpi.code, series, day, dim) for series in kpi.series for dim in ("", *kpi.dims)]
    return asked


def true_answers(question: Question, rows: Mapping[str, list[Row]], at: int) -> Answers:
    """Worked out from what was told. `rows` by stage."""
    kpi = catalogue()[question.kpi]
    any_series, any_day = isinstance(kpi, Quality), isinstance(kpi, Census)
    groups: dict[str, list[Row]] = {} if question.dim else {"": []}
    for stage in _stages_of(kpi):
        for row in rows.get(stage, ()):
            if (row.series != question.series and not any_series) or (row.day != question.day and not any_day):
                continue
            if isinstance(kpi, Score) and row.at > at:  # a sample of a moment that is still to come
                continue
            named = {**row.dims, "stage": stage}
            if not question.dim:
                groups[""].append(row)
            elif question.dim in named:
                groups.setdefault(named[question.dim], []).append(row)
    told = {group: figures(kpi, found, at) for group, found in groups.items()}
    if isinstance(kpi, Split) and question.dim == kpi.by:  # each is a part of all
        whole = sum(found.n for found in told.values())
        return {group: msgspec.structs.replace(found, n=whole, den=whole) for group, found in told.items()}
    return told


def about_transport(kpi: Kpi) -> bool:
    """Whether a KPI is about how the feeds arrive, not about what they tell: it has no truth of its own."""
    return isinstance(kpi, Quality) and kpi.gauge not in ("completeness", "negative")


def _stages_of(kpi: Kpi) -> list[str]:
    if isinstance(kpi, Quality):
        return list(gauged())
    return list(kpi.over)


def live_answers(question: Question, live: LiveValues, at: int) -> Answers | None:
    """What the wall would show; None for KPIs over stages that only the report works out."""
    kpi = catalogue()[question.kpi]
    if not isinstance(kpi, Quality) and not folded_stages().issuperset(kpi.over):
        return None
    window: Any = "now" if isinstance(kpi, Census) else "today"
    day = "" if isinstance(kpi, Census) else question.day
    found = live.measure_by(question.kpi, question.dim, at, window, day, series=question.series)
    return {group: _of_live(kpi, measured) for group, measured in found.items()}


def mart_answers(question: Question, warehouse: Warehouse, facility: str) -> Answers | None:
    """What the report would print; None for KPIs that only exist while somebody looks."""
    kpi = catalogue()[question.kpi]
    if kpi.mode == "L":
        return None
    values = values_of_day(warehouse, facility, question.kpi, question.day, by=question.dim or None)
    own = [value for value in values if value["series"] == question.series]
    return {value["dims"].get(question.dim, ""): _of_mart(kpi, value) for value in own}


def _of_live(kpi: Kpi, m: Measured) -> Figures:
    if isinstance(kpi, Census):
        return Figures(n=m.waiting, oldest_since=m.oldest_since)
    if isinstance(kpi, Quality):
        return Figures(n=m.n, num=m.num, den=m.den)
    return Figures(
        n=m.n, mean=m.mean, p50=m.p50, p90=m.p90, sum_ms=m.sum_ms, shares=m.shares, num=m.num, den=m.den,
        amount_num=_money(m.amount_num), amount_den=_money(m.amount_den), waiting=m.waiting,
        excluded=same_gaps(m.excluded),
    )  # fmt: skip


def _of_mart(kpi: Kpi, value: Mapping[str, Any]) -> Figures:
    if isinstance(kpi, Quality):
        return Figures(n=value["n"], num=value["num"], den=value["den"])
    return Figures(
        n=value["n"], mean=value["mean"], p50=value["p50"], p90=value["p90"], sum_ms=value["sum_ms"],
        shares=dict(value["shares"]), num=value["num"], den=value["den"], amount_num=_money(value["amount_num"]),
        amount_den=_money(value["amount_den"]), waiting=value["waiting"], excluded=same_gaps(value["excluded"]),
    )  # fmt: skip


def _money(amount: Any) -> str | None:
    return None if amount in (None, "", "None") else money([str(amount)])
