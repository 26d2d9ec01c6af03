"""`hispulse replay` publishes files to a real broker; twice makes no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess
from ingest.events.envelope import kind_of
from ingest.settings import Site
from tests.conftest import ROOT
from tests.integration.conversation import site_file, told

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
