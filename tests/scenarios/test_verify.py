"""The whole chain on a rehearsed day with all faults: live and mart equal what was told, by whichever of six ways it
came and however often, and even after a killed worker."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.stack import Stack
from infra.local.supervisor import Service, hispulse
from infra.rehearsal.sources import ALSO_FEED_OF, FEED_OF
from infra.rehearsal.ways import site_text
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.settings import SITES, load_site
from tests.nightly import rehearsal_speed
from tests.scenarios.chain import site_on_free_ports

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

DAY, UNTIL = "2025-03-03", "10:40"
STAGES = ("load", "stream", "ingest-mllp", "ingest-sql", "ingest-rest")
OTHER_STAGES = ("connect", "ingest-cdc", "ingest-fhir", "ingest-files")


@pytest.mark.nightly  # then two hours of it are told in hospital time
@pytest.mark.parametrize("chain", ["all"], indirect=True)
def test_a_rehearsed_morning_told_six_ways_agrees_three_ways(chain: Stack) -> None:
    rehearse(chain, "--ways", "all", "--speed", str(rehearsal_speed()), "--from", "08:40")
    verdict = verify(chain)
    assert verdict["compared"] > 100
    assert wrong_numbers(verdict) == []
    lines = (chain.home / "rehearsal" / "told.ndjson").read_bytes().splitlines()
    assert {json.loads(line)["source"] for line in lines} == {*FEED_OF, *ALSO_FEED_OF}


def test_it_still_does_after_the_worker_was_killed_and_lost_its_state(chain: Stack) -> None:
    rehearsal = started_rehearsal(chain, "--seed", "77")
    until_told(chain, 1_500)
    kill_worker(chain)
    shutil.rmtree(chain.home / "streams")
    chain.supervisor.start(Service(name="stream", argv=hispulse("stream")))
    assert rehearsal.wait(300) == 0
    assert wrong_numbers(verify(chain)) == []


# --- the chain -----------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    """Broker, engine, database, loader, stream worker and feeds, of all six ways or the usual ones; nobody has said
    anything yet."""
    demo = (SITES / "demo.toml").read_text("utf-8")
    speaks_all = getattr(request, "param", "usual") == "all"
    site = site_on_free_ports(tmp_path, site_text(demo) if speaks_all else demo)
    stack = Stack(load_site(str(site)), tmp_path / "home")
    write_clock(stack.home / "clock.json", ClockMap(real_now_ms(), real_now_ms(), 0.0))
    try:
        stack.start_stores(lambda _: None)
        for service in stack.stages():
            if service.name in (*STAGES, *(OTHER_STAGES if speaks_all else ())):
                stack.supervisor.start(service)
        yield stack
    finally:
        stack.stop()


def rehearse(chain: Stack, *more: str) -> None:
    """A clinic's morning and the day before, as fast as the feeds take them."""
    assert started_rehearsal(chain, *more).wait(480) == 0


def started_rehearsal(chain: Stack, *more: str) -> subprocess.Popen[bytes]:
    words = ("rehearse", "--size", "clinic", "--speed", "0", "--day", DAY, "--until", UNTIL, *more)
    with (chain.home / "logs" / "rehearse.log").open("ab") as out:
        return subprocess.Popen(hispulse(*words), env={**os.environ, **chain.environment()}, stdout=out, stderr=out)


def until_told(chain: Stack, facts: int) -> None:
    record = chain.home / "rehearsal" / "told.ndjson"
    while not record.exists() or record.read_bytes().count(b"\n") < facts:
        time.sleep(0.05)


def kill_worker(chain: Stack) -> None:
    worker = next(known for known in chain.supervisor.remembered() if known.name == "stream")
    os.killpg(worker.pid, signal.SIGKILL)


def verify(chain: Stack) -> dict[str, Any]:
    done = subprocess.run(
        hispulse("verify", "--json"),
        env={**os.environ, **chain.environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr[-2000:]
    verdict: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if wrong_numbers(verdict) else 0)
    return verdict


def wrong_numbers(verdict: dict[str, Any]) -> list[str]:
    """What differs: first how often, by day, side and KPI, then each number, the hospital's own before its parts'."""
    wrong = [number for number in verdict["numbers"] if number["differs"]]
    if not wrong:
        return []
    often = Counter((n["day"], "+".join(n["differs"]), n["kpi"]) for n in wrong)
    each = [f"{n['kpi']} {n['day']} {n['dim']}={n['group']} told {n['told']} live {n['live']} mart {n['mart']}"
            for n in sorted(wrong, key=lambda n: n["dim"] != "")]  # fmt: skip
    return [f"{dict(often)}; {each[0]}", *each[1:]]
