"""The known problems of hospital feeds (domain specification, section 8), 14 to 26: from bytes to events to a KPI."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ingest.calendar import Calendar
from ingest.clock import Clock
from ingest.connectors import files
from ingest.events.envelope import Event, kind_of
from ingest.feeds import FeedSettings
from ingest.intake import take
from ingest.settings import load_site
from streams.feeds import Feed, Heard, Heartbeats, feeds_now
from streams.trial import try_files
from tests.golden.feed_problems import arrived, heard, hl7, left, outcome, pv1, registered, rows, seen, value
from tests.golden.speech import PSEUDONYMS, SOURCE, message
from tests.timeline import at
from warehouse.batches import batches_missing
from warehouse.client import Warehouse
from warehouse.rows import store

MORNING = (registered("V1", "08:00"), arrived("V1", "08:40"), seen("V1", "09:14"), left("V1", "09:22"))
HOSPITAL = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[feeds.files]
kind = "files"
source_system = "LIS^DEMO"
"""


def ticket(step: str, clock: str, *, number: str = "A012", day: str = "2025-03-03", reason: str = "") -> bytes:
    told = f"ZQU|1|{step}|{number}|{number}|cashier|Q1|W1|N1|{hl7(clock, day)}|1||||{reason}"
    return message("ZQN^Z01", told, at=hl7(clock, day))


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_problem_14_delimiters_and_line_ends(end: bytes) -> None:
    ought = heard(*MORNING)
    other = [b"\xef\xbb\xbf" + body.replace(rb"|^~\&|", rb"|^~\}|", 1).replace(b"\r", end) for body in MORNING]
    assert heard(*other) == ought and value(ought, "consult_wait").value == 34
    escaped = registered("V1", "08:00").replace(b"|V1^", rb"|V\F\1^")
    text = registered("V1", "08:00").decode("gb18030").replace("|", "#").replace("#V1^", "#V|1^")
    hashed = text.encode("gb18030")  # a visit V|1, where | delimits nothing
    assert heard(escaped)[0].visit_id == heard(hashed)[0].visit_id != ought[0].visit_id


def test_problem_15_one_instant_in_three_notations() -> None:
    local = hl7("08:40").encode()
    notations = (local, local + b"+0800", b"20250303004000+0000")
    told = [heard(arrived("V1", "08:40").replace(b"||||" + local, b"||||" + each)) for each in notations]
    assert {events[0].occurred_at for events in told} == {at("08:40")} and len({e[0].event_id for e in told}) == 1
    assert [events[0].tz_defaulted for events in told] == [True, False, False]
    assert value([*heard(MORNING[0], MORNING[2]), *told[2]], "consult_wait").value == 34
    nowhere = msgspec.structs.replace(SOURCE, zone=None)
    assert outcome(arrived("V1", "08:40"), nowhere).malformed, "never the server's own zone"


def test_problem_16_a_time_that_is_only_a_day() -> None:
    day_only = arrived("V1", "08:40").replace(b"||||" + hl7("08:40").encode(), b"||||20250303")
    (event,) = heard(day_only)
    assert event.occurred_precision == "day"
    told = heard(MORNING[0], day_only, *MORNING[2:])
    assert value(told, "consult_wait").n == 0, "it starts no wait"


def test_problem_17_across_midnight() -> None:
    night = pv1("V1", "E", hl7("23:50")).replace("|0301|", "|ED|")
    come = message("ADT^A04", f"EVN|A04|{hl7('23:50')}||||{hl7('23:50')}", night, at=hl7("23:50"))
    after = hl7("00:20", "2025-03-04")
    doctor = message(
        "ZQN^Z01", night, f"ZQU|1|SERVE|T1|A1|clinic|Q|R1|D01|{after}", f"ZCN|1|START|{after}||D01|1", at=after
    )
    told = heard(come, doctor, received_at=at("2025-03-04T01:00"))
    assert value(told, "ed_door_to_doctor", day="2025-03-03").value == 30
    assert value(told, "ed_door_to_doctor", day="2025-03-04").n == 0


