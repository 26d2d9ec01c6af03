"""The page of the canonical views: the columns that a hospital is asked for, and what each becomes.

Read from the source of the interpreters as text, so that the page names exactly the columns that are read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.reference.source import cell
from ingest import interpret
from ingest.events import catalogue
from ingest.interpret.views import TOGETHER, VIEWS

_HEAD = """\
# Canonical views 标准视图

Generated from `ingest/interpret/`; do not edit. What a feed of `kind = "sql"` reads: read-only views with these names,
made by the hospital over its own tables. Only the views that exist are read, and a column may be missing: what it would
tell is then not told. Each time column that is not null is a fact of its own; one set to null later takes its fact back
only with `is_deleted`.

只读视图，由医院在自己的表上建立。只读取已有的视图；缺少的列只是不产生相应的事实。
每个非空的时间列就是一个事实。

Every view has also 每个视图另有：

| column 列 | |
|---|---|
| `src_pk` | what names the row for ever; never a patient's name or number · 行的稳定主键，不得使用患者姓名或证件号 |
| `row_ver` | grows with every change of the row: sequence, rowversion, time of update · 每次修改都增大 |
| `visit_id`, `visit_date` | the visit's number; its day, where numbers start anew daily · 就诊号与日期 |
| `patient_key` | the patient's number in the hospital · 院内患者号 |
| `is_deleted` | true when the row no longer holds: all that it told is taken back · 行作废时为真，其全部事实随之撤回 |

Times with an offset, or in the zone of the site file. Numbers of patients, visits and staff leave the connector as
pseudonyms only. A *code* is a word of the vocabulary or the hospital's own, mapped under `[codes.<field>]`.
时间带时区偏移，或使用站点文件中的时区。患者、就诊、人员号码只以假名离开连接器。
"""
_WORDS = {
    "text": "text 文本", "at": "time 时间", "ms": "time 时间", "fact": "time 时间", "day": "date 日期",
    "flag": "yes/no 是否", "money": "amount 金额", "whole": "whole number 整数", "number_of": "number 号码",
    "needed": "number 号码",
}  # fmt: skip
_AFTER_KIND = ("number_of", "needed", "fact")  # their column is the second argument
_WRAPPED = {"staff": "staff number 人员号", "dept": "department code 科室代码"}


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    return {"views.md": _HEAD + "".join(_section(name) for name in VIEWS)}


class _Column:
    """What is known of one column: its kind, and the facts and codes that it becomes."""

    def __init__(self) -> None:
        self.kind = "text 文本"
        self.becomes: list[str] = []

    def learns(self, kind: str, becomes: str = "") -> None:
        """One place that reads it; what says more than text wins."""
        self.kind = kind if self.kind.startswith("text") else self.kind
        if becomes and becomes not in self.becomes:
            self.becomes.append(becomes)


def columns(view: str) -> dict[str, _Column]:
    """The columns of a view that its interpreter reads, in the order in which it does."""
    teller = VIEWS[view]
    functions = _functions(teller.__module__)
    found: dict[str, _Column] = {}
    for function in _reached(teller.__name__, functions):
        for call in (node for node in ast.walk(functions[function]) if isinstance(node, ast.Call)):
            _learn(call, found)
    return found


def _section(view: str) -> str:
    told = (VIEWS[view].__doc__ or "").strip().splitlines()[0]
    text = f"\n## `{view}`\n\n{told}\n"
    if view in TOGETHER:
        text += f"\nRows with the same {', '.join(f'`{name}`' for name in TOGETHER[view])} tell one fact together.\n"
    rows = (f"| `{name}` | {told.kind} | {cell(', '.join(told.becomes))} |\n" for name, told in columns(view).items())
    return text + "\n| column 列 | type 类型 | becomes 成为 |\n|---|---|---|\n" + "".join(rows)


def _functions(module: str) -> dict[str, ast.FunctionDef]:
    path = Path(interpret.__file__).parent / f"{module.rpartition('.')[2]}.py"
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _reached(start: str, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """The functions of a module that one of them comes to, itself first."""
    seen, waiting = set(), [start]
    while waiting:
        name = waiting.pop(0)
        if name in seen or name not in functions:
            continue
        seen.add(name)
        yield name
        waiting += [node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)]


def _learn(call: ast.Call, found: dict[str, _Column]) -> None:
    if not isinstance(call.func, ast.Attribute):
        return
    read = call.func.attr
    if read in _WORDS:
        position = int(read in _AFTER_KIND)
        becomes = _event(call.args[0]) if read == "fact" else ""
        for column in _constants(call.args[position : position + 1]):
            found.setdefault(column, _Column()).learns(_WORDS[read], becomes)
    if read in _WRAPPED:
        for column in _read_within(call):
            found.setdefault(column, _Column()).learns(_WRAPPED[read])
    if read == "code":
        _learn_code(_constants(call.args[1:2]), call, found)
    for keyword in call.keywords:
        if keyword.arg == "coded" and isinstance(keyword.value, ast.Dict):
            for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                _learn_code(_constants([key]), value, found)


def _learn_code(fields: list[str], value: ast.AST, found: dict[str, _Column]) -> None:
    for column in _read_within(value):
        found.setdefault(column, _Column()).learns("code 代码", f"`[codes.{fields[0]}]`" if fields else "")


def _event(kind: ast.expr) -> str:
    """The type of an event whose class is named."""
    return next((f"`{told}`" for told, each in catalogue().items() if each.__name__ == ast.unparse(kind)), "")


def _constants(arguments: Iterable[ast.expr | None]) -> list[str]:
    """The words among the arguments, both of a word that depends on something."""
    found: list[str] = []
    for each in arguments:
        if isinstance(each, ast.IfExp):
            found += _constants([each.body, each.orelse])
        elif isinstance(each, ast.Constant) and isinstance(each.value, str):
            found.append(each.value)
    return found


def _read_within(node: ast.AST) -> list[str]:
    """The columns that an expression reads as text."""
    found: list[str] = []
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "text":
            found += _constants(call.args[:1])
    return found
