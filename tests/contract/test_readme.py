"""What the README tells people to type exists: commands, their options, make targets, and the files it links to."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from hispulse import app
from ingest.clock import Clock
from ingest.feeds import feed_settings, open_feed
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.trial import try_files
from tests.conftest import ROOT

GUIDES = ("docs/connect.md", "docs/connect.zh-CN.md")
PAGES = ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", *GUIDES)
_CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


def typed(page: str) -> Iterator[list[str]]:
    """Every line of code on a page, as words; what stands behind a # is said, not typed."""
    for block, span in _CODE.findall((ROOT / page).read_text("utf-8")):
        for line in (block or span).splitlines():
            if line.startswith(("hispulse ", "make ")):
                yield shlex.split(line.partition("#")[0])


def spoken(program: str) -> list[list[str]]:
    found = {tuple(words) for page in PAGES for words in typed(page) if words[0] == program}
    return [list(words) for words in sorted(found)]


def test_the_pages_tell_people_what_to_type() -> None:
    assert {"try", "replay", "kpi", "up", "doctor", "verify", "ingest"} <= {words[1] for words in spoken("hispulse")}
    assert {"demo", "test", "help", "bench"} <= {words[1] for words in spoken("make")}


@pytest.mark.parametrize("words", spoken("hispulse"), ids=" ".join)
def test_a_command_exists_with_its_options_and_teaches_itself(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)  # typer carries a click of its own
    path: list[str] = []
    for word in words[1:]:
        inner = getattr(command, "commands", {})
        if word not in inner:
            break
        command = inner[word]
        path.append(word)
    assert path, f"no such command: {words[1]}"
    assert not getattr(command, "commands", {}) or command.name == "board", "a group is no command"
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word.partition("=")[0] for word in words if word.startswith("-")} <= options
    told = CliRunner().invoke(app, [*path, "--help"])
    assert told.exit_code == 0
    assert len(told.output.splitlines()) > 5


@pytest.mark.parametrize("words", spoken("make"), ids=" ".join)
def test_a_make_target_exists_and_help_lists_it(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert re.search(rf"^{words[1]}:.*## \S", makefile, re.MULTILINE)
    for variable in words[2:]:
        assert re.search(rf"^{variable.partition('=')[0]}\s*\?=", makefile, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    links = [link for link in _LINK.findall((ROOT / page).read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


@pytest.mark.parametrize("pages", [("README.md", "README.zh-CN.md"), GUIDES], ids=["README", "guide"])
def test_both_languages_say_the_same_commands(pages: tuple[str, str]) -> None:
    english, chinese = ({tuple(w[:3]) for w in typed(page)} for page in pages)
    assert english ^ chinese == set()


def blocks(page: str, language: str) -> list[str]:
    """What a page shows in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", GUIDES)
def test_the_feeds_that_a_guide_shows_are_settings_that_connectors_take(page: str, tmp_path: Path) -> None:
    hospital = '[hospital]\nfacility_id = "PH1"\nzh = "医院"\nen = "Hospital"\n'
    (tmp_path / "my-hospital.toml").write_text(hospital + "".join(blocks(page, "toml")), "utf-8")
    site = load_site(str(tmp_path / "my-hospital.toml"))
    feeds = feed_settings(site)
    assert {feed.kind for feed in feeds.values()} == {"mllp", "sql", "cdc", "rest"}
    for name in feeds:
        open_feed(site, name, Clock(), Pseudonyms(SiteKey(b"k" * 32)))


def test_what_the_set_up_asks_for_is_there() -> None:
    for script in (ROOT / "infra" / "local").glob("*.sh"):
        for module, name in re.findall(r"from ([\w.]+) import (\w+)", script.read_text("utf-8")):
            assert hasattr(importlib.import_module(module), name), script.name


def test_files_that_the_pages_name_exist() -> None:
    for page in PAGES:
        text = (ROOT / page).read_text("utf-8")
        named = re.findall(r"infra/sites/([\w-]+\.toml)", text)
        assert all((Path(ROOT) / "infra" / "sites" / name).exists() for name in named), page


LOG = "visit no,rx,step,at\n2001,R1,submitted,20/11/2026 08:30\n2001,R1,checked,20/11/2026 08:34\n"


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("README")])
def test_the_site_file_that_the_page_shows_reads_a_log(page: str, tmp_path: Path) -> None:
    (shown,) = blocks(page, "toml")
    (tmp_path / "my-hospital.toml").write_text(shown, "utf-8")
    (tmp_path / "log.csv").write_text(LOG, "utf-8")
    site = load_site(str(tmp_path / "my-hospital.toml"))
    tried = try_files(site, [tmp_path / "log.csv"], Clock(), Pseudonyms(SiteKey(b"k" * 32)))
    assert (len(tried.events), tried.aside) == (2, [])
    assert [value.value for value in tried.values if value.kpi == "rx_review_time"] == [4.0]