def test_problem_18_numbers_that_are_used_again() -> None:
    daily = msgspec.structs.replace(SOURCE, numbers={"ticket": "daily", "visit": "daily"})
    days = ("2025-03-03", "2025-03-04")
    steps = [ticket(step, clock, day=day) for day in days for step, clock in (("JOIN", "09:00"), ("SERVE", "09:10"))]
    evening = at("2025-03-04T20:00")
    assert value(heard(*steps, source=daily, received_at=evening), "window_wait").n == 2
    visits = []
    for day in days:
        began = pv1("7", began=hl7("08:00", day))
        visits.append(message("ADT^A04", f"EVN|A04|||||{hl7('08:00', day)}", began, at=hl7("08:00", day)))
        visits.append(seen("7", "09:00", day=day).replace(pv1("7").encode(), began.encode()))
    told = heard(*visits, source=daily, received_at=evening)
    assert [value(told, "service_volume", day=day).n for day in days] == [1, 1]
    assert value(heard(*visits, received_at=evening), "service_volume").n == 1, "which is what the site must say"


@pytest.mark.services
def test_problem_19_a_batch_that_came_short(tmp_path: Path, warehouse: Warehouse) -> None:
    (tmp_path / "site.toml").write_text(f"{HOSPITAL}closes_days = true\nopen_hours = ['08:00-18:00']\n", "utf-8")
    site = load_site(str(tmp_path / "site.toml"))
    night = [
        r"BHS|^~\&|LIS|DEMO|PULSE|H001|20250304013005+0800||||B1",
        *(ticket("JOIN", "09:00").decode("gb18030").split("\r")),
    ]
    store(warehouse, file_events(tmp_path / "night.hl7", [*night, "BTS|3"]))
    (missing,) = batches_missing(warehouse, site, "2025-03-03")
    assert missing == "2 of the 3 messages that the last batch of feed files declared"
    more = [line for n in (2, 3) for line in ticket("JOIN", "09:01", number=f"B{n}").decode("gb18030").split("\r")]
    store(warehouse, file_events(tmp_path / "again.hl7", [*night, *more, "BTS|3"]))
    assert batches_missing(warehouse, site, "2025-03-03") == []


def file_events(path: Path, lines: list[str]) -> list[Event]:
    """What a file of HL7 v2 comes to."""
    path.write_bytes("\r".join(lines).encode("gb18030"))
    feed = files.files_feed(load_site(str(path.parent / "site.toml")), Clock(), PSEUDONYMS)
    interpret = files.interpreter(feed)
    return [event for raw in files.read_file(path, feed) for event in take(raw, interpret).events]


def test_problem_20_a_feed_that_falls_silent() -> None:
    came = at("09:23")
    told = heard(*MORNING, received_at=came)
    said = {"HIS^DEMO": Heard(max(event.ingested_at for event in told), len(told), frozenset(("consultation",)))}
    settings = {"his": FeedSettings(kind="mllp", source_system="HIS^DEMO")}
    beats = Heartbeats(came)
    beats.beat("HIS^DEMO", came)

    def feed(now: int) -> Feed:
        return feeds_now(settings, said, beats, Clock(), now, Calendar(open_hours=("08:00-17:30",)))[0]

    assert feed(came + 5_000).is_well
    assert feed(came + 60_000).link == "down", "a connector that ended is seen within the minute"
    beats.beat("HIS^DEMO", came + 360_000)
    assert feed(came + 360_000).silent_since == came, "one that says nothing is silent, and its tile is no good 0"


def test_problem_21_future_times_and_test_patients() -> None:
    future = registered("V1", "08:00").replace(hl7("08:00").encode(), b"20290801070624")
    aside = outcome(future)
    assert not aside.events and [kind_of(event) for event in aside.future] == ["registration.created"]
    assert outcome(future) == aside, "a replay decides the same"
    ahead = at("08:00") - 10 * 60_000
    assert outcome(registered("V1", "08:00"), received_at=ahead).events, "ten minutes are a difference of clocks"
    assert not outcome(registered("V1", "08:00"), received_at=ahead - 1).events
    assert outcome(registered("V1", "08:00").replace(b"|M1|P|", b"|M1|T|")).ignored == "processing:T"


