"""The one-machine stack's own pieces: ports, processes that are remembered, sentences instead of tracebacks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.places import check_ports, check_room, is_free
from infra.local.supervisor import Service, Supervisor
from ingest.errors import Misconfigured, Unavailable

SLEEPER = (sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
)  # fmt: skip


def test_a_taken_port_is_named_with_who_wants_it() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert not is_free(port)
        with pytest.raises(Misconfigured, match=rf"{port} \(board\)"):
            check_ports({"board": port})


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    not_a_folder = tmp_path / "file"
    not_a_folder.write_text("")
    with pytest.raises(Misconfigured, match="HISPULSE_HOME"):
        check_room(not_a_folder / "home")


def test_a_stack_that_died_is_found_and_stopped_by_the_next(tmp_path: Path) -> None:
    Supervisor(tmp_path, {}).start(Service(name="sleeper", argv=SLEEPER))
    later = Supervisor(tmp_path, {})
    assert [known.name for known in later.remembered()] == ["sleeper"]
    assert later.stop_all() == 1
    assert later.remembered() == []


def test_who_does_not_listen_is_made_to(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, {})
    supervisor.start(Service(name="stubborn", argv=STUBBORN))
    while "deaf" not in supervisor.last_words("stubborn"):
        pass
    supervisor.stop_all(patience_s=0.3)
    assert supervisor.wait("stubborn") == -signal.SIGKILL


def test_a_service_that_ends_at_once_says_its_last_words(tmp_path: Path) -> None:
    failing = Service(name="failing", argv=(sys.executable, "-c", "raise SystemExit('no key here')"), port=1)
    with pytest.raises(Unavailable, match="no key here"):
        Supervisor(tmp_path, {}).start(failing)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("doctor", "--site", "nowhere"), "No site file"),
        (("kpi", "list", "--site", "nowhere"), "No such option"),
        (("stream", "--site", "/nowhere.toml"), "No site file"),
    ],
)
def test_wrong_words_at_the_front_door_are_one_sentence(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hispulse", *words],
        capture_output=True, text=True, check=False, env={**os.environ, "HISPULSE_HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode != 0
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
