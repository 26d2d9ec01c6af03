"""What a site may say of its board: section [board] of the site file."""

from __future__ import annotations

import ipaddress

import msgspec


class BoardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [board]. Off loopback a login is required, and so is a file of users."""

    host: str = "127.0.0.1"  # where it listens; anything but loopback requires a login
    port: int = 8600
    users_file: str | None = None  # who may look; written by `hispulse board user`, never by hand
    session_hours: float = 12.0  # how long a login lasts
    max_viewers: int = 400  # more are told to come back later
    emergency: tuple[str, ...] = ("ED",)  # departments whose row shows the emergency's own measures
    history: bool = True  # ask the warehouse for what is behind a number
    behind_proxy: bool = False  # TLS ends at a proxy before the board: cookies are marked secure

    @property
    def needs_login(self) -> bool:
        """True unless only this machine can reach the board."""
        if self.behind_proxy:
            return True
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"
