"""Counting with a HIS: what is asked on each engine, what counts as a gap, what is remembered of the rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from hispulse import app
from infra.local.doctor_sources import agreement, verdict
from ingest.clock import Clock
from ingest.databases.counting import COUNTED, Counting, Place, counting_of
from ingest.databases.lines import Line
from ingest.databases.reconcile import Check
from ingest.databases.reconciled import DayCount, ReconciledBook
from ingest.databases.statements import Column, Engine, Relation
from ingest.databases.told import Told
from ingest.errors import Misconfigured
from ingest.feeds import feed_settings, open_feed
from ingest.heartbeat import heartbeat
from ingest.intake import Outcome
from ingest.interpret.counts import Count, Counts, interpret_counts
from ingest.interpret.source import source_of
from ingest.interpret.view_columns import COLUMNS
from ingest.metrics import FeedCounts
from ingest.positions import Mark
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from warehouse.clock_offsets import ClockOffset

NOW = datetime(2026, 11, 20, 9, 30)  # noqa: DTZ001 - a hospital writes no zone
TYPES = {"src_pk": "varchar(20)", "row_ver": "bigint", "started_at": "datetime", "dept_code": "varchar(10)"}


def counting(engine: Engine = "mysql", **types: str) -> Counting:
    columns = {name: Column(name, kind) for name, kind in {**TYPES, **types}.items()}
    found = counting_of("v_visit", Relation(engine, "v_visit", columns), 480)
    assert found is not None
    return found


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    memory = Told(tmp_path / "his.told", b"k" * 32)
    yield memory
    memory.close()


def visit(key: str, at: str, version: str = "1", dept: str = "CARD") -> Line:
    return Line(version, key, {"src_pk": key, "row_ver": version, "started_at": at, "dept_code": dept}, ())


def check(told: Told) -> Check:
    return Check(counting(), told, None, every_s=300, days=2)


def test_every_view_is_counted_by_columns_that_it_has() -> None:
    assert set(COUNTED) == set(COLUMNS)
    for view, by in COUNTED.items():
        assert {*by.times, *([by.dept] if by.dept else [])} <= set(COLUMNS[view])


@pytest.mark.parametrize(
    ("engine", "kind", "asked"),
    [
        (
            "sqlserver",
            "datetime2(3)",
            "select substring(convert(varchar(19), v.[started_at], 120), 1, 13), v.[dept_code], count(*), "
            "sum(cast(substring(hashbytes('MD5', concat(v.[src_pk], '|', v.[row_ver])), 1, 4) as bigint)) "
            "from v_visit v where v.[started_at] >= convert(datetime2(3), ?, 121) "
            "and v.[started_at] < convert(datetime2(3), ?, 121) and v.[src_pk] is not null "
            "and v.[row_ver] >= convert(bigint, ?) "
            "group by substring(convert(varchar(19), v.[started_at], 120), 1, 13), v.[dept_code]",
        ),
        (
            "oracle",
            "timestamp with time zone",
            "select to_char(v.\"started_at\" at time zone '+08:00', 'YYYY-MM-DD HH24'), v.\"dept_code\", count(*), "
            'sum(ora_hash(v."src_pk" || \'|\' || v."row_ver")) from v_visit v '
            "where v.\"started_at\" >= to_timestamp_tz(:1, 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') "
            "and v.\"started_at\" < to_timestamp_tz(:2, 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM') "
            'and v."src_pk" is not null and v."row_ver" >= :3 '
            "group by to_char(v.\"started_at\" at time zone '+08:00', 'YYYY-MM-DD HH24'), v.\"dept_code\"",
        ),
    ],
)
def test_what_engines_without_a_server_here_are_asked(engine: Engine, kind: str, asked: str) -> None:
    statement = counting(engine, started_at=kind).totals(NOW, NOW, Mark("7", ""))
    assert statement.public == asked
    if engine == "oracle":
        assert statement.values[0] == "2026-11-20 09:30:00.000000000+08:00"


def test_a_view_whose_times_are_text_cannot_be_counted_by_the_database() -> None:
    columns = {"src_pk": Column("src_pk", "text"), "started_at": Column("started_at", "varchar(20)")}
    assert counting_of("v_visit", Relation("mysql", "v_visit", columns), 480) is None


def test_an_hour_is_the_hospitals_whatever_zone_a_column_says() -> None:
    zoned = counting("postgresql", started_at="timestamptz")
    assert zoned.place_of(visit("A", "2026-11-19 23:10:00+00")) == Place("2026-11-20 07", "CARD")
    assert counting().place_of(visit("A", "2026-11-20T07:10")) == Place("2026-11-20 07", "CARD")


def test_what_is_told_between_the_look_and_the_conclusion_was_only_on_its_way(told: Told) -> None:
    visits = check(told)
    visits.keep([visit("A", "2026-11-20 08:05")], NOW)
    visits.totals(NOW)
    assert visits.look([("2026-11-20 08", "CARD", 3, 77)], 1_000) == ["2026-11-20 08"]
    visits.compare([visit(key, "2026-11-20 08:05") for key in "ABC"])
    visits.compared(0.1, 1_000)
    visits.keep([visit("B", "2026-11-20 08:05")], NOW)  # polled meanwhile
    assert visits.missing() == ["C"]
    visits.keep([visit("C", "2026-11-20 08:05")], NOW)
    visits.pulled(["C"])
    visits.conclude()
    assert visits.standing() == [DayCount("2026-11-20", "CARD", rows=3)]
    assert visits.look([("2026-11-20 08", "CARD", 3, 77)], 2_000) == []  # nothing has changed: no key is read


def test_a_row_that_moved_to_another_hour_is_not_gone_and_one_that_was_deleted_is(told: Told) -> None:
    visits = check(told)
    visits.keep([visit("A", "2026-11-20 08:05"), visit("B", "2026-11-20 08:06")], NOW)
    visits.totals(NOW)
    for hour in visits.look([("2026-11-20 09", "CARD", 1, 5)], 1_000):
        visits.compare([visit("A", "2026-11-20 09:05")] if hour.endswith("09") else [])
    visits.compared(0.1, 1_000)
    visits.conclude()
    assert visits.standing() == [DayCount("2026-11-20", "CARD", rows=1, gone=1)]


def test_what_is_told_of_tomorrow_is_compared_tomorrow_and_not_pulled_again(told: Told) -> None:
    visits, tomorrow = check(told), NOW + timedelta(days=1)
    visits.keep([visit("A", "2026-11-21 08:05")], NOW)
    visits.totals(NOW)
    assert visits.look([], 1_000) == []
    visits.compared(0.1, 1_000)
    visits.conclude()
    visits.totals(tomorrow)
    assert visits.look([("2026-11-21 08", "CARD", 1, 5)], 2_000) == ["2026-11-21 08"]
    visits.compare([visit("A", "2026-11-21 08:05")])
    visits.compared(0.1, 2_000)
    assert visits.missing() == []


def test_what_the_view_marked_as_deleted_may_go(told: Told) -> None:
    visits = check(told)
    deleted = visit("A", "2026-11-20 08:05")
    visits.keep([deleted._replace(columns={**deleted.columns, "is_deleted": 1})], NOW)
    visits.totals(NOW)
    assert visits.look([], 1_000) == ["2026-11-20 08"]
    visits.compare([])
    visits.compared(0.1, 1_000)
    visits.conclude()
    assert visits.standing() == []


def test_a_look_that_was_broken_off_compares_nothing(told: Told) -> None:
    visits = check(told)
    visits.totals(NOW)
    visits.look([("2026-11-20 08", "CARD", 1, 5)], 1_000)
    assert not visits.is_in_doubt and visits.look([("2026-11-20 08", "CARD", 1, 5)], 2_000) == ["2026-11-20 08"]


def test_a_slow_database_is_counted_less_often(told: Told) -> None:
    visits = check(told)
    visits.totals(NOW)
    visits.look([], 0)
    visits.compared(30.0, 0)
    visits.conclude()
    assert not visits.is_due(1_499_999) and visits.is_due(1_500_000)  # 2 % of its time


def test_refused_rows_are_told_and_not_held(told: Told, tmp_path: Path) -> None:
    visits = check(told)
    visits.keep([visit("A", "2026-11-20 08:05")], NOW)
    visits.refuse(["A"])
    visits.totals(NOW)
    for _ in visits.look([("2026-11-20 08", "CARD", 1, 5)], 1_000):
        visits.compare([visit("A", "2026-11-20 08:05")])
    visits.compared(0.1, 1_000)
    assert visits.missing() == []
    visits.conclude()
    (count,) = visits.standing()
    assert (count.rows, count.held, count.why) == (1, 0, {"refused": 1})
    assert ReconciledBook("demo", "his", tmp_path).put("v_visit", [count], 0, 1_000) == [count]


def test_what_does_not_agree_is_shown_by_the_command_and_by_doctor(tmp_path: Path) -> None:
    site = load_site("demo")
    feed = next(name for name, settings in feed_settings(site).items() if settings.kind == "sql")
    book = ReconciledBook(site.name, feed, tmp_path / "reconciled")
    book.put("v_visit", [DayCount("2026-11-20", "CARD", rows=7)], 0, 1_000)
    assert agreement(site, tmp_path / "reconciled") == "1 views agree"
    told = CliRunner().invoke(app, ["ingest", "reconcile"], env={"HISPULSE_HOME": str(tmp_path)})
    assert (told.exit_code, "CARD" in told.output) == (0, True)

    book.put("v_visit", [DayCount("2026-11-20", "CARD", rows=7), DayCount("2026-11-20", "DERM", rows=9, gone=2)], 3, 2)
    with pytest.raises(Misconfigured, match="2 gone from the HIS"):
        agreement(site, tmp_path / "reconciled")
    told = CliRunner().invoke(app, ["ingest", "reconcile", "--residual"], env={"HISPULSE_HOME": str(tmp_path)})
    assert (told.exit_code, "CARD" in told.output, "DERM" in told.output) == (1, False, True)
    nobody = CliRunner().invoke(app, ["ingest", "reconcile"], env={"HISPULSE_HOME": str(tmp_path / "new")})
    assert nobody.exit_code == 2 and "has compared anything" in nobody.output


def test_doctor_names_the_clock_that_is_off() -> None:
    off = ClockOffset(first="HIS", second="QUEUE", at_least_s=82.0, at_most_s=113.0)
    with pytest.raises(Misconfigured, match=r"QUEUE \+82 ~ \+113 s ahead of HIS"):
        verdict([off])
    assert verdict([]) == "too few facts of today to tell"


def test_the_heartbeat_says_how_many_rows_do_not_agree() -> None:
    site = load_site("demo")
    pseudonyms = Pseudonyms(SiteKey(b"k" * 32))
    feed = open_feed(site, "ed", Clock(), pseudonyms)
    source, counts = source_of(feed), FeedCounts("ed")
    assert heartbeat(feed, 1_000, counts).residual is None
    long_ago = [(f"2026-10-{day}", {"gone": 5}) for day in range(10, 15)]  # what nobody compares any more
    of_late = [(f"2026-11-{day}", dict[str, int]()) for day in range(14, 19)]
    last = [("2026-11-19", {"gone": 1}), ("2026-11-20", {"refused": 2}), ("2026-11-20", {"refused": 1})]
    for day, why in (*long_ago, *of_late, *last):
        told = Counts("v_ed", day, [Count("", 9, 9 - sum(why.values()), why)])
        events = interpret_counts(msgspec.json.encode(told), source, 60_000, "ed")
        counts.settled(Outcome(events=tuple(events)))
    beat = heartbeat(feed, 61_000, counts)
    assert (beat.residual, beat.compared_at, beat.last_source_ts) == (2, 60_000, None)
