"""Nothing identifying gets out: canaries of every kind through the whole platform, and every place searched.

The whole is `python -m tests.canaries 100000`; here a share of it goes the same way.
"""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from infra.local.kafka import KafkaProcess
from tests.conftest import ROOT
from warehouse.client import WarehouseSettings

pytestmark = pytest.mark.services

PLACES = (
    "answers to senders", "table events", "table stage_rows", "table kpi_values", "topic his.queue.v1",
    "topic his.journey.v1", "topic his.deadletter.v1", "topic his.raw.v1", "live values", "pages", "metrics", "log",
)  # fmt: skip


def test_no_canary_gets_out(kafka: KafkaProcess, warehouse_settings: WarehouseSettings) -> None:
    told = msgspec.json.encode(warehouse_settings).decode()
    done = subprocess.run(
        [sys.executable, "-m", "tests.canaries", "600", "--bootstrap", kafka.bootstrap, "--warehouse", told],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "HISPULSE_WAREHOUSE_PASSWORD"},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    looked_at = {place: int(many) for many, _, place in (line.strip().partition("  ") for line in _lines(done.stdout))}
    assert all(looked_at[place] for place in PLACES), done.stdout


def _lines(said: str) -> list[str]:
    return [line for line in said.partition("looked at:")[2].splitlines() if line.strip()]
