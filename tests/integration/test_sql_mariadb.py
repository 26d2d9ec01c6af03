"""A HIS on a real MariaDB: its values, its own tables, its overwritten rows, and an account that should not write."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.doctor import views_read
from infra.local.mariadb import READER, MariaDbProcess
from ingest.connectors import sql
from ingest.databases.statements import Statement
from ingest.errors import Misconfigured, Unavailable
from ingest.events.billing import BillPaid, BillRefunded
from ingest.events.envelope import Event, kind_of
from ingest.events.queue import QueueCalled, QueueJoined, QueueRecalled
from ingest.events.registration import RegistrationCreated
from ingest.positions import Positions
from tests.integration.sql_conversation import feed, heard, owner, tell

pytestmark = pytest.mark.services


def kinds(events: list[Event]) -> list[str]:
    return [kind_of(event) for event in events]


def test_values_as_a_his_writes_them(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    """DATETIME without a zone, text with 上午, flags as TINYINT and BIT, DECIMAL, a date of zeros, GBK columns."""
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_values character set gbk",
            "use his_values",
            "set sql_mode = ''",
            "create table reg (id int primary key, upd datetime, visit varchar(20), class varchar(10), born date, "
            "added tinyint(1), gone bit(1), fee decimal(12,2), reg_at datetime, checked varchar(20), stamp timestamp, "
            "day date, point varchar(20))",
            "insert into reg values (1, '2025-03-03 08:00:01', '门诊0001', 'O', '1950-01-01', 1, b'0', 12.50, "
            "'2025-03-03 08:00:00', '上午 8:40', '2025-03-03 08:45:00', '2025-03-03', 'clinic')",
            "insert into reg values (2, '2025-03-03 08:00:01', '门诊0002', 'O', null, 0, b'1', 0, "
            "'2025-03-03 08:01:00', null, '0000-00-00 00:00:00', '2025-03-03', 'clinic')",
            "create view v_register as select id as src_pk, upd as row_ver, gone as is_deleted, visit as visit_id, "
            "class as visit_class, born as birth_date, added as is_add, fee, reg_at as registered_at, "
            "day as visit_date, checked as checked_in_at, stamp as triaged_at, point as check_in_point, "
            "'心内科' as dept_code from reg",
            f"grant select on his_values.v_register to {READER}",
        )
    said = feed(tmp_path, mariadb, "his_values", '[codes.dept]\n"心内科" = "CARD"')
    events = heard(said, tmp_path, lambda events: len(events) >= 4)
    assert kinds(events) == ["registration.created", "patient.checked_in", "triage.completed", "registration.created"]
    registered, checked_in, triaged, deleted = events
    assert isinstance(registered, RegistrationCreated) and registered.is_add is True and deleted.op == "retract"
    assert (str(registered.fee_amount), registered.age_band) == ("12.50", "65-79")
    assert [(e.occurred_at - registered.occurred_at) // 60_000 for e in (checked_in, triaged)] == [40, 45]
    assert registered.occurred_at == 1_740_960_000_000 and registered.tz_defaulted  # 08:00 in the hospital's zone
    assert checked_in.occurred_precision == "minute" and registered.dept_code == "CARD"


def test_bytes_of_gbk_in_a_column_that_says_latin1(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    room = "珅一诊室".encode("gb18030")
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_bytes",
            "use his_bytes",
            "create table v_visit (src_pk int, row_ver bigint, visit_id varchar(10), started_at datetime, "
            "room_id varchar(20) character set latin1, consultation_seq int)",
            f"insert into v_visit values (1, 7, 'V1', '2025-03-03 09:14', x'{room.hex()}', 1)",
            f"insert into v_visit values (2, 8, 'V2', '2025-03-03 09:15', x'{room[:-1].hex()}', 1)",
            f"grant select on his_bytes.* to {READER}",
        )
    rooms = 'encoding = "gb18030"\n[codes.room_id]\n"珅一诊室" = "R1"'
    said = feed(tmp_path, mariadb, "his_bytes", rooms, charset="latin1")
    started, of_a_cut_name = heard(said, tmp_path, lambda events: len(events) >= 2)
    assert getattr(started, "room_id", "") == "R1"  # its second byte is a bar
    assert getattr(of_a_cut_name, "room_id", "") is None and "unmapped:room_id" in of_a_cut_name.quality_flags


OWN_TABLES = """
[hospital.numbers]
visit = "daily"

