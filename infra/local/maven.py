"""Fetches Java libraries with Maven, once per user and version: a folder of jars for each pom."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

from infra.local.java import maven
from infra.local.places import cache
from ingest.errors import Misconfigured

POMS = Path(__file__).resolve().parent.parent / "kafka"
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


def fetched(pom: Path, name: str, title: str) -> Path:
    """The folder of a pom's jars, fetched when it is not there yet. Raises Misconfigured."""
    lib = cache() / name
    if (lib / ".complete").exists():
        return lib
    fresh = cache() / f"{name.replace('/', '-')}.{uuid.uuid4().hex[:8]}"
    told = subprocess.run(
        [maven(), "-q", "-B", "-f", str(pom), _COPY, "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if told.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        why = next((line for line in told.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise Misconfigured(f"Maven could not fetch {title}: {why.removeprefix('[ERROR] ')[:300]}")
    (fresh / ".complete").touch()
    lib.parent.mkdir(parents=True, exist_ok=True)
    if not lib.exists():  # somebody else may have been faster; theirs is as good
        fresh.rename(lib)
    else:
        shutil.rmtree(fresh)
    return lib
