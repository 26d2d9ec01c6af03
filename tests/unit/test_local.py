"""The one-machine stack's own pieces: ports, processes that are remembered, sentences instead of tracebacks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.demo import Telling
from infra.local.holdings import take_for_demo, take_for_stack
from infra.local.keeper import Fall, Keeper, watch_over
from infra.local.places import check_ports, check_room, is_free
from infra.local.supervisor import Remembered, Service, Supervisor
from infra.rehearsal.progress import note
from ingest.errors import Misconfigured, Unavailable
from ingest.settings import Hospital

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


def test_a_port_that_two_want_is_named_with_both() -> None:
    with pytest.raises(Misconfigured, match="board and Dagster both want port 1"):
        check_ports({"board": 1, "Dagster": 1})


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


def test_what_ends_by_itself_is_started_again_and_written_down(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, {})
    supervisor.start(Service(name="sleeper", argv=SLEEPER))
    keeper = Keeper(supervisor)
    first = supervisor.remembered()[0].pid
    os.kill(first, signal.SIGKILL)
    fall = until_it_falls(keeper)
    assert (fall.name, fall.times) == ("sleeper", 1)
    assert fall.why.startswith("exit -9")
    assert watch_over(tmp_path).falls == {"sleeper": fall}
    assert until_alive(keeper, supervisor).pid != first
    assert supervisor.stop_all() == 1


def test_who_falls_again_soon_waits_longer(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, {})
    supervisor.start(Service(name="failing", argv=(sys.executable, "-c", "raise SystemExit('no key here')")))
    keeper = Keeper(supervisor)
    falls = [until_it_falls(keeper) for _ in range(2)]
    assert [(fall.times, fall.again_at - fall.at) for fall in falls] == [(1, 1000), (2, 2000)]
    assert "no key here" in falls[1].why


def test_who_may_end_is_let_go(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path, {})
    supervisor.start(Service(name="day", argv=(sys.executable, "-c", "")))
    keeper = Keeper(supervisor, may_end=("day",))
    assert supervisor.wait("day") == 0
    assert keeper.look() == []


REHEARSED = Hospital(facility_id="H001", zh="演练医院", en="Rehearsal", rehearsal=True)
REAL = Hospital(facility_id="H001", zh="县医院", en="County hospital")


def test_a_demo_forgets_what_an_earlier_demo_stored(tmp_path: Path) -> None:
    take_for_demo(tmp_path, REHEARSED)
    places = ("kafka", "connect", "positions", "reconciled")  # what is read anew must be told anew
    for name in (*places, "keys"):
        (tmp_path / name).mkdir()
    take_for_demo(tmp_path, REHEARSED)
    assert not any((tmp_path / name).exists() for name in places)
    assert (tmp_path / "keys").exists()


def test_a_demo_never_forgets_what_a_stack_stored(tmp_path: Path) -> None:
    take_for_stack(tmp_path, REHEARSED)
    (tmp_path / "warehouse").mkdir()
    with pytest.raises(Misconfigured, match="HISPULSE_HOME"):
        take_for_demo(tmp_path, REHEARSED)
    assert (tmp_path / "warehouse").exists()


def test_a_hospital_is_never_stored_among_a_rehearsal(tmp_path: Path) -> None:
    take_for_demo(tmp_path, REHEARSED)
    take_for_stack(tmp_path, REHEARSED)
    with pytest.raises(Misconfigured, match="holds the data of a rehearsal"):
        take_for_stack(tmp_path, REAL)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("doctor", "--site", "nowhere"), "No site file"),
        (("kpi", "list", "--hospital", "nowhere"), "No such option"),
        (("kpi", "list", "--site", "nowhere"), "No site file"),
        (("stream", "--site", "/nowhere.toml"), "No site file"),
        (("dagster", "serve", "--site", "nowhere"), "No site file"),
        (("day", "close", "yesterday"), "is no date"),
        (("day", "close", "2026-11-20"), "warehouse's password"),
        (("kpi", "show", "consult_wait", "--day", "2026-13-01"), "is no date"),
        (("try", "nowhere", "--by", "nonsense"), "No KPI is counted by nonsense"),
        (("board", "user", "ward3", "--role", "king"), "There is no role king"),
        (("rehearse", "--from", "25:99"), "no time of day"),
        (("rehearse", "--size", "huge"), "Unknown size"),
        (("demo", "--site", "sepsis"), "rehearsal = true"),
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


@pytest.mark.parametrize("words", [("status",), ("down",), ("demo", "--for", "1"), ("keys", "create"), ("up",)])
def test_a_home_that_is_a_file_is_one_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "hispulse", *words],
        capture_output=True, text=True, check=False, env={**os.environ, "HISPULSE_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    if words not in (("status",), ("down",)):  # nothing runs from there, and they say so
        (sentence,) = done.stderr.splitlines()
        assert done.returncode == 2
        assert "HISPULSE_HOME" in sentence


def until_it_falls(keeper: Keeper) -> Fall:
    while not (fallen := keeper.look()):
        pass
    return fallen[0]


def until_alive(keeper: Keeper, supervisor: Supervisor) -> Remembered:
    while not (alive := supervisor.remembered()):
        keeper.look()
    return alive[0]


def test_a_demo_waits_as_long_as_more_of_yesterday_is_told(tmp_path: Path) -> None:
    (tmp_path / "rehearsal").mkdir()
    yesterday = Telling(tmp_path, began=0.0)
    assert yesterday.went_on_at(now=50.0, least=90.0) == 90.0
    note(tmp_path, answered=10, total=1000)
    assert yesterday.went_on_at(now=100.0, least=90.0) == 100.0
    note(tmp_path, answered=900, total=1000)
    assert yesterday.went_on_at(now=700.0, least=90.0) == 700.0
    assert yesterday.went_on_at(now=900.0, least=90.0) == 700.0  # nothing more was told since
