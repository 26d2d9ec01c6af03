"""`hispulse` as at a terminal, on a test's own warehouse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from warehouse.client import WarehouseSettings

ROOT = Path(__file__).resolve().parent.parent.parent


class Terminal:
    """Runs commands of `hispulse` in processes of their own, with a folder of their own for what they keep."""

    def __init__(self, settings: WarehouseSettings, home: Path) -> None:
        named = {name: str(getattr(settings, name)) for name in ("host", "port", "user", "database", "password_file")}
        told = {f"HISPULSE_WAREHOUSE_{name.upper()}": value for name, value in named.items()}
        self.env = {**os.environ, **told, "HISPULSE_HOME": str(home)}

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Begin a command."""
        return self._begin([sys.executable, "-m", "hispulse", *words])

    def start_python(self, text: str) -> subprocess.Popen[str]:
        """Begin a few lines of Python; what they read is what we write to them."""
        return self._begin([sys.executable, "-c", text])

    def said(self, *words: str, code: int = 0) -> str:
        """Run a command to its end, which is expected; what it said."""
        process = self.start(*words)
        said, complained = process.communicate(timeout=300)
        assert process.returncode == code, said + complained
        return said if not code else said + complained

    def told(self, *words: str) -> dict[str, Any]:
        """What a command says in JSON."""
        found: dict[str, Any] = json.loads(self.said(*words, "--json"))
        return found

    def _begin(self, argv: list[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            argv, cwd=ROOT, env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
