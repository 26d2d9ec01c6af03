"""CSVs that a site file describes, long and wide; and two public ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.connectors import files
from ingest.errors import Ignored, Misconfigured
from ingest.events.consultation import ConsultationStarted
from ingest.events.envelope import Event, kind_of
from ingest.feeds import Feed
from ingest.intake import Outcome, take
from ingest.settings import load_site
from tests.golden.speech import PSEUDONYMS, lines, the

HOSPITAL = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[feeds.log]
kind = "files"
source_system = "LOG"
[feeds.log.csv]
"""
LONG = """
layout = "long"
delimiter = ";"
encoding = "gb18030"
time_format = "%d.%m.%Y %H:%M"
activity = "步骤"
time = "时间"
visit = "号"
[[feeds.log.csv.events]]
activity = "接诊"
event = "consultation.started"
fields = { doctor_id = "医生", consultation_seq = "次" }
"""
WIDE = """
layout = "wide"
visit = "id"
anchor = "2025-03-03T08:00:00+08:00"
unit = "s"
[[feeds.log.csv.events]]
event = "patient.checked_in"
time = "arrived"
values = { point = "clinic" }
[[feeds.log.csv.events]]
event = "consultation.started"
offset = ["a", "b"]
"""


def feed_of(directory: Path, description: str) -> Feed:
    path = directory / "site.toml"
    path.write_text(HOSPITAL + description, "utf-8")
    return files.files_feed(load_site(str(path)), Clock(), PSEUDONYMS)


def outcomes(feed: Feed, path: Path) -> list[Outcome]:
    interpret = files.interpreter(feed)
    return [take(raw, interpret) for raw in files.read_file(path, feed)]


def told(feed: Feed, path: Path) -> list[Event]:
    return [event for outcome in outcomes(feed, path) for event in outcome.events]


