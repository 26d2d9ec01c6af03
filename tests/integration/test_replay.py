"""`hispulse replay` publishes files to a real broker; twice makes no difference. What was read can be read again."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hispulse import app
from infra.local.kafka import KafkaProcess
from ingest.bus import BusSettings, ensure_topics
from ingest.connectors import files
from ingest.connectors.files import FilesReader
from ingest.events.envelope import Event, kind_of
from ingest.positions import Positions
from ingest.privacy import KEY_FILE, write_secret
from ingest.raw import create_raw_keys
from ingest.settings import Site
from streams.house import house_rules
from streams.memory import fold_in_memory
from tests.conftest import ROOT
from tests.integration.conversation import feed_of, run_of, site_file, told
from tests.marts.rows import build
from tests.timeline import DAY, ZONE, at
from warehouse.client import Warehouse
from warehouse.history import values_of_day

pytestmark = pytest.mark.services

WIDE = """
[feeds.log]
kind = "files"
source_system = "LOG^REPLAY"
[feeds.log.csv]
layout = "wide"
visit = "id"
[[feeds.log.csv.events]]
event = "patient.checked_in"
time = "arrived"
values = { point = "clinic" }
"""


def hispulse(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HISPULSE_HOME": str(home)}
    command = [sys.executable, "-m", "hispulse", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def site(tmp_path: Path, kafka: KafkaProcess) -> Site:
    assert hispulse(tmp_path, "keys", "create").returncode == 0
    return site_file(tmp_path, kafka.bootstrap, WIDE)


def test_a_log_is_published_with_a_count_of_everything(site: Site, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.csv").write_text("id,arrived\nR1,2025-03-03 08:40\nR2,2025-03-03 08:50\nR3,\n", "utf-8")
    (logs / "b.csv").write_text("id,arrived\nR4,never\n", "utf-8")
    for _ in range(2):
        done = hispulse(tmp_path, "replay", str(logs), "--site", str(site.path))
        assert done.returncode == 0, done.stderr
        assert "2 files, 4 messages: 2 events published, 1 ignored, 1 malformed" in " ".join(done.stderr.split())
        assert "never" not in done.stderr
    events = [e for e in told(site, "his.registration.v1") if e.source_system == "LOG^REPLAY"]
    assert [kind_of(event) for event in events] == ["patient.checked_in"] * 4
    assert len({(event.event_id, event.revision) for event in events}) == 2


def test_a_file_that_is_not_there_is_one_sentence(site: Site, tmp_path: Path) -> None:
    done = hispulse(tmp_path, "replay", str(tmp_path / "nowhere.csv"), "--site", str(site.path))
    assert done.returncode == 2 and "There is no file or folder" in done.stderr and "Traceback" not in done.stderr


TOPICS = ("his.registration.v1", "his.consultation.v1")
AGAIN = """
[feeds.desk]
kind = "files"
source_system = "DESK^REPLAY"
[feeds.desk.csv]
layout = "wide"
visit = "id"
fields = { dept_code = "dept" }
[[feeds.desk.csv.events]]
event = "registration.created"
time = "arrived"
values = { visit_class = "outpatient" }
[[feeds.desk.csv.events]]
event = "patient.checked_in"
time = "arrived"
values = { point = "clinic" }
[[feeds.desk.csv.events]]
event = "consultation.started"
time = "seen"
values = { consultation_seq = "1" }
[feeds.old]
kind = "files"
source_system = "OLD^REPLAY"
malformed_limit = 1.0
[[feeds.old.csv.events]]
event = "patient.checked_in"
time = "arrived"
values = { point = "clinic" }
"""
OLD = '[feeds.old.csv]\nlayout = "wide"\nvisit = "id"\n'


class Hospital:
    """A hospital whose site file is wrong at first."""

    def __init__(self, directory: Path, bootstrap: str) -> None:
        self._directory, self._bootstrap = directory, bootstrap
        create_raw_keys(directory / "keys")
        write_secret(directory / "keys" / KEY_FILE, f"1 {(b'k' * 32).hex()}".encode())  # that of KEY
        self.has(dept="DERM")
        ensure_topics(self.bus)

    @property
    def bus(self) -> BusSettings:
        return self.site.section("bus", BusSettings)

    def has(self, *, dept: str, times: str = "") -> None:
        """Its site file says so from now on."""
        self.site = site_file(self._directory, self._bootstrap, f'{AGAIN}{OLD}{times}[codes.dept]\n0301 = "{dept}"')

    def run(self, *words: str, code: int = 0) -> str:
        """What a command says, on one line."""
        command = [*words, "--site", str(self.site.path)]
        done = CliRunner().invoke(app, command, env={"HISPULSE_HOME": str(self._directory)})
        told = done.exception if code == 2 else ""  # the front door makes a sentence of it
        assert done.exit_code == (1 if code == 2 else code), f"{done.output} {done.exception!r}"
        return " ".join(f"{done.output} {told}".split())

    def sends(self, feed: str, rows: str) -> None:
        """A file comes."""
        path = self._directory / "sent.csv"
        path.write_text(rows, "utf-8")
        of = feed_of(self.site, feed)
        asyncio.run(run_of(of, FilesReader(of, [path]), files, self._directory / "keys").run(asyncio.Event()))

    def drops(self, name: str, rows: str) -> dict[str, Any]:
        """A file comes into the folder of the desk and is read there. Returns its receipt."""
        path = self._directory / "dropped" / "desk.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(rows, "utf-8")
        of = feed_of(self.site, "desk")
        reader = FilesReader(of, [path.parent], Positions(self.site.name, of.name, self._directory / "positions"))
        asyncio.run(run_of(of, reader, files, self._directory / "keys").run(asyncio.Event()))
        assert (path.parent / "done" / name).read_text("utf-8") == rows and not path.exists()
        found: dict[str, Any] = json.loads((path.parent / "done" / f"{name}.receipt.json").read_bytes())
        return found

    def told(self) -> list[Event]:
        """Every event of its own in the log."""
        events = [event for topic in TOPICS for event in told(self.site, topic)]
        return [event for event in events if event.source_system in ("DESK^REPLAY", "OLD^REPLAY")]


@pytest.fixture
def hospital(tmp_path: Path, kafka: KafkaProcess) -> Hospital:
    return Hospital(tmp_path, kafka.bootstrap)


def waits(events: list[Event], site: Site, warehouse: Warehouse) -> dict[str, float]:
    """Department → median wait for the doctor, in the mart; and the fold says the same."""
    rows = build(warehouse, site, events, DAY, at("20:00"))
    live = fold_in_memory(events, house_rules(site))
    assert [r for r in rows if r.stage == "consult_wait"] == [r for r in live if r.stage == "consult_wait"]
    values = values_of_day(warehouse, "H001", "consult_wait", DAY, by="dept")
    return {value["dims"]["dept"]: value["value"] for value in values if value["n"] and not value["series"]}


def test_a_wrong_code_is_gone_from_the_numbers_once_the_mended_mapping_has_read_the_raw_log(
    hospital: Hospital, warehouse: Warehouse
) -> None:
    hospital.sends("desk", "id,dept,arrived,seen\nD1,0301,2025-03-03 08:40,2025-03-03 09:14\n")
    hospital.sends("desk", "id,dept,arrived,seen\nD2,0302,2025-03-03 08:40,2025-03-03 08:50\n")
    assert waits(hospital.told(), hospital.site, warehouse) == {"DERM": 34, "0302": 10}
    before = len(hospital.told())
    looked = json.loads(hospital.run("map", "check", "--live", "--feed", "desk", "--json", code=1))
    assert looked["messages"] == 2 and [each["raw"] for each in looked["unmapped"]] == ["0301", "0302"]

    hospital.has(dept="CARD")
    today = datetime.now(ZONE).date()
    yesterday = str(today - timedelta(days=1))
    command = ("reinterpret", "--from", yesterday, "--feed", "desk")
    assert "2 messages read again, 6 facts: 1 told 新增, 2 revised 更正, 1 retracted 撤回" in hospital.run(
        *command, "--dry-run"
    )
    assert len(hospital.told()) == before

    assert "backfill --from 2025-03-03 --to 2025-03-03" in hospital.run(*command)
    assert waits(hospital.told(), hospital.site, warehouse) == {"CARD": 34, "0302": 10}
    after = len(hospital.told())
    assert "nothing changes" in hospital.run(*command) and len(hospital.told()) == after
    assert "nothing changes" in hospital.run(*command, "--to", str(today))


def test_a_dead_letter_is_read_again_when_its_mapping_is_mended_and_counts_once_until_then(hospital: Hospital) -> None:
    hospital.sends("old", "id,arrived\nL1,03.03.2025 08:40\nL2,2025-03-03 08:45\nL3,never\n")
    letters = ("deadletters", "list", "--feed", "old")
    assert "old unreadable time: column arrived 2" in hospital.run(*letters)
    first, second = json.loads(hospital.run(*letters, "--json"))
    assert "L1,03" not in hospital.run(*letters, "--ids")

    shown = hospital.run("deadletters", "show", first["id"])
    assert "unreadable time: column arrived" in shown and "L1" in shown and "03.03.2025 08:40" in shown
    refused = hospital.run("deadletters", "show", first["id"], "--key", "/nowhere/raw.private", code=2)
    assert "the private key that opens them is not at /nowhere/raw.private" in refused and "L1" not in refused

    replay = ("deadletters", "replay", "--feed", "old")
    assert "2 dead letters: 0 settled (0 events published), 2 still fail" in hospital.run(*replay, code=1)
    assert [each["id"] for each in json.loads(hospital.run(*letters, "--json"))] == [first["id"], second["id"]]

    hospital.has(dept="DERM", times='time_format = "%d.%m.%Y %H:%M"\n')
    assert "2 dead letters: 1 settled (1 events published), 1 still fail" in hospital.run(*replay, code=1)
    assert [each["id"] for each in json.loads(hospital.run(*letters, "--json"))] == [second["id"]]
    assert "1 dead letters: 0 settled" in hospital.run(*replay, code=1)
    (late,) = [event for event in hospital.told() if event.occurred_at == at("08:40") and "OLD" in event.source_system]
    assert kind_of(late) == "patient.checked_in"


def test_a_dropped_file_moves_aside_with_its_receipt_and_put_back_by_hand_counts_once(hospital: Hospital) -> None:
    rows = "id,dept,arrived,seen\nF1,0301,2025-03-03 08:40,2025-03-03 09:14\nF2,0301,soon,\nF3,0301,,\n"
    before = Counter(event.event_id for event in hospital.told())
    first, again = hospital.drops("desk.csv", rows), hospital.drops("desk.2.csv", rows)
    for receipt in (first, again):
        assert (receipt["read"], receipt["events"], sum(receipt["ignored"].values())) == (3, 3, 1)
        assert receipt["refused"] == {"unreadable time: column arrived": {"count": 1, "lines": [3]}}
    told = Counter(event.event_id for event in hospital.told()) - before
    assert sorted(told.values()) == [2, 2, 2], "two tellings of each of three facts"
