"""The watch before a real broker: an incident from live values to webhook and acknowledgement, and a kill between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from infra.local.kafka import KafkaProcess
from ingest.bus import CONTROL, KPI, BusSettings, Producer, ensure_topics
from ingest.clock import ClockMap, real_now_ms, write_clock
from ingest.events import encode
from ingest.settings import load_site
from streams.alerts.incident import Incident, Incidents
from streams.alerts.lines import incidents_of
from streams.house import house_rules
from tests.conftest import ROOT
from tests.morning import Worker, others
from tests.timeline import at, timeline
from tests.webhook import Receiver, secret_file

pytestmark = pytest.mark.services
SHARDS = 3
PATIENCE_S = 90.0
SITE = """
[hospital]
facility_id = "H001"
zh = "演练医院"
en = "Rehearsal Hospital"
rehearsal = true
[departments.CARD]
zh = "心内科"
en = "Cardiology"
[feeds.his]
kind = "mllp"
source_system = "HIS^DEMO"
zh = "医院信息系统"
en = "Hospital system"
silent_after_s = 900
[targets.consult_wait]
statistic = "p50"
value = 30.0
direction = "≤"
[bus]
bootstrap = "{bootstrap}"
partitions = {shards}
[alerts]
every_s = 0.2
[alerts.webhook]
url = "{url}"
secret_file = "{secret}"
retry_s = 0.1
"""


class Ward:
    """A hospital with one feed and one department, a clock that is set, and the watch over it."""

    def __init__(self, folder: Path, bootstrap: str, url: str) -> None:
        self.folder = folder
        self.bus = BusSettings(bootstrap=bootstrap, partitions=SHARDS)
        self.site = folder / "hospital.toml"
        secret = secret_file(folder)
        self.site.write_text(SITE.format(bootstrap=bootstrap, shards=SHARDS, url=url, secret=secret), "utf-8")
        self._house = house_rules(load_site(str(self.site)))
        self._worker, self._producer = Worker(self._house), Producer(self.bus)
        self.environment = {**os.environ, "HISPULSE_HOME": str(folder), "HISPULSE_CLOCK": str(folder / "clock.json")}
        ensure_topics(self.bus)

    def clock(self, text: str) -> None:
        """The hospital's clock stands at a time and goes on from there."""
        write_clock(self.folder / "clock.json", ClockMap(real_now_ms(), at(text), 1.0))

    def tell(self, text: str = "") -> None:
        """The worker publishes what follows from events, and the feed's heart beats."""
        records = self._worker.take(timeline(text), real_now_ms())
        for key, value in [*records, *others(SHARDS, real_now_ms(), self._house)]:
            self._producer.send(KPI, key, value, partition=int(key.partition("|")[0]))
        beat = encode(timeline("09:00 - feed.heartbeat source=HIS^DEMO lag_s=0")[0])
        self._producer.send(CONTROL, "HIS^DEMO", beat, partition=0)
        self._producer.flush()

    def watch(self) -> subprocess.Popen[bytes]:
        """`hispulse alerts run`."""
        argv = [sys.executable, "-m", "hispulse", "alerts", "run", "--site", str(self.site)]
        return subprocess.Popen(argv, cwd=ROOT, env=self.environment, stderr=subprocess.DEVNULL)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command of it."""
        argv = [sys.executable, "-m", "hispulse", "alerts", *words, "--site", str(self.site)]
        return subprocess.run(argv, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def until(self, holds: Callable[[Incidents], Any], what: str) -> Incidents:
        """Wait until something holds of what the topic tells; the worker and the feed live on meanwhile."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds(known := incidents_of(self.bus)):
            assert time.monotonic() < deadline, f"not within {PATIENCE_S:.0f} s: {what}; {known.known}"
            self.tell()
            time.sleep(0.2)
        return known

    def close(self) -> None:
        self._producer.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def ward(kafka: KafkaProcess, tmp_path: Path, receiver: Receiver) -> Iterator[Ward]:
    made = Ward(tmp_path, kafka.bootstrap, receiver.url)
    yield made
    made.close()


def of(rule: str, state: str) -> Callable[[Incidents], list[Incident]]:
    return lambda known: [each for each in known.known.values() if (each.rule, each.state) == (rule, state)]


PATIENTS = "".join(f"09:0{n} V{n} patient.checked_in point=clinic dept_code=CARD\n" for n in range(6))
LATER = "09:49 Z1 registration.created visit_class=outpatient dept_code=CARD\n"
SEEN = "".join(f"10:1{n} V{n} consultation.started consultation_seq=1 dept_code=CARD\n" for n in range(6))
AFTERWARDS = "".join(
    f"10:20 W{n} patient.checked_in point=clinic dept_code=CARD\n"
    f"10:25 W{n} consultation.started consultation_seq=1 dept_code=CARD\n"
    for n in range(9)
)


def test_an_incident_from_live_values_to_its_end(ward: Ward, receiver: Receiver) -> None:
    receiver.refuse(2)
    ward.clock("09:50")
    ward.tell(PATIENTS + LATER)
    running = [watch := ward.watch()]
    try:
        ward.until(of("consult_wait", "pending"), "the wait is beyond its limit")
        running.append(ward.watch())  # a second one stands by
        ward.clock("09:56")
        ward.until(lambda known: [d for d in known.deliveries.values() if "opened" in d.told], "the webhook took it")
        listed = msgspec.json.decode(ward.run("list", "--open", "--json").stdout)
        (shown,) = [each for each in listed if each["rule"] == "consult_wait"]
        assert (shown["where"], shown["says"]["zh"][:8]) == ({"dept": "CARD"}, "心内科 候诊时间")

        watch.send_signal(signal.SIGKILL)
        running.remove(watch)
        watch.wait()
        refused = ward.run("ack", "00000000", "--by", "护士长")
        assert (refused.returncode, refused.stderr[:24]) == (1, "There is no incident 000")
        taken = ward.run("ack", shown["id"], "--by", "护士长", "--note", "second room")
        assert taken.returncode == 0, taken.stderr
        ward.until(lambda known: any("acknowledged" in d.told for d in known.deliveries.values()), "it is told so")

        ward.tell(SEEN + AFTERWARDS)
        ward.clock("11:10")  # in the last hour nobody waited long, and the feed has not spoken for forty minutes
        ward.until(of("feeds", "pending"), "the feed is silent")
        ward.clock("11:12")
        ward.until(of("feeds", "open"), "the silence is an incident")
        ward.tell("11:12 X1 patient.checked_in point=clinic dept_code=CARD")
        ward.until(lambda known: any(each.well_since for each in of("feeds", "open")(known)), "the feed speaks again")
        ward.clock("11:14")
        ward.until(of("feeds", "closed"), "the silence is over")
        ward.clock("11:20")
        known = ward.until(of("consult_wait", "closed"), "all is well")
        incidents = [each for each in known.known.values() if each.state != "pending"]
        assert sorted(each.rule for each in incidents) == ["consult_wait", "feeds"], "one of each, also after the kill"
        ward.until(lambda known: all("closed" in d.told for d in known.deliveries.values()), "the webhook knows all")
    finally:
        for each in running:
            each.terminate()
            assert each.wait(timeout=30) == 0
    ids = [headers["webhook-id"] for headers, _ in receiver.taken]
    assert sorted(ids) == sorted({*ids}), "nothing is told twice"
    mine = [each.partition(".")[2] for each in ids if each.startswith(shown["id"])]
    assert mine == ["opened", "acknowledged", "closed"]
    assert all(b"V1" not in body and b"second room" not in body for _, body in receiver.asked)
