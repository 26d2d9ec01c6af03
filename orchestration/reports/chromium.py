"""Finds a Chromium for the browser tests and the README's picture."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ingest.errors import Misconfigured

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """HISPULSE_CHROMIUM, else the first known name on the path. Raises Misconfigured."""
    named = os.environ.get("HISPULSE_CHROMIUM")
    if named and Path(named).exists():
        return named
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    raise Misconfigured(
        "The browser tests need Chromium and a Chinese font: `apt-get install chromium fonts-noto-cjk` "
        "(Debian, Ubuntu), or set HISPULSE_CHROMIUM to an executable."
    )
