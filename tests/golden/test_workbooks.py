"""Workbooks that a site file describes: dates, merged and blank cells, formulas, and files that are none."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from ingest.clock import Clock
from ingest.connectors import files
from ingest.errors import Misconfigured
from ingest.events.envelope import kind_of
from ingest.settings import load_site
from tests.golden.speech import PSEUDONYMS, lines
from tests.golden.test_csv import feed_of, outcomes, told

LONG = """
layout = "long"
activity = "步骤"
time = "时间"
visit = "就诊号"
[[feeds.log.csv.events]]
activity = "接诊"
event = "consultation.started"
fields = { doctor_id = "医生", consultation_seq = "次" }
[[feeds.log.csv.events]]
activity = "挂号"
event = "registration.created"
fields = { planned_date = "日期" }
values = { visit_class = "outpatient" }
"""
COLUMNS = ["就诊号", "步骤", "时间", "医生", "次", "日期"]
NINE = datetime.fromisoformat("2025-03-03T09:14")


def workbook(path: Path, *rows: list[Any], merged: tuple[str, ...] = (), title: str = "", hidden: bool = False) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    if hidden:
        sheet.append(["说明", "没有数据"])
        sheet = book.create_sheet("数据")
    if title:
        sheet.append([title])
        sheet.append([])
    for row in [COLUMNS, *rows]:
        sheet.append(row)
    for reference in merged:
        sheet.merge_cells(reference)
    book.save(path)
    return path


def test_a_row_is_a_row_whatever_its_cells_are(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, LONG)
    path = workbook(
        tmp_path / "log.xlsx",
        ["NA", "接诊", NINE, 2203, 1, None],
        ["V2", "接诊", "2025-03-03 09:15", "2203", 2.0, None],
        [],
        [10042, "挂号", 45719.375, None, None, date(2025, 3, 3)],
        [10042.0, "挂号", datetime.fromisoformat("2025-03-03T09:00"), True, None, 45719],
    )
    events = told(feed, path)
    assert lines(events) == [
        "09:14 consultation.started", "09:15 consultation.started", "09:00 registration.created",
        "09:00 registration.created",
    ]  # fmt: skip
    first, second, third, fourth = events
    assert getattr(first, "doctor_id", 1) == getattr(second, "doctor_id", 2)  # a number cell and a text
    assert third.event_id == fourth.event_id and getattr(fourth, "planned_date", "") == "2025-03-03"
    assert third.tz_offset_min == 480 and third.tz_defaulted


def test_the_same_table_as_csv_tsv_and_workbook_is_told_once(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, LONG)
    row = ["V1", "接诊", "2025-03-03 09:14:00", "D01", "1", ""]
    (tmp_path / "log.csv").write_text(f"{','.join(COLUMNS)}\n{','.join(row)}\n", "utf-8")
    (tmp_path / "log.tsv").write_text("\t".join(COLUMNS) + "\n" + "\t".join(row) + "\n", "utf-8")
    workbook(tmp_path / "log.xlsx", ["V1", "接诊", NINE, "D01", 1, None])
    ids = [
        [event.event_id for event in told(feed, tmp_path / f"log.{kind}")] for kind in ("csv", "tsv", "xlsx", "xlsx")
    ]
    assert ids[0] and ids.count(ids[0]) == 4  # and once more: a replay counts nothing twice
    bodies = {event.revision for kind in ("csv", "tsv", "xlsx") for event in told(feed, tmp_path / f"log.{kind}")}
    assert len(bodies) == 1


def test_titles_blank_rows_and_another_sheet(tmp_path: Path) -> None:
    row = ["V1", "接诊", NINE, "D01", 1, None]
    titled = workbook(tmp_path / "titled.xlsx", row, title="门诊日志 2025年3月")
    assert len(told(feed_of(tmp_path, LONG), titled)) == 1
    named = workbook(tmp_path / "named.xlsx", row, hidden=True)
    with pytest.raises(Misconfigured, match=r"sheet Sheet, has no column 医生, 就诊号, 日期, 时间, 次, 步骤"):
        told(feed_of(tmp_path, LONG), named)
    assert len(told(feed_of(tmp_path, 'sheet = "数据"\n' + LONG), named)) == 1
    with pytest.raises(Misconfigured, match="has no sheet 其他; it has Sheet, 数据"):
        told(feed_of(tmp_path, 'sheet = "其他"\n' + LONG), named)


def test_a_cell_that_spans_rows_counts_in_each(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "log.xlsx",
        ["V1", "挂号", NINE, None, None, None],
        [None, "接诊", datetime.fromisoformat("2025-03-03T09:20"), "D01", 1, None],
        ["V2", "接诊", datetime.fromisoformat("2025-03-03T09:30"), "D01", 1, None],
        merged=("A2:A3", "D2:E2"),
    )
    events = told(feed_of(tmp_path, LONG), path)
    assert [kind_of(event) for event in events][:2] == ["registration.created", "consultation.started"]
    assert events[0].visit_id == events[1].visit_id != events[2].visit_id


def test_times_are_written_as_the_site_describes_them(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, 'time_format = "%d.%m.%Y %H:%M"\n' + LONG)
    path = workbook(
        tmp_path / "log.xlsx",
        ["V1", "接诊", NINE, None, 1, None],
        ["V2", "接诊", "03.03.2025 09:15", None, 1, None],
        ["V3", "接诊", 45719.0 + 557 / 1440, None, 1, None],
    )
    assert [line[:5] for line in lines(told(feed, path))] == ["09:14", "09:15", "09:17"]


def test_what_a_cell_cannot_hold_is_a_dead_letter_without_its_content(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "log.xlsx",
        [123456789012345678, "接诊", NINE, None, 1, None],  # the last digits are lost: another visit's number
        ["V2", "接诊", "昨天", None, 1, None],
        ["V3", "接诊", time(9, 5), None, 1, None],
        ["V4", "接诊", "#N/A", None, 1, None],
        ["V5", "接诊", "=NOW()", None, 1, None],  # never calculated: it has no value
        ["V6", "接诊", NINE, None, "一", None],
    )
    found = outcomes(feed_of(tmp_path, LONG), path)
    assert [each.malformed or each.ignored for each in found] == [
        "more digits than a number cell keeps: line 2", "unreadable time: column 时间", "unreadable time: column 时间",
        "row without a time", "row without a time", "not a number: column of consultation_seq",
    ]  # fmt: skip


def test_a_formula_is_its_value(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", ["V1", "接诊", "=A2", None, 1, None])
    _rewrite(path, b"<f>A2</f><v />", b"<f>A2</f><v>45719.375</v>")
    assert lines(told(feed_of(tmp_path, LONG), path)) == ["09:00 consultation.started"]


def test_files_that_are_not_what_they_say(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, LONG)
    odd = tmp_path / "odd.xlsx"
    for content in (b"", b"\xd0\xcf\x11\xe0 an old workbook", b"PK\x03\x04 broken"):
        odd.write_bytes(content)
        with pytest.raises(Misconfigured, match="is no XLSX workbook"):
            told(feed, odd)
    with zipfile.ZipFile(odd, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("anything", "x")
    with pytest.raises(Misconfigured, match="no workbook that can be read"):
        told(feed, odd)
    whole = workbook(tmp_path / "whole.xlsx", ["V1", "接诊", NINE, None, 1, None])
    _rewrite(whole, b"</sheetData>", b"")
    with pytest.raises(Misconfigured, match=r"broken workbook|no workbook that can be read"):
        told(feed, whole)


def test_damage_anywhere_is_one_sentence(tmp_path: Path) -> None:
    feed, path = feed_of(tmp_path, LONG), tmp_path / "whole.xlsx"
    workbook(path, *(["接诊", "接诊", NINE, f"{n * 7919}", 1, None] for n in range(400)))
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        part = packed.getinfo("xl/worksheets/sheet1.xml")
    refused = 0
    for place in range(part.header_offset + 60, part.header_offset + part.compress_size, part.compress_size // 75):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            told(feed, path)
        except Misconfigured as reason:
            refused += str(path) in str(reason)
    assert refused > 60


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", bytes(1_000))
        packed.filelist[0].file_size = 500_000_000  # no more than this is ever unpacked, so it is what counts
    with pytest.raises(Misconfigured, match="unpacks to more than 400 MB"):
        told(feed_of(tmp_path, LONG), bomb)


def test_a_workbook_that_nobody_described(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", ["V1", "接诊", NINE, None, 1, None])
    with pytest.raises(Misconfigured, match=r"is a workbook: describe its columns in \[feeds.files.csv\]"):
        told(files.files_feed(load_site("demo"), Clock(), PSEUDONYMS), path)


def _rewrite(path: Path, old: bytes, new: bytes) -> None:
    """The same workbook with something changed in its sheet."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    name = "xl/worksheets/sheet1.xml"
    assert old in parts[name]
    parts[name] = parts[name].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for each, content in parts.items():
            packed.writestr(each, content)


def test_a_file_that_says_it_is_hl7_is_no_table_whatever_stands_at_its_start(tmp_path: Path) -> None:
    path = tmp_path / "told.hl7"
    path.write_bytes(b"\xff\xfe noise\nMSH|^~\\&|HIS|DEMO|||20250303090000||ADT^A60|1|P|2.5\r")
    assert [bool(each.malformed) for each in outcomes(feed_of(tmp_path, LONG), path)] == [True, False]
