"""What is expected of a day's events: known types, a subject, times that can be, no fact twice."""

from __future__ import annotations

from expectations.suite import Expectation, Suite, rows_expected
from ingest.events import catalogue


def events_suite() -> Suite:
    """The suite over `warehouse/checks/events.sql`: one row an event type."""
    return Suite(
        name="events",
        expectations=(
            rows_expected(1, "当日有事件", "the day has events"),
            Expectation(name="type_present", column="event_type", severity="withhold",
                        zh="事件类型不为空", en="every event has a type"),
            Expectation(name="type_known", column="event_type", one_of=tuple(sorted(catalogue())), severity="withhold",
                        zh="事件类型都在词汇表中", en="every event type is in the vocabulary"),
            Expectation(name="counted", column="n", at_least=1, severity="withhold",
                        zh="每类至少一条", en="every type listed was heard"),
            Expectation(name="told_once", column="repeated", at_most=0, severity="withhold",
                        zh="同一事实只计一次", en="no fact counts twice"),
            Expectation(name="subject_known", column="without_subject", at_most=0, severity="withhold",
                        zh="事件都有主体", en="every event has its subject"),
            Expectation(name="not_from_the_future", column="from_the_future", at_most=0, severity="warn",
                        zh="没有来自未来的时间", en="no event is from the future"),
            Expectation(name="complete", column="incomplete_share", at_most=0.05, severity="warn",
                        zh="缺项事件不超过 5%", en="at most 5 % of a type's events lack a field"),
        ),
    )  # fmt: skip
