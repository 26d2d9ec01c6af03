"""Percentiles that count those still waiting, against values worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.waiting import Percentile, survival, with_waiting


def test_with_nobody_waiting_it_is_the_inclusive_percentile() -> None:
    assert with_waiting([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [], 50) == Percentile(4.5)
    assert with_waiting([34, 70], [], 90) == Percentile(66.4)


def test_of_nobody_there_is_nothing_to_say() -> None:
    assert with_waiting([], [], 50) is None


def test_the_survival_curve_of_a_textbook_example() -> None:
    # Freireich's leukaemia trial, 6-mercaptopurine arm, weeks: the example of every textbook.
    remission_ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still_in_remission = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    curve = {week: round(left, 4) for week, left in survival(remission_ended, still_in_remission)}
    assert curve == {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert with_waiting(remission_ended, still_in_remission, 50) == Percentile(23.0)
    assert with_waiting(remission_ended, still_in_remission, 90) == Percentile(35.0, at_least=True)


def test_a_stalled_queue_looks_bad_not_empty() -> None:
    assert with_waiting([], [600, 1800], 50) == Percentile(1800.0, at_least=True)
    assert with_waiting([60], [3600] * 9, 50) == Percentile(3600.0, at_least=True)


def test_exactly_half_gone_is_the_middle_to_the_next() -> None:
    # 10 and 20 finish, 20 and 30 still wait at 5: S(10) = 1/2 of the two who were at risk
    assert with_waiting([10, 20], [5, 5], 50) == Percentile(15.0)


def test_one_who_waits_just_as_long_as_another_took_was_at_risk_then() -> None:
    assert survival([10], [10]) == [(10, 0.5)]


@given(st.lists(st.integers(0, 100), min_size=1), st.lists(st.integers(0, 100)))
def test_those_who_still_wait_never_make_the_wait_look_shorter(finished: list[int], waiting: list[int]) -> None:
    without, including = with_waiting(finished, [], 50), with_waiting(finished, [w + 100 for w in waiting], 50)
    assert without is not None and including is not None
    assert including.seconds >= without.seconds or including.seconds >= min(finished)


@pytest.mark.parametrize("percent", [50, 90])
def test_it_is_some_length_that_was_seen(percent: int) -> None:
    found = with_waiting([5, 7, 9], [8, 8], percent)
    assert found is not None and 5 <= found.seconds <= 9
