"""Which statements an analyst may run: the engine itself says what a query would read, before it reads anything.

chDB knows no users. So a query is explained twice: unresolved, which shows every function it calls and runs none of
them, and resolved, which shows every table it means. What is not known to be harmless is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Explain = Callable[[str], str]  # a statement → what the engine answers, as lines

UNRESOLVED = "explain query tree run_passes = 0 select * from (\n{text}\n)"
RESOLVED = "explain query tree passes = 1 select * from (\n{text}\n)"
FUNCTIONS = "select name, alias_to, categories, is_aggregate from system.functions"

# Calculation, and nothing that looks outside the query: no files, dictionaries, models, introspection.
_CATEGORIES = {
    *("Arithmetic", "Arrays", "Bit", "Bitmap", "Comparison", "Conditional", "Dates and Times", "Distance", "Encoding"),
    *("Financial", "Hash", "IP Address", "JSON", "Logical", "Map", "Mathematical", "Null", "Random Number", "Rounding"),
    *("String", "String Replacement", "String Search", "String Splitting", "Time Series", "Time Window", "Tuple"),
    *("Type Conversion", "UUID", "URL"),
}
_ALSO = {
    *("__actionname", "__groupingordinary", "bar", "casewithexpr", "casewithoutexpr", "currentdatabase", "exists"),
    *("currentuser", "identity", "ignore", "lambda", "materialize", "neighbor", "runningdifference", "timezone"),
    *("totypename", "transform", "version", "grouping", "untuple", "isnotdistinctfrom", "formatreadabletimedelta"),
}
_WINDOWS = {"lag", "lead", "laginframe", "leadinframe", "rank", "row_number", "dense_rank", "ntile", "percent_rank"}
_COMBINATOR = re.compile(r"(?:if|array|distinct|ornull|ordefault|map|foreach|argmin|argmax)$")
_TABLE_FUNCTIONS = {"numbers", "generateseries", "generate_series", "values", "zeros"}
# What BI tools ask a server about itself: names and types, no rows of ours.
_SYSTEM = {f"system.{name}" for name in ("one", "numbers", "settings", "databases", "tables", "columns", "functions")}

_CALLED = re.compile(r"^ *(?:.*, |)function_name: (\S+), function_type: \w+$")
_TABLE_CALLED = re.compile(r"^ *TABLE_FUNCTION .*table_function_name: (\S+)$")
_READ = re.compile(r"^ *TABLE .*table_name: (.+)$")
_NAME = r"(?:`[\w ]+`|\w+)(?:\.(?:`[\w ]+`|\w+))?"
_ASKS_NAMES = re.compile(
    rf"\s*(?:show\s+(?:full\s+)?tables(?:\s+(?:from|in)\s+{_NAME})?|show\s+databases|exists\s+(?:table\s+|view\s+)?{_NAME}"
    rf"|desc(?:ribe)?\s+(?:table\s+)?{_NAME})\s*",
    re.IGNORECASE,
)
_READS = re.compile(r"\s*(?:\(|select\b|with\b)", re.IGNORECASE)


class NotAllowed(Exception):
    """An analyst may not run this; says why, in one sentence."""


class Gate:
    """What analysts may run where they read the views of one database. `functions` are the rows of FUNCTIONS."""

    def __init__(self, database: str, functions: Iterable[tuple[str, str, str, bool]]) -> None:
        told = list(functions)
        self._database = database
        self._aggregates = {name.lower() for name, _, _, is_aggregate in told if is_aggregate} | _WINDOWS
        calculates = {name for name, _, categories, is_aggregate in told if is_aggregate or categories in _CATEGORIES}
        aliases = {name for name, alias_to, _, _ in told if alias_to in calculates}
        self._functions = {name.lower() for name in calculates | aliases} | _ALSO | _WINDOWS

    def check(self, text: str, explain: Explain) -> None:
        """Raises NotAllowed; what `explain` raises for a statement that is wrong goes on its way."""
        if ";" in text:  # the engine would run what follows it
            raise NotAllowed("one statement at a time, and no semicolon, also not within a text")
        if _ASKS_NAMES.fullmatch(text):
            return
        if not _READS.match(text):
            raise NotAllowed("analysts read: select …, show tables, describe …")
        for line in explain(UNRESOLVED.format(text=text)).splitlines():
            self._check_call(line)
        for line in explain(RESOLVED.format(text=text)).splitlines():
            self._check_table(line)

    def _check_call(self, line: str) -> None:
        kind = line.split(maxsplit=1)[0] if line.strip() else ""
        if kind == "TABLE_FUNCTION":
            called = _TABLE_CALLED.match(line)
            if called is None or called[1].lower() not in _TABLE_FUNCTIONS:
                raise NotAllowed(f"analysts read the views of {self._database}, no table functions")
        elif kind == "FUNCTION":
            told = _CALLED.match(line)
            if told is None or not self._calculates(told[1].lower()):
                raise NotAllowed(f"function {told[1] if told else '?'} is not for analysts")

    def _check_table(self, line: str) -> None:
        if not line.lstrip().startswith("TABLE "):
            return
        told = _READ.match(line)
        name = told[1].replace("`", "") if told else "?"
        if not (
            name.startswith(f"{self._database}.") or name in _SYSTEM or name.lower().startswith("information_schema.")
        ):
            raise NotAllowed(f"analysts read the views of {self._database}, not {name}")

    def _calculates(self, name: str) -> bool:
        if name in self._functions:
            return True
        bare = _COMBINATOR.sub("", name)  # countIf, sumMapIf …
        return bare != name and (bare in self._aggregates or self._calculates_combined(bare))

    def _calculates_combined(self, name: str) -> bool:
        bare = _COMBINATOR.sub("", name)
        return bare != name and (bare in self._aggregates or self._calculates_combined(bare))
