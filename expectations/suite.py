"""What a check says and what it found: the words in which suites are written, free of the engine that runs them."""

from __future__ import annotations

from typing import Literal

import msgspec

# What a failure means for the day: keep the last good one, publish with a warning, or just say so.
Severity = Literal["withhold", "warn", "note"]


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing expected of a frame. `column` is empty for expectations of the frame as a whole.

    `at_least` and `at_most` bound every value of the column (or the number of rows); `one_of` lists its members;
    with none of them the column must not be null. A null fails, so that no column without values ever passes; only
    where `may_be_null` is said does it stand for "nothing to hold this against".
    """

    name: str
    severity: Severity
    zh: str
    en: str
    column: str = ""
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()
    may_be_null: bool = False


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """Expectations of one frame. `kpi` is the number they concern, empty for the day as a whole."""

    name: str
    kpi: str = ""
    expectations: tuple[Expectation, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one expectation found: a row of `check_results`. `observed` holds counts and codes only."""

    suite: str
    expectation: str
    kpi: str
    severity: Severity
    passed: bool
    observed: str
    expected: str
    zh: str
    en: str


def rows_expected(minimum: int, zh: str, en: str, severity: Severity = "withhold") -> Expectation:
    """An empty frame passes every column expectation: every suite begins with this one."""
    return Expectation(name="rows", severity=severity, zh=zh, en=en, at_least=minimum)


def is_withheld(findings: list[Finding]) -> bool:
    """Whether the day must not replace the last good one."""
    return any(not found.passed and found.severity == "withhold" for found in findings)


def expected_text(expectation: Expectation) -> str:
    """What is expected, in figures."""
    if expectation.one_of:
        return f"one of {len(expectation.one_of)} codes"
    low, high = expectation.at_least, expectation.at_most
    if low is None and high is None:
        return "not null"
    return " and ".join(
        part for part in (f"≥ {low:g}" if low is not None else "", f"≤ {high:g}" if high is not None else "") if part
    )