[feeds.his.queries.v_payment]
sql = '''
select concat('S', settle_id) as src_pk, greatest(crte_time, coalesce(upd_time, crte_time)) as row_ver,
       cast(settle_id as char) as payment_id, bill_no as bill_id, visit_no as visit_id, visit_day as visit_date,
       'wechat' as channel, money as amount, crte_time as paid_at, old_settle_id as reversed_of
from outpt_settle where status_code in (0, 1, 2) and remark not like '%test%'
'''
"""


def test_a_vendors_own_tables_with_mirror_rows_and_numbers_that_start_anew_each_day(
    mariadb: MariaDbProcess, tmp_path: Path
) -> None:
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_own",
            "use his_own",
            "create table outpt_settle (settle_id int primary key, bill_no varchar(20), visit_no int, visit_day date, "
            "money decimal(14,4), status_code int, old_settle_id int, crte_time datetime(3), upd_time datetime(3), "
            "remark varchar(50) default '')",
            "insert into outpt_settle values (1, 'B1', 17, '2025-03-03', 90, 1, null, '2025-03-03 10:58', null, '')",
            "insert into outpt_settle values (2, 'B1', 17, '2025-03-03', -90, 2, 1, '2025-03-03 11:30', null, '')",
            "insert into outpt_settle values (3, 'B7', 17, '2025-03-04', 20, 0, null, '2025-03-04 09:00', null, '')",
            "insert into outpt_settle values (4, 'B8', 18, '2025-03-04', 1, 0, null, '2025-03-04 09:00', null, 'test')",
            f"grant select on his_own.* to {READER}",
        )
    events = heard(feed(tmp_path, mariadb, "his_own", OWN_TABLES), tmp_path, lambda events: len(events) >= 3)
    paid, refunded, next_day = events
    assert isinstance(paid, BillPaid) and isinstance(refunded, BillRefunded) and isinstance(next_day, BillPaid)
    assert (refunded.payment_id, str(refunded.amount)) == (paid.payment_id, "90.0000")
    assert paid.visit_id == refunded.visit_id != next_day.visit_id  # number 17 of another day is another visit


OVERWRITTEN = """
[feeds.his.queries.v_queue_ticket]
mode = "snapshot"
every_s = 0.05
vanished = "{vanished}"
sql = '''
select id as src_pk, concat('T', id) as ticket_id, triage_no as ticket_no, 'CARD' as queue_id,
       'clinic' as service_point_type, crte_time as joined_at, call_time as called_at, call_number as call_count,
       loss_time as missed_at, sort_no, room as window_id
from outpt_triage_visit where crte_time >= {{since}}
'''
"""


def test_a_queue_whose_rows_are_overwritten(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_queue",
            "use his_queue",
            "create table outpt_triage_visit (id int primary key, triage_no varchar(10), sort_no int, "
            "crte_time datetime, call_time datetime, call_number int default 0, loss_time datetime, room varchar(10))",
            f"grant select on his_queue.* to {READER}",
            "insert into outpt_triage_visit values (1, 'A1', 1, now() - interval 30 minute, null, 0, null, '3')",
            "insert into outpt_triage_visit values (2, 'A2', 2, now() - interval 20 minute, "
            "now() - interval 9 minute, 2, null, '3')",
            "insert into outpt_triage_visit values (3, 'A3', 3, now() - interval 40 day, null, 0, null, '3')",
        )
        said = feed(tmp_path, mariadb, "his_queue", OVERWRITTEN.format(vanished="retract"))
        first = heard(said, tmp_path, lambda events: len(events) >= 3)
        call = "update outpt_triage_visit set call_number = call_number + 1, call_time = now() - interval {} minute"
        tell(his, f"{call.format(8)} where id = 1")  # while nobody looks
        second = heard(said, tmp_path, lambda events: len(events) >= 2)

        steps = [
            ("queue.joined", f"{call.format(7)} where id = 1"),
            ("queue.recalled", "update outpt_triage_visit set loss_time = now() - interval 6 minute where id = 1"),
            ("queue.missed", "update outpt_triage_visit set loss_time = null, sort_no = 9 where id = 1"),
            ("queue.requeued", "delete from outpt_triage_visit where id = 2"),
        ]
        tell(his, steps.pop(0)[1])

        def goes_on(events: list[Event]) -> bool:
            """The next thing happens when the one before has been heard."""
            if steps and steps[0][0] in kinds(events):
                tell(his, steps.pop(0)[1])
            return bool(_retracted(events))

        third = heard(said, tmp_path, goes_on)
    assert kinds(first) == ["queue.joined", "queue.joined", "queue.recalled"]  # the row of last month is not read
    assert "first_call_unknown" in first[2].quality_flags and isinstance(first[2], QueueRecalled)
    assert kinds(second) == ["queue.joined", "queue.called"] and isinstance(second[1], QueueCalled)
    assert isinstance(second[0], QueueJoined) and second[0].revision > first[0].revision
    recalled = [event for event in third if isinstance(event, QueueRecalled) and event.op == "assert"]
    assert {event.call_seq for event in recalled} == {2}
    assert all("first_call_unknown" not in event.quality_flags for event in recalled)
    gone = [event for event in _retracted(third) if isinstance(event, QueueJoined)]
    assert [event.ticket_id for event in gone] == [first[2].ticket_id]


def _retracted(events: list[Event]) -> list[Event]:
    return [event for event in events if event.op == "retract"]


def test_a_table_that_is_not_bounded_is_refused(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_wide",
            "use his_wide",
            "create table v_visit (src_pk int primary key, visit_id varchar(10), started_at datetime)",
            "insert into v_visit select seq, seq, '2025-03-03 09:00' from seq_1_to_30",
            f"grant select on his_wide.* to {READER}",
        )
    said = feed(tmp_path, mariadb, "his_wide", '[feeds.his.queries.v_visit]\nmode = "snapshot"\nmax_rows = 20')
    with pytest.raises(Misconfigured, match="more than max_rows = 20"):
        heard(said, tmp_path, lambda events: False)


def test_an_account_that_could_write_is_refused_or_loudly_taken(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    with owner(mariadb) as his:
        tell(
            his,
            "create or replace database his_rights",
            "use his_rights",
            "create table v_visit (src_pk int, row_ver int, visit_id varchar(10), started_at datetime)",
            "insert into v_visit values (1, 1, 'V1', '2025-03-03 09:00')",
            "create or replace user careless identified by 'readonly'",
            "grant select, insert on his_rights.* to careless",
        )
    strict = feed(tmp_path, mariadb, "his_rights", user="careless")
    with pytest.raises(Misconfigured, match=r"could write to the HIS \(INSERT on `his_rights`\.\*\)"):
        heard(strict, tmp_path, lambda events: False)
    with pytest.raises(Misconfigured, match="could write to the HIS"):
        views_read(strict)
    warned = feed(tmp_path, mariadb, "his_rights", 'writable_account = "warn"', user="careless")
    assert views_read(warned) == ["v_visit"]
    assert heard(warned, tmp_path, lambda events: len(events) >= 1)
    reader = sql.SqlReader(warned, Positions("x", "his", tmp_path), tmp_path)
    reader.database.open()
    with pytest.raises((Misconfigured, Unavailable), match="1792"):  # cannot execute in a read-only transaction
        reader.database.rows("scratch", Statement("insert into v_visit values (2, 2, 'V2', null)"))
    assert reader.database.book.figures.rights == ["INSERT on `his_rights`.*"]


def test_a_statement_that_takes_too_long_is_ended_and_the_database_given_a_rest(
    mariadb: MariaDbProcess, tmp_path: Path
) -> None:
    with owner(mariadb) as his:
        tell(his, "create or replace database his_slow", f"grant select on his_slow.* to {READER}")
    said = feed(tmp_path, mariadb, "his_slow", "statement_timeout_s = 2\nrest_after_failures = 2\nrest_s = 3600")
    reader = sql.SqlReader(said, Positions("x", "his", tmp_path), tmp_path)
    for _ in range(2):
        reader.database.open()
        with pytest.raises(Unavailable, match="took too long and was ended"):
            reader.database.rows("slow", Statement("select sleep(60)"))
    with pytest.raises(Unavailable, match="left alone for a while"):
        reader.database.open()  # nothing is asked: it does not even connect
    figures = reader.database.book.figures
    assert (figures.too_long, figures.rests) == (2, 1)


def test_a_server_that_is_not_there_is_asked_again_and_again(mariadb: MariaDbProcess, tmp_path: Path) -> None:
    reader = sql.SqlReader(feed(tmp_path, mariadb, "his_away", port="1"), Positions("x", "his", tmp_path), tmp_path)
    for _ in range(5):
        with pytest.raises(Unavailable, match=r"does not answer \(OperationalError 2003\)"):
            reader.database.open()
    assert reader.database.book.figures.rests == 0
