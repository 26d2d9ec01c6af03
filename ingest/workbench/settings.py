"""Settings of the workbench page."""

from __future__ import annotations

import msgspec


class WorkbenchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [workbench]: the page on which IT staff paste messages. It takes real ones, so it always asks for a
    token, and off loopback for TLS as well."""

    host: str = "127.0.0.1"  # another address only with token_sha256, and TLS or a proxy that has it
    port: int = 8603
    token_sha256: tuple[str, ...] = ()  # of `hispulse keys token`; without any, each start prints a token of its own
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    behind_proxy: bool = False  # a proxy before it ends TLS
    session_hours: float = 8.0  # how long a login lasts
    max_body_bytes: int = 2_000_000  # of what is pasted or uploaded at once
    max_messages: int = 500  # messages or rows looked at; what comes after them is left out, and said so
