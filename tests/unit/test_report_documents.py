"""Reports as documents and files, from facts made up for it."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import openpyxl
import pyarrow.parquet
import pytest

from orchestration.reports.day import day_report
from orchestration.reports.document import Chart, Document, Points, Table
from orchestration.reports.facts import Compared
from orchestration.reports.figures import Doubt, figure_of
from orchestration.reports.files import contents, write
from orchestration.reports.period import period_report
from orchestration.reports.writing import Language
from orchestration.reports.xlsx import shown_as
from streams.kpis import catalogue
from tests.unit.report_facts import DAYS, INCOMPLETE, a_day, before, figure, full_day, wait
from warehouse.clock_offsets import ClockOffset
from warehouse.desks import Desk


def opening(document: Document) -> dict[str, list[str]]:
    return {block.title: [item.said for item in block.items] or [block.none] for block in document.opening}


def test_a_day_opens_with_what_matters() -> None:
    told = opening(day_report(full_day(), "zh"))
    assert told == {
        "未达目标": ["急诊4小时达标率 92%，目标 ≥ 95%（n=50）", "候诊时间 中位 45.5 分，目标 中位 ≤ 30 分（n=100）"],
        "变化超出日常波动": ["候诊时间 中位 45.5 分，升高（变差）（n=100）"],
        "等候最久的地方": [
            "骨科 候诊时间：九成患者 ≤ 142 分，中位 71.2 分（n=100）",
            "心内科 候诊时间：九成患者 ≤ 24 分，中位 12 分（n=100）",
        ],
    }


def test_the_same_in_english() -> None:
    document = day_report(full_day(), "en")
    assert opening(document)["Missed its target"][0] == "Four-hour standard 92%, target ≥ 95% (n=50)"
    [_, change, _] = document.opening
    assert change.items[0].behind == (
        "mean of the 10 working days before 30 min, limits 22.9–37.1 min; "
        "beyond a control limit (Western Electric rule 1), a jump beyond the limit of moving ranges"
    )


def test_a_target_missed_by_a_hair_does_not_look_kept() -> None:
    document = day_report(a_day(wait(30.04)), "zh")
    assert opening(document)["未达目标"] == ["候诊时间 中位 30.04 分，目标 中位 ≤ 30 分（n=100）"]
    tables = [b for s in document.sections for b in s.blocks if isinstance(b, Table)]
    assert "中位 30.04 分" in {cell.text for table in tables for row in table.rows for cell in row}


def test_a_quiet_day_says_that_it_was_quiet() -> None:
    told = opening(day_report(a_day(wait(12.0)), "zh"))
    assert told["未达目标"] == ["有目标的指标全部达标。"]
    assert told["变化超出日常波动"] == ["可比的同类日只有 0 天，满 10 天后才能判断变化是否超出日常波动。"]


def test_every_figure_stands_with_its_n_its_exclusions_and_its_trust() -> None:
    document = day_report(full_day(), "zh")
    tables = [b for s in document.sections for b in s.blocks if isinstance(b, Table)]
    rows = {row[0].text: row for table in tables for row in table.rows}
    assert [cell.text for cell in rows["候诊时间"][1:4]] == ["中位 45.5 分", "中位 ≤ 30 分", "100"]
    assert rows["候诊时间"][5].text == "离队 3；未完 2"
    assert rows["候诊时间"][6].text == "警示 完整率 93%"
    assert rows["候诊时间"][1].mark == "over"


def test_the_part_on_trust_says_what_the_his_counts() -> None:
    compared = (
        Compared("his_views", "v_visit", 420, 420, 0),
        Compared("his_views", "v_order", 1_200, 1_197, -3, {"refused": 2, "unversioned": 1}),
    )
    trust = day_report(a_day(wait(24), compared=compared), "zh").sections[-1]
    table = next(block for block in trust.blocks if isinstance(block, Table) and block.title == "与 HIS 对账")
    (row,) = table.rows
    assert [cell.text for cell in row] == ["his_views · v_order", "1,200", "1,197", "-3", "死信 2，无版本号 1"]
    assert table.note == "1 个视图与 HIS 一致（共 420 行）。"


def test_a_clock_that_is_off_is_said() -> None:
    off = ClockOffset(first="HIS", second="QUEUE", at_least_s=82.0, at_most_s=113.0, pairs=482,
                      by=("queue.called → consultation.started",))  # fmt: skip
    trust = day_report(a_day(wait(24), offsets=(off,)), "en").sections[-1]
    table = next(block for block in trust.blocks if isinstance(block, Table) and block.title.startswith("Clocks"))
    (row,) = table.rows
    assert [cell.text for cell in row] == ["QUEUE / HIS", "+98", "+82 ~ +113", "482", "Called → Consultation started"]
    trust = day_report(a_day(wait(24), offsets=(off,)), "zh").sections[-1]
    table = next(block for block in trust.blocks if isinstance(block, Table) and block.title == "各系统时钟偏差")
    assert table.rows[0][-1].text == "叫号 → 接诊开始"
    well = ClockOffset(first="HIS", second="QUEUE", at_least_s=-8.0, at_most_s=23.0)
    trust = day_report(a_day(wait(24), offsets=(well,)), "zh").sections[-1]
    assert any(isinstance(block, Points) and block.none == "未见时钟偏差（1 对系统）。" for block in trust.blocks)


def test_desks_whose_times_deserve_a_look_are_named_by_code() -> None:
    odd = Desk(kind="window", desk="W2", point="pharmacy", acts=40, on_half_hours=20)
    few = Desk(kind="room", desk="RM1", point="clinic", acts=3)
    well = Desk(kind="queue", desk="Q1", point="cashier", tickets=50)
    trust = day_report(a_day(wait(24), desks=(odd, well, few)), "zh").sections[-1]
    table = next(block for block in trust.blocks if isinstance(block, Table) and "值得一看" in block.title)
    assert [[cell.text for cell in row] for row in table.rows] == [["药房窗口 W2", "33", "整点半点 20/40"]]
    assert "不是人" in table.note and "2 个" in table.note and "1 个" in table.note
    trust = day_report(a_day(wait(24), desks=(well, few)), "en").sections[-1]
    assert any(isinstance(block, Points) and block.none.startswith("The times of 1 desks") for block in trust.blocks)


def test_a_kpi_that_is_not_there_at_all_is_told_where_it_usually_is() -> None:
    gone = Doubt("warn", ("往常有数的指标没有消失", "what is usually counted has not vanished"), "1")
    facts = a_day(wait(12.0), lacking=((catalogue()["exam_report_tat"], gone),), failed=3)
    document = day_report(facts, "en")
    assert document.banner == "1 checks gave a warning: see Trust."
    assert document.facts[1] == ("Checks", "37 of 40 passed")
    failed = next(block for block in document.sections[-1].blocks if isinstance(block, Points))
    assert [item.said.partition(": ")[2] for item in failed.items] == ["what is usually counted has not vanished"]


def test_notes_alone_are_not_said_to_have_passed() -> None:
    told = [next(b for b in day_report(a_day(wait(12.0), failed=n), "zh").sections[-1].blocks if isinstance(b, Points))
            for n in (0, 2)]  # fmt: skip
    assert [points.none for points in told] == ["40 项核验全部通过。", "没有未放行或警示的核验。"]


def test_a_withheld_day_says_so_before_anything_else() -> None:
    held = a_day(wait(12.0), is_withheld=True, doubts=(Doubt("withhold", ("当日有事件", "the day has events"), "0"),))
    page = contents(day_report(held, "zh"), ["html"])["day-2026-11-20-zh.html"].decode()
    assert page.index("最近一次核验未放行") < page.index("要点")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_is_one_file_without_script_or_anything_from_outside(lang: Language) -> None:
    [(_, content)] = contents(day_report(full_day(), lang), ["html"]).items()
    page = content.decode()
    assert not re.search(r"<script|<link|src=|https?://|url\(|@import", page)
    assert page.count("<section>") == page.count("</section>") == 5
    assert ('lang="zh-CN"' in page) == (lang == "zh")


def test_what_a_site_calls_its_department_cannot_become_markup() -> None:
    facts = a_day(wait(12.0), wait(71.0, "<i>&"), figure("service_volume", 9, 9, dim="dept", part="<i>&"))
    page = contents(day_report(facts, "zh"), ["html"])["day-2026-11-20-zh.html"].decode()
    assert "<i>&" not in page and "&lt;i&gt;&amp;" in page


def test_a_workbook_has_real_numbers_and_charts_of_its_own() -> None:
    made = contents(day_report(full_day(), "zh"), ["xlsx"])["day-2026-11-20-zh.xlsx"]
    book = openpyxl.load_workbook(io.BytesIO(made))
    figures = book["全部指标"]
    cells = {row[0].value: row for row in figures.iter_rows() if row[0].value}
    assert (cells["候诊时间"][1].value, cells["候诊时间"][3].value) == (45.5, 100)
    assert cells["候诊时间"][1].number_format == '"中位 "#,##0.0" 分"'
    [volume, waits] = book["一日概览"]._charts
    assert len(volume.series) == 1
    sheet, _, place = waits.series[0].val.numRef.f.partition("!")
    assert [cell.value for [cell] in book[sheet.strip("'")][place.replace("$", "")]] == [20, 90]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("中位 45.5 分", '"中位 "#,##0.0" 分"'),
        ("1,203 人次", '#,##0" 人次"'),
        ("93.1%", '#,##0.0"%"'),
        ("70.6|n=48", '#,##0.0" n=48"'),
        ("+3.2", "+#,##0.0;-#,##0.0"),
        ("-9", "#,##0"),
        ("", "General"),
    ],
)
def test_a_number_in_a_workbook_reads_as_in_the_report(text: str, form: str) -> None:
    assert shown_as(text) == form


def test_the_data_files_say_the_same_with_their_types() -> None:
    files = contents(day_report(full_day(), "zh"), ["csv", "parquet"])
    text = files["day-2026-11-20-zh.csv"].decode("utf-8-sig")
    rows = {(r["kpi"], r["part"]): r for r in csv.DictReader(io.StringIO(text))}
    assert rows["consult_wait", ""]["value"] == "45.5"
    assert (rows["consult_wait", ""]["verdict"], rows["consult_wait", ""]["trust"]) == ("broken", "warn")
    assert (rows["consult_wait", "ORTH"]["verdict"], rows["service_volume", ""]["verdict"]) == ("far", "")
    table = pyarrow.parquet.read_table(io.BytesIO(files["day-2026-11-20-zh.parquet"]))
    assert table.num_rows == len(rows)
    assert {str(table.schema.field(name).type) for name in ("value", "n", "kpi")} == {"double", "int64", "string"}


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:

    write({"a.csv": b"1"}, tmp_path)
    write({"a.csv": b"2"}, tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.csv", b"2")]


def test_a_stage_less_than_complete_carries_a_warning_whether_or_not_a_check_has_seen_it() -> None:
    row = {"n": 9, "value": 1.0, "mean": None, "p50": None, "p90": None, "shares": {}, "num": None, "den": None,
           "excluded": {}, "waiting": 0, "dims": {"dept": "ORTH"}, "completeness": 94.9}  # fmt: skip
    kpi = catalogue()["consult_wait"]
    assert [doubt.level for doubt in figure_of(row, kpi, None, ()).doubts] == ["warn"]
    assert figure_of(row, kpi, None, [INCOMPLETE]).doubts == (INCOMPLETE,)
    assert figure_of(row | {"completeness": 95.0}, kpi, None, ()).doubts == ()


def a_week(dept_days: tuple[float, ...]) -> Document:
    facts = a_day(
        wait(12.0), wait(20.0, "ORTH"), wait(10.0, "CARD"), wait(8.0, "DERM"),
        history={("consult_wait", "ORTH"): before(30, 32, 28, 30, 32, 28, 30, 32, 28, 30)},
        within={("consult_wait", "ORTH"): before(*[0.0] * 10, *dept_days)[10:]},
        before=(wait(31.0, "ORTH"),),
        days=7, grain="week", first="2026-11-16", last="2026-11-22", name="2026-W47", published=tuple(DAYS[10:]),
    )  # fmt: skip
    return period_report(facts, "zh", "ORTH")


def test_a_department_hears_where_it_stands_and_what_changed() -> None:
    document = a_week((20.0, 21.0))
    assert document.title == "演练医院骨科周反馈"
    assert document.banner == "本期 7 天中只有 2 天已发布；未发布：11-18、11-19、11-20、11-21、11-22。"
    told = opening(document)
    assert told["变化超出日常波动"] == ["候诊时间 降低（11-16、11-17），最近 21 分"]
    assert told["与全院相比"] == ["候诊时间 中位 20 分（n=100），全院 12 分，3 个科室中由高到低第 1"]
    [table] = [b for s in document.sections for b in s.blocks if isinstance(b, Table)][:1]
    assert [cell.text for cell in table.rows[0][1:7]] == ["中位 20 分", "100", "12", "1/3", "31", "-11"]


def test_a_week_says_which_of_its_days_the_checks_doubted() -> None:
    week = {"days": 7, "grain": "week", "first": "2026-11-16", "last": "2026-11-22", "name": "2026-W47"}
    said = []
    for days in ((("2026-11-17", 2),), ()):
        trust = period_report(a_day(wait(12.0), doubtful_days=days, failed=5, checks=700, **week), "zh").sections[-1]
        points = next(block for block in trust.blocks if isinstance(block, Points))
        said.append([item.said for item in points.items] or [points.none])
    assert said == [["11-17：2 项核验未放行或有警示。"], ["没有未放行或警示的核验。"]]


def test_its_chart_has_the_limits_of_the_days_before_and_marks_the_signals() -> None:
    [chart] = [b for s in a_week((20.0, 31.0)).sections for b in s.blocks if isinstance(b, Chart)]
    assert (chart.centre, chart.judged_from, chart.signals, chart.target) == (30.0, 10, (10, 11), 30.0)
    assert chart.upper is not None and round(chart.upper, 1) == 37.1
    assert chart.counts[-1] == 100


def test_who_reads_a_department_gets_no_other_departments_data() -> None:
    assert {row.part for row in a_week((20.0, 21.0)).rows} == {"", "ORTH"}


def test_sections_without_content_are_left_out() -> None:
    document = a_week(())
    assert not any(isinstance(block, Points) and not block.title for s in document.sections for block in s.blocks)
    assert "走势与控制图" not in [section.title for section in document.sections]
