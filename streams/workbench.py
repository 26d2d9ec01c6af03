"""What a handful of events would do: the journeys they make, and what the KPIs would say of them alone.

It is the same fold as the worker's, over nothing but these events. For the workbench page, which hands it events only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ingest.events.envelope import Event, kind_of, subject_of
from ingest.settings import Site
from ingest.workbench.effect import Bar, Effect, Figure, Journey, Judge, Mark
from streams.house import HouseRules, house_rules
from streams.kpis import catalogue
from streams.kpis.aggregate import Value
from streams.memory import fold_in_memory
from streams.reasons import REASONS
from streams.stages import stages
from streams.stages.stage import StageRow
from streams.trial import values_of

SHOWN = 8  # digits of a pseudonym: enough to tell a handful apart


def judge_of(site: Site) -> Judge:
    """How a site judges events."""
    house = house_rules(site)
    return lambda events, as_of: _effect(events, house, as_of)


def _effect(events: Sequence[Event], house: HouseRules, as_of: int) -> Effect:
    rows = fold_in_memory(events, house)
    return Effect(
        journeys=list(_journeys(events, rows)),
        figures=[_figure(value) for value in values_of(rows, as_of)],
    )


def _journeys(events: Sequence[Event], rows: Sequence[StageRow]) -> Iterable[Journey]:
    """One of each visit; what names no visit, by what it is about, unless another event says whose that is."""
    visit_of = {subject_of(event): event.visit_id for event in events if event.visit_id}
    groups: dict[str, list[Event]] = {}
    for event in events:
        about = subject_of(event)
        groups.setdefault(event.visit_id or visit_of.get(about) or about, []).append(event)
    visits = {visit for visit in visit_of.values() if visit}
    for name, told in groups.items():
        subjects = {name, *(subject_of(event) for event in told)}
        yield Journey(
            name=name[:SHOWN],
            is_visit=name in visits,
            marks=sorted(map(_mark, told), key=lambda mark: (mark.at, mark.code)),
            bars=[_bar(row) for row in rows if row.scope_id in subjects and row.started_at is not None],
        )


def _mark(event: Event) -> Mark:
    zh, en = type(event).title
    return Mark(at=event.occurred_at, zh=zh, en=en, code=kind_of(event), is_retracted=event.op == "retract")


def _bar(row: StageRow) -> Bar:
    stage = stages()[row.stage]
    series = f" {row.series}" if row.series else ""
    return Bar(
        started=row.started_at or row.at,
        ended=row.ended_at,
        zh=f"{stage.zh}{series}",
        en=f"{stage.en}{series}",
        code=row.stage,
        left_out=" ".join(REASONS.get(row.excluded, (row.excluded,))) if row.excluded else "",
    )


def _figure(value: Value) -> Figure:
    kpi = catalogue()[value.kpi]
    left_out = (f"{n} {' '.join(REASONS.get(reason, (reason,)))}" for reason, n in value.excluded.items())
    return Figure(
        code=value.kpi,
        zh=kpi.zh,
        en=kpi.en,
        of=" ".join([value.series, *value.dims.values()]).strip(),
        n=value.n,
        value="" if value.value is None else f"{value.value:.2f}".rstrip("0").rstrip("."),
        unit=kpi.told_in,
        waiting=value.waiting,
        left_out=", ".join(left_out),
    )
