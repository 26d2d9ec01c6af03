"""Certificates made for a test: an authority, and keys that it vouches for."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Shown:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


class Authority:
    """Vouches for others; its own certificate is the file `cert`."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self._name = directory, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=None)
        signs = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        made = _about(name, name, self._key).add_extension(basic, critical=True).add_extension(signs, critical=True)
        own = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        self.cert = directory / f"{name}.pem"
        self.cert.write_bytes(_pem(made.add_extension(own, critical=False).sign(self._key, hashes.SHA256())))

    def vouch(self, name: str, *alternatives: x509.GeneralName, days: int = 2) -> Shown:
        """A certificate of that name, good for some days (or, when negative, no longer good)."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = _about(name, self._name, key, days).add_extension(issuer, critical=False)
        if alternatives:
            made = made.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        shown = Shown(self._directory / f"{name}.cert.pem", self._directory / f"{name}.key.pem")
        shown.cert.write_bytes(_pem(made.sign(self._key, hashes.SHA256())))
        shown.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return shown


def client(trusted: Authority, shown: Shown | None) -> ssl.SSLContext:
    """How a sender speaks: whom it trusts, and what it shows."""
    context = ssl.create_default_context(cafile=str(trusted.cert))
    if shown is not None:
        context.load_cert_chain(shown.cert, shown.key)
    return context


def _about(name: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: int = 2) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=10))
        .not_valid_after(now + timedelta(days=days))
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
