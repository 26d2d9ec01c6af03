"""Change capture without a database: the order of changes, a connector's configuration, the statements of a set-up."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.connect import Wanted, wanted
from ingest.bus import BusSettings
from ingest.cdc.configuration import connector_configuration
from ingest.cdc.kafka_client import client_settings, keep_bus_secrets
from ingest.cdc.order import Order
from ingest.cdc.page import page
from ingest.cdc.server import Server
from ingest.cdc.settings import settings_of, tables_of
from ingest.cdc.setup import statements
from ingest.clock import Clock
from ingest.errors import Malformed, Misconfigured
from ingest.feeds import Feed, open_feed
from ingest.interpret.changes import Origin, interpret_change
from ingest.interpret.source import source_of
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import Site, load_site


def places(*told: tuple[int, bool]) -> list[int]:
    """The places of changes at these positions of the log, read whole or not."""
    found, order = [], Order()
    for lsn, whole in told:
        order, place = order.place(Origin(lsn=lsn, snapshot="true" if whole else "false"))
        found.append(place)
    return found


def test_the_log_orders_changes_and_what_is_told_twice_has_one_place() -> None:
    assert places((100, False), (108, False), (100, False), (108, False)) == [100, 108, 100, 108]


def test_a_row_read_whole_comes_before_what_a_long_transaction_wrote_earlier() -> None:
    first, also, earlier, later = places((500, True), (500, True), (480, False), (520, False))
    assert first == also < earlier < later


def test_rows_read_anew_after_a_gap_come_after_all_that_was_told() -> None:
    before, anew, after = places((500, False), (900, True), (904, False))
    assert before < anew < after


def test_a_log_that_begins_anew_goes_on_where_the_old_one_ended() -> None:
    before, anew, after = places((900_000, False), (20, True), (28, False))
    assert before < anew < after


def test_the_files_of_mariadbs_log_follow_each_other() -> None:
    order, first = Order().place(Origin(file="changes.000009", pos=4_000_000_000))
    _, second = order.place(Origin(file="changes.000010", pos=4))
    assert first < second


def site(directory: Path, feed: str = "", table: str = "") -> Site:
    path = directory / "hospital.toml"
    path.write_text(
        f"""
