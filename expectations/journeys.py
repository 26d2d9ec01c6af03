"""What is expected of a day's journeys: an order that can be, a beginning, and a visit for each."""

from __future__ import annotations

from expectations.suite import Expectation, Suite, rows_expected

# Specification 3, negative_interval_rate: proposal < 0.5 %. Beyond a tenth the stage cannot be believed at all.
RARE = 0.005
UNBELIEVABLE = 0.1
MISSING = 0.05  # of what a story presupposes, as stage completeness has it


def journeys_suite() -> Suite:
    """The suite over all rows of `warehouse/checks/journeys.sql`."""
    return Suite(
        name="journeys",
        expectations=(
            rows_expected(1, "当日有可核对的流程", "the day has journeys to look at"),
            Expectation(name="rule_named", column="rule", severity="withhold",
                        zh="每行有规则名", en="every row names its rule"),
        ),
    )  # fmt: skip


def journey_suite(rule: str, kpi: str) -> Suite:
    """The suite over one rule's row: how often its order is impossible."""
    return Suite(
        name=f"journeys.{rule}",
        kpi=kpi,
        expectations=(
            Expectation(name="looked_at", column="n", at_least=1, severity="withhold",
                        zh="有可核对的流程", en="there are journeys to look at"),
            Expectation(name="order_rarely_impossible", column="broken_share", at_most=RARE, severity="warn",
                        zh=f"次序颠倒不超过 {RARE:.1%}", en=f"at most {RARE:.1%} in an impossible order"),
            Expectation(name="order_believable", column="broken_share", at_most=UNBELIEVABLE, severity="withhold",
                        zh=f"次序颠倒不超过 {UNBELIEVABLE:.0%}", en=f"at most {UNBELIEVABLE:.0%} in impossible order"),
        ),
    )  # fmt: skip


def references_suite() -> Suite:
    """The suite over `warehouse/checks/references.sql`: one row for each thing that presupposes another."""
    return Suite(
        name="references",
        expectations=(
            Expectation(name="looked_at", column="n", at_least=1, severity="withhold",
                        zh="有可核对的引用", en="there is something to look at"),
            Expectation(name="beginning_told", column="without_share", at_most=MISSING, severity="warn",
                        zh=f"缺前置事件的不超过 {MISSING:.0%}",
                        en=f"at most {MISSING:.0%} lack what they presuppose"),
        ),
    )  # fmt: skip


def orphans_suite() -> Suite:
    """The suite over `warehouse/checks/orphans.sql`: one row a kind of subject that belongs to a visit."""
    return Suite(
        name="orphans",
        expectations=(
            Expectation(name="looked_at", column="n", at_least=1, severity="withhold",
                        zh="有可核对的主体", en="there is something to look at"),
            Expectation(name="has_visit", column="orphan_share", at_most=MISSING, severity="warn",
                        zh=f"找不到就诊的不超过 {MISSING:.0%}", en=f"at most {MISSING:.0%} belong to no visit"),
        ),
    )  # fmt: skip
