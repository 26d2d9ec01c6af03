"""How a request to ClickHouse's HTTP interface is read: settings, parameters, formats, where an insert's rows begin."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

# Belong to the HTTP interface or to its sessions, not to the engine's settings.
_OF_THE_INTERFACE = {
    "add_http_cors_header",
    "buffer_size",
    "client_protocol_version",
    "compress",
    "database",
    "decompress",
    "default_format",
    "enable_http_compression",
    "password",
    "query",
    "query_id",
    "quota_key",
    "role",
    "send_progress_in_http_headers",
    "session_check",
    "session_id",
    "session_timeout",
    "stacktrace",
    "user",
    "wait_end_of_query",
}
_SETTING = re.compile(r"[a-z][a-z0-9_]*\Z")
_PARAMETER = re.compile(r"param_[A-Za-z_][A-Za-z0-9_]*\Z")
_INSERT = re.compile(
    rb"(?P<head>\s*insert\s+into\s(?:(?!\bselect\b|\bvalues\s*\().)*?)\s+(?:settings\s+(?P<settings>.*?)\s+)?"
    rb"format\s+(?P<format>[A-Za-z]\w*)[ \t\r;]*(?:\n|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_FORMAT = re.compile(r"\s+format\s+([A-Za-z]\w*)\s*;?\s*\Z", re.IGNORECASE)
_READS = re.compile(r"\s*(?:\(|select\b|with\b)", re.IGNORECASE)
_COMMENTS = re.compile(r"\A(?:\s|--[^\n]*\n|/\*.*?\*/)+", re.DOTALL)
_CODE = re.compile(r"Code: (\d+)\.")

# Their chunks can be put one after the other; the rest are made whole.
STREAMED = {"native", "tabseparated", "tsv", "csv", "rowbinary", "jsoneachrow"}
HEAD_LIMIT = 1 << 20  # an insert's statement is no longer than this


class Insert(msgspec.Struct, frozen=True):
    """An insert whose rows follow it: the statement, their format, and the bytes of them that came along."""

    head: str
    format: str
    rows: bytes
    settings: str | None = None


class Reading(msgspec.Struct, frozen=True):
    """Any other statement, and the format that its answer shall have."""

    text: str
    format: str
    streams: bool


def settings_statement(params: Iterable[tuple[str, str]], defaults: dict[str, str], readonly: bool) -> str:
    """One SET of all settings and query parameters; `readonly` last, since nothing can be set after it.

    Raises ValueError naming a parameter that is neither."""
    wanted = dict(defaults)
    for name, value in params:
        if name in _OF_THE_INTERFACE or name.startswith("http_"):
            continue
        if not (_SETTING.match(name) or _PARAMETER.match(name)):
            raise ValueError("URL parameter is neither a setting nor param_<name>")
        wanted[name] = value
    last = wanted.pop("readonly", "1" if readonly else "0")
    if last != "0":
        wanted["readonly"] = last
    return "set " + ", ".join(f"{name} = {quoted(value)}" for name, value in wanted.items())


def quoted(text: str) -> str:
    """A SQL string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def insert_of(start: bytes) -> Insert | None:
    """The insert with rows that a body begins with, if it does and its statement is there whole."""
    match = _INSERT.match(start)
    if match is None:
        return None
    told = match["settings"]
    return Insert(
        match["head"].decode(), match["format"].decode(), start[match.end() :], told.decode() if told else None
    )


def may_be_insert(start: bytes) -> bool:
    """Whether a body may still turn out to be an insert with rows when more of it is known."""
    return start.lstrip()[:6].lower() == b"insert"[: len(start.lstrip()[:6])]


def reading_of(text: str, default_format: str) -> Reading:
    """A statement with its trailing FORMAT taken off, and whether its answer can be streamed."""
    match = _FORMAT.search(text)
    form = match[1] if match else default_format
    bare = text[: match.start()] if match else text.rstrip().rstrip(";")
    reads = bool(_READS.match(_COMMENTS.sub("", bare)))
    return Reading(bare, form, reads and form.lower() in STREAMED)


def code_of(error: str) -> int:
    """ClickHouse's number for an error, 1002 (unknown) where its text has none."""
    match = _CODE.search(error)
    return int(match[1]) if match else 1002
