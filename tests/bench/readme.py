"""Writes the table of what was measured into both READMEs, from tests/bench/results, between two markers.

python -m tests.bench.readme; a look (`--quick`) is no measurement and is left out. Figures without a budget and without
a peer stay in the results.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from tests.bench.__main__ import RESULTS, Result, names
from tests.bench.figure import Figure, amount
from tests.conftest import ROOT

PAGES = {"README.md": 1, "README.zh-CN.md": 0}  # page → which of two languages
BEGIN, END = "<!-- measured: python -m tests.bench.readme -->", "<!-- /measured -->"
_HEADS = (("测了什么", "实测", "对照", "预算", "命令"), ("what", "measured", "beside", "budget", "command"))
_ZH = (
    ("events told, all that follows", "告知的事件,连同由此而来的一切"),
    ("processor time of an event told", "每个告知事件的处理器时间"),
    ("events told", "告知的事件"),
    ("records folded", "折叠的记录:事件、归位、作用域之间的话"),
    ("recovered after kill -9", "kill -9 之后恢复,从被杀到数值更新"),
    ("caught up on", "停机后追赶,端到端"),
    ("of the looks meanwhile", "其间大屏标明“不新鲜”的比例"),
    ("state lost", "状态盘丢失,由日志重建"),
    ("largest message", "实时值最大消息"),
    ("largest shard record", "分片记录最大"),
    ("event → his.kpi.v1", "事件 → his.kpi.v1"),
    ("event → stream", "事件 → 大屏数据流"),
    ("event → page", "事件 → 页面像素"),
    ("durable, sustained", "MLLP 持久接收,持续"),
    ("answer", "MLLP 应答"),
    ("rows stored", "入库行数"),
    ("processor time of a row", "每行的处理器时间"),
    ("daily marts", "全天日集市"),
    ("ADT, read", "读取 ADT"),
    ("ORU, 20 OBX, read", "读取 ORU(20 个 OBX)"),
)


def results() -> list[Result]:
    """What was last measured in full."""
    paths = [path for name in names() if (path := RESULTS / f"{name}.json").exists()]
    return [found for path in paths if not (found := msgspec.json.decode(path.read_bytes(), type=Result)).quick]


def table(measured: list[Result], language: int) -> str:
    """The rows as a Markdown table: 0 Chinese, 1 English."""
    rows = [_HEADS[language], ("---",) * len(_HEADS[language])]
    for result in measured:
        command = f"`python -m tests.bench {result.bench}`"
        rows += [_row(figure, language, command) for figure in result.figures if figure.budget or figure.peer]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(figure: Figure, language: int, command: str) -> tuple[str, ...]:
    name = figure.name.strip()
    if language == 0:
        name = next((f"{zh}{_rest(name)}" for english, zh in _ZH if name.startswith(english)), name)
    beside = ""
    if figure.peer_value is not None and figure.ratio is not None:
        beside = f"{figure.peer}: {amount(figure.peer_value)} ({amount(figure.ratio)}×)"
    missed = {False: " ✗", True: " ✓", None: ""}[figure.met]
    return (name, f"{amount(figure.value)} {figure.unit}", beside, f"{figure.budget}{missed}", command)


def _rest(name: str) -> str:
    """What a translated name must still say: the percentile."""
    return next((f" {word.strip(',')}" for word in name.split() if word.strip(",") in ("p50", "p99")), "")


def written(page: str, content: str) -> str:
    """A page with the table between its markers. Raises ValueError when it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no markers: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def main() -> int:
    """Rewrite both pages; 1 when nothing was measured."""
    measured = results()
    if not measured:
        sys.stderr.write("Nothing measured in full yet: make bench\n")
        return 1
    for page, language in PAGES.items():
        path = Path(ROOT / page)
        path.write_text(written(path.read_text("utf-8"), table(measured, language)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
