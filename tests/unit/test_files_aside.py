"""A folder into which a HIS drops files: each is read when it is whole, counts once, and leaves with a receipt."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from ingest.clock import Clock
from ingest.connectors.files import FilesReader, interpreter
from ingest.errors import Misconfigured
from ingest.feeds import Feed, open_feed
from ingest.folders import files_in
from ingest.intake import take
from ingest.positions import Positions
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site

SITE = """
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[feeds.desk]
kind = "files"
source_system = "DESK"
{more}
[feeds.desk.csv]
layout = "wide"
visit = "就诊号"
[[feeds.desk.csv.events]]
event = "patient.checked_in"
time = "签到"
values = {{ point = "clinic" }}
"""
GOOD = "就诊号,签到\nV001,2025-03-03 08:40\nV002,2025-03-03 08:50\n"
MIXED = f"{GOOD}V003,\nV004,张三\nV005,2025-03-03 08:55,x\nV006,李四\nV007,2999-01-01 00:00\n"


class Desk:
    """A hospital whose desk drops files."""

    def __init__(self, directory: Path, more: str = "") -> None:
        (directory / "site.toml").write_text(SITE.format(more=more), "utf-8")
        self.directory, self.folder = directory, directory / "dropped"
        self.folder.mkdir(exist_ok=True)
        site = load_site(str(directory / "site.toml"))
        self.feed: Feed = open_feed(site, "desk", Clock(), Pseudonyms(SiteKey(b"k" * 32)))

    def drops(self, name: str, text: str = GOOD, encoding: str = "utf-8") -> Path:
        """A file comes."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding)
        return path

    def reader(self, path: Path | None = None) -> FilesReader:
        """A process that has just started."""
        return FilesReader(self.feed, [path or self.folder], Positions("site", "desk", self.directory / "positions"))

    def reads(self, path: Path | None = None) -> list[str]:
        """It reads what is there; the ids of the facts that were told."""
        return asyncio.run(self._read(self.reader(path)))

    async def _read(self, reader: FilesReader) -> list[str]:
        interpret, told = interpreter(self.feed), list[str]()
        async for page in reader.read():
            for message in page:
                outcome = take(message, interpret)
                told += [event.event_id for event in outcome.events]
                reader.settled(message, outcome)
        return told

    def names(self) -> list[str]:
        """Everything in the folder, hidden or not."""
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each.is_file())

    def receipt(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"{name}.receipt.json").read_bytes())
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_file_leaves_with_a_receipt_that_says_what_became_of_each_row_and_quotes_none(desk: Desk) -> None:
    path = desk.drops("2025/三月.csv", MIXED)
    size, digest = path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(desk.reads()) == 2 and desk.reads() == []
    assert desk.names() == ["done/2025/三月.csv", "done/2025/三月.csv.receipt.json"]
    receipt = desk.receipt("done/2025/三月.csv")
    assert receipt.pop("begun_at") <= receipt.pop("ended_at")
    assert receipt.pop("ignored").popitem()[1] == 1
    assert receipt == {
        "feed": "desk",
        "sha256": digest,
        "bytes": size,
        "read": 7,
        "events": 2,
        "refused": {
            "unreadable time: column 签到": {"count": 2, "lines": [5, 7]},
            "number of fields": {"count": 1, "lines": [6]},
            "future_time: occurred_at": {"count": 1, "lines": [8]},
        },
        "refused_whole": "",
    }
    text = (desk.folder / "done/2025/三月.csv.receipt.json").read_text("utf-8")
    assert not any(each in text for each in ("张三", "李四", "V00", "08:40"))


def test_messages_of_hl7_are_numbered_in_the_receipt(tmp_path: Path) -> None:
    desk = Desk(tmp_path, 'encoding = "utf-8"')
    desk.drops("a.hl7", "MSH|^~\\&|DESK|H|||20250303084000||ADT^A29|1|P|2.4\rMSH|^~\\&|\r")
    desk.reads()
    receipt = desk.receipt("refused/a.hl7" if "refused/a.hl7" in desk.names() else "done/a.hl7")
    assert receipt["read"] == 2 and sum(receipt["ignored"].values()) + len(receipt["refused"]) == 2
    assert [each["lines"] for each in receipt["refused"].values()] == [[2]]


def test_a_file_put_back_by_hand_is_read_again_and_a_name_that_is_taken_gets_a_number(desk: Desk) -> None:
    desk.drops("a.csv")
    first = desk.reads()
    for number in (2, 3):
        shutil.copy2(desk.folder / "done/a.csv", desk.folder / "a.csv")
        assert desk.reads() == first
        assert f"done/a.{number}.csv" in desk.names() and desk.receipt(f"done/a.{number}.csv")["events"] == 2
    (desk.folder / "done/a.csv").unlink()
    kept = (desk.folder / "done/a.csv.receipt.json").read_bytes()
    desk.drops("a.csv", f"{GOOD}V003,2025-03-03 09:00\n")
    assert len(desk.reads()) == 3 and desk.receipt("done/a.4.csv")["events"] == 3
    assert (desk.folder / "done/a.csv.receipt.json").read_bytes() == kept, "what was archived keeps its receipt"
    assert len(files_in([desk.folder / "done"])) == 3, "a receipt is no file to be replayed"


