"""What a user may get wrong: one clear sentence or a count with a reason, an exit code, no traceback, no content."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from subprocess import CompletedProcess

import pytest

from tests.conftest import free_port
from tests.scenarios.chain import command

HOSPITAL = """[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
"""
SECRETS = ("张三", "13800001111", "ZHANGSAN", "LISI")  # who stands in the wrong files, and must not be said
HL7 = "MSH|^~\\&|HIS|DEMO|||20250303084000||ADT^A04|1|P|2.5\rPID|1||13800001111||ZHANGSAN^张三\r"
LOG = "Case ID;Activity;Complete Timestamp;Age\nZHANGSAN;ER Triage;13800001111;3\nLISI;ER\n"


Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in a home of its own; whatever it says, it quotes nobody."""

    def run(*words: str, **environment: str) -> CompletedProcess[str]:
        done = command(*words, environment={"HISPULSE_HOME": str(tmp_path / "home"), **environment})
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert not [secret for secret in SECRETS if secret in said]
        return done

    return run


def a_file(directory: Path, name: str, content: bytes | str) -> str:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def sentence(done: CompletedProcess[str]) -> str:
    """The one sentence of a command that could not work."""
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("hispulse: ")
    return line


@pytest.mark.parametrize("what", ["try", "replay"])
def test_a_file_that_is_not_there(run: Run, tmp_path: Path, what: str) -> None:
    assert f"no file or folder {tmp_path}/nowhere.csv" in sentence(run(what, f"{tmp_path}/nowhere.csv"))


@pytest.mark.parametrize("what", ["try", "replay"])
@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("zonne = 'Asia/Shanghai'\n", "line 5, [hospital] zonne: no such setting"),
        ("zone = 'Mars/Phobos'\n", "line 5, [hospital] zone: no such time zone"),
        ("[hostpital]\n", "line 5, [hostpital]: no such section"),
        ("[feeds.log]\nkind = 'files'\n", "line 5, [feeds.log] source_system: this setting is missing"),
        ("[feeds.log]\nkind = 'files'\nsource_system = 'A'\nmalformed_limit = 'ab'\n", "line 8, [feeds.log] malformed"),
        ("zone = \n", "line 5"),
    ],
)
def test_a_wrong_site_file(run: Run, tmp_path: Path, what: str, more: str, says: str) -> None:
    site = a_file(tmp_path, "hospital.toml", HOSPITAL + more)
    log = a_file(tmp_path, "log.hl7", HL7)
    run("keys", "create")
    told = sentence(run(what, log, "--site", site, HISPULSE_BUS_BOOTSTRAP=f"127.0.0.1:{free_port()}"))
    assert site in told and says in told


def test_a_site_that_nobody_knows(run: Run, tmp_path: Path) -> None:
    log = a_file(tmp_path, "log.hl7", HL7)
    assert "Known sites: clinic-model, demo, sepsis" in sentence(run("try", log, "--site", "nowhere"))


@pytest.mark.parametrize(
    ("name", "content", "reasons"),
    [
        ("noise.hl7", Random(1).randbytes(5_000), {"not HL7: MSH": 1}),
        ("noise.bin", Random(2).randbytes(5_000), {"not HL7: MSH": 1}),
        ("empty.hl7", b"", {}),
        ("odd.hl7", HL7.encode("utf-8").replace("张三".encode(), b"\xff\xfe"), {"encoding: MSH-18": 1}),
    ],
)
def test_files_that_are_no_messages(
    run: Run, tmp_path: Path, name: str, content: bytes, reasons: dict[str, int]
) -> None:
    done = run("try", a_file(tmp_path, name, content), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["events"] == []
    assert {each["reason"]: 1 for each in told["aside"] if each["outcome"] == "malformed"} == reasons


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (Random(3).randbytes(5_000), "is no CSV in utf-8"),
        (b"", "is empty"),
        (b"a;b\n1;2\n", "has no column Activity, Age, Case ID, Complete Timestamp"),
    ],
)
def test_files_that_are_no_log(run: Run, tmp_path: Path, content: bytes, says: str) -> None:
    assert says in sentence(run("try", a_file(tmp_path, "log.csv", content), "--site", "sepsis"))


def test_rows_that_are_wrong_are_counted_with_the_column_or_line(run: Run, tmp_path: Path) -> None:
    done = run("try", a_file(tmp_path, "log.csv", LOG), "--site", "sepsis", "--json")
    reasons = [each["reason"] for each in json.loads(done.stdout)["aside"]]
    assert reasons == ["unreadable time: column Complete Timestamp", "number of fields: line 3"]


def test_a_kpi_a_dimension_and_a_day_that_there_are_not(run: Run) -> None:
    assert "No KPI consult_weit" in sentence(run("kpi", "show", "consult_weit"))
    assert "not counted by moon, but by dept" in sentence(run("kpi", "show", "consult_wait", "--by", "moon"))
    password = {"HISPULSE_WAREHOUSE_PASSWORD": "x", "HISPULSE_WAREHOUSE_PORT": str(free_port())}
    assert "is no date" in sentence(run("mart", "build", "--day", "yesterday", **password))
    assert "does not answer" in sentence(run("kpi", "show", "consult_wait", **password))


def test_kafka_is_not_there(run: Run, tmp_path: Path) -> None:
    run("keys", "create")
    away = f"127.0.0.1:{free_port()}"
    told = sentence(run("replay", a_file(tmp_path, "log.hl7", HL7), HISPULSE_BUS_BOOTSTRAP=away))
    assert f"Kafka at {away} does not answer" in told
