"""The mapping workbench: what a sample holds that a site file does not map, and what is near it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.mapping.check import Checked
from ingest.mapping.names import nearest
from ingest.mapping.sample import check_files
from ingest.mapping.shown import checked_json, lines_for
from ingest.settings import Site, load_site
from streams.mapping_diff import difference
from tests.golden.speech import PSEUDONYMS, PV1, message

HOSPITAL = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[departments.CARD]
zh = "心内科"
en = "Cardiology"
[departments.EYE]
zh = "眼科"
en = "Ophthalmology"
"""
LONG = """
[feeds.log]
kind = "files"
source_system = "LOG"
[feeds.log.csv]
layout = "long"
visit = "就诊号"
activity = "步骤"
time = "时间"
fields = { dept_code = "科室" }
[[feeds.log.csv.events]]
activity = "挂号"
event = "registration.created"
fields = { channel = "支付方式" }
"""
LOG = """就诊号,科室,步骤,时间,支付方式
1001,心内科门诊,挂号,2025-03-03 08:00,微信支付
1001,CARD,签到,2025-03-03 08:10,
1001,CARD,接诊,2025-03-03 08:40,
1002,眼科,挂号,2025-03-03 08:05,wechat
1002,0399,挂号,2025-03-03 08:06,王小明
1002,EYE,天亮了,2025-03-03 08:45,
"""


def site(directory: Path, more: str) -> Site:
    path = directory / "hospital.toml"
    path.write_text(HOSPITAL + more, "utf-8")
    return load_site(str(path))


def checked(directory: Path, more: str, sample: str | bytes, name: str = "sample.csv") -> Checked:
    path = directory / name
    path.write_bytes(sample.encode() if isinstance(sample, str) else sample)
    return check_files(site(directory, more), [path], Clock(), PSEUDONYMS)


def found(told: Checked) -> dict[tuple[str, str], tuple[int, str | None]]:
    return {(each.field, each.raw): (each.n, each.suggestion) for each in told.unmapped}


def test_what_nobody_mapped_is_told_with_how_often_and_what_is_near(tmp_path: Path) -> None:
    told = checked(tmp_path, LONG, LOG)
    assert (told.messages, told.events.total()) == (6, 3)
    assert found(told) == {
        ("activity", "签到"): (1, "patient.checked_in"),
        ("activity", "接诊"): (1, "consultation.started"),
        ("activity", "天亮了"): (1, None),
        ("channel", "微信支付"): (1, "wechat"),
        ("channel", "王小明"): (1, None),
        ("dept", "心内科门诊"): (1, "CARD"),
        ("dept", "眼科"): (1, "EYE"),
        ("dept", "0399"): (1, None),
    }


def test_what_is_seen_once_may_be_a_name_and_is_not_printed(tmp_path: Path) -> None:
    told = checked(tmp_path, LONG, LOG)
    said = checked_json(told, rare=False)
    assert "王小明" not in said and "0399" in said
    assert "王小明" in checked_json(told, rare=True)


def test_its_lines_mend_the_site_file(tmp_path: Path) -> None:
    lines = lines_for(checked(tmp_path, LONG, LOG).unmapped, "log")
    assert tomllib.loads(lines)["departments"] == {"0399": {"zh": "0399", "en": "0399"}}
    assert tomllib.loads(lines)["codes"] == {
        "channel": {"微信支付": "wechat"},
        "dept": {"心内科门诊": "CARD", "眼科": "EYE"},
    }
    mended = checked(tmp_path, LONG + lines, LOG)
    assert found(mended) == {("activity", "天亮了"): (1, None), ("channel", "王小明"): (1, None)}
    assert mended.events.total() == 5


def test_of_messages_every_code_counts_once_a_message(tmp_path: Path) -> None:
    arrivals = [
        message("ADT^A04", PV1.replace("|O|0301^R1|", "|X|0301^R1|").replace("|V1^", f"|V{n}^")) for n in (1, 2)
    ]
    told = checked(
        tmp_path, '[codes.dept]\n0301 = "CARD"\n[codes.channel]\nWX = "wechat"', b"\n".join(arrivals), "a.hl7"
    )
    assert found(told) == {("visit_class", "X"): (2, None)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("微信支付(刷脸)", "wechat"),
        ("支付宝", "alipay"),
        ("ALIPAY", "alipay"),
        ("wechatpay", "wechat"),
        ("张三", None),
        ("", None),
    ],
)
def test_the_nearest_by_name(text: str, code: str | None) -> None:
    assert nearest(text, {"wechat": ("微信", "微信支付"), "alipay": ("支付宝",), "cash": ("现金",)}) == code


@pytest.mark.shared
@pytest.mark.parametrize(
    ("sample", "name", "codes"),
    [
        ("clinic-model/patient.csv", "clinic-model", set()),
        ("hl7/samples", "demo", {"channel", "dept", "item_class", "patient_group", "rx_type"}),
    ],
)
def test_public_samples(shared: Path, sample: str, name: str, codes: set[str]) -> None:
    told = check_files(load_site(name), [shared / sample], Clock(), PSEUDONYMS)
    assert {each.field for each in told.unmapped} == codes
    assert not [reason for (outcome, reason) in told.aside if outcome == "malformed"]


CLINIC = """
[feeds.log]
kind = "files"
source_system = "LOG"
[feeds.log.csv]
layout = "wide"
visit = "id"
fields = { dept_code = "dept" }
[[feeds.log.csv.events]]
event = "registration.created"
time = "arrived"
values = { visit_class = "outpatient" }
[[feeds.log.csv.events]]
event = "patient.checked_in"
time = "arrived"
values = { point = "clinic" }
[[feeds.log.csv.events]]
event = "consultation.started"
time = "seen"
values = { consultation_seq = "1" }
"""


def test_what_another_site_file_would_change(tmp_path: Path) -> None:
    sample = tmp_path / "day.csv"
    sample.write_text(
        "id,dept,arrived,seen\n1,CARD,2025-03-03 08:40,2025-03-03 09:14\n2,CARD,2025-03-03 08:40,\n", "utf-8"
    )
    (tmp_path / "new").mkdir()
    old = site(tmp_path, CLINIC)
    new = site(tmp_path / "new", CLINIC.replace('"seen"', '"arrived"') + '[codes.dept]\nCARD = "EYE"')
    found = difference(old, new, [sample], Clock(), PSEUDONYMS, by=["dept"])

    assert {c.event_type: (c.gone, c.new, c.changed) for c in found.changes} == {
        "registration.created": (0, 0, 2),
        "patient.checked_in": (2, 2, 0),  # the department is part of which fact it is
        "consultation.started": (0, 1, 1),
    }
    (started,) = [change for change in found.changes if change.event_type == "consultation.started"]
    assert started.fields == {"occurred_at": 1, "dept_code": 1}
    waits = {tuple(v.dims.values()): (v.old, v.new) for v in found.values if v.kpi == "consult_wait" and not v.series}
    assert {
        dept: (old.value if old else None, new.value if new else None) for (dept,), (old, new) in waits.items()
    } == {
        "CARD": (34, None),
        "EYE": (None, 0),
    }
    same = difference(old, old, [sample], Clock(), PSEUDONYMS)
    assert (same.changes, same.aside, same.values) == ([], {}, [])
