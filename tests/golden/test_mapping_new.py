"""A first site file from a sample: the draft is taken as it is, and of clear names it says the right things."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hispulse import app
from ingest.clock import Clock
from ingest.errors import Misconfigured
from ingest.mapping.first_site import first_site
from ingest.settings import load_site
from streams.trial import Tried, try_files
from tests.golden.speech import PSEUDONYMS, PV1, message

LONG = """就诊号,科室,步骤,时间,备注
1001,心内科,挂号,2025/3/3 8:00,
1001,心内科,签到,2025/3/3 8:10,
1001,心内科,接诊,2025/3/3 8:40,
1002,眼科,挂号,2025/3/3 8:05,
1002,眼科,签到,2025/3/3 8:15,
1002,眼科,接诊,2025/3/3 8:45,
1002,眼科,王小明走了,2025/3/3 8:50,
"""
WIDE = """门诊号;患者姓名;科室名称;挂号时间;报到时间;接诊时间;缴费时间
M1;王五;心内科;03.03.2025 08:00;03.03.2025 08:10;03.03.2025 08:40;03.03.2025 09:01
M2;李四;眼科;03.03.2025 08:05;03.03.2025 08:15;03.03.2025 08:45;
"""
OFFSETS = """run,patient_id,arrival_time,wait,time_with_nurse,unused
0,1,10.5,30,7,
0,2,12.25,30,8,
1,1,3,30,9,
1,2,4,30,9,
"""
A04 = b"\n".join(message("ADT^A04", PV1.replace("|V1^", f"|V{n}^"), at=f"202503030{n}0000") for n in (8, 9))


def tried(sample: Path) -> Tried:
    """What `hispulse try` makes of a sample with the draft for it."""
    path = sample.parent / "draft.toml"
    path.write_text(first_site([sample], str(path), "Asia/Shanghai", Clock(), PSEUDONYMS), "utf-8")
    found = try_files(load_site(str(path)), [sample], Clock(), PSEUDONYMS, by=["dept"])
    assert not [each for each in found.aside if each.outcome == "malformed"]
    return found


def waits(found: Tried) -> list[float | None]:
    return [v.value for v in found.values if v.kpi == "consult_wait" and not v.series]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize(("sample", "waited"), [(LONG, [30, 30]), (WIDE, [30, 30]), (OFFSETS, [30])])
def test_a_table_is_read_by_its_draft(tmp_path: Path, sample: str, waited: list[float], encoding: str) -> None:
    path = tmp_path / "sample.csv"
    path.write_bytes(sample.encode(encoding))
    assert waits(tried(path)) == waited
    draft = (tmp_path / "draft.toml").read_text("utf-8")
    assert not any(name in draft for name in ("王五", "李四", "王小明")), "nothing of a person is in the draft"


def test_messages_are_read_by_their_draft(tmp_path: Path) -> None:
    path = tmp_path / "a.hl7"
    path.write_bytes(A04)
    assert tried(path).by_type() == {"registration.created": 2}
    draft = load_site(str(tmp_path / "draft.toml"))
    assert draft.hospital.facility_id == "DEMO" and list(draft.departments) == ["0301"]


def test_what_is_no_sample_is_one_sentence(tmp_path: Path) -> None:
    for name, body in (
        ("empty.csv", b""),
        ("prose.txt", b"Dear colleague,\nall is well.\n"),
        ("x.bin", b"\xff\x00\x81"),
        ("one-line.json", b'{"a":"' + b"x" * 200_000 + b'"}\n'),
    ):
        path = tmp_path / name
        path.write_bytes(body)
        with pytest.raises(Misconfigured, match=name):
            first_site([path], "draft.toml", "Asia/Shanghai", Clock(), PSEUDONYMS)


def test_the_command_writes_it_and_never_over_another(tmp_path: Path) -> None:
    sample, out = tmp_path / "sample.csv", tmp_path / "mine.toml"
    sample.write_text(WIDE, "utf-8")
    told = CliRunner().invoke(app, ["map", "new", str(sample), "--out", str(out)])
    assert told.exit_code == 0 and load_site(str(out)).names("feeds") == ["files"]
    refused = CliRunner().invoke(app, ["map", "new", str(sample), "--out", str(out)])
    assert isinstance(refused.exception, Misconfigured) and "is there already" in str(refused.exception)
    assert CliRunner().invoke(app, ["map", "check", str(sample), "--site", str(out)]).exit_code == 0
    assert "没有变化" in CliRunner().invoke(app, ["map", "diff", str(out), str(out), str(sample)]).output


@pytest.mark.shared
def test_public_samples_are_read_by_their_drafts(shared: Path, tmp_path: Path) -> None:
    for sample in (
        "event-logs/sepsis.csv",
        "clinic-model/patient.csv",
        "hl7/samples",
        "hl7/stream",
        "hl7/line-endings",
    ):
        path = tmp_path / "draft.toml"
        path.write_text(first_site([shared / sample], str(path), "Europe/Amsterdam", Clock(), PSEUDONYMS), "utf-8")
        found = try_files(load_site(str(path)), [shared / sample], Clock(), PSEUDONYMS)
        assert found.events and not [each for each in found.aside if each.outcome == "malformed"], sample
        if "sepsis" in sample:  # as in the published description of the log
            (triage,) = [v for v in found.values if v.kpi == "ed_door_to_triage"]
            assert (triage.n, triage.p50, triage.excluded) == (1044, 8.266667, {"negative": 6})
