"""Splits of many visits added up: what holds the slowest tenth, who is in what now, and how it is told."""

from __future__ import annotations

import pytest

from board.passing_html import held, section, shares
from board.wall import TimeGoes
from orchestration.reports.document import Table
from orchestration.reports.time_goes import blocks
from streams.book import CellBook
from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.parts import PARTS
from streams.passing import Passing, passing, tally
from streams.stages import split_of, stages
from tests.marts.random_passage import passage
from tests.timeline import at, timeline
from tests.unit.report_facts import a_day

HOUSE = HouseRules(facility_id="H001", source_priority=("HIS^DEMO",))


def visit(number: int, dept: str, lab_minutes: int) -> str:
    """Half an hour for the doctor, ten minutes there, and so long for the blood."""
    v = f"V{number}"
    return f"""
        07:00  {v}  registration.created  visit_class=outpatient dept_code={dept} planned_date=2025-03-03
        08:00  {v}  patient.checked_in    point=clinic
        08:30  {v}  consultation.started  consultation_seq=1
        08:40  {v}  consultation.ended    consultation_seq=1
        08:40  {v}  specimen.collected    order_id=O{number} specimen_id=S{number}
        {at_minute(40 + lab_minutes)}  {v}  bill.paid  bill_id=B{number}
    """


def at_minute(minute: int) -> str:
    return f"{8 + minute // 60:02d}:{minute % 60:02d}"


def told(text: str, *depts: str, clock: str = "12:00", since: str = "00:00") -> Passing:
    book = CellBook()
    book.replace((), [row for row in fold_in_memory(timeline(text), HOUSE) if row.stage == "visit_time"])
    found = tally(cell for _, cells in book.everything() for cell in cells)
    return passing([found[dept] for dept in depts or found], at(clock), at(since) // 300_000)


DAY = "".join(visit(n, "CARD", 5) for n in range(9)) + visit(9, "CARD", 200) + visit(10, "DERM", 10)


def test_what_holds_the_slowest_tenth_is_not_what_holds_most() -> None:
    card = told(DAY, "CARD")
    by_part = {part.part: part for part in card.parts}
    assert (card.visits, card.millis // 60_000) == (10, 9 * 45 + 240)
    assert sum(part.millis for part in card.parts) == card.millis
    assert by_part["consult"].millis // 60_000 == 300 and by_part["service"].millis // 60_000 == 100
    assert card.slowest == 1 and card.slowest_millis == 240 * 60_000
    assert card.holds is not None and card.holds.part == "lab_report"
    assert held(card, "zh") == "最慢一成(≥1 小时 04 分)的 83% 在 采血至报告"


def test_of_few_visits_nobody_says_what_holds_them() -> None:
    few = told(DAY, "DERM")
    assert few.visits == 1 and few.holds is None and held(few, "en") == ""


def test_departments_add_up_and_the_last_hour_is_of_those_who_left_in_it() -> None:
    whole = told(DAY)
    assert whole.visits == 11 and whole.millis == told(DAY, "CARD").millis + told(DAY, "DERM").millis
    assert told(DAY, clock="12:00", since="11:00").visits == 1  # the slow one alone
    nobody = told(DAY, clock="13:00", since="12:05")
    assert (nobody.visits, nobody.millis, nobody.holds) == (0, 0, None) and nobody.inside == 11


def test_who_is_in_what_now_and_since_when() -> None:
    waiting = (
        visit(1, "CARD", 5)
        + """
        07:00  W1  registration.created  visit_class=outpatient dept_code=CARD planned_date=2025-03-03
        09:00  W1  patient.checked_in    point=clinic
    """
    )
    inside = {part.part: (part.inside, part.oldest_since) for part in told(waiting).parts if part.inside}
    assert inside == {"consult": (1, at("09:00")), "lab_report": (1, at("08:40"))}
    assert told(waiting, clock="20:00").inside == 0  # the session is long over: nobody believes it any more


def test_random_visits_add_up_to_the_length_that_they_are_the_parts_of() -> None:
    rows = [row for seed in range(150) for row in fold_in_memory(passage(seed), HOUSE)]
    book = CellBook()
    book.replace((), [row for row in rows if row.stage == "visit_time"])
    found = passing(tally(cell for _, cells in book.everything() for cell in cells).values(), at("12:00"))
    lengths = [row.millis for row in rows if row.stage == "visit_los" and not row.excluded and row.millis]
    assert (found.visits, found.millis) == (len(lengths), sum(lengths))
    assert sum(part.slowest_millis for part in found.parts) == found.slowest_millis
    assert [part.part for part in found.parts] == [part for part in PARTS if part in {p.part for p in found.parts}]


def test_the_length_of_a_visit_says_what_it_is_made_of() -> None:
    split = split_of("visit_los")
    assert split is not None and split.kind == "split" and split.of in stages()
    assert split_of("consult_wait") is None


def test_the_daily_report_says_it_and_of_few_only_how_many_they_were() -> None:
    facts = a_day(passing={"": told(DAY), "CARD": told(DAY, "CARD"), "DERM": told(DAY, "DERM")})
    parts, depts = blocks(facts, "zh")
    assert isinstance(parts, Table) and isinstance(depts, Table)
    assert [cell.text for cell in parts.rows[0]][:2] == ["候诊", "30"]
    assert sum(row[2].number or 0 for row in parts.rows) == pytest.approx(100)
    told_of = {row[0].text: [cell.text for cell in row[1:]] for row in depts.rows}
    assert told_of["心内科"] == ["10", "64.5", "64.5", "候诊 47%", "采血至报告 83%"]
    assert told_of["皮肤科"] == ["1", "不足 5 人次", "", "", ""]
    assert blocks(a_day(), "en") == ()


def test_the_wall_and_the_panel_say_it_in_both_languages() -> None:
    card, hour = told(DAY, "CARD"), told(DAY, "CARD", since="11:00")
    goes = TimeGoes(dept="CARD", zh="心内科", en="Cardiology", today=card, hour=hour)
    wall = shares([goes], "en")
    assert "today · slowest tenth (≥ 1 h 04 min): 83% blood taken until its report" in wall and "Cardiology" in wall
    panel = section(card, hour, at("12:00"), "zh")
    assert panel is not None
    assert "今日已离院 10 人次,人均 64.5 分,各项之和即全程" in panel and "<td>采血至报告</td>" in panel
    assert section(None, None, 0, "zh") is None
