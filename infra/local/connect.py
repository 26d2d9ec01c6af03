"""Kafka Connect on one machine, with Debezium as its plug-in: one worker, whose offsets lie in a file.

Its jars are fetched only by who captures changes. It is given no connector: each feed brings its own over REST.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from infra.local.java import JavaProcess, java
from infra.local.kafka import wait_for_port
from infra.local.maven import POMS, fetched
from ingest.cdc.kafka_client import client_settings, keep_bus_secrets, under
from ingest.cdc.settings import Settings
from ingest.errors import Misconfigured
from ingest.settings import Site
from ingest.topics import BusSettings

CONNECT = "4.1.0"
DEBEZIUM = {"postgresql": ("postgres", "3.7.0.Final"), "mariadb": ("mariadb", "3.5.0.Final")}
HEAP = "384m"

_WORKER = """\
bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
rest.advertised.host.name=127.0.0.1
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
offset.storage.file.filename={offsets}
offset.flush.interval.ms=2000
offset.flush.timeout.ms=5000
plugin.path={plugins}
plugin.discovery=service_load
config.providers=dir
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
"""

_LOGGING = """\
<Configuration status="WARN"><Appenders><Console name="out" target="SYSTEM_OUT">
<PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Logger name="org.apache.kafka.connect.runtime.isolation" level="OFF"/>
<Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


class ConnectProcess(JavaProcess):
    """A running worker. `url` is its REST address."""

    @property
    def url(self) -> str:
        """Where connectors are handed in."""
        return f"http://127.0.0.1:{self.port}"


class _CaptureFeed(msgspec.Struct, frozen=True, kw_only=True):
    """Of a feed, what says whether a worker of ours reads for it."""

    kind: str = ""
    engine: str = "postgresql"
    connect_url: str = next(each.default for each in msgspec.structs.fields(Settings) if each.name == "connect_url")


class Wanted(NamedTuple):
    """A worker that a site wants on this machine."""

    port: int
    databases: tuple[str, ...]


def wanted(site: Site) -> Wanted | None:
    """The worker for the site's feeds of changes; None where there are none, or others run it. Raises Misconfigured."""
    feeds = [site.section(f"feeds.{name}", _CaptureFeed) for name in site.names("feeds")]
    told = [(urlsplit(feed.connect_url), feed.engine) for feed in feeds if feed.kind == "cdc" and feed.connect_url]
    ours = [(url.port or 80, engine) for url, engine in told if url.hostname in ("127.0.0.1", "localhost")]
    if len({port for port, _ in ours}) > 1:
        raise Misconfigured(
            f"{site.path}: one worker runs on this machine; give every feed of kind cdc one connect_url."
        )
    return Wanted(ours[0][0], tuple(sorted({engine for _, engine in ours}))) if ours else None


def worker() -> Path:
    """The folder of the worker's jars. Raises Misconfigured."""
    return fetched(POMS / "connect" / "pom.xml", f"connect-{CONNECT}", f"Kafka Connect {CONNECT}")


def plugin(database: str) -> Path:
    """A folder that holds one plug-in, the jars that read a database's log. Raises Misconfigured."""
    name, version = DEBEZIUM[database]
    title = f"Debezium's connector for {name} {version}"
    return fetched(POMS / f"debezium-{name}" / "pom.xml", f"debezium-{name}-{version}/plugin", title).parent


def command(directory: Path, port: int, bus: BusSettings, databases: Iterable[str]) -> list[str]:
    """The command that runs a worker on `directory`. Raises Misconfigured."""
    keep_bus_secrets(bus)
    directory.mkdir(parents=True, exist_ok=True)
    properties, logging = directory / "worker.properties", directory / "log4j2.xml"
    plugins = ",".join(str(plugin(database)) for database in sorted(set(databases)))
    # Its own client, and those with which its connectors write, read and make topics.
    clients = under(client_settings(bus), ("", "producer.", "consumer.", "admin."))
    properties.write_text(
        _WORKER.format(bootstrap=bus.bootstrap, port=port, offsets=directory / "offsets", plugins=plugins)
        + "".join(f"{name}={value}\n" for name, value in clients.items())
    )
    logging.write_text(_LOGGING)
    machine = [f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    return [
        java(), *machine, f"-Dlog4j2.configurationFile={logging}", "-cp", f"{worker()}/*",
        "org.apache.kafka.connect.cli.ConnectStandalone", str(properties),
    ]  # fmt: skip


def start_connect(
    directory: Path, port: int, bus: BusSettings, databases: Iterable[str], patience_s: float = 120.0
) -> ConnectProcess:
    """Start a worker and wait until it answers. Raises Unavailable with the log's place."""
    argv = command(directory, port, bus, databases)
    log = directory / "connect.log"
    with log.open("ab") as out:
        running = ConnectProcess(
            subprocess.Popen(argv, stdout=out, stderr=out, start_new_session=True), port, directory
        )
    wait_for_port(port, running.process, patience_s, log)
    return running