def test_long_one_row_an_event(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("号;步骤;时间;医生;次\nNA;接诊;03.03.2025 09:14;王;1\nNA;离开;03.03.2025 09:22;王;1\n", "gb18030")
    feed = feed_of(tmp_path, LONG)
    first, second = outcomes(feed, log)
    (event,) = first.events
    assert lines([event]) == ["09:14 consultation.started"] and second.ignored == "activity without a rule"
    assert event.visit_id == PSEUDONYMS.of("visit", "H001", "", "NA")  # a case named NA is a case named NA
    assert the(ConsultationStarted, event).doctor_id == PSEUDONYMS.staff("王")


def test_wide_one_row_a_case(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("id,arrived,a,b\n1,2025-03-03 08:01,120,0.5\n2,2025-03-03 08:02,180,\n3,,,\n", "utf-8")
    one, two, three = outcomes(feed_of(tmp_path, WIDE), log)
    assert lines(list(one.events)) == ["08:01 patient.checked_in", "08:02 consultation.started"]
    assert one.events[1].occurred_at % 60_000 == 500 and one.events[1].occurred_precision == "ms"
    assert lines(list(two.events)) == ["08:02 patient.checked_in"]  # never seen
    assert three.ignored == "row without a time"


def test_offsets_may_count_from_a_column_of_the_row(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("id,arrived,a,b\n1,2025-03-03 08:01,120,60\n2,,120,60\n3,noon,120,60\n", "utf-8")
    own = WIDE.replace('anchor = "2025-03-03T08:00:00+08:00"', 'anchor_column = "arrived"')
    one, two, three = outcomes(feed_of(tmp_path, own), log)
    assert lines(list(one.events)) == ["08:01 patient.checked_in", "08:04 consultation.started"]
    assert two.ignored == "row without a time"
    assert three.malformed == "unreadable time: column arrived"


def test_bad_rows_are_malformed_and_the_next_ones_flow(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("id,arrived,a,b\n1,noon,,\n2,2025-03-03 08:01,x,1\n3,2025-03-03\n4,2025-03-03 08:04,,\n", "utf-8")
    reasons = [outcome.malformed for outcome in outcomes(feed_of(tmp_path, WIDE), log)]
    assert reasons == ["unreadable time: column arrived", "not a number: column a", "number of fields: line 4", ""]


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        (LONG.replace("consultation.started", "consultation.begun"), "there is no event 'consultation.begun'"),
        (LONG.replace("doctor_id", "doctor_number"), "has no field 'doctor_number'"),
        (LONG.replace('time = "时间"', ""), "a long CSV needs activity and time"),
        (WIDE.replace('anchor = "2025-03-03T08:00:00+08:00"', ""), "offsets need an anchor"),
        (WIDE.replace("2025-03-03T08:00:00+08:00", "arrived"), "a column is named by anchor_column"),
        (WIDE.replace('"wide"', '"broad"'), "layout"),
    ],
)
def test_a_wrong_description_is_one_sentence(tmp_path: Path, description: str, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        files.interpreter(feed_of(tmp_path, description))


def test_a_column_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("id,arrived,a\n", "utf-8")
    with pytest.raises(Misconfigured, match="has no column b"):
        outcomes(feed_of(tmp_path, WIDE), log)


def test_files_of_messages_in_any_line_end_one_or_many(tmp_path: Path) -> None:
    site = load_site("demo")
    feed = files.files_feed(site, Clock(), PSEUDONYMS)
    one = "MSH|^~\\&|Q|D|||20250303090000||ZQN^Z01|{}|P|2.5\nEVN|Z01\nZQU|1|JOIN|T{}|A|cashier|Q|||20250303090000"
    many = "FHS|^~\\&\nBHS|^~\\&\n" + "\n".join(one.format(n, n) for n in range(3)) + "\nBTS|3\nFTS|1\n"
    for name, text in (("lf", many), ("crlf", many.replace("\n", "\r\n")), ("cr", many.replace("\n", "\r"))):
        path = tmp_path / f"{name}.hl7"
        path.write_bytes(text.encode())
        assert [kind_of(event) for event in told(feed, path)] == ["queue.joined"] * 3
    nothing = tmp_path / "letter.hl7"
    nothing.write_text("Dear colleague,", "utf-8")
    assert [outcome.malformed for outcome in outcomes(feed, nothing)] == ["not HL7: MSH"]


@pytest.mark.shared
def test_the_public_sepsis_log(shared: Path) -> None:
    feed = files.files_feed(load_site("sepsis"), Clock(), PSEUDONYMS)
    events = told(feed, shared / "event-logs" / "sepsis.csv")
    counts = Counter(kind_of(event) for event in events)
    assert counts == {
        "ed.arrived": 1050,
        "registration.created": 1050,
        "triage.completed": 1053,
        "order.placed": 1576,
        "ed.departed": 2081,
    }
    assert len({event.visit_id for event in events}) == 1050
    left = defaultdict(list)
    for event in events:
        if kind_of(event) == "ed.departed":
            left[event.event_id].append(event)
    winners = [max(tellings, key=lambda e: e.revision) for tellings in left.values()]
    assert {getattr(event, "disposition", "") for event in winners} == {"admitted"}
    for winner in winners:
        admissions = [e for e in left[winner.event_id] if getattr(e, "disposition", "") == "admitted"]
        assert winner.occurred_at == min(e.occurred_at for e in admissions)


@pytest.mark.shared
def test_the_public_clinic_model(shared: Path) -> None:
    feed = files.files_feed(load_site("clinic-model"), Clock(), PSEUDONYMS)
    arrived: dict[str | None, Event] = {}
    waits: dict[str, list[int]] = defaultdict(list)
    for event in told(feed, shared / "clinic-model" / "patient.csv"):
        if kind_of(event) == "patient.checked_in":
            arrived[event.visit_id] = event
        elif isinstance(event, ConsultationStarted):
            waits[str(event.dept_code)].append(event.occurred_at - arrived[event.visit_id].occurred_at)
    means = [sum(waits[f"RUN{run}"]) / len(waits[f"RUN{run}"]) / 60_000 for run in range(5)]
    assert means == pytest.approx([2.043788, 1.255117, 3.392586, 2.227175, 1.653496], abs=1e-6)


def test_an_activity_without_a_rule_is_ignored_without_its_name(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("号;步骤;时间;医生;次\n1;张三;03.03.2025 09:14;王;1\n", "gb18030")
    feed = feed_of(tmp_path, LONG)
    (raw,) = files.read_file(log, feed)
    with pytest.raises(Ignored) as ignored:
        list(files.interpreter(feed)(raw))
    assert "张三" not in str(ignored.value)
