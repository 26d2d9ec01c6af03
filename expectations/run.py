"""Runs suites with Great Expectations: the only place that knows it. Imported late: it takes seconds and 200 MB."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from expectations.suite import Expectation, Finding, Severity, Suite

_SEVERITIES: dict[Severity, str] = {"withhold": "critical", "warn": "warning", "note": "info"}


def run(frame: Any, suite: Suite) -> list[Finding]:
    """Validate a pandas frame against a suite; one finding an expectation, in the suite's order."""
    import great_expectations as gx

    batch = _frames().get_batch(batch_parameters={"dataframe": frame})
    name = f"{suite.name}:{suite.kpi}"
    theirs = gx.ExpectationSuite(name, expectations=[_engine_expectation(e) for e in suite.expectations])
    report = batch.validate(theirs, result_format="BASIC")
    results = {r.expectation_config.meta["name"]: r for r in report.results}  # not in the suite's order
    return [_finding(suite, e, results[e.name]) for e in suite.expectations]


@cache
def _frames() -> Any:
    """One ephemeral context for the life of the process: a new one each time would grow."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("frames")
    return source.add_dataframe_asset("frame").add_batch_definition_whole_dataframe("whole")


def _engine_expectation(expectation: Expectation) -> Any:
    import great_expectations.expectations as gxe

    told = {"severity": _SEVERITIES[expectation.severity], "meta": {"name": expectation.name}}
    bounds = {"min_value": expectation.at_least, "max_value": expectation.at_most}
    if not expectation.column:
        return gxe.ExpectTableRowCountToBeBetween(**bounds, **told)
    if expectation.one_of:
        return gxe.ExpectColumnValuesToBeInSet(column=expectation.column, value_set=list(expectation.one_of), **told)
    if expectation.at_least is None and expectation.at_most is None:
        return gxe.ExpectColumnValuesToNotBeNull(column=expectation.column, **told)
    return gxe.ExpectColumnValuesToBeBetween(column=expectation.column, **bounds, **told)


def _finding(suite: Suite, expectation: Expectation, result: Any) -> Finding:
    return Finding(
        suite=suite.name,
        expectation=expectation.name,
        kpi=suite.kpi,
        severity=expectation.severity,
        passed=bool(result.success),
        observed=_observed(result.to_json_dict()),
        expected=_expected(expectation),
        zh=expectation.zh,
        en=expectation.en,
    )


def _observed(result: dict[str, Any]) -> str:
    """Counts, and the offending codes or figures where there are any; an error of the engine by its kind only."""
    if (result.get("exception_info") or {}).get("raised_exception"):
        return "could not be evaluated"
    found = result.get("result") or {}
    if "observed_value" in found:
        return str(found["observed_value"])
    seen = msgspec.json.encode(found.get("partial_unexpected_list", [])[:5]).decode()
    return f"{found.get('unexpected_count', 0)} of {found.get('element_count', 0)}: {seen}"


def _expected(expectation: Expectation) -> str:
    if expectation.one_of:
        return f"one of {len(expectation.one_of)} codes"
    low, high = expectation.at_least, expectation.at_most
    if low is None and high is None:
        return "not null"
    return " and ".join(
        p for p in (f"≥ {low:g}" if low is not None else "", f"≤ {high:g}" if high is not None else "") if p
    )
