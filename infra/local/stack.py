"""Which processes make up the one-machine stack, in which order, and how they find each other."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from psycopg.conninfo import conninfo_to_dict

from board.settings import BoardSettings
from infra.local import capture, connect, kafka, postgres
from infra.local.java import java
from infra.local.keeper import Keeper
from infra.local.places import check_ports, check_room, home
from infra.local.supervisor import KEEPER, Service, Supervisor, hispulse
from infra.rehearsal.push_token import settings_of
from ingest.bus import BusSettings, ensure_topics
from ingest.errors import Misconfigured, Unavailable
from ingest.privacy import KEY_FILE
from ingest.raw import PUBLIC_KEY_FILE
from ingest.settings import Site
from warehouse.client import WarehouseSettings

Say = Callable[[str], None]

SETTLING_S = 2.0  # how long a stage may take to find that it cannot work


class DagsterSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [dagster]: where the one-machine stack serves Dagster's web interface, on loopback."""

    port: int = 8601


class _Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Of a feed, what the stack must know to start it; the rest is the connector's."""

    kind: str = ""
    port: int = 0
    dsn: str = ""
    follow_s: float = 0.0

    @property
    def stays(self) -> bool:
        """Whether its connector runs until it is stopped; files that nobody adds to are read once, by hand."""
        return self.kind != "files" or self.follow_s > 0


