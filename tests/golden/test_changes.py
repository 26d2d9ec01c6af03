"""Changes of tables, as Debezium tells them: a change in, events out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest.errors import Ignored, Malformed
from ingest.events.billing import BillPaid
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event
from ingest.interpret.change_table import Table
from ingest.interpret.changes import interpret_change
from ingest.interpret.view_columns import COLUMNS
from tests.golden.speech import SOURCE, lines, the
from tests.golden.view_rows import HEARD_AT, ROWS
from tests.golden.view_rows import told as polled

VISITS = Table(
    table="his.visits",
    view="v_visit",
    columns={"visit_id": "visit_no", "consultation_seq": "seq", "started_at": "started", "ended_at": "ended"},
)
CALLS = Table(
    table="his.queue",
    view="v_queue_call",
    columns={"ticket_id": "ticket", "queue_id": "room", "action_at": "call_time", "call_seq": "call_number"},
    values={"action": "CALL", "service_point_type": "clinic"},
    needs=("call_time",),
    overwritten=True,
)
PAYMENTS = Table(
    table="his.paid",
    view="v_payment",
    columns={"payment_id": "no", "bill_id": "bill", "channel": "way", "amount": "sum", "paid_at": "at"},
)
LOCAL = "org.apache.kafka.connect.data.Timestamp"
ZONED = "io.debezium.time.ZonedTimestamp"
TYPES = {"started": ZONED, "ended": LOCAL, "call_time": LOCAL, "at": LOCAL}
NINE_OCLOCK = 1_740_992_400_000  # 2025-03-03 09:00 by the hospital's clock, as if it were UTC


def change(
    op: str,
    table: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    place: int = 100,
    types: dict[str, str] = TYPES,
    together: list[dict[str, Any]] | None = None,
) -> bytes:
    """The body of a raw message."""
    columns = [{"field": name, "type": "string", "name": types.get(name, "")} for name in (after or before or {})]
    schema = {"type": "struct", "fields": [{"type": "struct", "field": "after", "fields": columns}]}
    where = dict(zip(("schema", "table"), table.split("."), strict=True))
    payload = {"op": op, "before": before, "after": after, "source": {"db": "hospital", **where, "lsn": place}}
    told = {"place": place, "change": {"schema": schema, "payload": payload}, "together": together or []}
    return msgspec.json.encode(told)


def told(*tables: Table, op: str, before: Any = None, after: Any = None, **more: Any) -> list[Event]:
    body = change(op, tables[0].table, before, after, **more)
    return interpret_change(body, {tables[0].table: tables}, SOURCE, HEARD_AT)


def visit(**columns: Any) -> dict[str, Any]:
    return {"visit_no": "V1", "seq": 1, "started": "2025-03-03T01:00:00.000000Z", "ended": None} | columns


@pytest.mark.parametrize("view", sorted(set(ROWS) - {"v_payment", "v_survey"}))
def test_a_change_and_a_polled_row_tell_the_same_facts(view: str) -> None:
    columns, story = ROWS[view]
    table = Table(table="his.any", view=view)
    assert set(columns) <= {*table.captured(), "reversed_date"}
    changed = told(table, op="c", after={"src_pk": "7", **columns}, types={})
    assert lines(changed) == story
    assert [event.event_id for event in changed] == [event.event_id for event in polled(view, **columns)]


def test_every_view_has_its_columns() -> None:
    assert set(COLUMNS) == set(ROWS)


def test_a_time_without_a_zone_is_the_hospitals() -> None:
    events = told(VISITS, op="u", before=visit(), after=visit(ended=NINE_OCLOCK + 8 * 60_000))
    assert lines(events) == ["09:00 consultation.started", "09:08 consultation.ended"]
    assert [event.tz_defaulted for event in events] == [False, True]
    assert {event.occurred_precision for event in events} == {"second"}


def test_days_and_milliseconds_and_micros_become_dates_and_times() -> None:
    registered = Table(table="his.reg", view="v_register")
    row = {"visit_id": "V1", "birth_date": -7305, "registered_at": NINE_OCLOCK * 1000, "planned_date": 20150}
    micros = {
        "birth_date": "io.debezium.time.Date",
        "registered_at": "io.debezium.time.MicroTimestamp",
        "planned_date": "org.apache.kafka.connect.data.Date",
    }
    (created,) = told(registered, op="r", after=row, types=micros)
    by_view = polled(
        "v_register",
        visit_id="V1",
        birth_date="1950-01-01",
        registered_at="2025-03-03T09:00:00",
        planned_date="2025-03-03",
    )
    assert {**as_told(created)} == {**as_told(by_view[0])}


def as_told(event: Event) -> dict[str, Any]:
    """An event without which row and which version told it."""
    whole = msgspec.structs.asdict(event)
    return {name: value for name, value in whole.items() if name not in ("revision", "source_msg_id")}


def test_an_emptied_time_takes_its_fact_back() -> None:
    before = visit(ended=NINE_OCLOCK)
    started, ended = told(VISITS, op="u", before=before, after=visit(), place=200)
    assert (started.op, ended.op) == ("assert", "retract")
    (_, said) = told(VISITS, op="u", before=visit(), after=before, place=100)
    assert said.event_id == ended.event_id and said.revision < ended.revision


def test_a_number_given_to_another_takes_the_facts_of_the_first_back() -> None:
    now, was = told(VISITS, op="u", before=visit(), after=visit(visit_no="V2"))
    assert (now.op, was.op) == ("assert", "retract") and now.event_id != was.event_id


def test_a_row_that_vanishes_takes_back_all_that_it_said_unless_it_is_only_cleared_away() -> None:
    row = visit(ended=NINE_OCLOCK)
    said, gone = told(VISITS, op="c", after=row), told(VISITS, op="d", before=row, place=101)
    assert [e.event_id for e in said] == [e.event_id for e in gone] and {e.op for e in gone} == {"retract"}
    with pytest.raises(Ignored):
        told(msgspec.structs.replace(VISITS, vanished="ignore"), op="d", before=row)


def test_of_a_delete_and_an_insert_at_one_place_the_row_that_is_there_counts() -> None:
    (gone,) = told(VISITS, op="d", before=visit())
    (here,) = told(VISITS, op="c", after=visit())
    assert gone.event_id == here.event_id and gone.revision < here.revision


def test_a_row_that_is_overwritten_at_each_step_tells_all_of_them() -> None:
    called = {"ticket": "A012", "room": "R1", "call_time": NINE_OCLOCK, "call_number": 1}
    again = {**called, "call_time": NINE_OCLOCK + 300_000, "call_number": 2}
    assert lines(told(CALLS, op="u", before={**called, "call_time": None}, after=called)) == ["09:00 queue.called"]
    assert lines(told(CALLS, op="u", before=called, after=again)) == ["09:05 queue.called"]
    with pytest.raises(Ignored):
        told(CALLS, op="c", after={**called, "call_time": None})


def test_one_table_may_tell_several_views() -> None:
    joined = msgspec.structs.replace(
        CALLS,
        columns={"ticket_id": "ticket", "queue_id": "room", "action_at": "join_time"},
        values={"action": "JOIN", "service_point_type": "clinic"},
        needs=("join_time",),
    )
    row = {"ticket": "A012", "room": "R1", "join_time": NINE_OCLOCK, "call_time": None, "call_number": None}
    types = {**TYPES, "join_time": LOCAL}
    assert lines(told(joined, CALLS, op="c", after=row, types=types)) == ["09:00 queue.joined"]


def test_a_payment_is_told_from_all_its_rows_and_gone_with_the_last() -> None:
    rows = [
        {"no": "7", "bill": "B1", "way": way, "sum": amount, "at": "2025-03-03 10:58:00"}
        for way, amount in (("wechat", "60.0000"), ("alipay", "30.5000"))
    ]
    row = {**rows[0], "at": NINE_OCLOCK}
    both = the(BillPaid, *told(PAYMENTS, op="c", after=row, together=[{"mapping": 0, "rows": rows}]))
    left = the(BillPaid, *told(PAYMENTS, op="d", before=row, place=101, together=[{"mapping": 0, "rows": rows[1:]}]))
    gone = the(BillPaid, *told(PAYMENTS, op="d", before=row, place=102, together=[{"mapping": 0, "rows": []}]))
    assert [str(event.amount) for event in (both, left)] == ["90.5000", "30.5000"]
    assert both.event_id == left.event_id == gone.event_id and gone.op == "retract"
    assert both.revision < left.revision < gone.revision


def test_a_long_text_that_an_update_did_not_touch_is_what_it_was() -> None:
    (started, *_) = told(VISITS, op="u", before=visit(), after=visit(visit_no="__debezium_unavailable_value"))
    assert started.event_id == told(VISITS, op="c", after=visit())[0].event_id


def test_a_mapped_column_that_is_gone_is_said_by_name() -> None:
    row = visit()
    del row["started"]
    with pytest.raises(Malformed, match=r"no such column: his\.visits\.started"):
        told(VISITS, op="u", before=visit(), after=row)


def test_what_is_none_of_our_business_is_ignored() -> None:
    for op, reason in (("t", "truncate"), ("m", "operation")):
        with pytest.raises(Ignored, match=reason):
            told(VISITS, op=op)
    with pytest.raises(Ignored, match=r"table:his\.staff"):
        interpret_change(change("c", "his.staff", None, {}), {"his.visits": (VISITS,)}, SOURCE, HEARD_AT)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "not a change"),
        (b'{"place":1,"change":{"payload":{"op":"c","source":{"schema":"his","table":"visits"}}}}', "no schema"),
        (change("c", "his.visits", None, visit(started=None, ended=10**30)), "unreadable value: his.visits.ended"),
    ],
)
def test_what_can_never_be_valid_is_refused_without_its_content(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        interpret_change(body, {"his.visits": (VISITS,)}, SOURCE, HEARD_AT)


def test_a_date_of_noughts_is_no_time() -> None:
    assert lines(told(VISITS, op="c", after=visit(ended=0))) == ["09:00 consultation.started"]
    assert the(ConsultationStarted, *told(VISITS, op="c", after=visit(ended=0))).op == "assert"
