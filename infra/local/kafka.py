"""A real Kafka broker without Docker: Apache Kafka in KRaft mode from Maven artefacts, one node, data kept.

The jars are fetched once per user and version; the data directory is formatted once and reused.
"""

from __future__ import annotations

import base64
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.java import JavaProcess, java
from infra.local.maven import POMS, fetched
from ingest.errors import Misconfigured, Unavailable

KAFKA = "4.1.0"
HEAP = "512m"

_SERVER = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=6
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
log.cleaner.dedupe.buffer.size=16777216
message.max.bytes=2097152
"""

_LOGGING = """\
<Configuration status="WARN"><Appenders><Console name="out" target="SYSTEM_OUT">
<PatternLayout pattern="%d %p %c{1} %m%n"/></Console></Appenders>
<Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers></Configuration>
"""


class KafkaProcess(JavaProcess):
    """A running broker. `bootstrap` is its address."""

    @property
    def bootstrap(self) -> str:
        """Where clients connect."""
        return f"127.0.0.1:{self.port}"


def jars() -> Path:
    """The folder of the broker's jars, fetched by Maven when it is not there yet. Raises Misconfigured."""
    return fetched(POMS / "pom.xml", f"kafka-{KAFKA}", f"Apache Kafka {KAFKA}")


def command(directory: Path, port: int, controller_port: int | None = None) -> list[str]:
    """The command that runs the broker on `directory`, formatting it first when it is new."""
    directory.mkdir(parents=True, exist_ok=True)
    properties = directory / "server.properties"
    data = directory / "data"
    properties.write_text(_SERVER.format(port=port, controller=controller_port or port + 1, data=data))
    (directory / "log4j2.xml").write_text(_LOGGING)
    logging = f"-Dlog4j2.configurationFile={directory / 'log4j2.xml'}"
    # Java's second compiler took a quarter of a processor for minutes and gains nothing at one hospital's rates.
    machine = [f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1"]
    run = [java(), *machine, logging, "-cp", f"{jars()}/*"]
    if not (data / "meta.properties").exists():
        _format(run, properties)
    return [*run, "kafka.Kafka", str(properties)]


def _format(run: list[str], properties: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
    if cluster.startswith("-"):  # it would read as an option
        cluster = "A" + cluster[1:]
    done = subprocess.run(
        [*run, "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Misconfigured(
            f"The broker's data directory {properties.parent} cannot be formatted: it is stale or half written. "
            "Remove it (its events can be replayed) and start again."
        )


def start_kafka(
    directory: Path, port: int, controller_port: int | None = None, patience_s: float = 60.0
) -> KafkaProcess:
    """Start a broker on `directory` and wait until it answers. Raises Unavailable with the log's place."""
    log = directory / "broker.log"
    argv = command(directory, port, controller_port)
    with log.open("ab") as out:
        broker = KafkaProcess(subprocess.Popen(argv, stdout=out, stderr=out, start_new_session=True), port, directory)
    wait_for_port(port, broker.process, patience_s, log)
    return broker


def wait_for_port(port: int, process: subprocess.Popen[bytes], patience_s: float, log: Path) -> None:
    """Return once somebody listens on `port`; raise Unavailable when the process ends or patience does."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Unavailable(f"{log.stem} ended at once (exit {process.returncode}); see {log}")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Unavailable(f"Nobody listens on port {port} after {patience_s:.0f} s; see {log}")


@contextmanager
def running_kafka(directory: Path, port: int) -> Iterator[KafkaProcess]:
    """A broker for as long as the block lasts."""
    broker = start_kafka(directory, port)
    try:
        yield broker
    finally:
        broker.stop()
