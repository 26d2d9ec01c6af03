"""The envelope: what is refused, what is flagged, and what comes back from the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import Malformed
from ingest.events import catalogue, decode, encode
from ingest.events.billing import BillPaid, PaymentPart
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event, Instant, Part, Telling, assemble
from ingest.events.queue import QueueCalled, QueueJoined
from ingest.events.registration import RegistrationCreated
from ingest.events.schemas import codes_of, field_kinds

TELLING = Telling(facility_id="H001", source_system="QUEUE^T", ingested_at=1_741_741_200_000)
AT = Instant(1_741_741_200_000, "second", 480)


def test_a_missing_subject_is_refused_by_name() -> None:
    with pytest.raises(Malformed, match=r"^missing subject: ticket_id$"):
        assemble(QueueJoined, TELLING, AT, ticket_no="A012")


def test_an_illegal_code_is_refused_by_field_and_never_quoted() -> None:
    with pytest.raises(Malformed) as refusal:
        assemble(QueueJoined, TELLING, AT, ticket_id="t", service_point_type="Zhang San")
    assert str(refusal.value) == "illegal value: $.service_point_type"


def test_an_illegal_code_inside_a_list_is_refused_too() -> None:
    illegal: Any = "Zhang San"
    with pytest.raises(Malformed, match=r"\$\.parts\[0\]\.channel"):
        assemble(BillPaid, TELLING, AT, bill_id="b", parts=[PaymentPart(channel=illegal)])


def test_any_other_missing_field_is_accepted_and_flagged() -> None:
    event = assemble(QueueCalled, TELLING, AT, ticket_id="t", ticket_no="A012", queue_id="", call_seq=1)
    assert event.quality_flags == ("missing:queue_id", "missing:service_point_type", "missing:window_id")


def test_a_field_missing_inside_a_list_is_flagged_with_its_list() -> None:
    paid = assemble(BillPaid, TELLING, AT, bill_id="b", parts=(PaymentPart(amount=Decimal("12.50")),))
    assert "missing:parts.channel" in paid.quality_flags
    assert paid.parts[0].amount == Decimal("12.50")


def test_a_time_without_an_offset_is_flagged() -> None:
    event = assemble(QueueJoined, TELLING, AT._replace(defaulted=True), ticket_id="t")
    assert "tz_defaulted" in event.quality_flags
    assert event.tz_defaulted


def test_amounts_are_text_on_the_wire_and_never_float() -> None:
    event = assemble(RegistrationCreated, TELLING, AT, visit_id="v", fee_amount=Decimal("10.10"))
    assert b'"fee_amount":"10.10"' in encode(event)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"not JSON", "not JSON: $"),
        (b'{"event_type":"queue.joined"}', "illegal value: $"),
        (b'{"event_type":"nobody.knows"}', "illegal value: $.event_type"),
        (b"[]", "illegal value: $"),
    ],
)
def test_a_bad_envelope_is_refused_by_place(body: bytes, place: str) -> None:
    with pytest.raises(Malformed) as refusal:
        decode(body)
    assert str(refusal.value) == place


def test_the_same_fact_told_later_by_another_message_is_the_same_revision_but_for_the_times() -> None:
    first = assemble(ConsultationStarted, TELLING, AT, visit_id="v", consultation_seq=1)
    other = Telling(facility_id="H001", source_system="HIS^T", ingested_at=1, source_msg_id="M2")
    second = assemble(ConsultationStarted, other, AT, visit_id="v", consultation_seq=1)
    assert first.event_id == second.event_id
    assert first.source_system != second.source_system


def test_a_corrected_time_is_a_new_revision_of_the_same_event() -> None:
    sent = Telling(facility_id="H001", source_system="Q", ingested_at=1, sent_at=1_741_741_200_000)
    later = Telling(facility_id="H001", source_system="Q", ingested_at=2, sent_at=1_741_741_260_000)
    first = assemble(ConsultationStarted, sent, AT, visit_id="v", consultation_seq=1)
    corrected = assemble(ConsultationStarted, later, AT._replace(ms=AT.ms - 60_000), visit_id="v", consultation_seq=1)
    assert corrected.event_id == first.event_id
    assert corrected.revision > first.revision


TEXT = st.text(max_size=20)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "int": st.integers(-(2**53), 2**53),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "amount": st.decimals(min_value=0, max_value=10**9, places=4),
    "day": st.dates().map(lambda day: day.isoformat()),
    "instant": st.integers(0, 2**42),
    "map": st.dictionaries(TEXT, st.tuples(TEXT, st.none() | TEXT), max_size=3),
}


def parts_of(kind: type[Event], field: str) -> st.SearchStrategy[Any]:
    (inner, _) = get_args(get_type_hints(kind)[field])
    if not issubclass(inner, Part):
        return st.lists(TEXT, max_size=3).map(tuple)
    each = {name: value_of(hint) for name, hint in get_type_hints(inner).items() if name != "expected"}
    return st.lists(st.builds(inner, **each), max_size=3).map(tuple)


def value_of(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is dict:
        name, value = get_args(hint)
        return st.dictionaries(value_of(name), value_of(value), max_size=3)
    hint = next((each for each in get_args(hint) if each is not type(None) and get_origin(hint) is not Literal), hint)
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    return VALUES[{str: "text", int: "int", Decimal: "amount"}[hint]]


@st.composite
def events(draw: st.DrawFn) -> Event:
    """Any event: every field told, or not."""
    kind = draw(st.sampled_from(list(catalogue().values())))
    payload: dict[str, Any] = {}
    for field, what in field_kinds(kind).items():
        if field != kind.subject and draw(st.booleans()):
            codes = codes_of(kind, field)
            payload[field] = draw(
                st.sampled_from(codes) if codes else parts_of(kind, field) if what == "list" else VALUES[what]
            )
    if kind.subject not in ("source_system", "visit_id", "patient_id"):
        payload[kind.subject] = draw(st.text(min_size=1, max_size=32))
    at = Instant(draw(st.integers(0, 2**42)), draw(st.sampled_from(["day", "minute", "ms"])), 480, draw(st.booleans()))
    return assemble(
        kind,
        TELLING,
        at,
        op=draw(st.sampled_from(["assert", "retract"])),
        visit_id="v" * 32,
        patient_id="p" * 32,
        raw_codes=draw(st.dictionaries(TEXT, TEXT, max_size=2)),
        **payload,
    )


@given(events())
def test_any_event_comes_back_from_the_wire_as_it_went(event: Event) -> None:
    assert decode(encode(event)) == event


SECRET = "赵钱孙 13812345678"


@given(st.sampled_from(list(catalogue().values())), st.data())
def test_no_refusal_quotes_what_it_refuses(kind: type[Event], data: st.DataObject) -> None:
    refusable = [field for field, what in field_kinds(kind).items() if what not in ("text", "list", "map")]
    if not refusable:
        return
    field = data.draw(st.sampled_from(refusable))
    subject: dict[str, Any] = {} if kind.subject == "source_system" else {kind.subject: "s"}
    with pytest.raises(Malformed) as refusal:
        assemble(kind, TELLING, AT, **{**subject, field: SECRET})
    assert SECRET not in str(refusal.value)
    assert field in str(refusal.value)
    body = encode(assemble(kind, TELLING, AT, **subject))
    with pytest.raises(Malformed) as refusal:
        decode(body[:-1] + f',"{field}":"{SECRET}"}}'.encode())
    assert SECRET not in str(refusal.value)
