"""Survival and percentiles of waits, held against an independent implementation of Kaplan and Meier's method."""

from __future__ import annotations

import warnings
from random import Random

import numpy as np
import pytest
from lifelines import KaplanMeierFitter

from streams.waiting import survival, with_waiting

_CASES = [(seed, longest) for seed in range(40) for longest in (6, 60, 7_200)]  # the shorter, the more ties


def _drawn(seed: int, longest: int) -> tuple[list[int], list[int]]:
    random = Random(seed)
    lengths = [random.randint(0, longest) for _ in range(random.randint(2, 120))]
    cut = random.randint(1, len(lengths) - 1)
    if seed % 4 == 0:  # nobody has waited shorter than the tenth who finished: shares of ten are met exactly
        lengths = sorted(lengths)[:20] if len(lengths) > 20 else [*range(20)]
        cut = 10
    return lengths[:cut], lengths[cut:]


def _fitted(finished: list[int], waiting: list[int]) -> KaplanMeierFitter:
    told = [1] * len(finished) + [0] * len(waiting)
    return KaplanMeierFitter().fit(np.array(finished + waiting), event_observed=np.array(told))


@pytest.mark.parametrize(("seed", "longest"), _CASES)
def test_the_curve_is_that_of_an_independent_implementation(seed: int, longest: int) -> None:
    finished, waiting = _drawn(seed, longest)
    theirs = _fitted(finished, waiting).survival_function_["KM_estimate"]
    curve = survival(finished, waiting)
    assert [length for length, _ in curve] == sorted(set(finished))
    assert [left for _, left in curve] == pytest.approx([theirs.loc[length] for length, _ in curve], abs=1e-12)


@pytest.mark.parametrize(("seed", "longest"), _CASES)
@pytest.mark.parametrize("percent", [10, 50, 90])
def test_so_are_the_percentiles(seed: int, longest: int, percent: int) -> None:
    finished, waiting = _drawn(seed, longest)
    ours = with_waiting(finished, waiting, percent)
    assert ours is not None
    wanted = 1 - percent / 100
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that it reads the steps of the curve: so do we
        theirs = float(_fitted(finished, waiting).percentile(wanted))
    exactly = [length for length, left in survival(finished, waiting) if abs(left - wanted) < 1e-9]
    if exactly:  # the curve rests on the share for a while: ours is the middle of it, theirs its beginning or end
        later = [length for length in sorted(set(finished)) if length > exactly[0]]
        assert ours.seconds == ((exactly[0] + later[0]) / 2 if later else exactly[0])
        assert ours.at_least == (not later and max(waiting) > exactly[0])
        assert theirs in (exactly[0], later[0] if later else float("inf"))
    elif ours.at_least:  # it never falls so far: theirs is infinite, ours the longest that is known
        assert theirs == float("inf") and ours.seconds == max(finished + waiting)
    else:
        assert ours.seconds == theirs


def test_ties_and_shares_met_exactly_are_among_the_cases() -> None:
    drawn = [_drawn(seed, longest) for seed, longest in _CASES]
    assert sum(len(set(finished) & set(waiting)) > 0 for finished, waiting in drawn) > 20
    exact = [any(abs(left - 0.5) < 1e-9 for _, left in survival(*case)) for case in drawn]
    beyond = [found is not None and found.at_least for found in (with_waiting(*case, 90) for case in drawn)]
    assert sum(exact) >= 3 and 10 < sum(beyond) < len(drawn) - 10
