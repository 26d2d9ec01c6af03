"""The page itself and its door: what is there before anything is pasted. Nothing inline, nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from ingest.feeds import FeedSettings
from ingest.interpret.views import VIEWS
from ingest.settings import Hospital

_HEAD = (
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>映射工作台 Workbench · {name}</title>"
    '<link rel="icon" href="/static/bench.svg"><link rel="stylesheet" href="/static/workbench.css"></head><body>'
    '<header><h1>映射工作台 <span class="en">Mapping workbench</span></h1>'
    '<p>{name} <span class="en">{en}</span></p></header>'
)
_NOTATIONS = (
    ("", "自动识别 found out"), ("hl7", "HL7 v2"), ("fhir", "FHIR R4 JSON"), ("event", "事件 events (JSON, NDJSON)"),
    ("rows", "视图的行 rows of a view"), ("csv", "站点文件所述的 CSV as the site describes"),
)  # fmt: skip


def login(hospital: Hospital, *, is_wrong: bool = False) -> str:
    """Who may enter: whoever has a token."""
    wrong = '<p class="worry" role="alert">令牌不对 This token is not known here.</p>' if is_wrong else ""
    return (
        f"{_head(hospital)}<main><form method='post' action='/login' class='door'>{wrong}"
        "<label>令牌 <span class='en'>Token</span> "
        "<input type='password' name='token' autocomplete='off' autofocus required></label>"
        "<button>进入 Enter</button>"
        "<p>本页接受真实消息，只供信息科使用。令牌由 <code>hispulse workbench</code> 启动时显示，"
        "或为站点文件 <code>[workbench] token_sha256</code> 所列者。<br>"
        "<span class='en'>This page takes real messages and is for IT staff. The token is shown by "
        "<code>hispulse workbench</code> as it starts, or is one of those in the site file.</span></p></form></main>"
        "</body></html>"
    )


def workbench(hospital: Hospital, feeds: Mapping[str, FeedSettings], most: int, most_bytes: int) -> str:
    """Where a message or rows are pasted."""
    kinds = {name: f"{settings.zh or name} · {settings.kind}" for name, settings in feeds.items()}
    choices = _choice("notation", "写法", "written as", _NOTATIONS)
    choices += _choice("feed", "当作哪个数据源所说", "as told by", [("", "自动 first that fits"), *kinds.items()])
    choices += _choice("view", "是哪个视图的行", "rows of", [("", "—"), *((view, view) for view in sorted(VIEWS))])
    return (
        f"{_head(hospital)}<main><form id='paste'>"
        f"<div class='choices'>{choices}</div>"
        "<textarea name='body' rows='12' spellcheck='false' autocomplete='off' "
        "placeholder='MSH|^~\\&amp;|…  ·  {&quot;resourceType&quot;: …}  ·  visit_id,registered_at,…' "
        "aria-label='消息或数据行 message or rows'></textarea>"
        "<div class='actions'><button type='submit'>查看 <span class='en'>Look</span></button>"
        "<label class='file'>或上传文件（UTF-8、GB 18030） <span class='en'>or a file, as it is</span> "
        "<input type='file' name='file'></label>"
        "<button type='reset' class='quiet'>清空 <span class='en'>Clear</span></button></div>"
        f"<p class='note'>至多 {most_bytes // 1_000_000} MB、{most} 条。"
        "什么也不保存：不写磁盘、不写日志、不进消息总线。 "
        f"<span class='en'>At most {most_bytes // 1_000_000} MB and {most} messages. Nothing is kept: not on disk, not "
        "in a log, not on the bus. Numbers become pseudonyms.</span></p></form>"
        "<div id='result' aria-live='polite'></div></main>"
        "<form method='post' action='/logout' class='leave'><button class='quiet'>退出 Log out</button></form>"
        "<script src='/static/workbench.js' defer></script></body></html>"
    )


def _head(hospital: Hospital) -> str:
    return _HEAD.format(name=escape(hospital.zh), en=escape(hospital.en))


def _choice(name: str, zh: str, en: str, choices: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    options = "".join(f"<option value='{escape(value)}'>{escape(shown)}</option>" for value, shown in choices)
    return f"<label>{zh} <span class='en'>{en}</span><select name='{name}'>{options}</select></label>"
