"""What must come out of refunds as people wait for them: these feeds tell no request, so none has a beginning."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import Row, World, of_kind, without


def refund_rows(world: World, bill: str, about: list[Told], known: dict[str, str]) -> Iterator[Row]:
    """A row a refund. `known`: the bill's class and department."""
    for refund in of_kind(about, "bill.refunded"):
        yield without(world, "refund_handling", bill, "missing_start", refund.at, {**known, "steps": "?"})
