"""A real FHIR R4 server for the tests: HAPI over resources in memory, from Maven artefacts, compiled here."""

from __future__ import annotations

import shutil
import subprocess
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.local.java import java, maven
from infra.local.places import cache

HAPI = "8.8.0"
HERE = Path(__file__).resolve().parent
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


@dataclass
class FhirServerProcess:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def base_url(self) -> str:
        """Where its resources are."""
        return f"http://127.0.0.1:{self.port}/fhir"

    def put(self, *resources: dict[str, Any]) -> None:
        """Keep resources, each as a new version."""
        with httpx.Client(trust_env=False, timeout=60) as client:
            for each in resources:
                answer = client.put(f"{self.base_url}/{each['resourceType']}/{each['id']}", json=each)
                assert answer.status_code in (200, 201), answer.text

    def stop(self) -> None:
        """Stop it; what it kept is gone."""
        self.process.terminate()
        self.process.wait()


def _program() -> Path:
    """The folder of its jars and its class, made once."""
    lib = cache() / f"fhir-server-{HAPI}"
    if not (lib / ".complete").exists():
        fresh = cache() / f"fhir-server-{HAPI}.{uuid.uuid4().hex[:8]}"
        pom = str(HERE / "pom.xml")
        subprocess.run(
            [maven(), "-q", "-B", "-f", pom, _COPY, "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"],
            check=True,
            capture_output=True,
        )
        (fresh / ".complete").touch()
        if lib.exists():
            shutil.rmtree(fresh)
        else:
            fresh.rename(lib)
    return lib


def start_fhir_server(directory: Path, port: int) -> FhirServerProcess:
    """Start a server and wait until it answers."""
    lib = _program()
    compiler = shutil.which("javac")
    assert compiler, "the test's FHIR server needs a JDK: apt-get install openjdk-17-jdk-headless"
    subprocess.run([compiler, "-cp", f"{lib}/*", "-d", str(directory), str(HERE / "FhirServer.java")], check=True)
    log = (directory / "server.log").open("wb")
    running = [java(), "-Xmx256m", "-cp", f"{directory}:{lib}/*", "FhirServer", str(port)]
    server = FhirServerProcess(subprocess.Popen(running, stdout=log, stderr=subprocess.STDOUT), port)
    with httpx.Client(trust_env=False, timeout=10) as client:
        for _ in range(300):
            try:
                if client.get(f"{server.base_url}/metadata").status_code == 200:
                    return server
            except httpx.HTTPError:
                time.sleep(0.2)
    server.stop()
    raise AssertionError(f"the FHIR server did not start: {directory / 'server.log'}")