[hospital]
facility_id = "H001"
zh = "测试医院"
en = "Test Hospital"
[feeds.queue-calls]
kind = "cdc"
source_system = "HIS"
dsn = "host=10.0.0.5 dbname=his user=reader"
{feed}
[[feeds.queue-calls.tables]]
table = "his.OUTPT_QUEUE"
view = "v_queue_call"
columns = {{ ticket_id = "ticket", action_at = "call_time" }}
values = {{ action = "CALL" }}
needs = ["call_time"]
{table}
""",
        "utf-8",
    )
    return load_site(str(path))


def feed(made: Site) -> Feed:
    return open_feed(made, "queue-calls", Clock(), Pseudonyms(SiteKey(b"k" * 32)))


def test_only_columns_that_are_mapped_leave_the_database(tmp_path: Path) -> None:
    told = connector_configuration(feed(site(tmp_path)), BusSettings())
    assert told["column.include.list"] == r"his\.OUTPT_QUEUE\.ticket,his\.OUTPT_QUEUE\.call_time"
    assert told["table.include.list"] == r"his\.OUTPT_QUEUE" and "database.password" not in told
    assert told["slot.name"] == "hispulse_queue_calls"


def test_the_password_is_named_and_not_written(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    told = connector_configuration(feed(site(tmp_path, f'password_file = "{tmp_path}/secret"')), BusSettings())
    assert told["database.password"].startswith("${dir:") and "hunter2" not in str(told)


def test_a_kafka_with_tls_and_passwords_is_reached_by_the_worker_and_by_debeziums_own_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HISPULSE_HOME", str(tmp_path))  # where the worker finds secrets
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).write_text(f"a {name}")
    (tmp_path / "password").write_text('hun"ter2\n')
    bus = BusSettings(
        bootstrap="kafka.his.local:9093", security="sasl_ssl", username="pulse", password_file=f"{tmp_path}/password",
        ca_file=f"{tmp_path}/ca.pem", cert_file=f"{tmp_path}/cert.pem", key_file=f"{tmp_path}/key.pem",
    )  # fmt: skip
    keep_bus_secrets(bus)
    laid = {path.name: path for path in (tmp_path / "connect-secrets").iterdir()}
    assert laid["bus-jaas"].read_text().endswith('username="pulse" password="hun\\"ter2";')
    assert laid["bus-keystore.pem"].read_text() == "a key.pem\na cert.pem"
    assert {path.stat().st_mode & 0o777 for path in laid.values()} == {0o600}
    clients = client_settings(bus)
    assert clients["security.protocol"] == "SASL_SSL" and clients["ssl.truststore.location"] == f"{tmp_path}/ca.pem"
    assert clients["sasl.jaas.config"] == f"${{dir:{tmp_path}/connect-secrets:bus-jaas}}"
    told = connector_configuration(feed(site(tmp_path, 'engine = "mariadb"')), bus)
    for side in ("producer", "consumer"):
        own = f"schema.history.internal.{side}."
        assert {name.removeprefix(own): value for name, value in told.items() if name.startswith(own)} == clients
    named = 'engine = "mariadb"\nconnect_bus_jaas = "${file:/etc/his.properties:jaas}"'
    elsewhere = connector_configuration(feed(site(tmp_path, named)), bus)
    assert elsewhere["schema.history.internal.producer.sasl.jaas.config"] == "${file:/etc/his.properties:jaas}"
    assert "ter2" not in str(told) + str(elsewhere)


def test_a_kafka_without_them_needs_nothing(tmp_path: Path) -> None:
    assert client_settings(BusSettings()) == {}
    with pytest.raises(Misconfigured, match="username and password_file"):
        keep_bus_secrets(BusSettings(security="sasl_plaintext"))


def test_mariadb_is_read_without_a_lock(tmp_path: Path) -> None:
    told = connector_configuration(feed(site(tmp_path, 'engine = "mariadb"')), BusSettings())
    assert told["snapshot.locking.mode"] == "none" and told["database.port"] == "3306"
    assert int(told["connect.keep.alive.interval.ms"]) <= 10_000, "by default a server that fell is missed for minutes"


def test_the_setup_names_what_has_capital_letters_in_quotes_and_grants_columns_only(tmp_path: Path) -> None:
    told = statements(feed(site(tmp_path)))
    assert 'grant select (ticket, call_time) on his."OUTPT_QUEUE" to reader;' in told
    assert 'alter table his."OUTPT_QUEUE" replica identity full;' in told


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ('[[feeds.queue-calls.tables]]\ntable = "his.x"\nview = "v_nothing"', "there is no view 'v_nothing'"),
        ('[[feeds.queue-calls.tables]]\ntable = "x"\nview = "v_visit"', "write it as schema.table"),
        ('[[feeds.queue-calls.tables]]\ntable = "his.x"\nview = "v_payment"', "put together by payment_id, bill_id"),
    ],
)
def test_a_mapping_that_cannot_be_is_one_sentence_with_its_line(tmp_path: Path, table: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=rf"line \d+, \[\[feeds\.queue-calls\.tables\]\] .*{reason}"):
        settings_of(feed(site(tmp_path, table=table)))


def test_a_worker_is_wanted_here_only_by_a_site_that_captures_changes_here(tmp_path: Path) -> None:
    assert wanted(load_site("demo")) is None
    assert wanted(site(tmp_path)) == Wanted(8083, ("postgresql",))
    assert wanted(site(tmp_path, 'connect_url = "http://connect.his.local:8083"')) is None
    elsewhere = """
[feeds.lab]
kind = "cdc"
engine = "mariadb"
connect_url = "http://connect.lab.local:8083"
"""
    both = site(tmp_path, table=elsewhere)
    assert wanted(both) == Wanted(8083, ("postgresql",)), "what others read needs no plug-in here"


def test_a_batch_leaves_out_what_only_says_that_capture_is_alive_and_keeps_what_is_unreadable(tmp_path: Path) -> None:
    opened = feed(site(tmp_path))
    change = b'{"schema":{},"payload":{"op":"c","source":{"schema":"his","table":"OUTPT_QUEUE","lsn":%d},"after":{}}}'
    tombstone, heartbeat = None, b'{"schema":{},"payload":{"ts_ms":1741000000000}}'
    values = [change % 16, tombstone, heartbeat, change % 24, change % 16, b'{"op": cut']
    told = page(values, Order(), tables_of(settings_of(opened)), Server(opened), 0)
    starts = [message.body.split(b",")[0] for message in told.messages]
    assert starts == [b'{"place":16', b'{"place":24', b'{"place":16', b'{"place":0'] and told.order.highest == 24
    assert told.messages[0].body == told.messages[2].body, "what is told twice is the same word for word"
    with pytest.raises(Malformed, match="not a change"):
        interpret_change(told.messages[3].body, {}, source_of(opened), 0)
