"""TLS of a feed that others connect to: what it shows, whom it trusts, and for whom the owner of a certificate speaks.

A certificate's names are its subject's common name and its alternative names (DNS and URI). A site says under
`tls_facilities` which sending facilities (MSH-4) each name may send for; then nobody else is listened to.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from ingest.errors import Misconfigured

_NAMES = ("DNS", "URI")


class TlsFiles(Protocol):
    """The settings that a listening feed has for TLS."""

    @property
    def tls_cert_file(self) -> str | None: ...

    @property
    def tls_key_file(self) -> str | None: ...

    @property
    def tls_client_ca_file(self) -> str | None: ...


def check_files(settings: TlsFiles, where: str) -> None:
    """Raise Misconfigured when a file is named that is not there."""
    for name in ("tls_cert_file", "tls_key_file", "tls_client_ca_file"):
        named = getattr(settings, name)
        if named is not None and not Path(named).is_file():
            raise Misconfigured(f"There is no file {named} ({name} in {where}).")


def server_context(settings: TlsFiles, where: str) -> ssl.SSLContext | None:
    """How connections are spoken with; None for plain ones. Raises Misconfigured."""
    if settings.tls_cert_file is None:
        return None
    check_files(settings, where)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_cert_file, settings.tls_key_file)
        if settings.tls_client_ca_file is not None:
            context.load_verify_locations(settings.tls_client_ca_file)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(f"The TLS files in {where} cannot be used together ({type(error).__name__}).") from None
    return context


def facilities_of(certificate: Mapping[str, Any], allowed: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The sending facilities that the owner of a certificate (as `ssl` describes it) may send for."""
    named = [value for part in certificate.get("subject", ()) for name, value in part if name == "commonName"]
    named += [value for kind, value in certificate.get("subjectAltName", ()) if kind in _NAMES]
    return frozenset(facility for name in named for facility in allowed.get(name, ()))
