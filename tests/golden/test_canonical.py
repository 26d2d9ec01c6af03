"""Events told in our own terms: a record in, an event out, the same fact as a message or a row tells it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import Malformed
from ingest.events import catalogue
from ingest.events.envelope import Event, kind_of
from ingest.events.scheduling import ScheduleSessionPublished
from ingest.interpret.canonical import NOT_TOLD, interpret_cloud_event, interpret_event
from ingest.interpret.canonical_schema import event_schema, told_kinds
from ingest.interpret.fields import READABLE, holds
from ingest.interpret.records import CLOUD_BATCH, EVENT, LINES, records_in
from tests.golden.speech import SOURCE, fields, message, number, the
from tests.golden.speech import told as heard
from tests.golden.view_rows import told as row_told

HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53
DAILY = msgspec.structs.replace(SOURCE, numbers={"visit": "daily", "ticket": "daily"})


def told(source: Any = SOURCE, **said: Any) -> Event:
    (event,) = interpret_event(msgspec.json.encode(said), source, HEARD_AT)
    return event


def refused(**said: Any) -> str:
    with pytest.raises(Malformed) as reason:
        told(**said)
    return str(reason.value)


NINE = "2025-03-03T09:00:00+08:00"
JOINED = {"event_type": "queue.joined", "occurred_at": NINE, "ticket_id": "1"}
PAID = {"event_type": "bill.paid", "occurred_at": NINE, "bill_id": "1"}


def test_the_same_fact_told_by_message_row_and_push_is_one_fact() -> None:
    pushed = told(event_type="ed.seen", occurred_at="2025-03-03T02:06:00Z", visit_id="V2", doctor_id="D01")
    (row,) = row_told("v_ed", visit_id="V2", seen_at="2025-03-03T10:06:00+08:00")
    zcn = "ZCN|1|START|20250303100600|R1|D01|1"
    (spoken,) = heard(message("ADT^A08", "EVN|A08", "PV1|1|E|ED||||||||||||||||V2", zcn))
    assert pushed.event_id == row.event_id == spoken.event_id
    assert fields(pushed, "doctor_id", "visit_id") == fields(spoken, "doctor_id", "visit_id")


def test_a_call_told_by_message_and_push_is_one_call() -> None:
    said = {"ticket_id": "T1", "queue_id": "CASH", "service_point_type": "cashier", "call_seq": 1, "ref_ids": ["B1"]}
    pushed = told(event_type="queue.called", occurred_at="2025-03-03T09:05:00+08:00", window_id="W3", **said)
    zqu = "ZQU|1|CALL|T1|A001|cashier|CASH|W3|S7|20250303090500+0800|1|normal||B1"
    (spoken,) = heard(message("ZQN^Z01", "EVN|Z01|20250303090500", zqu))
    assert pushed.event_id == spoken.event_id
    assert fields(pushed, "ticket_id", "ref_ids", "window_id") == fields(spoken, "ticket_id", "ref_ids", "window_id")


def test_what_a_ticket_is_for_follows_from_its_window() -> None:
    for point, kind in (("pharmacy", "prescription"), ("phlebotomy", "order"), ("registration", "visit")):
        event = told(
            event_type="queue.joined", occurred_at=NINE, ticket_id="T1", service_point_type=point, ref_ids=["N1"]
        )
        assert fields(event, "ref_ids") == ((number(kind, "N1"),),)


def test_numbers_that_restart_each_day_go_with_their_date() -> None:
    on_the_day = told(DAILY, event_type="queue.joined", occurred_at=NINE, ticket_id="7", queue_id="Q")
    next_day = {"number": "7", "date": "2025-03-03"}
    after_midnight = told(
        DAILY, event_type="queue.left", occurred_at="2025-03-04T00:10:00+08:00", ticket_id=next_day, queue_id="Q"
    )
    assert fields(on_the_day, "ticket_id") == fields(after_midnight, "ticket_id")
    with pytest.raises(Malformed, match="missing subject: visit_id"):
        told(DAILY, event_type="ed.seen", occurred_at=NINE, visit_id="12")
    dated = told(DAILY, event_type="ed.seen", occurred_at=NINE, visit_id="12", visit_date="2025-03-03")
    by_itself = told(DAILY, event_type="ed.seen", occurred_at=NINE, visit_id={"number": 12, "date": "2025-03-03"})
    assert dated.visit_id == by_itself.visit_id == SOURCE.pseudonyms.of("visit", "H001", "", "12", "2025-03-03")


def test_who_numbers_is_part_of_a_number() -> None:
    one = told(event_type="ed.seen", occurred_at=NINE, visit_id={"number": "V1", "authority": "HIS"})
    assert one.visit_id == number("visit", "V1", "HIS") != number("visit", "V1")


def test_the_site_s_own_codes_are_understood_and_others_refused() -> None:
    said = {"event_type": "appointment.booked", "occurred_at": NINE, "appointment_id": "A1"}
    assert fields(told(**said, channel="WX"), "channel", "raw_codes") == ("wechat", {"channel": "WX"})
    assert refused(**said, channel="张珅") == "illegal code: channel"
    assert refused(**said, op="undo") == "illegal code: op"
    assert refused(**said, quality_flags=["invented"]) == "illegal code: quality_flags"


def test_a_birth_date_becomes_an_age_band_and_nothing_else() -> None:
    event = told(event_type="ed.arrived", occurred_at=NINE, visit_id="V1", birth_date="1930-01-01", sex="2")
    assert fields(event, "age_band", "quality_flags") == ("90+", ())
    assert b"1930" not in msgspec.json.encode(event)


def test_what_a_complete_source_would_say_is_flagged() -> None:
    event = told(event_type="queue.called", occurred_at=NINE, ticket_id="T1")
    assert "missing:window_id" in event.quality_flags and "missing:call_seq" in event.quality_flags


def test_an_event_that_carries_parts() -> None:
    slot = {"slot_id": "S1-1", "start": NINE, "end": 1_740_965_400_000, "capacity": 0, "pool": "open"}
    event = told(
        event_type="schedule.session_published",
        occurred_at=NINE,
        session_id="S1",
        slots=[slot],
        session_date="2025-03-03",
    )
    (made,) = the(ScheduleSessionPublished, event).slots
    assert (made.slot_id, made.start, made.capacity) == (number("slot", "S1-1"), 1_740_963_600_000, 0)
    assert refused(
        event_type="schedule.session_published", occurred_at=NINE, session_id="S1", slots=[slot, {"pool": "secret"}]
    ) == "illegal code: slots[1].pool"  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "missing: event_type"),
        ({"event_type": "queue.danced"}, "illegal code: event_type"),
        ({"event_type": "queue.joined"}, "missing time: occurred_at"),
        ({"event_type": "queue.joined", "occurred_at": "soon"}, "unreadable time: occurred_at"),
        ({"event_type": "queue.joined", "occurred_at": 1_740_963_600}, "unreadable time: occurred_at"),
        ({"event_type": "queue.joined", "occurred_at": "0001-01-01T00:00:00Z"}, "implausible time: occurred_at"),
        ({"event_type": "queue.joined", "occurred_at": "2025-03-05T10:00:00Z"}, "future_time: occurred_at"),
        ({"event_type": "queue.joined", "occurred_at": NINE}, "missing subject: ticket_id"),
        ({"event_type": "queue.joined", "occurred_at": NINE, "ticket_id": ["T1"]}, "not a text: ticket_id"),
        ({"event_type": "queue.joined", "occurred_at": NINE, "ticket_id": "1" * 201}, "too long: ticket_id"),
        ({**JOINED, "position": True}, "not a number: position"),
        ({**JOINED, "version": "x"}, "unreadable version: version"),
        ({**JOINED, "ref_ids": "B1"}, "not a list: ref_ids"),
        ({**PAID, "amount": "1e99"}, "not an amount: amount"),
        ({**PAID, "full_settlement": "Y"}, "not true or false: full_settlement"),
    ],
)  # fmt: skip
def test_refusals_name_the_field_and_never_what_stood_there(said: dict[str, Any], reason: str) -> None:
    assert refused(**said) == reason


def test_cloud_events_say_in_their_envelope_what_the_data_need_not() -> None:
    cloud = {
        "specversion": "1.0",
        "type": "ed.seen",
        "source": "/ed",
        "id": "A-1",
        "time": NINE,
        "data": {"visit_id": "V2"},
    }
    (event,) = interpret_cloud_event(msgspec.json.encode(cloud), SOURCE, HEARD_AT)
    assert event.source_msg_id == "A-1"
    assert event.event_id == told(event_type="ed.seen", occurred_at=NINE, visit_id="V2").event_id
    long = {**cloud, "id": "patient 110101199001011234"}
    (event,) = interpret_cloud_event(msgspec.json.encode(long), SOURCE, HEARD_AT)
    assert event.source_msg_id is not None and "110101" not in event.source_msg_id
    for wrong in ({**cloud, "specversion": "0.3"}, {**cloud, "data": "text"}, {"type": "ed.seen"}):
        with pytest.raises(Malformed):
            interpret_cloud_event(msgspec.json.encode(wrong), SOURCE, HEARD_AT)


def test_bodies_are_cut_into_records_that_keep_their_own_bytes() -> None:
    pieces = records_in(b'[{"a": 1.50 }, [], "x"]', EVENT, {})
    assert [piece.body for piece in pieces] == [b'{"a": 1.50 }', b"[]", b'"x"']
    lines = records_in(b'{"a":1}\r\n\n{"b":\n', LINES[0], {})
    assert [(piece.body, piece.fault) for piece in lines] == [(b'{"a":1}', ""), (b'{"b":', "not JSON: line")]
    (broken,) = records_in(b"{}", CLOUD_BATCH, {})
    assert broken.fault == "not JSON: body"


# --- over the whole vocabulary -------------------------------------------------------------------------------------


def some(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that the document allows, or nearly."""
    if "$ref" in schema:
        return _BY_NAME[schema["$ref"].rsplit("/", 1)[-1]]
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    for choice in ("oneOf", "anyOf", "type"):
        if isinstance(schema.get(choice), list):
            each = ({**schema, "type": one} if choice == "type" else one for one in schema[choice])
            return st.one_of([some(one) for one in each])
    if schema["type"] == "array":
        return st.lists(some(schema["items"]), max_size=3, unique_by=repr)
    if schema["type"] == "object":
        if "properties" not in schema:  # counts by code
            return st.dictionaries(st.text(max_size=5), some(schema["additionalProperties"]), max_size=3)
        return st.fixed_dictionaries({}, optional={k: some(v) for k, v in schema["properties"].items()})
    return _BY_TYPE[schema["type"]]


