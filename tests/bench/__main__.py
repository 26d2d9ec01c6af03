"""Runs the benchmarks, each beside a peer in one run, and prints how they stand to their budgets.

    python -m tests.bench [NAME…] [--quick] [--list]

Figures go to tests/bench/results/<name>.json, all of the run to results/all.json. Missed budgets are told, not failed:
a machine that does other things meanwhile is no mistake of the code. A benchmark that cannot run exits 1.
"""

from __future__ import annotations

import argparse
import ast
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Column, Table

from tests.bench.figure import Figure, amount

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"

Run = Callable[[bool], list[Figure]]


class Machine(msgspec.Struct, frozen=True):
    """What the figures were measured on; `load` is what else was running at the start."""

    cores: int
    python: str
    load: float


class Result(msgspec.Struct, frozen=True):
    """The figures of one benchmark."""

    bench: str
    quick: bool
    seconds: float
    machine: Machine
    figures: list[Figure]


def names() -> list[str]:
    """Every benchmark there is: tests/bench/bench_<name>.py."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def purpose(name: str) -> str:
    """The first sentence of a benchmark's docstring, without importing what it measures."""
    text = ast.get_docstring(ast.parse((HERE / f"bench_{name}.py").read_text("utf-8"))) or ""
    return " ".join(text.split("\n\n")[0].split())


def run_of(name: str) -> Run:
    """A benchmark's `run`."""
    run: Run = import_module(f"tests.bench.bench_{name}").run
    return run


def measure(name: str, quick: bool) -> Result:
    """Run one benchmark and keep its figures."""
    machine = Machine(os.cpu_count() or 1, platform.python_version(), round(os.getloadavg()[0], 2))
    began = time.perf_counter()
    figures = run_of(name)(quick)
    result = Result(name, quick, round(time.perf_counter() - began, 1), machine, figures)
    write(f"{name}.json", result)
    return result


def write(file: str, value: object) -> None:
    """Keep results where the next look finds them."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / file).write_bytes(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def table(results: list[Result]) -> Table:
    """What, ours, peer, ratio, budget, met?"""
    columns = ("", "what", "ours", "", "peer", "", "ratio", "budget", "met")
    shown = Table(*(Column(name, no_wrap=True) for name in columns), box=None, pad_edge=False)
    for result in results:
        for number, figure in enumerate(result.figures):
            shown.add_row(
                "" if number else result.bench,
                figure.name,
                amount(figure.value),
                figure.unit,
                "" if figure.peer_value is None else amount(figure.peer_value),
                figure.peer,
                "" if figure.ratio is None else f"{amount(figure.ratio)}×",
                figure.budget,
                {True: "yes", False: "[bold]no[/bold]", None: ""}[figure.met],
            )
    return shown


def main() -> int:
    """The exit code: 1 when a benchmark could not run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all when none is named")
    parser.add_argument("--quick", action="store_true", help="smaller amounts: a look, not a measurement")
    parser.add_argument("--list", action="store_true", help="list the benchmarks")
    given = parser.parse_args()
    console = Console(highlight=False, width=160)
    if given.list:
        for name in names():
            print(f"{name:<8} {purpose(name)}")
        return 0
    if unknown := [name for name in given.names if name not in names()]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    results, failed = [], []
    for name in given.names or names():
        console.print(f"{name} …")
        try:
            results.append(measure(name, given.quick))
        except Exception:
            traceback.print_exc()
            failed.append(name)
    write("all.json", results)
    console.print(table(results), width=160)
    if failed:
        console.print(f"Could not run: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
