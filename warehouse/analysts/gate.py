"""Which statements an analyst may run: the engine itself says what a query would read, before it reads anything.

chDB knows no users. So a query is explained twice: unresolved, which shows every function and name it uses and runs
nothing, and resolved, which shows every table it means but runs what is constant. What is not known to be harmless is
refused, before the second where it can be. A name may hold anything, a line of the explanation too: each occurrence of
what is looked for counts, wherever it stands, so that a name can only add to what is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

Explain = Callable[[str], str]  # a statement → what the engine answers, as lines

UNRESOLVED = "explain query tree run_passes = 0 select * from (\n{text}\n)"
RESOLVED = "explain query tree passes = 1 select * from (\n{text}\n)"
DATABASES = "select name from system.databases"
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
        aliases = {name for name, alias_to, _, _ in told if alias_to in calculates or alias_to.lower() in _ALSO}
        self._functions = {name.lower() for name in calculates | aliases} | _ALSO | _WINDOWS
        self._others = {name.lower() for name, *_ in told} - self._functions

    def check(self, text: str, explain: Explain) -> None:
        """Raises NotAllowed; what `explain` raises for a statement that is wrong goes on its way."""
        if ";" in text:  # the engine would run what follows it
            raise NotAllowed("one statement at a time, and no semicolon, also not within a text")
        if _ASKS_NAMES.fullmatch(text):
            return
        if not _READS.match(text):
            raise NotAllowed("analysts read: select …, show tables, describe …")
        tree = explain(UNRESOLVED.format(text=text))
        for name in _told(tree, "FUNCTION", "function_name"):
            if not self._calculates(name.lower()):
                raise NotAllowed(f"function {name} is not for analysts")
        if set(_told(tree, "TABLE_FUNCTION", "table_function_name")) - _TABLE_FUNCTIONS:
            raise NotAllowed(f"analysts read the views of {self._database}, no table functions")
        self._check_names(_told(tree, "IDENTIFIER", "identifier"), set(explain(DATABASES).splitlines()))
        for name in _told(explain(RESOLVED.format(text=text)), "TABLE", "table_name"):
            self._check_table(name.replace("`", ""))

    def _check_names(self, names: Iterable[str], databases: set[str]) -> None:
        for name in names:
            if name.lower() in self._others:  # arrayMap(file, …) calls it
                raise NotAllowed(f"function {name} is not for analysts")
            if name.partition(".")[0] in databases and "." in name:
                self._check_table(name)

    def _check_table(self, name: str) -> None:
        read = ".".join(name.split(".")[:2])  # a column's name may follow
        if not (
            read.startswith(f"{self._database}.") or read in _SYSTEM or read.lower().startswith("information_schema.")
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


def _told(tree: str, kind: str, what: str) -> list[str]:
    """All that an explanation says to be `what`; raises NotAllowed when it says none of some node of that kind."""
    names = re.findall(rf", {what}: ([^,\n]*)", tree)
    if len(names) < len(re.findall(rf"^ *{kind} id: ", tree, re.MULTILINE)):
        raise NotAllowed("what the engine says of this statement is not understood here")
    return names