_TEXTS = st.text(min_size=1, max_size=40)
_TIMES = st.datetimes().map(lambda at: at.isoformat() + "+08:00") | st.integers(10**11, HEARD_AT)
_BY_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXTS,
    "integer": st.integers(0, 999_999_999),
    "number": st.floats(0, 1),
    "boolean": st.booleans(),
    "null": st.none(),
}
_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "Instant": _TIMES,
    "Day": st.dates().map(date.isoformat),
    "Number": _TEXTS | st.fixed_dictionaries({"number": _TEXTS}, optional={"authority": _TEXTS}),
    "Amount": st.decimals(0, 10**6, places=2).map(str) | st.integers(0, 10**6),
}
_KINDS = [pytest.param(kind, id=kind_of(kind)) for kind in told_kinds()]


@pytest.mark.parametrize("kind", _KINDS)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_whatever_is_sent_becomes_one_event_or_a_refusal_that_quotes_nothing(
    kind: type[Event], data: st.DataObject
) -> None:
    schema = event_schema(kind, SOURCE.codes)
    said = data.draw(some(schema)) | {"event_type": kind_of(kind)}
    body = msgspec.json.encode(said | {"unknown": "CANARY"})
    try:
        (event,) = interpret_event(body, SOURCE, HEARD_AT)
    except Malformed as reason:
        what, _, place = str(reason).partition(": ")
        assert place.split(".")[0].split("[")[0] in {*schema["properties"], "visit_date"}, what
    else:
        assert kind_of(event) == kind_of(kind) and "dropped:fields" in event.quality_flags
        assert b"CANARY" not in msgspec.json.encode(event)
        assert interpret_event(body, SOURCE, HEARD_AT) == [event]


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(msgspec.json.encode)
)
def test_no_bytes_do_more_than_be_refused(body: bytes) -> None:
    for media_type in (EVENT, LINES[0], CLOUD_BATCH):
        for piece in records_in(body, media_type, {}):
            if not piece.fault:
                with pytest.raises(Malformed):
                    interpret_event(piece.body, SOURCE, HEARD_AT)
                with pytest.raises(Malformed):
                    interpret_cloud_event(piece.body, SOURCE, HEARD_AT)


def test_every_id_of_the_vocabulary_is_a_pseudonym_or_declared_readable() -> None:
    for kind in catalogue().values():
        for name in kind.__struct_fields__:
            if name.endswith("_id") and name not in ("event_id", "facility_id", "source_msg_id"):
                assert holds(kind, name) in ("number", "staff", "ticket") or name in {*READABLE, "pharmacy_id"}


def test_all_but_our_own_events_may_be_told() -> None:
    assert {kind_of(kind) for kind in told_kinds()} == set(catalogue()) - NOT_TOLD
