"""Every benchmark can be found, says what it measures, and runs by the same door."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

from tests.bench.__main__ import names, purpose, run_of
from tests.bench.figure import less_is_better, more_is_better


@pytest.mark.parametrize("name", names())
def test_a_benchmark_has_one_door_and_says_what_it_measures(name: str) -> None:
    assert list(inspect.signature(run_of(name)).parameters) == ["quick"]
    assert purpose(name).endswith((".", ":")) or purpose(name)


def test_the_list_names_them_all() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.bench", "--list"], capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == names()


def test_an_unknown_benchmark_is_refused_with_those_there_are() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.bench", "nosuch"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no benchmark nosuch" in done.stderr


def test_a_ratio_says_how_many_times_better_whichever_way_is_better() -> None:
    rate = more_is_better("rate", 2_500.0, "msg/s", floor=2_000, peer="plain", peer_value=500.0, ratio_floor=10)
    assert (rate.ratio, rate.budget, rate.met) == (5.0, "≥ 2 000, ≥ 10×", False)
    wait = less_is_better("wait", 20.0, "ms", ceiling=25, peer="plain", peer_value=5.0)
    assert (wait.ratio, wait.budget, wait.met) == (0.25, "≤ 25", True)
    assert less_is_better("memory", 300.0, "MB").met is None
