"""What is expected of a day's events: known types, a subject, times that can be, no fact twice, codes and types as the
vocabulary has them, and of every feed about as much as usual."""

from __future__ import annotations

from functools import cache
from typing import Any

from expectations.suite import Expectation, Suite, rows_expected
from ingest.events import catalogue
from ingest.events.schemas import json_schema


def events_suite() -> Suite:
    """The suite over `warehouse/checks/events.sql`: one row an event type."""
    return Suite(
        name="events",
        expectations=(
            rows_expected(1, "当日有事件", "the day has events"),
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
            Expectation(name="entered_after", column="entered_before", at_most=0.05, severity="warn",
                        zh="先录入后发生的不超过 5%", en="at most 5 % of a type were entered before they happened"),
            Expectation(name="complete", column="incomplete_share", at_most=0.05, severity="warn",
                        zh="缺项事件不超过 5%", en="at most 5 % of a type's events lack a field"),
        ),
    )  # fmt: skip


def vocabulary_suite() -> Suite:
    """The suite over `warehouse/checks/vocabulary.sql`, generated from the event types: one row a field as told."""
    shapes, codes = _vocabulary()
    return Suite(
        name="vocabulary",
        expectations=(
            rows_expected(1, "当日有事件字段", "the day's events have fields"),
            Expectation(name="shape_known", column="shape", one_of=shapes, severity="withhold",
                        zh="字段及其类型与词汇表一致", en="every field is in the vocabulary and of its type"),
            Expectation(name="code_legal", column="code", one_of=codes, severity="withhold", may_be_null=True,
                        zh="代码都在枚举之内", en="every code is one of its enumeration"),
        ),
    )  # fmt: skip


def coded_fields() -> tuple[str, ...]:
    """The names of the fields that have an enumeration in some event type."""
    return tuple(sorted({pair.partition("=")[0].rpartition(".")[2] for pair in _vocabulary()[1]}))


def coded_places() -> tuple[str, ...]:
    """The coded fields of the vocabulary, as `queue.joined.priority`."""
    return tuple(sorted({pair.partition("=")[0] for pair in _vocabulary()[1]}))


def feeds_suite() -> Suite:
    """The suite over `warehouse/checks/feeds.sql`: one row a source of the day or of the days it is held against."""
    return Suite(
        name="feeds",
        expectations=(
            rows_expected(1, "当日有来源", "the day has sources"),
            Expectation(name="source_named", column="source_system", severity="withhold",
                        zh="来源有名称", en="every source has a name"),
            Expectation(name="not_silent", column="silent", at_most=0, severity="warn",
                        zh="往常有数据的来源当日有数据", en="no source that usually tells something is silent"),
            Expectation(name="near_usual", column="against_usual", at_least=0.5, at_most=2.0, severity="note",
                        may_be_null=True, zh="各来源事件数为同星期通常的 50%–200%",
                        en="each source tells 50–200 % of the same weekday's usual"),
            Expectation(name="near_day_before", column="against_before", at_least=0.5, at_most=2.0, severity="note",
                        may_be_null=True, zh="各来源事件数为上一同类日的 50%–200%",
                        en="each source tells 50–200 % of the last day like it"),
        ),
    )  # fmt: skip


# Of the HIS's own rows: what a busy day may lack while it is closed, and what makes it another day.
LACKING = 0.005
ANOTHER_DAY = 0.2


def reconciliation_suite() -> Suite:
    """The suite over `warehouse/checks/reconciliation.sql`: one row a view that the HIS was asked to count."""
    return Suite(
        name="reconciliation",
        expectations=(
            Expectation(name="counted_by_the_his", column="n", at_least=0, severity="warn",
                        zh="HIS 报出了行数", en="the HIS told how many rows it has"),
            Expectation(name="agrees", column="missing_share", at_most=LACKING, severity="warn",
                        zh=f"HIS 有而本平台没有的不超过 {LACKING:.1%}",
                        en=f"at most {LACKING:.1%} of the HIS's rows lack"),
            Expectation(name="no_more_than_the_his", column="surplus_share", at_most=LACKING, severity="warn",
                        zh=f"本平台多于 HIS 的不超过 {LACKING:.1%}", en=f"at most {LACKING:.1%} more than the HIS has"),
            Expectation(name="same_day", column="missing_share", at_most=ANOTHER_DAY, severity="withhold",
                        zh=f"HIS 有而本平台没有的不超过 {ANOTHER_DAY:.0%}",
                        en=f"at most {ANOTHER_DAY:.0%} of the HIS's rows lack"),
        ),
    )  # fmt: skip


@cache
def _vocabulary() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """`queue.joined.position:number` for every field, and `queue.joined.priority=normal` for every legal code."""
    shapes: set[str] = set()
    codes: set[str] = set()
    for name, kind in catalogue().items():
        for field, schema in json_schema(kind)["properties"].items():
            for choice in schema.get("anyOf", [schema]):
                codes.update(f"{name}.{field}={code}" for code in choice.get("enum", ()))
                shapes.add(f"{name}.{field}:{_shape(choice)}")
    return tuple(sorted(shapes)), tuple(sorted(codes))


def _shape(schema: dict[str, Any]) -> str:
    """A JSON type as the warehouse tells it."""
    told = "string" if "enum" in schema else schema.get("type", "object")
    return {"integer": "number"}.get(told, told)
