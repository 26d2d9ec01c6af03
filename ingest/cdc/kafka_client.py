"""How Java's clients of Kafka reach it, by the site's [bus]: Kafka Connect's own, its connectors', Debezium's.

Passwords and keys are named, not written: a worker reads them from files through its configuration provider.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ingest.cdc.settings import secrets_directory
from ingest.errors import Misconfigured
from ingest.privacy import write_secret
from ingest.topics import BusSettings

JAAS, KEYSTORE = "bus-jaas", "bus-keystore.pem"  # files among the secrets of a worker on this machine
_MODULES = {"PLAIN": "plain.PlainLoginModule"}
_SCRAM = "scram.ScramLoginModule"


def client_settings(bus: BusSettings, jaas: str = "") -> dict[str, str]:
    """The settings of a client, without the address. `jaas` is how a worker elsewhere finds sasl.jaas.config; without
    it the file that `keep_bus_secrets` lays down is named."""
    told = {} if bus.security == "plaintext" else {"security.protocol": bus.security.upper()}
    if bus.security in ("ssl", "sasl_ssl") and bus.ca_file:
        told |= {"ssl.truststore.type": "PEM", "ssl.truststore.location": str(Path(bus.ca_file).resolve())}
    if bus.security in ("ssl", "sasl_ssl") and bus.cert_file:
        told |= {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(secrets_directory() / KEYSTORE)}
    if bus.security.startswith("sasl"):
        named = jaas or f"${{dir:{secrets_directory()}:{JAAS}}}"
        told |= {"sasl.mechanism": bus.sasl_mechanism, "sasl.jaas.config": named}
    return told


def under(settings: dict[str, str], prefixes: Iterable[str]) -> dict[str, str]:
    """The same settings for several clients of one process, each under its prefix."""
    return {f"{prefix}{name}": value for prefix in prefixes for name, value in settings.items()}


def keep_bus_secrets(bus: BusSettings) -> None:
    """Lay what a worker on this machine must show to Kafka where it finds it: readable by its owner only. Raises
    Misconfigured."""
    if bus.security.startswith("sasl"):
        if not (bus.username and bus.password_file):
            raise Misconfigured("[bus] security is SASL: username and password_file must be set.")
        _keep(JAAS, _jaas(bus.sasl_mechanism, bus.username, _read(bus.password_file, "password_file").strip()))
    if bus.security in ("ssl", "sasl_ssl") and bus.cert_file:
        if not bus.key_file:
            raise Misconfigured("[bus] cert_file is set: key_file must be too.")
        _keep(KEYSTORE, _read(bus.key_file, "key_file") + "\n" + _read(bus.cert_file, "cert_file"))


def _jaas(mechanism: str, username: str, password: str) -> str:
    module = f"org.apache.kafka.common.security.{_MODULES.get(mechanism, _SCRAM)}"
    return f'{module} required username="{_escaped(username)}" password="{_escaped(password)}";'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _read(path: str, setting: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise Misconfigured(f"[bus] {setting}: unreadable ({type(error).__name__}).") from None


def _keep(name: str, text: str) -> None:
    path = secrets_directory() / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and path.read_text("utf-8") == text:
        return
    path.unlink(missing_ok=True)
    with suppress(FileExistsError):  # another process was first
        write_secret(path, text.encode())