def test_problem_22_booked_is_not_arrived() -> None:
    when = hl7("16:00", "2025-02-28")
    paid_ahead = message("ADT^A05", f"EVN|A05|{when}||||{when}", pv1("V1"), "PV2||||||||20250303", at=when)
    assert value(heard(paid_ahead), "consult_wait").waiting == 0
    told = heard(paid_ahead, *MORNING[1:])
    assert value(told, "consult_wait").value == 34, "only the check-in starts a wait"
    assert [value(told, "service_volume", day=day).n for day in ("2025-02-28", "2025-03-03")] == [0, 1]


def test_problem_23_come_early_and_back_with_results() -> None:
    slot = ("AIS|1||CONS|20250303090000|||30|min", "AIL|1||0301", "AIP|1||D01")
    booked = message("SIU^S12", f"SCH|A77|F77||||ROUTINE|FOLLOWUP||30|min{'|' * 15}Booked", *slot, at="20250228100000")
    came = registered("V1", "07:25", appointment="A77")
    told = heard(
        booked, came, arrived("V1", "07:30", appointment="A77"), seen("V1", "09:20"), left("V1", "09:30"),
        seen("V1", "11:00", seq=2), left("V1", "11:05", seq=2),
    )  # fmt: skip
    assert value(told, "appt_wait_official").value == 20, "from the slot: nobody is late before it"
    assert value(told, "consult_wait").value == 110, "from the check-in"
    assert value(told, "consult_wait").n == 1, "who comes back with results is a series of its own"
    assert [row.part for row in rows(told) if row.stage == "consult_duration"] == ["1", "2"]


def test_problem_24_what_a_system_does_by_itself() -> None:
    steps = (ticket("JOIN", "09:00"), ticket("CALL", "09:09"), ticket("SERVE", "09:10"))
    by_hand, by_clock = heard(*steps, ticket("DONE", "09:14")), heard(*steps, ticket("DONE", "17:30", reason="AUTO"))
    assert value(by_hand, "window_service_time").value == 4
    assert value(by_clock, "window_service_time").n == 0
    assert value(by_clock, "window_wait").value == value(by_hand, "window_wait").value == 10


def test_problem_25_codes_that_mean_missing_to_others(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(
        f"""{HOSPITAL}[feeds.files.csv]
layout = "wide"
visit = "case"
[[feeds.files.csv.events]]
event = "registration.created"
time = "came"
values = {{ visit_class = "outpatient" }}
[[feeds.files.csv.events]]
event = "consultation.started"
time = "seen"
values = {{ consultation_seq = "1" }}
""",
        "utf-8",
    )
    cases = ("NA", "null", "NaN", "None", "#N/A", "0")
    log = tmp_path / "log.csv"
    log.write_text("case,came,seen\n" + "".join(f"{c},2025-03-03 08:00,2025-03-03 08:30\n" for c in cases), "utf-8")
    tried = try_files(load_site(str(tmp_path / "site.toml")), [log], Clock(), PSEUDONYMS)
    assert value(tried.events, "service_volume").n == len(cases)


def test_problem_26_reversed_and_billed_anew() -> None:
    bill = message("DFT^P03", pv1("V1"), f"FT1|1|B1||{hl7('09:00')}||CG|lab||||100", at=hl7("09:00"))
    paid = message("DFT^P03", pv1("V1"), f"ZPY|1|B1|P1|WX|100|{hl7('09:05')}|window|W1|S1||N|Y", at=hl7("09:05"))
    back = message("DFT^P03", pv1("V1"), f"ZPY|1|B1|P2|WX|-100|{hl7('10:00')}|window|W1|S1|P1|Y", at=hl7("10:00"))
    anew = message("DFT^P03", pv1("V1"), f"FT1|1|B2||{hl7('10:01')}||CG|lab||||80", at=hl7("10:01"))
    again = message("DFT^P03", pv1("V1"), f"ZPY|1|B2|P3|WX|80|{hl7('10:03')}|window|W1|S1||N|Y", at=hl7("10:03"))
    told = heard(bill, paid, back, anew, again)
    share = value(told, "refund_rate")
    assert Decimal(share.amount_den or 0) - Decimal(share.amount_num or 0) == 180 - 100, "net, over the chain"
    waits = {row.scope_id: row.millis for row in rows(told) if row.stage == "bill_to_pay"}
    assert sorted(waits.values(), key=str) == [120_000, 300_000], "the first settlement keeps its time"
    assert rows(heard(again, back, bill, anew, paid)) == rows(told)
