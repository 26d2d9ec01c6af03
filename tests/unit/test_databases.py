"""How gently a HIS database is asked: budget, breaker, rights; and what of its rows is new."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingest.clock import Clock
from ingest.databases import drivers
from ingest.databases.budget import Breaker, Budget, are_hours, is_within
from ingest.databases.lines import AGAIN, Line, Reader, bodies
from ingest.databases.load import Figures, Limits, LoadBook, Minute
from ingest.databases.load_page import page
from ingest.databases.load_report import facts, quarters_of, since_begun, total_of
from ingest.databases.plan import Table
from ingest.databases.rights import harmful
from ingest.databases.settings import Query
from ingest.databases.snapshot import Known, Memory, compared
from ingest.databases.statements import Column, Engine, Relation
from ingest.databases.view import Rhythm, Start, View
from ingest.feeds import open_feed
from ingest.positions import Mark
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site

KEY = b"k" * 32
COLUMNS = {"src_pk": Column("src_pk", "int"), "row_ver": Column("row_ver", "datetime"), "n": Column("n", "int")}
RHYTHM = Rhythm(overlap_s=60, overlap_every_s=10, recheck_overlap_s=3600, recheck_every_s=600)


def view(start: Start | None = None) -> View:
    return View("v_visit", Relation("mysql", "v_visit", COLUMNS), start or Start(), RHYTHM, 0)


def line(key: int, version: str, n: int = 0) -> Line:
    return Line(version, str(key), {"src_pk": key, "row_ver": version, "n": n}, ())


def test_a_budget_counts_the_last_minute() -> None:
    budget = Budget(rows=1000, seconds=10)
    budget.spend(0, 600, 1)
    assert (budget.rows_left(1_000), budget.wait_ms(1_000, 500)) == (400, 59_000)
    assert budget.wait_ms(1_000, 400) == 0
    assert (budget.rows_left(60_000), budget.wait_ms(60_000, 500)) == (1000, 0)


def test_a_budget_counts_seconds_too_and_is_smaller_at_busy_hours() -> None:
    budget = Budget(rows=1000, seconds=10)
    budget.spend(0, 100, 4)
    budget.spend(30_000, 100, 3)
    assert budget.wait_ms(31_000, 100) == 0
    assert budget.rows_left(31_000, share=0.5) == 0
    assert budget.wait_ms(31_000, 100, share=0.5) == 29_000  # until the first is a minute ago


def test_more_than_the_budget_is_asked_for_in_parts() -> None:
    budget = Budget(rows=100, seconds=10)
    budget.spend(0, 100, 0.1)
    assert budget.wait_ms(1_000, 5_000) == 59_000 and budget.wait_ms(60_000, 5_000) == 0


def test_a_database_that_fails_three_times_in_a_row_is_left_alone_each_time_longer() -> None:
    breaker = Breaker(failures=3, rest_s=60)
    for at in (0, 1_000):
        breaker.went_badly(at)
    breaker.went_well()
    for at in (2_000, 3_000, 4_000):
        assert breaker.state(at) == "closed"
        breaker.went_badly(at)
    assert (breaker.state(5_000), breaker.rest_s(5_000)) == ("open", 59.0)
    assert breaker.state(64_000) == "half-open"
    breaker.went_badly(64_000)
    assert (breaker.state(100_000), breaker.rest_s(64_000), breaker.opened) == ("open", 120.0, 2)
    breaker.went_well()
    assert breaker.state(100_000) == "closed"


def test_busy_hours_may_cross_midnight() -> None:
    hours = ("08:00-11:30", "22:00-06:00")
    inside = [is_within(minute, hours) for minute in (479, 480, 689, 690, 1320, 1439, 0, 359, 360)]
    assert inside == [False, True, True, False, True, True, True, True, False]
    assert are_hours("08:00-11:30") and not any(map(are_hours, ("8-11", "08:00", "08:61-09:00", "")))
    assert not any(map(are_hours, ("8:000-9:000", "²²:00-23:00", "24:30-25:00"))) and are_hours("22:00-24:00")


GRANTS = [
    ("GRANT USAGE ON *.* TO `r`@`%` IDENTIFIED BY PASSWORD '*9'",),
    ("GRANT SELECT, SHOW VIEW ON `his`.* TO `r`@`%`",),
]


@pytest.mark.parametrize(
    ("engine", "rows", "found"),
    [
        ("mysql", GRANTS, []),
        ("mysql", [("GRANT SELECT, INSERT (`a`, `b`) ON `his`.`t` TO `r`@`%`",)], ["INSERT on `his`.`t`"]),
        ("mysql", [("GRANT ALL PRIVILEGES ON *.* TO `r`@`%`",)], ["ALL PRIVILEGES on *.*"]),
        ("mysql", [("GRANT SELECT ON `his`.* TO `r`@`%` WITH GRANT OPTION",)], ["grant option on `his`.*"]),
        ("mysql", [("GRANT `clerk` TO `r`@`%`",)], ["role `clerk`"]),
        ("mysql", [("GRANT SELECT, INSERT ON `test`.* TO PUBLIC",), ("GRANT DROP ON `test\\\\_%`.* TO PUBLIC",)], []),
        ("mysql", [("GRANT INSERT ON `test`.* TO `r`@`%`",)], ["INSERT on `test`.*"]),
        ("mysql", [("GRANT INSERT ON `testing`.* TO PUBLIC",)], ["INSERT on `testing`.*"]),
        ("mysql", [("GRANT EXECUTE ON PROCEDURE `his`.`p` TO `r`@`%`",)], ["EXECUTE on PROCEDURE `his`.`p`"]),
        ("postgresql", [], []),
        ("postgresql", [("superuser",), ("insert on his.reg",)], ["insert on his.reg", "superuser"]),
        ("sqlserver", [("CONNECT",), ("SELECT",), ("VIEW DEFINITION",), ("SELECT on v_visit",)], []),
        ("sqlserver", [("UPDATE on reg",), ("EXECUTE",)], ["EXECUTE", "UPDATE on reg"]),
        ("oracle", [("CREATE SESSION",), ("SELECT on HIS.V_VISIT",)], []),
        ("oracle", [("CREATE SESSION",), ("DELETE ANY TABLE",)], ["DELETE ANY TABLE"]),
    ],
)
def test_what_an_account_could_change(engine: Engine, rows: list[tuple[str]], found: list[str]) -> None:
    assert harmful(engine, rows) == found


def test_what_is_told_is_told_once_and_what_changes_within_its_second_again() -> None:
    visits = view()
    rows = [line(1, "2025-03-03 09:00:00"), line(2, "2025-03-03 09:00:00")]
    first = visits.fresh(rows)
    assert len(first) == 2
    visits.told(first)
    assert visits.fresh(rows) == []
    (changed,) = visits.fresh([line(1, "2025-03-03 09:00:00", n=7), rows[1]])
    assert changed.columns[AGAIN] == int(str(first[0].columns[AGAIN])) + 1
    visits.told([changed])
    (back,) = visits.fresh([rows[0]])  # as it was at first, and told nevertheless
    assert int(str(back.columns[AGAIN])) > int(str(changed.columns[AGAIN]))


def test_what_lies_before_the_overlap_is_not_read_again_and_what_lies_before_the_recheck_never() -> None:
    visits = view()
    a, b, c = (Mark(f"2025-03-03 09:00:0{n}", "1") for n in range(3))
    assert visits.next_poll(0) == ("new", None)
    visits.reached("new", a, 0)
    visits.polled("new", set(), a, 0)
    assert visits.next_poll(9_999) == ("new", a) and visits.next_poll(10_000) == ("overlap", None)
    visits.polled("overlap", set(), b, 10_000)
    visits.polled("new", set(), c, 61_000)
    assert visits.bound == a and visits.next_poll(61_000) == ("overlap", a)
    assert visits.next_poll(600_000) == ("recheck", None) and not visits.is_late("overlap")
    visits.polled("recheck", set(), c, 3_601_000)
    assert visits.recheck_bound == a and visits.bound == c


def test_after_a_restart_what_only_a_long_transaction_could_hide_is_read_from_where_the_other_process_stood() -> None:
    near, far = Mark("8", "1"), Mark("5", "1")
    visits = view(Start(near, far))
    visits.polled("new", set(), near, 0)
    assert visits.next_poll(0) == ("new", near) and visits.next_poll(600_000) == ("recheck", far)
    assert not visits.is_late("recheck")  # nobody knows yet what of it was told
    visits.polled("recheck", set(), near, 600_000)
    assert visits.is_late("recheck")


def test_rows_of_one_fact_are_one_message() -> None:
    first, second = (line(n, "5")._replace(shared=("P1", "B1")) for n in (1, 2))
    other = line(3, "5")._replace(shared=("P2", "B2"))
    (body,) = bodies("v_payment", True, [second], [first, other, second])
    assert body.count(b'"src_pk"') == 2 and body.startswith(b'{"view":"v_payment"')


def test_values_of_drivers_become_json() -> None:
    kinds = {"src_pk": "numeric", "row_ver": "bigint", "refs": "text[]", "raw": "bytea"}
    reader = Reader(Relation("postgresql", "v", {name: Column(name, kind) for name, kind in kinds.items()}), ())
    (read,) = reader.lines([(Decimal("1E+2"), 7, ["R1", "R2"], b"\x01\xff")])
    assert (read.src_pk, read.row_ver, read.columns["refs"], read.columns["raw"]) == ("100", "7", "R1,R2", "01ff")


def test_rows_without_versions_get_ours_which_only_grow(tmp_path: Path) -> None:
    said = [Line("", str(n), {"src_pk": n, "calls": 0}, ()) for n in (1, 2)]
    first = compared({}, said, 1_000, "retract")
    assert [(c.line.row_ver, c.before) for c in first] == [("1000", None)] * 2
    memory = Memory(tmp_path / "rows", KEY)
    memory.keep([c.known for c in first if c.known], [])
    memory.close()
    known = Memory(tmp_path / "rows", KEY).load()  # another process
    assert compared(known, said, 2_000, "retract") == []
    called = Line("", "1", {"src_pk": 1, "calls": 1}, ())
    change, gone = compared(known, [called], 500, "retract")  # by a clock that went back
    assert (change.line.row_ver, change.before) == ("1001", {"src_pk": 1, "calls": 0})
    assert gone.line.columns["is_deleted"] == 1 and gone.known is None
    assert [each.line.src_pk for each in compared(known, [called], 500, "ignore")] == ["1"]


def test_a_look_that_was_broken_off_when_the_day_changed_takes_nothing_back(tmp_path: Path) -> None:
    feed = open_feed(load_site("demo"), "ed", Clock(), Pseudonyms(SiteKey(KEY)))
    calls = Relation("mysql", "calls", {"src_pk": Column("src_pk", "int")})
    memory = Memory(tmp_path / "rows", KEY)
    table = Table("v_visit", feed, Query(mode="snapshot", days=1, vanished="retract"), calls, memory)
    evening, morning = (round(datetime(2025, 3, day, 12, tzinfo=UTC).timestamp() * 1000) for day in (3, 4))
    yesterdays = [Line("", "1", {"src_pk": 1}, ())]
    table.statement(evening)
    table.told(table.changes(yesterdays, evening))
    table.looked(yesterdays, evening)
    table.statement(morning)  # the database is away; then it is asked again
    table.statement(morning)
    assert table.changes([], morning) == []
    table.looked([], morning)
    table.told(table.changes(yesterdays, morning))
    table.statement(morning)
    (gone,) = table.changes([], morning)
    assert gone.line.columns["is_deleted"] == 1
    memory.close()


def test_what_is_remembered_of_rows_is_sealed(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "rows", KEY)
    memory.keep([Known("ZHANG-SAN", 1, {"name": "ZHANG-SAN"})], [])
    memory.close()
    assert all(b"ZHANG" not in path.read_bytes() for path in tmp_path.iterdir())
    assert Memory(tmp_path / "rows", b"x" * 32).load() == {}


def test_a_dsn_is_words() -> None:
    assert drivers.words_of("host=10.0.0.5 dbname='his 1' user=r") == {
        "host": "10.0.0.5",
        "dbname": "his 1",
        "user": "r",
    }
    with pytest.raises(ValueError):
        drivers.words_of("10.0.0.5")


def test_the_load_is_told_by_minute_and_by_query(tmp_path: Path) -> None:
    limits = Limits(rows_per_minute=100, seconds_per_minute=2, statement_timeout_s=30)
    figures = Figures(feed="his", engine="mysql", source_system="HIS^X", limits=limits, began_at=0)
    book = LoadBook(figures, tmp_path / "his.json")
    for minute in range(60):
        book.asked("v_visit", "select 'a<b'", 10, 0.5, minute * 60_000)
        book.asked("v_visit", "select 'a<b'", 10, 0.25, minute * 60_000 + 30_000)
    book.failed("too_long", 59 * 60_000, 1)
    book.account(["INSERT on x"], ["set nocount on"])
    book.write(60 * 60_000, at_once=True)
    total = total_of(figures)
    assert (total.minutes, total.statements, total.rows, total.seconds, total.longest_s) == (60, 120, 1200, 45.0, 0.5)
    assert quarters_of(figures)[-5:] == [0.75, 0.75, 0.75, 0.75, 0.0]
    of_the_day = facts(figures, ZoneInfo("Asia/Shanghai"))
    assert not any("超时" in each.zh for each in of_the_day)  # what is counted since the process began stands apart
    assert [each.value for each in since_begun(figures) if "超时" in each.zh] == ["1"]
    told = page("市立医院", [figures], 60 * 60_000, ZoneInfo("Asia/Shanghai"))
    assert "账号可以写入" in told and "INSERT on x" in told and "a&lt;b" in told and "src=" not in told
    assert isinstance(figures.minutes[0], Minute) and len(figures.minutes) == 60
