"""Connections to a HIS, each by its engine's plain driver, and what their errors mean.

An error is told by its type and code, never with the server's words: they may quote a row.
"""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from ingest.databases.statements import MARKED, Column, Engine, Statement
from ingest.errors import Misconfigured

CONNECT_TIMEOUT_S = 10
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "sqlserver": "pymssql", "oracle": "oracledb"}
UNTRIED = ("sqlserver", "oracle")  # no server of them is asked by our tests, only the text of what they would be asked
PORTS = {"postgresql": 5432, "mysql": 3306, "sqlserver": 1433, "oracle": 1521}

# What will not go away by waiting: a refused login, a right, a view or a column that is not there.
_OURS = {
    "postgresql": ("25006", "28", "3D000", "42"),
    "mysql": ("1044", "1045", "1049", "1054", "1064", "1142", "1143", "1146", "1356", "1792"),
    "sqlserver": ("102", "156", "207", "208", "229", "230", "4060", "18456"),
    "oracle": ("ORA-00900", "ORA-00904", "ORA-00933", "ORA-00942", "ORA-01017", "ORA-01031", "ORA-12514"),
}
_TOO_LONG = {
    "postgresql": ("57014",),
    "mysql": ("1969", "3024"),
    "sqlserver": ("20003",),
    "oracle": ("DPY-4024", "ORA-01013"),
}


class Connection(Protocol):
    """What all four drivers have in common (PEP 249)."""

    def cursor(self) -> Any:
        """A cursor."""
        ...

    def close(self) -> None:
        """End the session."""
        ...


class Access:
    """Who asks which server: the words of a `dsn`, and how long a statement may take."""

    def __init__(self, dsn: str, password: str | None, timeout_s: float, encoding: str | None) -> None:
        self.dsn, self.timeout_s, self.encoding = dsn, timeout_s, encoding
        self.password = password

    @property
    def words(self) -> dict[str, str]:
        """Its words, e.g. host and dbname. Raises ValueError."""
        return words_of(self.dsn)

    def __repr__(self) -> str:
        return "Access()"


def words_of(dsn: str) -> dict[str, str]:
    """`host=10.0.0.5 dbname=his user=reader` as words. Raises ValueError."""
    words = {}
    for word in shlex.split(dsn):
        name, equals, value = word.partition("=")
        if not equals or not value:
            raise ValueError
        words[name] = value
    return words


def driver(engine: Engine) -> Any:
    """The engine's driver. Raises Misconfigured where it is not installed."""
    try:
        return import_module(_DRIVERS[engine])
    except ImportError:
        raise Misconfigured(
            f"The driver of {engine} is missing: pip install 'his-pulse[{engine}]' (or {_DRIVERS[engine]})."
        ) from None


def connect(engine: Engine, access: Access) -> Connection:
    """A connection that commits nothing and waits for nobody for long. Raises the driver's error."""
    connection: Connection = _CONNECT[engine](driver(engine), access)
    return connection


def is_ours(engine: Engine, code: str) -> bool:
    """Whether an error is a matter of settings or rights, and not of the moment."""
    return code.startswith(_OURS[engine]) if engine == "postgresql" else code in _OURS[engine]


def is_too_long(engine: Engine, code: str) -> bool:
    """Whether a statement was ended because it took too long."""
    return code in _TOO_LONG[engine]


def code_of(engine: Engine, error: Exception) -> str:
    """The code of a driver's error: SQLSTATE of PostgreSQL, else a number or ORA-…; "" when it has none."""
    if engine == "postgresql":
        return str(getattr(error, "sqlstate", None) or "")
    first = error.args[0] if error.args else ""
    while isinstance(first, tuple) and first:  # pymssql's number and words come as one
        first = first[0]
    return str(getattr(first, "full_code", first if isinstance(first, int) else ""))


def columns(engine: Engine, cursor: Any) -> dict[str, Column]:
    """The columns of a probe, by their names in lower case."""
    if engine == "sqlserver":
        found = [(str(name), str(kind)) for name, kind in cursor.fetchall()]
    else:
        found = [(str(each[0]), _TYPE[engine](each)) for each in cursor.description]
    return {name.lower(): Column(name, kind.lower()) for name, kind in found}


