"""`hispulse demo`, `up`, `status` and `down` as a user runs them: what they say, how they end, what they leave."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import psutil
import pytest

from infra.local.places import is_free
from infra.local.stack import Stack
from infra.local.supervisor import Supervisor
from ingest.errors import Misconfigured
from ingest.settings import load_site
from orchestration.reports.chromium import chromium
from tests.browser.conftest import ARTIFACTS
from tests.browser.picture import MID_MORNING, Demo, take
from tests.scenarios.chain import command, until

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

PICTURE = ARTIFACTS / "board.png"
BRISK = ("--size", "clinic", "--speed", "480")  # eight hospital minutes a second: mid-morning comes soon


class Ended(NamedTuple):
    """A demo that ran by itself to its end."""

    demo: Demo
    code: int
    clock: str  # what the wall's clock showed in the picture; "" without a browser


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """`make demo FOR=20 SIZE=clinic`, looked at by a browser at mid-morning."""
    demo = Demo(tmp_path_factory.mktemp("demo"), "--for", "20", *BRISK)
    try:
        address = demo.address()
        clock = take(address, PICTURE) if _has_browser() else ""
        yield Ended(demo, demo.end(), clock)
    finally:
        demo.close()
        run(demo.home, "down", "--site", str(demo.site))


def test_a_demo_is_whole_and_says_so(ended: Ended) -> None:
    assert ended.code == 0, ended.demo.said
    assert "Whole: events on the board, a mart built, its checks run." in ended.demo.said
    assert len([line for line in ended.demo.said.splitlines() if "Board: http://127.0.0.1:" in line]) == 1
    assert "Traceback" not in ended.demo.said


def test_a_demo_leaves_nothing_running(ended: Ended) -> None:
    nothing_runs(ended.demo)


@pytest.mark.browser
def test_the_picture_of_the_running_board(ended: Ended) -> None:
    if not _has_browser():
        pytest.skip("no Chromium")
    assert ended.clock >= MID_MORNING
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size > 50_000, "an empty wall"


def test_the_stack_starts_again_on_what_a_bad_end_left_behind(ended: Ended) -> None:
    home, site = ended.demo.home, str(ended.demo.site)
    (home / "run" / "load.json").write_text('{"name": "lo')
    (home / "clock.json").write_text("")
    started = run(home, "up", "--site", site)
    assert started.returncode == 0, started.stderr
    assert "Board: http://127.0.0.1:" in started.stdout
    again = run(home, "up", "--site", site)
    assert again.returncode == 2 and "already running" in one_line(again.stderr)
    listed = run(home, "status", "--site", site)
    assert listed.returncode == 0
    running = {line.split()[1] for line in listed.stdout.splitlines() if line.startswith("running")}
    assert {"kafka", "warehouse", "load", "stream", "alerts", "board", "dagster", "keeper"} <= running
    worker = next(known for known in Supervisor(home, {}).remembered() if known.name == "stream")
    psutil.Process(worker.pid).kill()
    until(lambda: "started again" in run(home, "status", "--site", site).stdout, "the worker is started again")
    stopped = run(home, "down", "--site", site)
    assert stopped.returncode == 0 and stopped.stdout.startswith("Stopped ")
    assert run(home, "status", "--site", site).returncode == 1
    nothing_runs(ended.demo)


@pytest.mark.parametrize("when", ["topics", "Board: http"])
def test_an_interrupted_demo_stops_everything(tmp_path: Path, when: str) -> None:
    demo = Demo(tmp_path, *BRISK)
    try:
        demo.until_said(when)
        assert demo.end(signal.SIGINT) == 0, demo.said
        assert "Traceback" not in demo.said
        nothing_runs(demo)
    finally:
        demo.close()


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        done = run(tmp_path / "home", "demo", "--for", "1", HISPULSE_BOARD_PORT=str(taken))
    assert done.returncode == 2
    assert f"{taken} (board)" in one_line(done.stderr)


def test_a_home_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    for words in (("demo", "--for", "1"), ("up",)):
        done = run(tmp_path / "home", *words)
        assert done.returncode == 2 and "set HISPULSE_HOME" in one_line(done.stderr)


def test_a_spoilt_broker_directory_is_one_sentence(tmp_path: Path) -> None:
    data = tmp_path / "home" / "kafka" / "data"
    data.mkdir(parents=True)
    (data / "meta.properties").write_text("half writ")
    demo = Demo(tmp_path, command="up")
    try:
        assert demo.end() == 2
        (sentence,) = [line for line in demo.said.splitlines() if line.startswith("hispulse: ")]
        assert "kafka" in sentence
        assert "Traceback" not in demo.said
        nothing_runs(demo)
    finally:
        demo.close()


# --- looking ---------------------------------------------------------------------------------------------------------


def run(home: Path, *words: str, **environment: str) -> CompletedProcess[str]:
    return command(*words, environment={"HISPULSE_HOME": str(home), **environment})


def one_line(said: str) -> str:
    assert "Traceback" not in said
    (line,) = said.strip().splitlines()
    return line


def nothing_runs(demo: Demo) -> None:
    """No process of this home is alive, and every port is free again."""
    assert [process for process in psutil.process_iter() if _home_of(process) == str(demo.home)] == []
    ports = Stack(load_site(str(demo.site)), demo.home).ports()
    assert {who: port for who, port in ports.items() if not is_free(port)} == {}
    assert list((demo.home / "run").glob("*.json")) == []


def _home_of(process: psutil.Process) -> str:
    try:
        return str(process.environ().get("HISPULSE_HOME", ""))
    except psutil.Error:
        return ""


def _has_browser() -> bool:
    try:
        chromium()
    except Misconfigured:
        return False
    return True
