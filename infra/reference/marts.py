"""The data dictionary of the marts: what one row of each is, and the columns of those that stay."""

from __future__ import annotations

import re

from infra.reference.source import cell
from streams.stages import stages
from warehouse.analysts.views import database_of, dictionary
from warehouse.desks import __doc__ as how_desks_are_judged
from warehouse.library import Column, columns, names, view_of
from warehouse.library import grain as grain_of
from warehouse.mart_queries import RELATIONS, grain, marts
from warehouse.migrate import MIGRATIONS

_HEAD = """\
# Marts 数据集市

Generated from `warehouse/marts/` and `warehouse/migrations/`; do not edit. A mart is a folder with a `query.sql` whose
first line says what one row is. A day is made as a whole: the working relations, then the drafts of every stage, then
`stage_rows` and from them `kpi_values`; both take the day's place in one step.

由代码生成，请勿修改。每个集市是一个目录，`query.sql` 首行说明一行的含义。每天整体生成，完成后一次替换。

"""
_BY_NAME = """\
Views over the published days, for people and BI tools: `select * from mart_departments where day = '2026-11-20'`, or
`hispulse mart export departments --from 2026-11-20`. 供人和 BI 工具使用的视图，只含已发布的日期。
"""
_FOR_ANALYSTS = """\
What the account of analysts and BI tools may read: statistics without single doctors, figures of fewer than ten blank;
read-only, within `[analysts]`'s limits. `hispulse warehouse analysts --create` makes the account, `--sql` prints what
the administrator of a ClickHouse server runs. A dashboard for Grafana: `infra/grafana/`.
分析与 BI 账号可读的视图：不含医生个人，少于 10 例的数值留空；只读，并有时长、内存与行数限制。
"""
_DESKS = """
## How times are entered, desk by desk 各窗口诊室的录入时间

`hispulse mart desks --day 2026-11-20`; also in the daily report and on the board's page of the feeds.
评的是数据，从不评人：整点半点、连击、零时长、签退前空叫、未关闭的号，按下述规则扣分；
低于 80 分的值得一看，少于 20 次的不评。

"""
_KEPT = {
    "stage_rows": "One row of one stage in one scope (a ticket, visit, order, bill or prescription).",
    "kpi_values": "One value of a KPI: of a day or an hour, of the whole hospital or of one cut of its dimensions.",
    "mart_builds": "One finished build of a day.",
    "period_builds": "One finished build of a week, month, quarter or year; `period_values` has the columns of days.",
    "kpi_ledger": "One value as it was published, entered when it is new, other than before, or gone;"
    " `adjustments` has its columns: what would be published if what stands there were not final or frozen.",
    "publications": "One publication of a day that was over, or of a period: what it was made of.",
    "report_deliveries": "One attempt to deliver a report: what went where, and why it did not.",
    "frozen_periods": "One period whose values stay as they were reported.",
    "restated_rows": "One stage row that a publication restated, and what kinds of tellings had come for it.",
}
_TABLE = re.compile(r"create table if not exists (\w+) \((.*?)\n\) engine", re.DOTALL)
_COLUMN = re.compile(r"^    (\w+) (.+?),?\s*(?:--\s*(.*))?$", re.MULTILINE)


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    aggregates = [name for name in marts() if name.startswith("kpi_")]
    text = _HEAD + "## Tables 数据表\n" + "".join(_table(name) for name in _KEPT)
    text += "\n## Marts by name 按名称取用的集市\n\n" + _BY_NAME + "".join(_named(name) for name in names())
    text += "\n## For analysts 分析与 BI 只读视图\n\n" + _FOR_ANALYSTS
    text += "".join(_open(name, said, told) for name, (said, told) in dictionary().items())
    text += _DESKS + "\n".join(str(how_desks_are_judged).splitlines()[2:]).strip() + "\n"
    text += "\n## Stages 环节\n\n" + _list(list(stages()))
    text += "\n## Aggregates 汇总\n\n" + _list(["stage_rows", *aggregates])
    text += "\n## Working relations 中间表\n\nThey live as long as one build. 仅在一次生成期间存在。\n\n"
    return {"marts.md": text + _list(list(RELATIONS))}


def _named(name: str) -> str:
    return f"\n### `{view_of(name)}`\n\n{grain_of(name)}\n\n{_columns(columns(name))}"


def _open(name: str, said: str, told: list[Column]) -> str:
    text = f"\n### `{database_of('hispulse')}.{name}`\n\n{said}\n\n"
    return text + (_columns(told) if name not in names() else f"The columns of `{view_of(name)}` 列同上。\n")


def _columns(told: list[Column]) -> str:
    head = "| column 列 | type 类型 | 含义 | meaning |\n|---|---|---|---|\n"
    return head + "".join(f"| `{c.name}` | `{c.kind}` | {c.zh} | {c.en} |\n" for c in told)


def _list(names: list[str]) -> str:
    head = "| mart 集市 | one row 一行 | dimensions 维度 |\n|---|---|---|\n"
    return head + "".join(f"| `{name}` | {cell(grain(name))} | {_dims(name)} |\n" for name in names)


def _dims(name: str) -> str:
    return ", ".join(f"`{dim}`" for dim in stages()[name].dims) if name in stages() else ""


def _table(name: str) -> str:
    columns = "".join(f"| `{column}` | `{kind}` |\n" for column, kind, _ in _COLUMN.findall(_declared()[name]))
    return f"\n### `{name}`\n\n{_KEPT[name]}\n\n| column 列 | type 类型 |\n|---|---|\n{columns}"


def _declared() -> dict[str, str]:
    """Table → the text of its columns, from the migrations."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))
    return {name: columns for name, columns in _TABLE.findall(text) if name in _KEPT}
