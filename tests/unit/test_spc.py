"""Control charts against figures worked out by hand."""

from __future__ import annotations

import pytest

from orchestration.reports.spc import LEAST, Limits, Rule, limits_of, signals

# Ten days; moving ranges 2 4 2 2 4 2 2 4 2 make 24, of nine: 2.667. Mean 30.2.
BASELINE = [30.0, 32.0, 28.0, 30.0, 32.0, 28.0, 30.0, 32.0, 28.0, 30.0]
FLAT = Limits(centre=10.0, sigma=1.0, jump=100.0, n=20)


def test_limits_are_those_of_the_mean_moving_range() -> None:
    limits = limits_of(BASELINE)
    assert limits is not None
    assert limits.centre == 30.0
    assert limits.sigma == pytest.approx(24 / 9 / 1.128)
    assert limits.upper == pytest.approx(30 + 2.66 * 24 / 9, abs=0.01)  # Wheeler's 2.66 is 3 / 1.128
    assert limits.lower == pytest.approx(30 - 2.66 * 24 / 9, abs=0.01)
    assert limits.jump == pytest.approx(3.267 * 24 / 9)
    assert limits.n == 10


def test_too_few_days_have_no_limits() -> None:
    assert limits_of(BASELINE[: LEAST - 1]) is None


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ([10, 13.1], ("WE1",)),
        ([10, 13.0], ()),  # on the limit is within it
        ([12.1, 10, 12.1], ("WE2",)),
        ([12.1, 10, 10, 12.1], ()),  # two of four
        ([12.1, 7.9, 7.9], ("WE2",)),
        ([11.1, 11.2, 10, 11.3, 11.1], ("WE3",)),
        ([11.1, 11.1, 11.1, 11.1, 10], ()),  # four of five, but not the newest
        ([10.1] * 8, ("WE4",)),
        ([10.1] * 7, ()),
        ([9.9] * 7 + [10.1], ()),
        ([7.2, 7.8, 8.4, 9.5, 10.2, 10.4], ("N3",)),
        ([10.4, 10.2, 9.5, 8.4, 8.3, 8.2], ("N3",)),
        ([10.4, 10.2, 9.5, 9.5, 9.3, 9.2], ()),  # twice the same is no fall
    ],
)
def test_each_rule_sees_what_it_is_for(values: list[float], rules: tuple[Rule, ...]) -> None:
    found = signals(values, FLAT, len(values) - 1)
    assert tuple(rule for signal in found for rule in signal.rules) == rules


def test_a_jump_beyond_the_limit_of_ranges_counts_though_it_ends_within_the_limits() -> None:
    limits = Limits(centre=10.0, sigma=2.0, jump=3.0, n=20)
    [signal] = signals([8.0, 11.5], limits, 1)
    assert (signal.rules, signal.is_up) == (("MR",), True)
    assert signals([4.5, 8.0], limits, 1) == []  # a jump back towards the centre is none


def test_a_signal_says_which_way() -> None:
    assert [s.is_up for s in signals([13.5, 6.5], FLAT)] == [True, False]


def test_only_points_from_the_first_judged_one_on_are_signals() -> None:
    values = [13.5, *([10.1] * 7)]
    assert [s.index for s in signals(values, FLAT, 1)] == [7]  # the eighth above, with the first as its beginning


def test_days_that_never_varied_make_any_difference_a_signal() -> None:
    limits = limits_of([0.0] * 12)
    assert limits is not None
    assert signals([*[0.0] * 12, 0.5], limits, 12)[0].rules[0] == "WE1"
    assert signals([0.0] * 13, limits, 12) == []
