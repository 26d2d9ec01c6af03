"""A property-based fuzzer reads the OpenAPI document and tries to break what it promises."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.kafka import KafkaProcess
from tests.integration.conversation import site_file, told
from tests.integration.rest_conversation import FEED, TOKEN, listening

pytestmark = pytest.mark.services

# Of a legal shape is not yet a fact: a time may lie in the future. All other promises are checked.
_NOT_PROMISED = "positive_data_acceptance"
SECONDS = os.environ.get("HISPULSE_FUZZ_SECONDS", "30")  # as long as one has: a night finds more


@pytest.mark.timeout(900)
def test_a_fuzzer_finds_no_broken_promise(tmp_path: Path, kafka: KafkaProcess) -> None:
    site = site_file(tmp_path, kafka.bootstrap, FEED + "max_requests_per_minute = 100000\n")

    async def timeline() -> tuple[int, str]:
        async with listening(site, tmp_path, token="") as client:
            fuzzer = [
                *(
                    sys.executable,
                    "-m",
                    "schemathesis.cli",
                    "run",
                    f"http://127.0.0.1:{client.base_url.port}/openapi.json",
                ),
                *("--header", f"Authorization: Bearer {TOKEN}", "--checks", "all"),
                *("--exclude-checks", _NOT_PROMISED, "--phases", "examples,coverage,fuzzing"),
                *("--max-time", SECONDS, "--seed", "3", "--mode", "all", "--no-color"),
                *("--suppress-health-check", "all", "--request-timeout", "60"),
            ]
            running = await asyncio.create_subprocess_exec(
                *fuzzer,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd=tmp_path,
                env={**os.environ, "NO_PROXY": "127.0.0.1"},
            )
            said, _ = await running.communicate()
            return running.returncode or 0, said.decode()

    code, said = asyncio.run(timeline())
    assert code == 0, said
    assert told(site, "his.queue.v1"), "the fuzzer told nothing that was taken"