def ask(engine: Engine, cursor: Any, statement: Statement) -> None:
    """Execute a statement; without values no driver looks for their places."""
    if statement.values:
        cursor.execute(statement.text, statement.values)
    else:
        cursor.execute(statement.text.replace("%%", "%") if engine in MARKED else statement.text)


def _postgresql(psycopg: Any, access: Access) -> Any:
    return psycopg.connect(
        access.dsn,
        autocommit=True,
        application_name="hispulse",
        connect_timeout=CONNECT_TIMEOUT_S,
        client_encoding=access.encoding,
        password=access.password,
    )


def _mysql(pymysql: Any, access: Access) -> Any:
    """Values as the server writes them: a date of zeros is none of Python's, and text need not be read twice."""
    words = access.words
    connection = pymysql.connect(
        host=words.get("host", "127.0.0.1"),
        port=int(words.get("port", PORTS["mysql"])),
        user=words.get("user"),
        password=access.password or "",
        database=words.get("dbname"),
        charset=words.get("charset", "utf8mb4"),
        conv={kind: write for kind, write in pymysql.converters.conversions.items() if not isinstance(kind, int)},
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=access.timeout_s + CONNECT_TIMEOUT_S,
        program_name="hispulse",
        ssl={"ca": words["sslrootcert"]} if "sslrootcert" in words else None,
    )
    if access.encoding:  # columns that say latin1 and hold GBK: the connection's charset leaves their bytes alone
        connection.encoding = forgiving(access.encoding)
    return connection


@cache
def forgiving(encoding: str) -> str:
    """The name of an encoding that tells what it cannot read as `\\xd5`: a character cut in half costs no row, and a
    number with one is still another's than every other."""
    known = codecs.lookup(encoding)
    name = f"forgiving_{known.name.replace('-', '_')}"

    def decode(told: Any, errors: str = "strict", /) -> tuple[str, int]:
        return known.decode(told, "backslashreplace" if errors == "strict" else errors)

    codecs.register(lambda asked: codecs.CodecInfo(known.encode, decode, name=name) if asked == name else None)
    return name


def _sqlserver(pymssql: Any, access: Access) -> Any:
    words = access.words
    return pymssql.connect(
        server=words.get("host", "127.0.0.1"),
        port=words.get("port", str(PORTS["sqlserver"])),
        user=words.get("user"),
        password=access.password or "",
        database=words.get("dbname", ""),
        charset=access.encoding or "UTF-8",
        timeout=max(1, round(access.timeout_s)),
        login_timeout=CONNECT_TIMEOUT_S,
        appname="hispulse",
        autocommit=True,
        read_only=True,
    )


def _oracle(oracledb: Any, access: Access) -> Any:
    words = access.words
    oracledb.defaults.fetch_lobs = False
    oracledb.defaults.fetch_decimals = True
    connection = oracledb.connect(
        user=words.get("user"),
        password=access.password,
        host=words.get("host", "127.0.0.1"),
        port=int(words.get("port", PORTS["oracle"])),
        service_name=words.get("dbname"),
        sid=words.get("sid"),
        tcp_connect_timeout=CONNECT_TIMEOUT_S,
        program="hispulse",
    )
    connection.call_timeout = int(access.timeout_s * 1000)
    return connection


_CONNECT: dict[Engine, Callable[[Any, Access], Any]] = {
    "postgresql": _postgresql,
    "mysql": _mysql,
    "sqlserver": _sqlserver,
    "oracle": _oracle,
}
# MySQL's numbers of types, as far as they matter: how a version is compared, and what is not text.
_MYSQL_TYPES = {
    0: "decimal", 1: "tinyint", 2: "smallint", 3: "int", 4: "float", 5: "double", 7: "timestamp", 8: "bigint",
    9: "mediumint", 10: "date", 11: "time", 12: "datetime", 13: "year", 16: "bit", 246: "decimal",
}  # fmt: skip
_TYPE: dict[Engine, Callable[[Any], str]] = {
    "postgresql": lambda column: str(column.type_display),
    "mysql": lambda column: _MYSQL_TYPES.get(column[1], "text"),
    "oracle": lambda column: _oracle_type(column[1].name),
}


def _oracle_type(name: str) -> str:
    """DB_TYPE_TIMESTAMP_TZ as the catalogue spells it."""
    plain = name.removeprefix("DB_TYPE_")
    return plain.replace("_LTZ", " with local time zone").replace("_TZ", " with time zone")
