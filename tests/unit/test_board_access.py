"""Who may look: nobody off loopback without a login, and a cookie that is not ours opens nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from board.access import Sessions, Turnstile, User, Users, Viewer, new_user, session_key
from board.commands import mount
from board.settings import BoardSettings
from ingest.errors import Misconfigured

NURSE = Viewer("nurse", "wall")


@pytest.mark.parametrize(
    ("host", "needs"),
    [
        ("127.0.0.1", False),
        ("::1", False),
        ("localhost", False),
        ("0.0.0.0", True),
        ("10.1.2.3", True),
        ("board.hospital", True),
    ],
)
def test_a_login_is_needed_wherever_others_can_reach_it(host: str, needs: bool) -> None:
    assert BoardSettings(host=host).needs_login is needs
    assert BoardSettings(host=host, behind_proxy=True).needs_login


def test_a_password_opens_and_another_does_not(tmp_path: Path) -> None:
    users = Users(tmp_path / "users.json")
    users.put("nurse", new_user("wall", "correct horse"))
    assert users.admit("nurse", "correct horse") == NURSE
    assert users.admit("nurse", "correct house") is None
    assert users.admit("nobody", "correct horse") is None
    assert "correct" not in (tmp_path / "users.json").read_text("utf-8")
    assert (tmp_path / "users.json").stat().st_mode & 0o077 == 0


def test_a_short_password_is_refused() -> None:
    with pytest.raises(Misconfigured):
        new_user("wall", "1234567")


def test_a_users_file_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "users.json").write_text("{nurse", "utf-8")
    with pytest.raises(Misconfigured, match="users_file"):
        Users(tmp_path / "users.json").all()


@pytest.fixture
def users(tmp_path: Path) -> Users:
    known = Users(tmp_path / "users.json")
    known.put("nurse", new_user("wall", "correct horse"))
    return known


def test_a_session_lasts_its_hours_and_cannot_be_made_up(users: Users) -> None:
    sessions = Sessions(b"k" * 32, 1.0, users)
    cookie = sessions.open(NURSE, 1_000)
    assert sessions.read(cookie, 1_000 + 3_599) == NURSE
    assert sessions.read(cookie, 1_000 + 3_600) is None
    assert Sessions(b"x" * 32, 1.0, users).read(cookie, 1_000) is None
    forged = Sessions(b"x" * 32, 9.0, users).open(NURSE, 1_000).partition(".")[0]
    assert sessions.read(f"{forged}.{cookie.partition('.')[2]}", 1_000) is None
    for garbage in ("", ".", "a.b", "é.ü"):
        assert sessions.read(garbage, 1_000) is None


def test_whoever_is_removed_is_out_at_once(users: Users) -> None:
    sessions = Sessions(b"k" * 32, 12.0, users)
    cookie = sessions.open(NURSE, 1_000)
    elsewhere = Users(users._path)  # the command line is another process
    assert elsewhere.remove("nurse")
    assert sessions.read(cookie, 1_001) is None
    assert not elsewhere.remove("nurse")
    elsewhere.put("nurse", new_user("wall", "correct horse"))
    assert sessions.read(cookie, 1_002) is None, "a namesake is somebody else"


def test_another_role_counts_at_once_and_another_password_ends_the_session(users: Users) -> None:
    sessions = Sessions(b"k" * 32, 12.0, users)
    cookie = sessions.open(NURSE, 1_000)
    as_it_was = users.all()["nurse"]
    users.put("nurse", User("analyst", as_it_was.salt, as_it_was.hash))
    assert sessions.read(cookie, 1_001) == Viewer("nurse", "analyst")
    users.put("nurse", new_user("analyst", "correct house"))
    assert sessions.read(cookie, 1_002) is None


def test_a_users_file_that_cannot_be_read_lets_nobody_in(users: Users) -> None:
    sessions = Sessions(b"k" * 32, 12.0, users)
    cookie = sessions.open(NURSE, 1_000)
    users._path.write_text("{nurse", "utf-8")
    assert sessions.read(cookie, 1_001) is None


def test_roles_hold_one_another() -> None:
    assert Viewer("a", "it").may("analyst")
    assert Viewer("a", "analyst").may("wall")
    assert not NURSE.may("analyst")


def test_five_failures_shut_the_turnstile_for_a_minute() -> None:
    turnstile = Turnstile()
    for second in range(5):
        assert not turnstile.is_shut("name x", second)
        turnstile.failed("name x", second)
    assert turnstile.is_shut("name x", 10)
    assert not turnstile.is_shut("name y", 10)
    assert not turnstile.is_shut("name x", 70)


def test_the_key_of_sessions_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "board-session"
    assert session_key(path) == session_key(path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_key_of_sessions_that_was_never_written_signs_nothing(tmp_path: Path) -> None:
    path = tmp_path / "board-session"
    path.touch(mode=0o600)
    with pytest.raises(Misconfigured, match="too short"):
        session_key(path)


def test_a_users_password_is_asked_for_and_never_an_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))
    app = typer.Typer()
    mount(app)
    told = CliRunner().invoke(app, ["board", "user", "li", "--password", "correct horse"])
    assert told.exit_code == 2
    asked = CliRunner().invoke(app, ["board", "user", "li", "--role", "it"], input="correct horse\ncorrect horse\n")
    assert asked.exit_code == 0
    assert Users(tmp_path / "keys" / "board-users.json").admit("li", "correct horse") == Viewer("li", "it")
    assert CliRunner().invoke(app, ["board", "remove", "li"]).exit_code == 0
    assert Users(tmp_path / "keys" / "board-users.json").all() == {}
