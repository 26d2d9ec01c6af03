"""Where a shard keeps what it knows: all or nothing, one owner at a time, never read by another version of the fold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streams.house import HouseRules
from streams.state import Meta, RocksStore, fold_version, open_store

HOLD = """
import sys
from pathlib import Path
from streams.state import Meta, RocksStore
store = RocksStore(Path(sys.argv[1]))
store.write({"ticket": b"held by another"}, Meta(version="1"))
print("holding", flush=True)
sys.stdin.read()
"""


def test_what_was_written_together_is_found_together(tmp_path: Path) -> None:
    store = open_store(tmp_path, 0, "1")
    store.write({"ticket": b"open", "visit": b"begun"}, Meta(version="1", offsets={"his.queue.v1": 7}))
    store.write({"ticket": None}, Meta(version="1", offsets={"his.queue.v1": 9}))
    store.close()
    again = open_store(tmp_path, 0, "1")
    assert dict(again.items()) == {"visit": b"begun"}
    assert again.meta().offsets == {"his.queue.v1": 9}
    again.close()


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "shard-000"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"holding\n"
    holder.kill()
    holder.communicate()
    store = open_store(tmp_path, 0, "1")
    assert dict(store.items()) == {"ticket": b"held by another"}
    store.close()


def test_the_state_of_another_version_of_the_fold_is_forgotten(tmp_path: Path) -> None:
    store = open_store(tmp_path, 0, "1")
    store.write({"ticket": b"open"}, Meta(version="1", offsets={"his.queue.v1": 7}))
    store.close()
    newer = open_store(tmp_path, 0, "2")
    assert dict(newer.items()) == {}
    assert newer.meta().offsets == {}
    newer.close()


def test_where_another_process_still_holds_the_state_a_second_place_is_used(tmp_path: Path) -> None:
    path = tmp_path / "shard-000"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline() == b"holding\n"
    store = open_store(tmp_path, 0, "1")
    assert dict(store.items()) == {}
    store.close()
    holder.communicate()


def test_a_wiped_store_is_as_new(tmp_path: Path) -> None:
    store = RocksStore(tmp_path / "shard-000")
    store.write({"ticket": b"open"}, Meta(version="1"))
    store.wipe()
    assert dict(store.items()) == {}
    assert store.meta() == Meta()
    store.close()


def test_other_rules_of_the_house_are_another_version() -> None:
    assert fold_version(HouseRules()) == fold_version(HouseRules())
    assert fold_version(HouseRules()) != fold_version(HouseRules(skew_ms=1))
