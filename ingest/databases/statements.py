"""The SQL that a HIS is asked, for each engine: a handful of statements that its administrator can read. Pure.

What is read is a view of the database, or what a site file says in SQL; both are called `v`. Versions and keys are
compared as the engine's own types, never as text, and a page goes on behind the last row of the one before:
`row_ver >= x and (row_ver > x or src_pk > y)` walks an index of `row_ver` on all four engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from ingest.positions import Mark

Engine = Literal["postgresql", "mysql", "sqlserver", "oracle"]

LOCK_TIMEOUT_S = 5
_DATE, _TIME = "YYYY-MM-DD", "YYYY-MM-DD HH24:MI:SS"
_FINE = f"{_TIME}.FF9"
MARKED: tuple[Engine, ...] = ("postgresql", "mysql")  # whose drivers look for %s, and read %% as a percent sign
_BEYOND_PYTHON = ("date", "time", "timetz")  # may be "infinity" or 24:00, as every timestamp: no driver's value is
_WHOLE = ("int", "bigint", "smallint", "tinyint", "mediumint", "year")


class Statement(NamedTuple):
    """A statement with its values, as the engine's driver takes them."""

    text: str
    values: tuple[object, ...] = ()
    shown: str = ""  # to people, where values stand in the text

    @property
    def public(self) -> str:
        """The text without any value."""
        return self.shown or self.text.replace("%%", "%")


class Column(NamedTuple):
    """A column as the database spells it, and its type as the engine names it, in lower case."""

    name: str
    type: str

    @property
    def base(self) -> str:
        """The type without its measures: varchar of varchar(20)."""
        return self.type.partition("(")[0].strip()


class Relation(NamedTuple):
    """What is read: where it comes from and its columns, by their names in lower case."""

    engine: Engine
    source: str
    columns: Mapping[str, Column]


def session(engine: Engine, timeout_s: float, offset: str = "+08:00") -> list[str]:
    """What a session is told first: it cannot write, waits for no lock for long, and ends what takes too long.

    `offset` is the hospital's, for the columns of MySQL that know an instant and say it in the session's zone.
    """
    lock_ms, timeout_ms = LOCK_TIMEOUT_S * 1000, int(timeout_s * 1000)
    if engine == "postgresql":
        return [
            "set default_transaction_read_only = on",
            "set datestyle = 'ISO, YMD'",
            f"set statement_timeout = {timeout_ms}",
            f"set lock_timeout = {lock_ms}",
        ]
    if engine == "mysql":  # the timeout has one name in MariaDB and another in MySQL: each reads its own comment
        return [
            "set session transaction isolation level read committed",
            "set session transaction read only",
            f"set session time_zone = '{offset}', lock_wait_timeout = {LOCK_TIMEOUT_S} "
            f"/*M!100101 , max_statement_time = {timeout_s:g} */ /*!50708 , max_execution_time = {timeout_ms} */",
        ]
    if engine == "sqlserver":  # the driver ends what takes too long, and asks for a read-only replica
        return [
            "set nocount on",
            "set deadlock_priority low",
            f"set lock_timeout {lock_ms}",
            "set transaction isolation level read committed",
        ]
    return ["alter session set nls_numeric_characters = '.,'"]  # the driver ends what takes too long


def before(engine: Engine) -> str:
    """What precedes every statement; Oracle knows read-only transactions, but not sessions."""
    return "set transaction read only" if engine == "oracle" else ""


def view_source(engine: Engine, schema: str, view: str) -> str:
    """A view of a schema, as it is spelt in the catalogue."""
    return f"{_quoted(engine, schema)}.{_quoted(engine, view)}" if schema else _quoted(engine, view)


def query_source(engine: Engine, query: str, since: date) -> str:
    """What a site file says in SQL; `{since}` in it is a day."""
    day = {"sqlserver": f"'{since:%Y%m%d}'"}.get(engine, f"date '{since.isoformat()}'")
    text = query.strip().replace("{since}", day)
    return f"({text.replace('%', '%%') if engine in MARKED else text})"


def probe(engine: Engine, source: str) -> Statement:
    """No row, but the columns; on SQL Server the rows of the answer are the columns and their types."""
    nothing = f"select * from {source} v where 1 = 0"
    if engine == "sqlserver":
        asked = "select name, system_type_name from sys.dm_exec_describe_first_result_set(%s, null, 0)"
        return Statement(asked, (nothing,))
    return Statement(nothing)


def page(relation: Relation, after: Mark | None, limit: int) -> Statement:
    """The next rows in order of version and key."""
    version, key = f"v.{spelt(relation, 'row_ver')}", f"v.{spelt(relation, 'src_pk')}"
    where, values = f" where {version} is not null and {key} is not null", list[object]()
    if after is not None:
        at, read_at = bound(relation, "row_ver")
        last, read_last = bound(relation, "src_pk")
        where += f" and {version} >= {at} and ({version} > {at} or {key} > {last})"
        values = [read_at(after.row_ver), read_at(after.row_ver), read_last(after.src_pk)]
    return select(relation, f"{where} order by {version}, {key}", values, limit)


