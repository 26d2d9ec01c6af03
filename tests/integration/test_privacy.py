"""Where identity ends, before a real broker: nothing identifying gets out, and a key is changed while feeds listen.

Of the canaries, a share: the whole is `python -m tests.canaries 100000`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import ALIAS, BusSettings
from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.events.control import PatientMerged
from ingest.events.envelope import Event
from ingest.privacy import KEY_FILE, ROTATING, create_site_key, load_site_keys
from ingest.process import run_feeds
from ingest.raw import create_raw_keys
from ingest.rotation import current_pseudonyms, is_rotating, retire, rotate
from ingest.settings import Site
from tests.conftest import ROOT, free_port
from tests.golden.speech import message
from tests.integration.conversation import code_of, framed, say, site_file, told, values
from warehouse.client import WarehouseSettings

pytestmark = pytest.mark.services
PATIENCE_S = 120


def asked(patient: str, visit: str, kind: str, *more: str) -> bytes:
    who = f"PID|1||{patient}^^^HIS^MR"
    return message(kind, "EVN|A|20250303084000", who, f"PV1|1|O|0301||||||||||||||||{visit}^^^HIS", *more)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.1)


def events(site: Site) -> list[Event]:
    return [*told(site, "his.registration.v1"), *told(site, "his.consultation.v1")]


class Speaker:
    """A HIS that sends again until it is told AA."""

    def __init__(self, port: int) -> None:
        self._port = port

    def says(self, *bodies: bytes) -> None:
        for body in bodies:
            until(partial(self._is_taken, body))

    def _is_taken(self, body: bytes) -> bool:
        try:
            (answer,) = asyncio.run(say(self._port, framed(body), 1))
        except (OSError, asyncio.IncompleteReadError):
            return False
        return code_of(answer).startswith(b"MSA|AA")


def test_a_rotation_beside_a_feed_that_listens(
    tmp_path: Path, kafka: KafkaProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))
    keys, port, stop = tmp_path / "keys", free_port(), threading.Event()
    create_site_key(keys)
    create_raw_keys(keys)
    feed = f'[feeds.his]\nkind = "mllp"\nsource_system = "HIS^DEMO"\nport = {port}\nmalformed_limit = 1.0\n'
    site = site_file(tmp_path, kafka.bootstrap, feed)
    bus, his = site.section("bus", BusSettings), Speaker(port)
    listening = threading.Thread(target=run_feeds, args=(site, "mllp", [], stop))
    listening.start()
    try:
        his.says(asked("P1", "V1", "ADT^A04"))
        (registered,) = told(site, "his.registration.v1")
        rotate(bus, lambda _: None)
        assert not is_rotating(keys) and load_site_keys(keys).key.version == 2
        zcn = "ZCN|1|{}|20250303{}00|R1|D01|1"
        his.says(
            asked("P1", "V1", "ADT^A08", zcn.format("START", "0900")),
            asked("P2", "V2", "ADT^A04"),
        )
        seen = next(event for event in events(site) if event.occurred_at > registered.occurred_at)
        assert (seen.visit_id, seen.patient_id) == (registered.visit_id, registered.patient_id)
        new = next(event for event in told(site, "his.registration.v1") if event.visit_id != registered.visit_id)
        assert new.visit_id == current_pseudonyms(bus).of("visit", "H001", "HIS", "V2")
        merged = [each for each in told(site, "his.control.v1") if isinstance(each, PatientMerged)]
        assert {each.surviving_patient_id for each in merged} == {new.patient_id}
        assert {value.decode() for value in values(site, ALIAS) if len(value) == 32} >= {registered.visit_id}
        with pytest.raises(Misconfigured, match="version 1 is needed for another 31 days"):
            retire(bus, lambda _: None)
        with pytest.raises(Misconfigured, match="version 1 is still needed"):
            rotate(bus, lambda _: None)
        _rotated_long_ago(keys)
        retire(bus, lambda _: None)
        (keys / ROTATING).write_text("retire")  # killed when the key was gone, and not all that goes with it
        with pytest.raises(Misconfigured, match="finish it with: hispulse keys retire"):
            rotate(bus, lambda _: None)
        retire(bus, lambda _: None)
        assert not is_rotating(keys) and load_site_keys(keys).key.version == 2
        his.says(asked("P1", "V1", "ADT^A08", zcn.format("END", "0910")))
        ended = max(events(site), key=lambda event: event.occurred_at)
        assert ended.occurred_at > seen.occurred_at and ended.visit_id == registered.visit_id
    finally:
        stop.set()
        listening.join(PATIENCE_S)


def _rotated_long_ago(keys: Path) -> None:
    """The key file as a rotation weeks ago would have left it."""
    since = load_site_keys(keys).since
    assert since and since <= real_now_ms()
    path = keys / KEY_FILE
    path.write_text(path.read_text().replace(str(since), str(since - 40 * 86_400_000)))


PLACES = (
    "answers to senders", "table events", "table stage_rows", "table kpi_values", "topic his.queue.v1",
    "topic his.journey.v1", "topic his.deadletter.v1", "topic his.raw.v1", "live values", "pages", "metrics", "log",
)  # fmt: skip


@pytest.mark.timeout(900)
def test_no_canary_gets_out(kafka: KafkaProcess, warehouse_settings: WarehouseSettings) -> None:
    told = msgspec.json.encode(warehouse_settings).decode()
    done = subprocess.run(
        [sys.executable, "-m", "tests.canaries", "300", "--bootstrap", kafka.bootstrap, "--warehouse", told],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "HISPULSE_WAREHOUSE_PASSWORD"},
        capture_output=True,
        text=True,
        check=False,
        timeout=850,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    looked_at = {place: int(many) for many, _, place in (line.strip().partition("  ") for line in _lines(done.stdout))}
    assert all(looked_at[place] for place in PLACES), done.stdout


def _lines(said: str) -> list[str]:
    return [line for line in said.partition("looked at:")[2].splitlines() if line.strip()]
