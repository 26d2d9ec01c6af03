"""Where the one-machine stack keeps its things, and whether the machine has room and free ports for it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from ingest.errors import Misconfigured
from ingest.settings import home

__all__ = ["cache", "check_ports", "check_room", "home", "is_free"]

ROOM_NEEDED = 2 * 1024**3  # bytes; a broker that meets a full disk stops, so better not to start


def cache() -> Path:
    """What is fetched once and shared by every stack of this user: the broker's jars."""
    named = os.environ.get("HISPULSE_CACHE")
    base = Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "hispulse"
    try:
        base.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"Cannot make {base} ({error.strerror}); set HISPULSE_CACHE to a place you own.") from None
    return base


def check_room(directory: Path) -> None:
    """Raise Misconfigured when the disk under `directory` is nearly full or cannot be written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".writable"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise Misconfigured(
            f"Cannot write to {directory} ({error.strerror}); set HISPULSE_HOME to a place you own."
        ) from None
    free = shutil.disk_usage(directory).free
    if free < ROOM_NEEDED:
        raise Misconfigured(
            f"Only {free / 1024**3:.1f} GB free under {directory}; the stack needs {ROOM_NEEDED / 1024**3:.0f} GB. "
            "Free some room, or set HISPULSE_HOME to another disk."
        )


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def check_ports(wanted: dict[str, int]) -> None:
    """Raise Misconfigured naming every port of `wanted` (who → port) that somebody holds, or that two of them want."""
    for who, port in wanted.items():
        if rivals := [other for other, same in wanted.items() if same == port and other != who]:
            raise Misconfigured(f"{who} and {rivals[0]} both want port {port}: choose another for one of them.")
    taken = [f"{port} ({who})" for who, port in wanted.items() if not is_free(port)]
    if taken:
        raise Misconfigured(
            f"Ports already taken: {', '.join(taken)}. Stop what holds them (perhaps `hispulse down`), "
            "or choose others in the site file or by environment, e.g. HISPULSE_BOARD_PORT=8700."
        )
