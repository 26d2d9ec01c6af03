"""Each way in keeps the contract: one file, its settings, its command, its reference, its feed on the board."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

import pytest
from typer.testing import CliRunner

from board.view import view_of
from hispulse import app
from ingest.clock import Clock
from ingest.connector import Connector, KeepsBack, RawMessage
from ingest.feeds import Feed, FeedSettings, connector_kinds, open_feed
from ingest.intake import take
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import Site, load_site
from tests.conftest import ROOT

# A feed of each way in, as short as it may be; FHIR is three ways by its settings.
FEEDS: dict[str, str] = {
    "mllp": 'kind = "mllp"\nport = 0',
    "fhir_endpoint": f'kind = "fhir"\nport = 0\ntoken_sha256 = ["{"0" * 64}"]',
    "fhir_polling": 'kind = "fhir"\nbase_url = "http://127.0.0.1:1/fhir"',
    "fhir_bulk": 'kind = "fhir"\npaths = ["export"]',
    "sql": 'kind = "sql"\ndsn = "host=127.0.0.1 port=1 dbname=his user=reader"',
    "cdc": (
        'kind = "cdc"\ndsn = "host=127.0.0.1 port=1 dbname=his user=reader"\n'
        'tables = [{ table = "his.visits", view = "v_visit" }]'
    ),
    "rest": f'kind = "rest"\nport = 0\ntoken_sha256 = ["{"0" * 64}"]',
    "files": 'kind = "files"\npaths = ["dropped"]',
}
HOSPITAL = '[hospital]\nfacility_id = "H001"\nzh = "测试医院"\nen = "Test Hospital"\n'


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))
    path = tmp_path / "site.toml"
    path.write_text(
        HOSPITAL + "".join(f'[feeds.{name}]\nsource_system = "{name}"\n{text}\n' for name, text in FEEDS.items()),
        "utf-8",
    )
    return load_site(str(path))


def opened(site: Site, name: str) -> tuple[Feed, ModuleType]:
    feed = open_feed(site, name, Clock(), Pseudonyms(SiteKey(b"k" * 32)))
    return feed, connector_kinds()[feed.settings.kind]


def test_every_file_of_the_folder_is_a_way_in_and_has_a_feed_here(site: Site) -> None:
    files = {path.stem for path in (ROOT / "ingest" / "connectors").glob("[a-z]*.py")}
    assert files == set(connector_kinds()) == {opened(site, name)[0].settings.kind for name in FEEDS}


@pytest.mark.parametrize("kind", sorted(connector_kinds()))
def test_a_way_in_has_its_settings_its_command_and_its_reference(kind: str) -> None:
    module = connector_kinds()[kind]
    assert issubclass(module.Settings, FeedSettings) and module.Settings.__doc__
    helped = CliRunner().invoke(app, ["ingest", kind, "--help"])
    assert helped.exit_code == 0 and f"hispulse ingest {kind}" in helped.output
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")
    assert f'of kind "{kind}"' in reference
    own = set(module.Settings.__struct_fields__) - set(FeedSettings.__struct_fields__)
    assert all(f"`{name}`" in reference for name in own)


@pytest.mark.parametrize("name", FEEDS)
def test_a_connector_reads_acknowledges_refuses_and_closes(site: Site, name: str) -> None:
    feed, module = opened(site, name)
    connector: Connector = module.connect(feed)
    for method in ("read", "refuse", "acknowledge", "close"):
        own, agreed = (inspect.signature(getattr(each, method)) for each in (type(connector), Connector))
        assert list(own.parameters) == list(agreed.parameters), method
    for method in ("refuse", "acknowledge", "close"):
        assert inspect.iscoroutinefunction(getattr(connector, method)), method
    assert inspect.isasyncgenfunction(connector.read)
    assert get_type_hints(type(connector).read)["return"] == AsyncIterator[Sequence[RawMessage]]


@pytest.mark.parametrize("name", FEEDS)
def test_what_an_interpreter_cannot_read_is_malformed_or_ignored_and_quotes_nothing(site: Site, name: str) -> None:
    feed, module = opened(site, name)
    interpret = module.interpreter(feed)
    for body in (b"", b"\xff\xfe", b"{", b"[1]", b'{"name": "\xe5\xbc\xa0\xe7\x8f\x85"}', b"MSH|", b"\x00" * 9):
        for media_type in ("application/hl7-v2", "application/json", "text/csv"):
            outcome = take(RawMessage(body=body, media_type=media_type, received_at=0), interpret)
            told = outcome.malformed or outcome.ignored
            assert told and "张珅" not in told and not told.startswith("interpreter failed"), (media_type, body, told)


def test_only_change_capture_makes_the_his_keep_something_and_says_how_much(site: Site) -> None:
    kept = {}
    for name in FEEDS:
        feed, module = opened(site, name)
        connector = module.connect(feed)
        if isinstance(connector, KeepsBack):
            kept[name] = connector.kept_bytes
    assert kept == {"cdc": None}, "nobody has looked yet"


def test_every_feed_has_its_place_on_the_board(site: Site) -> None:
    assert set(view_of(site).feeds) == set(FEEDS)