@pytest.mark.parametrize(
    ("text", "encoding", "why"),
    [
        ("姓名,签到\n张三,2025-03-03 08:40\n", "utf-8", "has no column 就诊号"),
        (GOOD, "gb18030", "is no CSV in utf-8"),
        ("", "utf-8", "is empty"),
        ("就诊号,签到\nV001,张三\n", "utf-8", "Nothing in it could be read"),
    ],
)
def test_a_file_that_is_not_what_is_described_is_refused_whole_and_the_next_one_is_read(
    desk: Desk, text: str, encoding: str, why: str
) -> None:
    desk.drops("a.csv", text, encoding)
    desk.drops("b.csv")
    with capture_logs() as logs:
        assert len(desk.reads()) == 2
    assert [name for name in desk.names() if name.endswith("csv")] == ["done/b.csv", "refused/a.csv"]
    assert why in desk.receipt("refused/a.csv")["refused_whole"]
    assert "张三" not in (desk.folder / "refused/a.csv.receipt.json").read_text("utf-8") + str(logs)


def test_where_files_may_not_move_they_stay_are_read_once_and_one_warning_each_says_so(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file where a folder should be", "utf-8")
    desk = Desk(tmp_path, f'done = "{tmp_path}/full"')
    desk.drops("a.csv")
    desk.drops("b.csv")
    with capture_logs() as logs:
        assert len(desk.reads()) == 4 and desk.reads() == []
    assert desk.names() == ["a.csv", "b.csv"]
    assert len([each for each in logs if "cannot be moved aside" in each["event"]]) == 2


def test_only_watched_folders_are_emptied_and_only_where_that_is_wanted(tmp_path: Path) -> None:
    named = Desk(tmp_path)
    path = named.drops("a.csv")
    assert len(named.reads(path)) == 2 and named.reads(path) == [] and named.names() == ["a.csv"]
    kept = Desk(tmp_path, 'done = ""')
    kept.drops("b.csv")
    assert len(kept.reads()) == 2 and kept.reads() == [] and kept.names() == ["a.csv", "b.csv"]
    elsewhere = Desk(tmp_path, f'done = "{tmp_path}/archive"')
    elsewhere.drops("c.csv")
    assert len(elsewhere.reads()) == 2 and (tmp_path / "archive/c.csv.receipt.json").exists()
    with pytest.raises(Misconfigured, match="lies in the folder that its files move to"):
        Desk(tmp_path, 'done = "."').reader()


def test_what_is_still_being_written_is_left_until_it_is_whole(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "follow_s = 1.0")
    for name in ("a.csv.part", ".b.csv", "c.tmp"):
        desk.drops(name)
    growing, reader = desk.drops("d.csv", GOOD[:20]), desk.reader()
    assert not reader.look()
    growing.write_text(GOOD, "utf-8")
    assert not reader.look(), "it has grown since the last look"
    assert list(reader.look()) == [growing]


def test_a_file_that_grows_while_it_is_read_stays_and_is_read_again(desk: Desk) -> None:
    growing = desk.drops("a.csv")

    async def read() -> None:
        async for _ in desk.reader().read():
            growing.write_text(f"{GOOD}V003,2025-03-03 09:00\n", "utf-8")

    asyncio.run(read())
    assert desk.names() == ["a.csv"]
    assert len(desk.reads()) == 3 and desk.names() == ["done/a.csv", "done/a.csv.receipt.json"]


def killed_before_step(desk: Desk, step: int) -> bool:
    """A process reads the folder and is killed (-9) before its so-manieth step on the disk; False: it had fewer."""
    child = os.fork()
    if child:
        return os.WIFSIGNALED(os.waitpid(child, 0)[1])
    try:
        steps = iter(range(step))

        def on(event: str, about: tuple[object, ...]) -> None:
            on_disk = event in ("open", "os.rename", "os.mkdir", "os.remove") and str(desk.folder) in str(about[0])
            if on_disk and next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(on)
        desk.reads()
    finally:
        os._exit(0)


def test_killed_between_any_two_steps_a_file_is_moved_once_and_counts_once(tmp_path: Path) -> None:
    step = 0
    while True:
        home = tmp_path / str(step)
        home.mkdir()
        desk = Desk(home)
        desk.drops("a.csv")
        was_killed = killed_before_step(desk, step)
        moved = "done/a.csv" in desk.names()
        assert len(desk.reads()) == (0 if moved else 2), step
        assert desk.names() == ["done/a.csv", "done/a.csv.receipt.json"], step
        assert desk.receipt("done/a.csv")["events"] == 2
        if not was_killed:
            break
        step += 1
    assert step > 5, "it has been killed before each of its steps"
