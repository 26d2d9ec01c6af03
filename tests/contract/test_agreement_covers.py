"""A KPI added later is in the agreement tests without anyone adding it: the random stories tell of it or this fails."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from streams.kpis import catalogue
from streams.kpis.kpi import Kpi, Quality
from streams.memory import fold_in_memory
from streams.stages import folded_stages, gauged, stages
from tests.marts.random_day import story
from tests.marts.test_agreement import HOUSE, OVER_ROWS, STORIES

LIVE = [kpi for kpi in catalogue().values() if kpi.mode != "D"]
ENOUGH = 3  # rows that count


@cache
def told() -> Counter[tuple[str, str]]:
    """How many rows the random stories have of each stage and series, until every live KPI has enough."""
    found: Counter[tuple[str, str]] = Counter()
    for seed in STORIES:
        found.update((row.stage, row.series) for row in fold_in_memory(story(seed), HOUSE) if not row.excluded)
        if all(sum(found[place] for place in _places(kpi)) >= ENOUGH for kpi in LIVE if _places(kpi)):
            break
    return found


def _places(kpi: Kpi) -> list[tuple[str, str]]:
    """The stage that names it, and its series there."""
    if isinstance(kpi, Quality):
        return []  # over all stages, or over the events themselves
    return [(kpi.stage, series) for series in kpi.series]


@pytest.mark.parametrize("kpi", LIVE, ids=lambda kpi: kpi.code)
def test_the_random_stories_tell_of_every_live_kpi(kpi: Kpi) -> None:
    if places := _places(kpi):
        assert sum(told()[place] for place in places) >= ENOUGH, f"add the events of {kpi.stage} to random_day.py"


@pytest.mark.parametrize("kpi", LIVE, ids=lambda kpi: kpi.code)
def test_every_live_kpi_is_compared(kpi: Kpi) -> None:
    """Its rows one by one, and its values where the report has them too."""
    compared = gauged() if isinstance(kpi, Quality) else kpi.over
    assert set(compared) <= {code for code in stages() if code in folded_stages()}
    if kpi.mode == "B" and not (isinstance(kpi, Quality) and kpi.gauge in ("lag", "late")):
        assert kpi in OVER_ROWS
