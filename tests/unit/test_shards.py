"""Several shards that read one log, are interrupted, killed and robbed of their state, come to the rows of one fold."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.memory import fold_in_memory
from tests.outpatients import MINUTE, MORNING, morning, moved
from tests.shards import HOUSE, run

DAY = [*morning(6, seed=7), moved(1, 2, MORNING + 300 * MINUTE), moved(5, 4, MORNING + 310 * MINUTE)]
FOLDED = fold_in_memory(DAY, HOUSE)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_several_shards_that_read_at_their_own_pace(seed: int) -> None:
    assert run(DAY, seed, disasters=False) == FOLDED


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 1 << 32))
def test_several_shards_whose_owners_die_and_whose_disks_are_lost(seed: int) -> None:
    assert run(DAY, seed, disasters=True) == FOLDED
