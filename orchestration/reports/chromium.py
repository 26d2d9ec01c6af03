"""Finds a Chromium and has it print: the same page that people read on the screen becomes the PDF that they send on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ingest.errors import Misconfigured, Unavailable

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_LONGEST_S = 120
# A page that is a file of ours needs neither a network nor what a browser does for people at their first visit.
_QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


def chromium(named: str = "") -> str:
    """The one named, else HISPULSE_CHROMIUM, else the first known name on the path. Raises Misconfigured."""
    for path in (named, os.environ.get("HISPULSE_CHROMIUM")):
        if path and Path(path).exists():
            return path
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    raise Misconfigured(
        "No Chromium found, which prints reports and runs the browser tests: `apt-get install chromium fonts-noto-cjk` "
        "(Debian, Ubuntu), or set [reports] browser or HISPULSE_CHROMIUM to an executable."
    )


def printed(page: bytes, browser: str) -> bytes:
    """A page as PDF. Raises Unavailable when the browser does not print it."""
    with tempfile.TemporaryDirectory(prefix="hispulse-print-") as directory:
        source, target = Path(directory) / "page.html", Path(directory) / "page.pdf"
        source.write_bytes(page)
        # Chromium refuses to run as root within its sandbox; the page has no script and loads nothing.
        unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []
        argv = [browser, *_QUIET, *unboxed, f"--user-data-dir={directory}/profile", f"--print-to-pdf={target}"]
        try:
            ended = subprocess.run([*argv, source.as_uri()], capture_output=True, timeout=_LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{browser} did not print a report within {_LONGEST_S} s.") from None
        if not target.exists():
            raise Unavailable(f"{browser} ended with {ended.returncode} and printed nothing: is it a whole Chromium?")
        return target.read_bytes()
