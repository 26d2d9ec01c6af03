"""A site file is right, or one sentence: the file, the line and the key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.connectors import files
from ingest.errors import Misconfigured
from ingest.feeds import open_feed
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import SITES, Site, load_site
from ingest.topics import BusSettings

GOOD = """\
[hospital]
facility_id = "H1"
zh = "医院"
en = "Hospital"

[feeds.his]
kind = "mllp"
source_system = "HIS^T"
port = 2575

[departments.CARD]
zh = "心内科"
en = "Cardiology"

[bus]
partitions = 6
"""


def site(tmp_path: Path, text: str) -> Site:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return load_site(str(path))


def read_all(loaded: Site) -> None:
    """What the first stage reads."""
    _ = (loaded.hospital, loaded.zone, loaded.departments, loaded.codes, loaded.section("bus", BusSettings))
    open_feed(loaded, "his", Clock(), Pseudonyms(SiteKey(b"k" * 32)))


def test_a_good_file_is_read(tmp_path: Path) -> None:
    read_all(site(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ("partitions = 6", 'partitions = "six"', "line 16, [bus] partitions: Expected `int`"),
        ("partitions = 6", "partition = 6", "line 16, [bus] partition: no such setting"),
        ('facility_id = "H1"', "", "line 1, [hospital] facility_id: this setting is missing"),
        ('en = "Cardiology"', "en = 7", "line 13, [departments.CARD] en: Expected `str`"),
        ("port = 2575", 'port = "x"', "line 9, [feeds.his] port: Expected `int`"),
        ("port = 2575", "prot = 2575", "line 9, [feeds.his] prot: no such setting"),
        ('kind = "mllp"', 'kind = "fax"', "[feeds.his] kind: there is no connector 'fax'"),
        ("[feeds.his]", "[feed.his]", "line 6, [feed]: no such section; there are hospital"),
        ("[bus]", "[bus", "is not valid TOML"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_file_line_and_key(tmp_path: Path, right: str, wrong: str, says: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        read_all(site(tmp_path, GOOD.replace(right, wrong)))
    assert says in str(refusal.value)
    assert str(tmp_path) in str(refusal.value)


DESCRIBED = """\
[hospital]
facility_id = "H1"
zh = "医院"
en = "Hospital"

[feeds.log]
kind = "files"
source_system = "LOG"

[feeds.log.csv]
layout = "long"
activity = "what"
time = "when"

[[feeds.log.csv.events]]
activity = "come"
event = "ed.arrived"

[[feeds.log.csv.events]]
activity = "go"
event = "ed.departed"
rank = 1
"""


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('time = "when"', 'times = "when"', "line 13, [feeds.log.csv] times: no such setting"),
        ('layout = "long"', 'layout = "tall"', "line 11, [feeds.log.csv] layout: Invalid enum value"),
        ('layout = "long"', "", "line 10, [feeds.log.csv] layout: this setting is missing"),
        ("rank = 1", "rang = 1", "line 22, [[feeds.log.csv.events]] rang: no such setting"),
        ("rank = 1", 'rank = "x"', "line 22, [[feeds.log.csv.events]] rank: Expected `int`"),
        ('event = "ed.departed"', "", "line 19, [[feeds.log.csv.events]] event: this setting is missing"),
        ("ed.departed", "ed.gone", "line 21, [[feeds.log.csv.events]] event: there is no event 'ed.gone'"),
        ("rank = 1", 'values = { colour = "red" }', "line 19, [[feeds.log.csv.events]] colour: ed.departed has no"),
    ],
)
def test_a_wrong_description_of_a_csv_is_named_by_its_own_line(
    tmp_path: Path, right: str, wrong: str, says: str
) -> None:
    with pytest.raises(Misconfigured) as refusal:
        feed = open_feed(
            site(tmp_path, DESCRIBED.replace(right, wrong)), "log", Clock(), Pseudonyms(SiteKey(b"k" * 32))
        )
        files.interpreter(feed)
    assert says in str(refusal.value)


def test_a_wrong_department_is_the_one_that_is_named(tmp_path: Path) -> None:
    text = GOOD + '[departments.DERM]\nzh = "皮肤科"\nname = "Dermatology"\n'
    with pytest.raises(Misconfigured, match=r"line 19, \[departments.DERM\] name: no such setting"):
        read_all(site(tmp_path, text))


def test_a_missing_file_names_the_sites_there_are() -> None:
    with pytest.raises(Misconfigured, match=r"Known sites: .*demo"):
        load_site("nowhere")


def test_a_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "gbk.toml"
    path.write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(Misconfigured, match="UTF-8"):
        load_site(str(path))


def test_the_environment_wins_and_writes_lists_with_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HISPULSE_BUS_PARTITIONS", "24")
    monkeypatch.setenv("HISPULSE_HOSPITAL_OPEN_HOURS", "08:00-11:30, 14:00-17:00")
    loaded = site(tmp_path, GOOD)
    assert loaded.section("bus", BusSettings).partitions == 24
    assert loaded.hospital.open_hours == ("08:00-11:30", "14:00-17:00")


@pytest.mark.parametrize("path", sorted(SITES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_sites_that_come_with_the_project_are_right(path: Path) -> None:
    loaded = load_site(str(path))
    _ = (loaded.hospital, loaded.zone, loaded.departments, loaded.codes)
    for feed in loaded.names("feeds"):
        open_feed(loaded, feed, Clock(), Pseudonyms(SiteKey(b"k" * 32)))
