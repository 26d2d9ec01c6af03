"""Data that nobody here wrote, through the whole chain: files, Kafka, the fold; and the loader, SQL, `kpi show`.

The figures are those of the data's own README. They span years, so they are worked out over all days' rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import SITES
from streams.latest import Latest
from tests.scenarios.all_days import publish_all_days
from tests.scenarios.chain import Chain, command, over_all_days

pytestmark = [pytest.mark.services, pytest.mark.shared, pytest.mark.timeout(600)]

# The bundled site of the log, and beside it the other feeds; the live fold looks back to the log's years.
MORE_FEEDS = """
[streams]
horizon_hours = 150000
[feeds.messages]
kind = "files"
source_system = "HL7^PUBLIC"
accept_tests = true  # both collections say of themselves that they are tests
"""


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Chain]:
    """The running chain, and all three told."""
    model = (SITES / "clinic-model.toml").read_text("utf-8")
    text = (SITES / "sepsis.toml").read_text("utf-8") + model[model.index("[codes.dept]") :]
    running = Chain(tmp_path_factory.mktemp("public"), text, MORE_FEEDS)
    try:
        yield running.start("load", "stream")
    finally:
        running.stop()


@pytest.fixture(scope="module")
def told(chain: Chain, shared: Path) -> dict[str, str]:
    """What `replay` said of each file."""
    said = {}
    for feed, file in (
        ("sepsis", "event-logs/sepsis.csv"),
        ("model", "clinic-model/patient.csv"),
        ("messages", "hl7/stream/simulated-hospital.hl7"),
    ):
        done = chain.hispulse("replay", str(shared / file), "--feed", feed)
        assert done.returncode == 0, done.stderr
        said[feed] = " ".join(done.stderr.split())
    chain.until_loaded()
    assert publish_all_days(chain.warehouse, chain.site) > 2_000
    return said


def shown(chain: Chain, kpi: str, *words: str) -> list[dict[str, Any]]:
    """What `hispulse kpi show` says: of all days together, unless told otherwise."""
    done = chain.hispulse("kpi", "show", kpi, *(words or ("--from", "2005-01-01")), "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["values"]
    return found


def test_replay_counts_every_message(told: dict[str, str]) -> None:
    assert "1 files, 15214 messages: 6810 events published, 9454 ignored, 0 malformed" in told["sepsis"]
    assert "0 ignored, 0 malformed" in told["model"]
    assert "1013 messages: 2231 events published, 2 ignored, 0 malformed" in told["messages"]


@pytest.fixture(scope="module")
def wall(chain: Chain, told: dict[str, str]) -> Latest:
    """All live cells."""
    return chain.live_cells()


@pytest.mark.parametrize("path", ["live", "mart"])
def test_door_to_triage_of_real_patients(chain: Chain, wall: Latest, path: str) -> None:
    if path == "live":
        live = over_all_days(wall, "ed_door_to_triage")
        found = {name: getattr(live, name) for name in ("n", "p50", "p90", "mean", "excluded")}
    else:
        (found,) = shown(chain, "ed_door_to_triage")
    assert (found["n"], found["excluded"]) == (1_044, {"negative": 6})
    assert (found["p50"], found["p90"], found["mean"]) == pytest.approx((8.2667, 22.835, 11.1159), abs=5e-5)


def test_door_to_triage_before_guards(chain: Chain, told: dict[str, str]) -> None:
    (before,) = chain.rows(
        "select count() as n, quantilesExactInclusive(0.5, 0.9)(intDiv(assumeNotNull(millis), 1000) / 60) as p,"
        " avg(millis) / 60000 as mean, countIf(millis < 0) as negative, min(millis) / 60000 as longest"
        " from stage_rows where stage = 'ed_door_to_triage'"
    )
    assert (before["n"], before["negative"]) == (1_050, 6)
    assert [*before["p"], before["mean"]] == pytest.approx([8.2417, 22.705, 10.6884], abs=5e-5)
    assert before["longest"] == pytest.approx(-195.1, abs=0.05)


WAITS = {"RUN0": 2.043788, "RUN1": 1.255117, "RUN2": 3.392586, "RUN3": 2.227175, "RUN4": 1.653496}


def test_the_clinic_models_mean_waits(chain: Chain, wall: Latest) -> None:
    in_mart = {
        value["dims"]["dept"]: value["mean"]
        for value in shown(chain, "consult_wait", "--from", "2025-01-01", "--by", "dept")
    }
    live = {run: over_all_days(wall, "consult_wait", dept=run).mean for run in WAITS}
    assert in_mart == pytest.approx(WAITS, abs=1.001e-6)
    assert live == in_mart


@pytest.mark.parametrize("kpi", ["lab_preanalytic_tat", "lab_intra_tat"])
def test_the_simulated_hospitals_laboratory(chain: Chain, wall: Latest, kpi: str) -> None:
    (value,) = shown(chain, kpi)
    live = over_all_days(wall, kpi)
    assert (value["n"], value["mean"], value["excluded"]) == (610, 0.0, {})
    assert (live.n, live.mean, live.excluded) == (610, 0.0, {})


def test_a_day_built_as_every_day_is(chain: Chain, told: dict[str, str]) -> None:
    day = "2014-03-07"
    before = shown(chain, "ed_door_to_triage", "--from", day, "--to", day)
    built = chain.hispulse("mart", "build", "--day", day)
    assert built.returncode == 0, built.stderr
    done = chain.hispulse("kpi", "show", "ed_door_to_triage", "--day", day, "--json")
    (value,) = json.loads(done.stdout)["values"]
    assert value["n"] == 2
    assert {name: value[name] for name in ("n", "mean", "p50", "p90", "excluded")}.items() <= before[0].items()


def test_messages_of_every_kind_come_in_or_are_left_aside_for_a_reason(chain: Chain, shared: Path) -> None:
    samples = str(shared / "hl7" / "samples")
    done = chain.hispulse("replay", samples, "--feed", "messages")
    assert done.returncode == 0, done.stderr
    assert "57 files" in done.stderr and "Traceback" not in done.stderr
    tried = json.loads(chain.hispulse("try", samples, "--feed", "messages", "--json").stdout)
    chain.until_loaded()
    facts = {event["event_id"] for event in tried["events"]}
    stored = chain.rows("select distinct event_id from events where event_id in {ids:Array(String)}", ids=sorted(facts))
    assert len(stored) == len(facts) > 15


# --- `hispulse try`: the same without Kafka or a database ------------------------------------------------------------


def tried(*words: str, **environment: str) -> dict[str, Any]:
    done = command("try", *words, "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_try_gives_the_same_figures(shared: Path, tmp_path: Path) -> None:
    told = tried(str(shared / "event-logs" / "sepsis.csv"), "--site", "sepsis", HISPULSE_HOME=str(tmp_path))
    (triage,) = [value for value in told["values"] if value["kpi"] == "ed_door_to_triage"]
    assert (triage["n"], triage["excluded"]) == (1_044, {"negative": 6})
    assert [triage[name] for name in ("p50", "p90", "mean")] == pytest.approx([8.2667, 22.835, 11.1159], abs=5e-5)
    told = tried(str(shared / "clinic-model" / "patient.csv"), "--site", "clinic-model", "--by", "dept")
    values = [value for value in told["values"] if value["kpi"] == "consult_wait"]
    assert {v["dims"]["dept"]: v["mean"] for v in values} == pytest.approx(WAITS, abs=1.001e-6)
    assert not list(tmp_path.iterdir())
