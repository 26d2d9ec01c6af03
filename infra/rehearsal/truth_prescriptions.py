"""What must come out of prescriptions by themselves: how soon somebody has looked at them."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import outline


def prescription_rows(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    """The row of one prescription."""
    submitted, reviews = first(about, "prescription.submitted"), of_kind(about, "prescription.reviewed")
    visit = world.visit_of.get(("prescription", number), "")
    dept = submitted.fields["dept_code"] if submitted else (outline(world, visit).dept if visit else "") or "?"
    by_person = [r for r in reviews if r.fields["mode"] == "pharmacist"]
    review = next(iter(by_person or reviews), None)
    series = "auto" if reviews and not by_person else ""
    dims = {"mode": review.fields["mode"] if review else "?", "dept": dept}
    if review and submitted:
        yield interval(world, "rx_review", number, submitted.at, review.at, dims, series=series)
    elif review:
        yield without(world, "rx_review", number, "missing_start", review.at, dims, series=series)
    elif submitted:
        yield still_open(world, "rx_review", number, submitted.at, world.house.closes(dept, submitted.at), dims)