class Stack:
    """The processes of one site on this machine."""

    def __init__(self, site: Site, directory: Path | None = None) -> None:
        self.site = site
        self.home = directory or home()
        self.bus = site.section("bus", BusSettings)
        self.warehouse = site.section("warehouse", WarehouseSettings)
        self.supervisor = Supervisor(self.home, self.environment())

    def environment(self) -> dict[str, str]:
        """What every process of the stack is told by environment."""
        return {
            "HISPULSE_HOME": str(self.home),
            "HISPULSE_SITE": str(self.site.path),
            "HISPULSE_CLOCK": str(self.home / "clock.json"),
            "PYTHONUNBUFFERED": "1",
        }

    @property
    def kafka_port(self) -> int | None:
        """The broker's port when it is ours to start; None when the site names another machine's."""
        host, _, port = self.bus.bootstrap.partition(":")
        return int(port) if host in ("127.0.0.1", "localhost") and port.isdigit() else None

    def ports(self) -> dict[str, int]:
        """Who listens where, of what this stack starts."""
        wanted = {"board": board_port(self.site), "Dagster": dagster_port(self.site)}
        if self.kafka_port:
            wanted |= {"Kafka": self.kafka_port, "Kafka's controller": self.kafka_port + 1}
        if self.warehouse_is_ours:
            wanted["ClickHouse engine"] = self.warehouse.port
        if worker := connect.wanted(self.site):
            wanted["Kafka Connect"] = worker.port
        if self.site.hospital.rehearsal:
            wanted["the rehearsal's PostgreSQL"] = self.database_port()
        return wanted | {f"feed {name}": port for name, port in self._listeners().items()}

    @property
    def warehouse_is_ours(self) -> bool:
        """Whether the warehouse is the embedded engine on this machine."""
        return self.warehouse.host in ("127.0.0.1", "localhost")

    def check(self) -> None:
        """Raise Misconfigured when something would keep the stack from starting."""
        check_room(self.home)
        if self.kafka_port:
            java()
        if self.supervisor.remembered():
            raise Misconfigured(f"A stack is already running from {self.home}: `hispulse status`, `hispulse down`.")
        check_ports(self.ports())

    def start_stores(self, say: Say) -> None:
        """The broker with its topics and the warehouse with its tables. Raises Unavailable, Misconfigured."""
        self.make_keys()
        if self.kafka_port:
            say("Kafka")
            argv = kafka.command(self.home / "kafka", self.kafka_port)
            self.supervisor.start(Service(name="kafka", argv=tuple(argv), port=self.kafka_port, is_store=True))
        say("topics")
        ensure_topics(self.bus)
        if self.warehouse_is_ours:
            say("ClickHouse engine")
            self.supervisor.start(
                Service(name="warehouse", argv=hispulse("warehouse", "serve"), port=self.warehouse.port, is_store=True)
            )
        say("migrations")
        self._once("migrate", hispulse("migrate"))
        if self.site.hospital.rehearsal:
            say("the rehearsal hospital's PostgreSQL")
            self.start_rehearsal_database()

    def start_stages(self, say: Say) -> None:
        """Our own processes, from the wall back to the feeds, so that nobody misses anything."""
        if connect.wanted(self.site):
            say("Kafka Connect, whose libraries are fetched the first time,")
        for service in self.stages():
            say(service.name)
            self.supervisor.start(service)
        self._nobody_fell()

    def start_keeper(self) -> None:
        """Who starts again what ends by itself, after this command has ended."""
        self.supervisor.start(Service(name=KEEPER, argv=hispulse("keep")))

    def _nobody_fell(self) -> None:
        """Give the stages a moment to read their settings. Raises Unavailable with the last words of one that ended."""
        deadline = time.monotonic() + SETTLING_S
        while time.monotonic() < deadline:
            for name, code in self.supervisor.ended():
                raise Unavailable(f"{name} ended at once (exit {code}){self.supervisor.last_words(name)}")
            time.sleep(0.1)

    def stages(self) -> list[Service]:
        """One service for each process of ours."""
        kinds = sorted({feed.kind for feed in self._feeds().values() if feed.stays})
        dagster = hispulse("dagster", "serve", "--port", str(dagster_port(self.site)))
        services = [
            Service(name="load", argv=hispulse("load")),
            Service(name="stream", argv=hispulse("stream")),
            Service(name="alerts", argv=hispulse("alerts", "run")),
            Service(name="board", argv=hispulse("board"), port=board_port(self.site)),
            Service(name="dagster", argv=dagster),  # takes a while to answer; nobody waits for it
        ]
        return [*self._connect(), *services, *(self._ingest(kind) for kind in kinds)]

    def _connect(self) -> list[Service]:
        """Who captures changes for the feeds of kind cdc, where others do not."""
        worker = connect.wanted(self.site)
        if worker is None:
            return []
        argv = connect.command(self.home / "connect", worker.port, self.bus, worker.databases)
        return [Service(name="connect", argv=tuple(argv), port=worker.port, patience_s=120)]

    def _ingest(self, kind: str) -> Service:
        """Who takes in what feeds of a kind say. A rehearsal's own senders are let in by a token of no site file."""
        told = settings_of(kind, self.home) if self.site.hospital.rehearsal else {}
        return Service(name=f"ingest-{kind}", argv=hispulse("ingest", kind), environment=told)

    def keep_real_time(self) -> None:
        """Forget the clock of an earlier rehearsal: from now on it is as late as it is."""
        (self.home / "clock.json").unlink(missing_ok=True)

    def start_rehearsal_database(self) -> None:
        """The PostgreSQL in which the rehearsal hospital keeps what its SQL feed reads."""
        port = self.database_port()
        argv = postgres.command(self.home / "postgres", port, capture.server_settings(self.site))
        self.supervisor.start(Service(name="postgres", argv=tuple(argv), port=port, is_store=True))
        postgres.create_views(port)
        capture.let_in(self.site, port)

    def make_keys(self) -> None:
        """The site key, the raw log's key pair and the warehouse's password, made once and kept."""
        keys = self.home / "keys"
        keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        password = keys / "warehouse-password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(24))
        if not all((keys / name).exists() for name in (KEY_FILE, PUBLIC_KEY_FILE)):
            self._once("keys", hispulse("keys", "create"))

    def stop(self) -> int:
        """Stop every process of the stack. Returns how many there were."""
        return self.supervisor.stop_all()

    def _once(self, name: str, argv: tuple[str, ...]) -> None:
        """Run a command to its end. Raises Unavailable with its last words."""
        self.supervisor.start(Service(name=name, argv=argv))
        code = self.supervisor.wait(name)
        if code != 0:
            raise Unavailable(f"{name} failed (exit {code}){self.supervisor.last_words(name)}")

    def _feeds(self) -> dict[str, _Feed]:
        return {name: self.site.section(f"feeds.{name}", _Feed) for name in self.site.names("feeds")}

    def _listeners(self) -> dict[str, int]:
        return {name: feed.port for name, feed in self._feeds().items() if feed.port}

    def database_port(self) -> int:
        """Where the rehearsal hospital's PostgreSQL listens: as the sql feed's dsn says. Raises Misconfigured."""
        dsns = [feed.dsn for feed in self._feeds().values() if feed.kind == "sql"]
        if not dsns:
            raise Misconfigured(f"{self.site.path}: a rehearsal needs a feed of kind sql whose dsn names a local port.")
        return int(conninfo_to_dict(dsns[0]).get("port") or 5432)


def keep_stack(site: Site, stop: threading.Event) -> None:
    """Start again what ends by itself, until told to stop; what was started again belongs to the stack still."""
    Keeper(Stack(site).supervisor).keep(stop)


def board_port(site: Site) -> int:
    """The board's port."""
    return site.section("board", BoardSettings).port


def dagster_port(site: Site) -> int:
    """The port of Dagster's web interface."""
    return site.section("dagster", DagsterSettings).port
