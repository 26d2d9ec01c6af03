"""The one rule: imports flow the way data flows; each driver has one home; the middle is pure; modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("ingest", "streams", "warehouse", "expectations", "orchestration", "board")
FILES = [*sorted(path for room in (*ROOMS, "infra") for path in (ROOT / room).rglob("*.py")), ROOT / "hispulse.py"]
LONGEST = 250

HOMES = {
    "kafka": {"ingest/bus.py", "ingest/consuming.py", "ingest/retention.py"},
    "faust": {"streams/app.py", "streams/agents.py", "streams/transport.py"},
    "clickhouse_connect": {"warehouse/client.py"},
    "chdb": {"warehouse/embedded.py"},
    "great_expectations": {"expectations/run.py"},
}

# Where the world comes in: sockets, files, time. Everything else computes from what it is given.
PURE = (
    "ingest/events/", "ingest/interpret/", "ingest/intake.py", "streams/stages/", "streams/kpis/", "streams/feeds.py",
    "streams/hours.py", "streams/lags.py",
    *(f"streams/alerts/{part}.py" for part in ("course", "hindsight", "incident", "notice", "readings", "rule")),
)  # fmt: skip
IMPURE_MODULES = {"os", "socket", "random", "secrets", "subprocess", "time", "asyncio", "threading"}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}
CLOCK_HOME = "ingest/clock.py"


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def called(path: Path) -> set[str]:
    """The plain names that a file calls."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_flow_the_way_data_flows(path: Path) -> None:
    room = name(path).split("/")[0]
    if room not in ROOMS:  # infra and the front door may look everywhere
        return
    to_the_right = {*ROOMS[ROOMS.index(room) + 1 :], "infra", "hispulse", "tests"}
    assert [module for module in imports(path) if module.split(".")[0] in to_the_right] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_driver_has_one_home(path: Path) -> None:
    for driver, homes in HOMES.items():
        if name(path) not in homes:
            assert [module for module in imports(path) if module.split(".")[0] == driver] == []
    if not name(path).startswith("orchestration/"):
        assert [module for module in imports(path) if module.split(".")[0].startswith("dagster")] == []


@pytest.mark.parametrize("path", [p for p in FILES if name(p).startswith(PURE)], ids=name)
def test_the_middle_is_pure(path: Path) -> None:
    assert [module for module in imports(path) if module.split(".")[0] in IMPURE_MODULES] == []
    assert "open" not in called(path)


@pytest.mark.parametrize("path", [p for p in FILES if name(p).split("/")[0] in ROOMS], ids=name)
def test_nobody_but_the_clock_asks_what_day_it_is(path: Path) -> None:
    if name(path) == CLOCK_HOME:
        return
    asked = [
        f"{ast.unparse(node)} in line {node.lineno}"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CLOCKS - {"monotonic"}
        and ast.unparse(node.func.value).split(".")[-1] in {"datetime", "date", "time"}
    ]
    assert asked == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_module_has_one_idea_and_says_which(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST
    docstring = ast.get_docstring(ast.parse(text)) or ""
    assert docstring or not text.strip()
