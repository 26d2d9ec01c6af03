"""What each engine is asked, word for word: tests/golden/statements/<engine>.sql is what a DBA may be shown.

SQL Server and Oracle are held by these texts alone; PostgreSQL and MariaDB are also asked (tests/integration).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from ingest.databases import rights, statements
from ingest.databases.statements import Column, Engine, Relation, Statement
from ingest.positions import Mark

ENGINES: tuple[Engine, ...] = get_args(Engine)
HERE = Path(__file__).parent / "statements"

# A view with a column of each type that is not simply read, as the engine's catalogue spells it.
COLUMNS: dict[Engine, dict[str, str]] = {
    "postgresql": {
        "src_pk": "bigint",
        "row_ver": "timestamp with time zone",
        "payment_id": "varchar(20)",
        "flag": "bool",
    },
    "mysql": {"src_pk": "bigint", "row_ver": "datetime", "payment_id": "text", "flag": "tinyint"},
    "sqlserver": {"src_pk": "varchar(20)", "row_ver": "timestamp", "payment_id": "nvarchar(20)", "paid_at": "datetime"},
    "oracle": {
        "SRC_PK": "varchar",
        "ROW_VER": "timestamp",
        "PAYMENT_ID": "varchar",
        "PAID_AT": "timestamp with time zone",
    },
}
MARKS: dict[Engine, Mark] = {
    "postgresql": Mark("2025-03-03 09:14:00.25+08", "41"),
    "mysql": Mark("2025-03-03 09:14:00", "41"),
    "sqlserver": Mark("8001", "K41"),
    "oracle": Mark("2025-03-03 09:14:00.250000000", "K41"),
}
QUERY = "select id as src_pk, name from calls where day >= {since} and room like 'A%'"


def relation(engine: Engine) -> Relation:
    source = statements.view_source(engine, {"postgresql": "clinic", "oracle": "HIS"}.get(engine, "his"), "v_payment")
    return Relation(engine, source, {name.lower(): Column(name, kind) for name, kind in COLUMNS[engine].items()})


def said(title: str, *told: Statement | str) -> str:
    lines = [f"-- {title}"]
    for each in told:
        statement = each if isinstance(each, Statement) else Statement(each)
        lines.append(f"{statement.text};")
        if statement.values:
            lines.append(f"--   {', '.join(repr(value) for value in statement.values)}")
    return "\n".join(lines) + "\n"


def page(engine: Engine) -> str:
    view = relation(engine)
    query = statements.query_source(engine, QUERY, date(2025, 3, 2))
    return "\n".join(
        [
            said("Every session is told first", *statements.session(engine, 30)),
            said("Can this account write?", rights.STATEMENT[engine]),
            said("What columns does a view have?", statements.probe(engine, view.source)),
            said("The first page", statements.page(view, None, 500)),
            said("The next page, and what is read anew", statements.page(view, MARKS[engine], 500)),
            said("Where a view ends, for one that begins there", statements.newest(view)),
            said("All rows of two payments", statements.standing(view, "payment_id", ["P1", "P2"])),
            said(
                "A vendor's own table without versions, bounded by days",
                statements.everything(view._replace(source=query), 20_001),
            ),
        ]
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_each_engine_is_asked_in_its_own_words(engine: Engine) -> None:
    assert page(engine) == (HERE / f"{engine}.sql").read_text("utf-8")


@pytest.mark.parametrize("engine", ENGINES)
def test_no_value_stands_in_what_people_are_shown(engine: Engine) -> None:
    mark = MARKS[engine]
    after = statements.page(relation(engine), mark, 500)
    assert mark.row_ver not in after.public and f"'{mark.src_pk}'" not in after.public
    assert len(after.values) == (0 if engine == "sqlserver" else 3)


def test_a_value_cannot_leave_its_quotes() -> None:
    asked = statements.standing(relation("sqlserver"), "payment_id", ["P'; drop table reg --", "P%s"])
    assert asked.text.endswith("in (convert(nvarchar(20), N'P''; drop table reg --'), convert(nvarchar(20), N'P%s'))")
    assert asked.public.endswith("in (convert(nvarchar(20), ?), convert(nvarchar(20), ?))")


@pytest.mark.parametrize(
    ("engine", "sign"), [("postgresql", "%%"), ("mysql", "%%"), ("sqlserver", "%"), ("oracle", "%")]
)
def test_a_percent_sign_of_the_sites_own_sql_is_no_place_of_a_value(engine: Engine, sign: str) -> None:
    source = statements.query_source(engine, "select 1 as src_pk from reg where name like '%sale'", date(2025, 3, 3))
    assert source == f"(select 1 as src_pk from reg where name like '{sign}sale')"


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_but_reading_is_ever_asked(engine: Engine) -> None:
    for line in page(engine).splitlines():
        verb = line.split(" ")[0].lower()
        assert verb not in ("insert", "update", "delete", "merge", "create", "drop", "truncate", "call", "exec", "lock")
