"""The page of settings: every class whose docstring begins with `Section [name]` or `What [name]`, in all rooms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from infra.reference.source import Declaration, cell, declarations

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("ingest", "streams", "warehouse", "expectations", "orchestration", "board", "infra")

_ABOUT = re.compile(r"(?:Section|What) \[\[?(\w+)")
_TITLE = re.compile(r"\w+ (\[+[^\]]+\]+)(.*)", re.DOTALL)

_HEAD = """\
# Settings 设置

Generated from the code; do not edit. A hospital is one TOML file, in `infra/sites/` or anywhere; `--site` takes its
name or its path. Every setting can also be given by the environment, which wins: `HISPULSE_<SECTION>_<KEY>`, lists
with commas, e.g. `HISPULSE_BUS_BOOTSTRAP=kafka1:9092,kafka2:9092`. Beside the file: `HISPULSE_HOME` (keys, data and
logs; default `.hispulse`), `HISPULSE_SITE`, `HISPULSE_CLOCK` (a rehearsal's clock), `HISPULSE_METRICS_PORT`.

由代码生成，请勿修改。一家医院一个 TOML 文件，放在 `infra/sites/` 或任意位置；`--site` 接受名称或路径。
每项设置也可由环境变量给出并优先：`HISPULSE_<节>_<键>`，列表用逗号分隔。

Two sections are free tables 另有两节为自由表格: `[codes.<field>]` (raw code → ours 院内代码 → 平台代码), and
`[metrics]` (service → port of its Prometheus metrics on loopback 服务 → 指标端口).
"""


def pages() -> dict[str, str]:
    """Path below `docs/reference/` → content."""
    return {"settings.md": _HEAD + "".join(_section(each) for each in sections())}


def sections(root: Path = ROOT) -> list[Declaration]:
    """All settings, in the order data flows and, within a room, of its files."""
    return [each for path in sources(root) for each in declarations(path) if _ABOUT.match(each.docstring)]


def sources(root: Path = ROOT) -> Iterator[Path]:
    """The Python files of all rooms."""
    for room in ROOMS:
        yield from sorted((root / room).rglob("*.py"))


def name_of(section: Declaration) -> str:
    """The section's first name, e.g. `feeds` of `Section [feeds.<name>]`."""
    found = _ABOUT.match(section.docstring)
    return found.group(1) if found else ""


def _section(section: Declaration) -> str:
    found = _TITLE.match(section.docstring)
    assert found is not None, f"{section.name}: no [section] in its docstring"  # `sections` has seen it
    title, rest = found.groups()
    text = f"\n## `{title}`{rest.split(':')[0].rstrip('.') if ':' in rest else rest.rstrip('.')}\n\n"
    if ":" in rest:
        said = " ".join(rest.split(":", 1)[1].split())
        text += f"{said[:1].upper()}{said[1:]}\n\n"
    text += (
        f"`{section.path.relative_to(ROOT).as_posix()}`\n\n| key 键 | type 类型 | default 默认 | |\n|---|---|---|---|\n"
    )
    for field in section.fields:
        default = f"`{cell(field.default)}`" if field.default else "required 必填"
        text += f"| `{field.name}` | {cell(field.type)} | {default} | {cell(field.comment)} |\n"
    return text
