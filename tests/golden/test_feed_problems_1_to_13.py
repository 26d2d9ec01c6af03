"""The known problems of hospital feeds (domain specification, section 8), 1 to 13: from bytes to events to a KPI."""

from __future__ import annotations

import random

import msgspec
import pytest

from ingest.clock import Clock
from ingest.connector import RawMessage
from ingest.connectors import files
from ingest.control_ids import ControlIds
from ingest.events import encode
from ingest.events.envelope import kind_of
from ingest.settings import load_site
from tests.golden.feed_problems import arrived, heard, hl7, left, pv1, registered, rows, seen, value
from tests.golden.speech import PID, PSEUDONYMS, message
from tests.timeline import at

MORNING = (registered("V1", "08:00"), arrived("V1", "08:40"), seen("V1", "09:14"), left("V1", "09:22"))
ORDER = f"ORC|RE|O1|F1\rOBR|1|O1|F1|GLU|S||{hl7('09:00')}|||||||{hl7('09:10')}||||||||{{}}||LAB|{{}}"


def test_problem_1_the_same_message_twice() -> None:
    again = tuple(body.replace(b"|" + hl7("08:40").encode() + b"||ADT", b"|" + hl7("08:45").encode() + b"||ADT")
                  for body in MORNING)  # fmt: skip
    assert again != MORNING, "sent again five minutes later, as after a lost answer"
    once, twice = heard(*MORNING), heard(*MORNING, *MORNING, *again)
    assert len({event.event_id for event in twice}) == len(once)
    assert rows(twice) == rows(once) and value(twice, "consult_wait").value == 34


def test_problem_2_one_control_id_for_two_messages() -> None:
    bodies = (*MORNING, registered("V2", "08:01"), seen("V2", "09:00"))
    assert all(b"|M1|P|" in body for body in bodies), "all are message M1"
    assert value(heard(*bodies), "service_volume").n == 2
    control_ids = ControlIds(remembered=2)
    again = bodies[0].replace(b"|" + hl7("08:00").encode() + b"||ADT", b"|" + hl7("08:05").encode() + b"||ADT")
    sent = (bodies[0], again, bodies[1], bodies[0].replace(b"|M1|", b"|M2|"), registered("V1", "08:00", sender="LIS|X"))
    assert [control_ids.flags(body) for body in sent] == [(), (), ("control_id_reuse",), (), ()]
    assert control_ids.flags(bodies[1]) == ()  # the first of so many is forgotten


def test_problem_2_is_told_with_the_later_messages() -> None:
    interpret = files.interpreter(files.files_feed(load_site("demo"), Clock(), PSEUDONYMS))
    said = (MORNING[0], MORNING[0], registered("V2", "08:01"))
    told = [
        list(interpret(RawMessage(body=body, media_type="application/hl7-v2", received_at=at("20:00"))))
        for body in said
    ]
    assert ["control_id_reuse" in event.quality_flags for events in told for event in events] == [False, False, True]
    assert len({event.event_id for events in told for event in events}) == 2


def test_problem_3_one_fact_from_two_systems() -> None:
    told = heard(registered("V1", "08:00"), registered("V1", "08:02", sender="QUEUE|DEMO"), *MORNING[1:])
    assert len({event.event_id for event in told if kind_of(event) == "registration.created"}) == 1
    assert value(told, "service_volume").n == 1
    results = [message("ORU^R01", *ORDER.format(hl7("09:40"), status).split("\r")) for status in ("P", "F")]
    assert value(heard(*results), "lab_intra_tat").n == 1


def test_problem_4_out_of_order() -> None:
    told = heard(*MORNING, registered("V2", "08:05"), arrived("V2", "08:50"), seen("V2", "09:00"))
    ought = rows(told)
    for seed in range(10):
        random.Random(seed).shuffle(told)
        assert rows(told) == ought
    assert value(told, "consult_wait").n == 2


def test_problem_5_late_data() -> None:
    late = (arrived("V0", "08:00", day="2025-02-28", sent="23:00"), seen("V0", "08:50", day="2025-02-28"))
    before, after = heard(*MORNING), heard(*MORNING, registered("V0", "07:50", day="2025-02-28"), *late)
    assert rows(after, "2025-03-03") == rows(before, "2025-03-03"), "today stays as it is"
    assert value(before, "consult_wait", day="2025-02-28").n == 0
    assert value(after, "consult_wait", day="2025-02-28").value == 50


