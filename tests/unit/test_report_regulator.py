"""Regulator packs: which indicators, and nothing of fewer than ten."""

from __future__ import annotations

import io

import pyarrow.parquet
import pytest

from orchestration.reports.document import Document, Table
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure
from orchestration.reports.flat import csv_of, parquet_of
from orchestration.reports.packs import PACKS, indicators_of
from orchestration.reports.regulator import regulator_pack
from orchestration.reports.small_cells import counted, withheld
from orchestration.reports.words_regulator import NOT_APPLIED
from streams.kpis import catalogue
from tests.unit.report_facts import a_day, figure


def test_the_official_indicators_come_first_in_their_own_order() -> None:
    found = [(each.number, each.kpi) for each in indicators_of(PACKS["emergency"])]
    assert found[:2] == [("ED15-4", "ed_resus_los_median"), ("ED15-5", "ed_green_channel_time")]
    assert {"ed_door_to_doctor", "ed_los_discharged", "ed_4h_rate", "ed_lwbs_rate"} <= {kpi for _, kpi in found}
    assert [each.number for each in indicators_of(PACKS["outpatient"])][:2] == ["G4-22", "G4-23"]


def test_a_pack_of_experience_has_the_numbers_of_its_list() -> None:
    found = {each.number: each.kpi for each in indicators_of(PACKS["experience"])}
    assert {number: found[number] for number in ("EXP-1", "EXP-5", "EXP-12", "EXP-19", "EXP-21")} == {
        "EXP-1": "opd_appointment_rate",
        "EXP-5": "appt_wait_official",
        "EXP-12": "ed_observation_los_mean",
        "EXP-19": "discharge_same_day_settle_rate",
        "EXP-21": "discharge_followup_rate",
    }


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [
        ({"A": 100, "B": 50}, set()),
        ({"A": 100, "B": 50, "C": 7}, {"C", "B"}),  # 7 alone could be worked out from the total
        ({"A": 100, "B": 50, "C": 7, "D": 8}, {"C", "D"}),  # together 15: neither can be
        ({"A": 100, "B": 50, "C": 2, "D": 3}, {"B", "C", "D"}),  # together 5: that itself is a small cell
        ({"A": 100, "B": 0}, set()),  # nobody at all may be told
        ({"A": 7}, {"A"}),
    ],
)
def test_what_is_small_is_hidden_so_that_nobody_can_work_it_out(parts: dict[str, int], hidden: set[str]) -> None:
    assert withheld(parts) == hidden


def test_counts_below_ten_are_told_as_such() -> None:
    assert [counted(n) for n in (0, 1, 9, 10, 1234)] == ["0", "<10", "<10", "10", "1,234"]


def rate(num: int, den: int, part: str = "") -> Figure:
    value = round(100 * num / den, 1)
    return figure("opd_appointment_rate", value, den, num=num, den=den, dim="dept" if part else "", part=part)


def a_month(*figures: Figure) -> Facts:
    usual = (rate(300, 500), rate(200, 300, "ORTH"), rate(96, 193, "CARD"), rate(4, 7, "DERM"))
    return a_day(
        *(figures or usual), grain="month", first="2026-11-01", last="2026-11-30", name="2026-11", days=30,
        published=("2026-11-20",),
    )  # fmt: skip


def tables(document: Document, title: str) -> list[Table]:
    [section] = [section for section in document.sections if section.title == title]
    return [block for block in section.blocks if isinstance(block, Table)]


def test_an_indicator_has_numerator_denominator_definition_and_evidence() -> None:
    document = regulator_pack(PACKS["outpatient"], a_month(), "zh")
    assert document.subtitle == "2026年11月（2026-11-01 至 2026-11-30）"
    [values] = tables(document, "指标")
    assert [cell.text for cell in values.rows[0][:5]] == ["G4-22", "门诊患者预约诊疗率", "60%", "300", "500"]
    [definitions] = tables(document, "定义与剔除")
    assert "÷" in definitions.rows[0][1].text
    [evidence] = tables(document, "佐证：各科室")
    assert [[cell.text for cell in row] for row in evidence.rows] == [
        ["心内科", "略", "略"],  # else the seven of dermatology could be worked out
        ["皮肤科", "略", "<10"],
        ["骨科", "66.7%", "300"],
    ]


def test_neither_do_its_data_files_tell_of_fewer_than_ten() -> None:
    rows = {row.part: row for row in regulator_pack(PACKS["outpatient"], a_month(), "en").rows}
    assert (rows["ORTH"].n, rows["ORTH"].numerator) == (300, 200)
    for hidden in ("CARD", "DERM"):
        assert (rows[hidden].n, rows[hidden].value, rows[hidden].numerator, rows[hidden].denominator) == (None,) * 4
        assert (rows[hidden].excluded, rows[hidden].waiting) == (None, None)


def test_a_count_that_is_not_told_is_blank_and_never_a_nought() -> None:
    whole = figure("opd_appointment_rate", 60.0, 500, num=300, den=500, excluded={"left": 4}, waiting=3)
    [row] = regulator_pack(PACKS["outpatient"], a_month(whole), "en").rows
    assert (row.numerator, row.excluded, row.waiting) == (300, None, None)
    text = csv_of((row,)).decode("utf-8-sig").splitlines()
    told = dict(zip(text[0].split(","), text[1].split(","), strict=True))
    assert (told["excluded"], told["waiting"], told["n"]) == ("", "", "500")
    table = pyarrow.parquet.read_table(io.BytesIO(parquet_of((row,))))
    assert table.column("excluded").to_pylist() == [None]
    [rest] = regulator_pack(PACKS["outpatient"], a_month(rate(300, 500)), "en").rows
    assert (rest.excluded, rest.waiting) == (0, 0)  # nobody at all can be told


def test_what_a_share_says_of_few_is_hidden_on_either_side() -> None:
    """Of orthopaedics' hundred only four had no appointment; and another is hidden so that they stay hidden."""
    facts = a_month(rate(246, 300), rate(96, 100, "ORTH"), rate(50, 100, "CARD"), rate(100, 120, "DERM"))
    [evidence] = tables(regulator_pack(PACKS["outpatient"], facts, "zh"), "佐证：各科室")
    assert [[cell.text for cell in row] for row in evidence.rows] == [
        ["心内科", "略", "略"],
        ["皮肤科", "83.3%", "120"],
        ["骨科", "略", "略"],
    ]


def test_an_indicator_of_which_there_is_no_row_is_not_measured_and_never_a_nought() -> None:
    none_missed = figure("opd_appointment_rate", None, 0, num=0, den=0)
    [values] = tables(regulator_pack(PACKS["outpatient"], a_month(none_missed), "zh"), "指标")
    said = {row[1].text: [cell.text for cell in row[2:]] for row in values.rows}
    assert said["门诊患者预约诊疗率"] == ["–", "0", "", ""]
    assert said["门诊患者预约后平均等待时间"] == ["–", "–", "", "未测得"]


def test_an_indicator_that_nobody_can_measure_is_named_with_the_reason() -> None:
    [missing] = tables(regulator_pack(PACKS["emergency"], a_month(), "zh"), "未能计算的官方指标")
    assert [row[0].text for row in missing.rows] == ["ED15-1", "ED15-2", "ED15-3"]


def test_exclusions_that_are_not_applied_are_told_in_chinese() -> None:
    assert {each for kpi in catalogue().values() for each in kpi.not_applied} == set(NOT_APPLIED)