def newest(relation: Relation) -> Statement:
    """The row with the greatest version."""
    version, key = f"v.{spelt(relation, 'row_ver')}", f"v.{spelt(relation, 'src_pk')}"
    return select(
        relation, f" where {version} is not null and {key} is not null order by {version} desc, {key} desc", [], 1
    )


def standing(relation: Relation, column: str, values: Sequence[str]) -> Statement:
    """The rows whose column has one of these values."""
    placed, read = bound(relation, column)
    where = f" where v.{spelt(relation, column)} in ({', '.join(placed for _ in values)})"
    return select(relation, where, [read(value) for value in values], None)


def everything(relation: Relation, limit: int) -> Statement:
    """All rows of what is bounded by itself."""
    return select(relation, f" where v.{spelt(relation, 'src_pk')} is not null", [], limit)


def select(relation: Relation, rest: str, values: Sequence[object], limit: int | None, columns: str = "") -> Statement:
    """A select of all columns, or of these expressions, with its values in the engine's own places."""
    engine = relation.engine
    columns = columns or ", ".join(read_as(engine, column) for column in relation.columns.values())
    top = f"top ({limit}) " if engine == "sqlserver" and limit is not None else ""
    text = f"select {top}{columns} from {relation.source} v{rest}"
    if limit is not None and engine in ("postgresql", "mysql"):
        text += f" limit {limit}"
    if limit is not None and engine == "oracle":  # as its versions before 12 know it too
        text = f"select * from ({text}) where rownum <= {limit}"
    if engine == "sqlserver":  # its driver would take a %s or %d of the site's own SQL for the place of a value
        whole = text
        for value in values:
            whole = whole.replace(PLACE, _literal(value), 1)
        return Statement(whole, shown=text.replace(PLACE, "?"))
    for number in range(1, len(values) + 1):
        text = text.replace(PLACE, f":{number}" if engine == "oracle" else "%s", 1)
    return Statement(text, tuple(values))


def _literal(value: object) -> str:
    """A value in the text of SQL Server, whose only sign that ends a text is the quote."""
    if isinstance(value, int):
        return str(value)
    safe = str(value).replace("'", "''").replace(PLACE, "")
    return f"N'{safe}'"


PLACE = "\x00"  # of a value, until the driver's own mark is known


def read_as(engine: Engine, column: Column) -> str:
    """A column in the list of a select: what a driver would blur is told as text."""
    name, base = f"v.{_quoted(engine, column.name)}", column.base
    if engine == "postgresql" and (base in _BEYOND_PYTHON or base.startswith("timestamp")):
        return f"{name}::text"
    if engine == "sqlserver":
        if base in ("timestamp", "rowversion"):
            name = f"convert(bigint, {name})"
        elif base == "datetimeoffset":
            name = f"convert(varchar(34), {name}, 127)"
        elif base in ("datetime", "datetime2", "smalldatetime"):
            name = f"convert(varchar(27), {name}, 121)"
    if engine == "oracle" and (base == "date" or base.startswith("timestamp")):
        name = f"to_char({name}, '{_oracle_format(base)}')"
    plain = f"v.{_quoted(engine, column.name)}"
    return name if name == plain else f"{name} as {_quoted(engine, column.name)}"


def bound(relation: Relation, column: str) -> tuple[str, Callable[[str], object]]:
    """A value of a column's own type: how it stands in the text, and how it is read from a mark."""
    engine, (_, kind) = relation.engine, relation.columns[column]
    base = relation.columns[column].base
    if engine == "postgresql":
        return f"cast({PLACE} as {kind})", str
    if engine == "mysql":
        if base in _WHOLE:
            return PLACE, int
        if base in ("date", "datetime", "timestamp"):
            return f"cast({PLACE} as datetime(6))", str
        return PLACE, Decimal if base == "decimal" else str
    if engine == "sqlserver":
        if base in ("timestamp", "rowversion"):
            return f"cast(cast({PLACE} as bigint) as binary(8))", int
        style = {"datetimeoffset": ", 127"}.get(base, ", 121" if base.endswith(("datetime", "datetime2")) else "")
        return f"convert({kind}, {PLACE}{style})", str
    if base == "date" or base.startswith("timestamp"):
        zoned = "_tz" if "time zone" in kind else ""
        read = "to_date" if base == "date" else f"to_timestamp{zoned}"
        return f"{read}({PLACE}, '{_oracle_format(kind)}')", str
    return PLACE, Decimal if base == "number" else str


def _oracle_format(kind: str) -> str:
    if kind == "date":
        return _TIME
    return f"{_FINE}TZH:TZM" if "time zone" in kind and "local" not in kind else _FINE


def spelt(relation: Relation, column: str) -> str:
    """A column's name as the engine quotes it."""
    return _quoted(relation.engine, relation.columns[column].name)


def _quoted(engine: Engine, name: str) -> str:
    """A name as the engine quotes it; a percent sign would be taken for the place of a value."""
    if engine == "mysql":
        return f"`{name.replace('`', '``').replace('%', '%%')}`"
    if engine == "sqlserver":
        return f"[{name.replace(']', ']]')}]"
    safe = name.replace('"', '""')
    return f'"{safe}"' if engine == "oracle" else f'"{safe.replace("%", "%%")}"'
