"""Runs suites with Great Expectations: the only place that knows it. Imported late: it takes seconds and 200 MB.

An expectation costs the same few milliseconds for one row as for thousands, so that the suites of many keys (sixty
KPIs, a row each) are run together, an expectation at a time over all rows that it is said of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from expectations.suite import Expectation, Finding, Severity, Suite, expected_text

_SEVERITIES: dict[Severity, str] = {"withhold": "critical", "warn": "warning", "note": "info"}
_MOST_NAMED = 5


class _Found(msgspec.Struct, frozen=True):
    """What an expectation found in a frame: the rows that broke it, or what it saw of the frame as a whole."""

    passed: bool
    broken: tuple[int, ...] = ()
    seen: str = ""


def run(frame: Any, suite: Suite, named_by: str = "") -> list[Finding]:
    """Validate a pandas frame against a suite; one finding an expectation, in the suite's order.

    `named_by` is the column that names the rows that broke one."""
    found = _validated(frame, suite.expectations)
    return [_finding(suite, e, f.passed, _observed(frame, e, f, named_by)) for e, f in found.items()]


def run_each(frame: Any, key: str, suites: Mapping[str, Suite]) -> list[Finding]:
    """Validate each row of a frame against the suite of its key, in the suites' order.

    A key without a row fails all that is expected of it."""
    rows = {value: number for number, value in enumerate(frame[key])} if len(frame) else {}
    wanted: dict[Expectation, list[str]] = {}
    for name, suite in suites.items():
        for expectation in suite.expectations:
            wanted.setdefault(expectation, []).append(name)
    findings: dict[tuple[str, Expectation], Finding] = {}
    for expectation, names in wanted.items():
        there = [name for name in names if name in rows]
        part = frame.iloc[[rows[name] for name in there]].reset_index(drop=True)
        found = _validated(part, (expectation,))[expectation] if there else _Found(False)
        for name in names:
            place = there.index(name) if name in rows else None
            passed = place is not None and place not in found.broken
            seen = "no row" if place is None else found.seen or _shown(part[expectation.column][place])
            findings[name, expectation] = _finding(suites[name], expectation, passed, seen)
    return [findings[name, expectation] for name, suite in suites.items() for expectation in suite.expectations]


def _validated(frame: Any, expectations: Sequence[Expectation]) -> dict[Expectation, _Found]:
    import great_expectations as gx

    theirs = [each for e in expectations for each in _engine_expectations(e)]
    batch = _frames().get_batch(batch_parameters={"dataframe": frame})
    report = batch.validate(gx.ExpectationSuite("suite", expectations=theirs), result_format="COMPLETE")
    results: dict[str, list[dict[str, Any]]] = {}
    for result in report.results:  # not in the suite's order
        results.setdefault(result.expectation_config.meta["name"], []).append(result.to_json_dict())
    return {e: _together(results[e.name], len(frame)) for e in expectations}


@cache
def _frames() -> Any:
    """One ephemeral context for the life of the process: a new one each time would grow."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _engine_expectations(expectation: Expectation) -> list[Any]:
    """Theirs pass over nulls, so that a second one looks for them."""
    import great_expectations.expectations as gxe

    told: dict[str, Any] = {"severity": _SEVERITIES[expectation.severity], "meta": {"name": expectation.name}}
    bounds = {"min_value": expectation.at_least, "max_value": expectation.at_most}
    column = expectation.column
    if not column:
        return [gxe.ExpectTableRowCountToBeBetween(**bounds, **told)]
    there = [] if expectation.may_be_null else [gxe.ExpectColumnValuesToNotBeNull(column=column, **told)]
    if expectation.one_of:
        return [*there, gxe.ExpectColumnValuesToBeInSet(column=column, value_set=list(expectation.one_of), **told)]
    if expectation.at_least is None and expectation.at_most is None:
        return there
    return [*there, gxe.ExpectColumnValuesToBeBetween(column=column, **bounds, **told)]


def _together(results: list[dict[str, Any]], rows: int) -> _Found:
    """An error of the engine breaks every row: what could not be looked at is not well.

    The engine says it as a failure that names no row and saw nothing; where its error lies differs with its kind."""
    if not all(result["success"] or _says_why(result.get("result") or {}) for result in results):
        return _Found(False, tuple(range(rows)), "could not be evaluated")
    found = [result.get("result") or {} for result in results]
    broken = {row for each in found for row in each.get("unexpected_index_list") or ()}
    seen = next((str(each["observed_value"]) for each in found if "observed_value" in each), "")
    return _Found(all(result["success"] for result in results), tuple(sorted(broken)), seen)


def _says_why(result: dict[str, Any]) -> bool:
    return bool(result.get("unexpected_index_list")) or "observed_value" in result


def _observed(frame: Any, expectation: Expectation, found: _Found, named_by: str) -> str:
    """How many rows broke it, and the first of them with what stands there."""
    if found.seen or not expectation.column:
        return found.seen
    told = []
    for row in found.broken[:_MOST_NAMED]:
        name = str(frame[named_by][row]) if named_by and named_by != expectation.column else ""
        told.append(f"{name} {_shown(frame[expectation.column][row])}".strip())
    said = f"{len(found.broken)} of {len(frame)}"
    return f"{said}: {', '.join(told)}" if told else said


def _shown(value: Any) -> str:
    """A value as it is read: figures without a tail."""
    if value is None or value != value:  # a NaN, of whichever library
        return "null"
    return f"{float(value):.6g}" if isinstance(value, float | int) or hasattr(value, "dtype") else str(value)


def _finding(suite: Suite, expectation: Expectation, passed: bool, observed: str) -> Finding:
    return Finding(
        suite=suite.name,
        expectation=expectation.name,
        kpi=suite.kpi,
        severity=expectation.severity,
        passed=passed,
        observed=observed,
        expected=expected_text(expectation),
        zh=expectation.zh,
        en=expectation.en,
    )
