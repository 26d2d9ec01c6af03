"""What must come out of critical values, nurse calls, complaints and inquiries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_complaints import complaint_rows
from infra.rehearsal.truth_outline import outline

_IN_TIME_S = 15 * 60


def care_rows(world: World) -> Iterator[Row]:
    """All rows of them."""
    rules = {"order": _critical, "call": _call, "complaint": complaint_rows, "inquiry": _inquiry}
    for (kind, number), about in world.by_subject.items():
        if rule := rules.get(kind):
            yield from rule(world, number, about)


def _critical(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    """These feeds raise one dangerous result an order at most, and raise it once."""
    raised, taken = first(about, "critical_value.raised"), first(about, "critical_value.acknowledged")
    if raised is None and taken is None:
        return
    placed, visit = first(about, "order.placed"), world.visit_of.get(("order", number))
    dept = (placed.fields["ordering_dept"] if placed else outline(world, visit).dept if visit else "") or "?"
    stage, dims = "critical_value", {"item_code": raised.fields["item_code"] if raised else "?", "dept": dept}
    if raised and taken:
        yield interval(world, stage, number, raised.at, taken.at, dims, bucket="start", ceiling_h=None,
                       hit=(taken.at - raised.at) // 1000 <= _IN_TIME_S)  # fmt: skip
    elif raised:
        yield still_open(world, stage, number, raised.at, raised.at + (_IN_TIME_S + 1) * 1000, dims)
    elif taken:
        yield without(world, stage, number, "missing_start", taken.at, dims)


def _call(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    raised = first(about, "nursecall.raised")
    dims = {"ward": raised.fields["ward"] if raised else "?"}
    yield from _answered(world, "nurse_call", number, raised, first(about, "nursecall.answered"), dims, 12)


def _inquiry(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    received, answers = first(about, "inquiry.received"), of_kind(about, "inquiry.responded")
    by_staff = next((a for a in answers if a.fields["by"] == "staff"), None)
    answer = by_staff or next(iter(answers), None)
    series = "bot" if answer and not by_staff else ""
    dims = {"channel": received.fields["channel"] if received else "?"}
    yield from _answered(world, "inquiry_response", number, received, answer, dims, 24, series)


def _answered(
    world: World, stage: str, number: str, asked: Told | None, answered: Told | None, dims: Mapping[str, str],
    open_h: int, series: str = "",
) -> Iterator[Row]:  # fmt: skip
    if asked and answered:
        yield interval(world, stage, number, asked.at, answered.at, dims, ceiling_h=None, series=series)
    elif asked:
        yield still_open(world, stage, number, asked.at, asked.at + open_h * HOUR, dims)
    elif answered:
        yield without(world, stage, number, "missing_start", answered.at, dims, series=series)