@pytest.mark.parametrize(
    ("doctor", "n", "excluded", "flags"),
    [("08:38:30", 1, {}, ("skew_adjusted",)), ("08:37:59", 0, {"negative": 1}, ())],
)
def test_problem_6_clocks_that_differ(doctor: str, n: int, excluded: dict[str, int], flags: tuple[str, ...]) -> None:
    told = heard(registered("V1", "08:00"), arrived("V1", "08:40"), seen("V1", doctor, sender="QUEUE|DEMO"))
    wait = value(told, "consult_wait")
    assert (wait.n, wait.excluded) == (n, excluded)
    (row,) = [row for row in rows(told) if row.stage == "consult_wait" and not row.series]
    assert row.flags == flags
    assert {e.occurred_at for e in told if kind_of(e) == "consultation.started"} == {at(doctor)}, "never rewritten"


def test_problem_7_an_end_that_is_missing() -> None:
    visits = [f"V{n}" for n in range(20)]
    starts = [body for v in visits for body in (registered(v, "08:00"), arrived(v, "08:10"), seen(v, "08:30"))]
    ends = [left(v, f"08:{40 + n % 3}") for n, v in enumerate(visits)]
    whole, lacking = heard(*starts, *ends), heard(*starts, *ends[:-2])
    one, other = value(whole, "consult_duration"), value(lacking, "consult_duration")
    assert other.p50 == one.p50 and (one.n, other.n) == (20, 18), "never in a percentile"
    complete = [value(told, "stage_completeness").value for told in (whole, lacking)]
    assert complete[1] is not None and complete[0] is not None and complete[1] < complete[0]


def test_problem_8_a_start_that_is_missing() -> None:
    walked_in = heard(*MORNING, registered("V2", "08:05"), seen("V2", "09:00"))
    assert value(walked_in, "consult_wait").n == 1, "no start is invented"
    assert value(walked_in, "consult_wait").excluded == {"missing_start": 1}


def test_problem_9_entered_long_after_it_happened() -> None:
    (punctual,), (late,) = (
        heard(arrived("V1", "08:00", recorded="08:59")),
        heard(arrived("V1", "08:00", recorded="11:30")),
    )
    assert "backdated" in late.quality_flags and "backdated" not in punctual.quality_flags
    assert (late.occurred_at, late.recorded_at) == (at("08:00"), at("11:30")), "both are kept"
    told = heard(registered("V1", "07:50"), arrived("V1", "08:00", recorded="11:30"), seen("V1", "08:20"))
    assert value(told, "consult_wait").value == 20


def test_problem_10_corrected() -> None:
    amended = heard(*MORNING, arrived("V1", "08:20", sent="11:00"))
    assert value(amended, "consult_wait").value == 34 + 20, "moved by exactly that"
    final = [message("ORU^R01", *ORDER.format(hl7("09:40"), "F").split("\r"), at=hl7("09:40"))]
    corrected = message("ORU^R01", *ORDER.format(hl7("15:40"), "C").split("\r"), at=hl7("15:40"))
    first, then = value(heard(*final), "lab_intra_tat"), value(heard(*final, corrected), "lab_intra_tat")
    assert first.value == then.value == 30, "a corrected report never moves the first one"


def test_problem_11_cancelled_or_deleted() -> None:
    when = hl7("08:00")
    cancel = message("ADT^A11", f"EVN|A11|{hl7('08:30')}||||{when}", pv1("V1"), at=hl7("08:30"))
    before, after = heard(cancel, *MORNING), heard(*MORNING, cancel)
    assert rows(before) == rows(after)
    assert value(heard(*MORNING), "service_volume").n == 1
    assert value(after, "service_volume").n == value(after, "consult_wait").n == 0


def test_problem_12_patients_joined() -> None:
    merge = message("ADT^A40", f"EVN|A40|{hl7('12:00')}", PID, "MRG|10002^^^HIS^MR", at=hl7("12:00"))
    second = [body.replace(b"10001^^^HIS", b"10002^^^HIS") for body in (registered("V2", "09:00"), seen("V2", "10:00"))]
    before, after = heard(*MORNING, *second), heard(*MORNING, *second, merge)
    assert [kind_of(event) for event in after if event not in before] == ["patient.merged"]
    assert value(before, "service_volume").n == value(after, "service_volume").n == 2, "visits stay as many"
    assert rows(before) == rows(after)


@pytest.mark.parametrize("character", "珅昞玘皛")
def test_problem_13_a_character_whose_second_byte_is_a_delimiter(character: str) -> None:
    named = [body.decode("gb18030").replace("珅", character).encode("gb18030") for body in MORNING]
    plain = [body.decode("gb18030").replace("珅", "三").encode("gb18030") for body in MORNING]
    undeclared = [body.replace(b"||||||GB18030", b"||||||") for body in named]
    ought = heard(*plain)
    assert heard(*named) == heard(*undeclared) == ought
    assert value(heard(*named), "consult_wait").value == 34
    assert not any(character in encode(event).decode() for event in heard(*named))
    assert msgspec.json.decode(encode(ought[0]))["dept_code"] == "CARD"
