"""What makes two tellings one fact, and which of them counts."""

from __future__ import annotations

from ingest.events.envelope import Instant, Telling, assemble
from ingest.events.identity import Moment, event_id, iso_ms, revision, source_rank
from ingest.events.queue import QueueCalled, QueueJoined, QueueServed
from ingest.events.registration import PatientCheckedIn
from ingest.events.scheduling import AppointmentRescheduled

TELLING = Telling(facility_id="H001", source_system="QUEUE^T", ingested_at=1_741_741_200_000)
AT = Instant(1_741_741_200_000, "second", 480)


def test_an_id_is_the_sha_256_of_facility_type_and_natural_key() -> None:
    # printf '["H001","queue.joined","t1"]' | sha256sum
    known = "6f1f319f9909a9033c77605e86b7adee027ac0fd346e0e3175a9e5531b7aa53c"
    assert event_id("H001", "queue.joined", ["t1"]) == known
    assert assemble(QueueJoined, TELLING, AT, ticket_id="t1").event_id == known


def test_times_in_a_natural_key_are_iso_text_with_milliseconds() -> None:
    assert iso_ms(1_740_962_400_000) == "2025-03-03T00:40:00.000Z"
    by_text = event_id("H001", "x", ["2025-03-03T00:40:00.000Z"])
    assert event_id("H001", "x", [Moment(1_740_962_400_000)]) == by_text


def test_a_call_is_told_apart_by_its_number_and_without_one_by_its_time() -> None:
    first = assemble(QueueCalled, TELLING, AT, ticket_id="t", call_seq=1)
    moved = assemble(QueueCalled, TELLING, AT._replace(ms=AT.ms + 1000), ticket_id="t", call_seq=1)
    assert first.event_id == moved.event_id
    one = assemble(QueueServed, TELLING, AT, ticket_id="t")
    other = assemble(QueueServed, TELLING, AT._replace(ms=AT.ms + 1000), ticket_id="t")
    assert one.event_id != other.event_id


def test_a_number_equal_to_the_events_time_is_still_a_number() -> None:
    early = AT._replace(ms=1)
    call = assemble(QueueCalled, TELLING, early, ticket_id="t", call_seq=1)
    assert call.event_id == event_id("H001", "queue.called", ["t", "1"])


def test_an_instant_of_the_payload_is_iso_text_in_the_natural_key_too() -> None:
    moved = assemble(AppointmentRescheduled, TELLING, AT, appointment_id="a", new_slot_start=1_740_962_400_000)
    assert moved.event_id == event_id("H001", "appointment.rescheduled", ["a", "2025-03-03T00:40:00.000Z"])


def test_a_check_in_is_known_by_its_appointment_else_by_its_order() -> None:
    by_order = assemble(PatientCheckedIn, TELLING, AT, visit_id="v", point="exam", dept_code="RAD", order_id="o")
    assert by_order.event_id == event_id("H001", "patient.checked_in", ["v", "exam", "RAD", "o"])
    with_neither = assemble(PatientCheckedIn, TELLING, AT, visit_id="v", point="clinic", dept_code="CARD")
    assert with_neither.event_id == event_id("H001", "patient.checked_in", ["v", "clinic", "CARD", ""])


def test_revisions_are_ordered_by_row_version_then_by_when_they_were_sent() -> None:
    assert revision("9", None, 0, 1, "aaaaaaaa") < revision("10", None, 0, 1, "aaaaaaaa")
    sent = 1_741_741_200_000
    assert revision(None, sent, 0, 1, "ffffffff") < revision(None, sent + 1, 0, 1, "00000000")
    assert revision(None, sent, 0, 1, "ffffffff") < revision(None, sent, 0, 2, "00000000")


def test_the_sites_list_ranks_sources_and_names_rank_the_rest() -> None:
    ranked = sorted(["Z^T", "HIS^T", "A^T", "LIS^T"], key=lambda source: source_rank(source, ["HIS^T", "LIS^T"]))
    assert ranked == ["HIS^T", "LIS^T", "A^T", "Z^T"]
