"""A hospital's site file: one TOML in `infra/sites/`, or any path. Each stage reads its own section when it needs it.

A setting can be overridden by the environment: `HISPULSE_<SECTION>_<KEY>`, e.g. `HISPULSE_BUS_BOOTSTRAP`.
A wrong file is one sentence: the file, the line and the key.
"""

from __future__ import annotations

import os
import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ingest.errors import Misconfigured

SITES = Path(__file__).resolve().parent.parent / "infra" / "sites"

# Every section that some stage reads; a contract test holds this list against the code.
SECTIONS = (
    "hospital",
    "calendar",
    "departments",
    "codes",
    "feeds",
    "bus",
    "streams",
    "rules",
    "targets",
    "alerts",
    "warehouse",
    "load",
    "retention",
    "analysts",
    "board",
    "workbench",
    "closing",
    "reports",
    "deliveries",
    "dagster",
    "metrics",
    "rehearsal",
)

T = TypeVar("T")


def home() -> Path:
    """Where this machine's state lies (keys, logs, data): HISPULSE_HOME, else `.hispulse` in the working directory."""
    return Path(os.environ.get("HISPULSE_HOME", ".hispulse")).resolve()


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [departments.<code>]: a department as the wall shows it."""

    zh: str
    en: str
    open_hours: tuple[str, ...] | None = None  # "08:00-12:00"; None = the site's


class Hospital(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [hospital]: who this is, where and when."""

    facility_id: str
    zh: str
    en: str
    zone: str = "Asia/Shanghai"
    open_hours: tuple[str, ...] = ("08:00-12:00", "13:30-17:30")  # local; the last end is the session end
    rehearsal: bool = False
    source_priority: tuple[str, ...] = ()  # whose telling of a fact counts first; unlisted after, by name
    numbers: dict[str, Literal["unique", "daily"]] = {}  # visit, ticket, prescription … : is a number reused daily?


class Site:
    """A loaded site file. Sections are checked when a stage asks for them."""

    def __init__(self, name: str, path: Path, tables: dict[str, Any], text: str) -> None:
        self.name = name
        self.path = path
        self._tables = tables
        self._text = text

    @cached_property
    def hospital(self) -> Hospital:
        """Section [hospital]."""
        return self.section("hospital", Hospital)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone. Raises Misconfigured when nobody knows it."""
        try:
            return ZoneInfo(self.hospital.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Misconfigured(self._sentence("hospital", "no such time zone - at `$.zone`")) from None

    @cached_property
    def departments(self) -> dict[str, Department]:
        """Section [departments.<code>]."""
        return self.section("departments", dict[str, Department])

    @cached_property
    def codes(self) -> dict[str, dict[str, str]]:
        """Section [codes.<field>]: raw code → ours, e.g. codes.channel.WX = "wechat"."""
        return self.section("codes", dict[str, dict[str, str]])

    def names(self, section: str) -> list[str]:
        """The sub-tables of a section, e.g. the feeds of [feeds.*]."""
        return list(self._tables.get(section, {}))

    def section(self, dotted: str, kind: type[T]) -> T:
        """A section as `kind`, environment applied. Raises Misconfigured naming file, line and key."""
        table: Any = self._tables
        for part in dotted.split("."):
            table = table.get(part, {})
        merged = {**table, **_from_environment(dotted, kind)} if isinstance(table, dict) else table
        try:
            return msgspec.convert(merged, kind, strict=False)
        except msgspec.ValidationError as error:
            wrong = f"{dotted}.{name}" if (name := _wrong_entry(merged, kind)) else dotted
            raise Misconfigured(self._sentence(wrong, str(error))) from None

    def whole(self, dotted: str, kind: type[T]) -> T:
        """As `section`, of a kind that others extend: keys that even this one does not know are refused."""
        for key in self.section(dotted, dict[str, Any]):
            if key not in getattr(kind, "__struct_fields__", ()):
                raise Misconfigured(self._sentence(dotted, f"Object contains unknown field `{key}`"))
        return self.section(dotted, kind)

    def refuse_unknown_sections(self) -> None:
        """Raise Misconfigured for a section that nobody reads: misspelt, it would silently be without effect."""
        for name in self._tables:
            if name not in SECTIONS:
                where = self._line_of(name, name)
                raise Misconfigured(f"{self.path}{where}, [{name}]: no such section; there are {', '.join(SECTIONS)}.")

    def place(self, dotted: str, key: str = "", number: int | None = None) -> str:
        """Where a setting stands, for an error: file, line, section and key. `number` counts [[tables]] from 0."""
        section = f"[{dotted}]" if number is None else f"[[{dotted}]]"
        return f"{self.path}{self._line_of(dotted, key, number)}, {section} {key}".rstrip()

    def _sentence(self, dotted: str, problem: str) -> str:
        reason = re.sub(r" - at `[^`]*`", "", problem)
        named = re.search(r"field `([^`]+)`", problem)
        at = re.search(r"`\$([^`]*)`", problem)
        below = [part for part in re.split(r"\.|\[\.\.\.\]", at.group(1)) if part] if at else []
        if named:
            reason = "no such setting" if "unknown" in problem else "this setting is missing"
            key = named.group(1)
        else:
            key = re.sub(r"\[\d+\]$", "", below.pop()) if below else dotted.split(".")[-1]
        numbers = re.findall(r"\[(\d+)\]", ".".join(below))
        section = ".".join([dotted, *(re.sub(r"\[\d+\]", "", part) for part in below)])
        return f"{self.place(section, key, int(numbers[-1]) if numbers else None)}: {reason}."

    def _line_of(self, dotted: str, key: str, number: int | None = None) -> str:
        """`, line N` of a key in a section or below it, else of the section, else of what the section lies in."""
        header, of_section, seen = "", 0, -1
        for at, line in enumerate(self._text.splitlines(), 1):
            if found := re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]", line):
                header = found.group(1).replace('"', "")
                seen += header == dotted
            within = header == dotted or header.startswith(f"{dotted}.")
            if not within or (number is not None and seen != number):
                continue
            of_section = of_section or at
            if key and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line):
                return f", line {at}"
        if of_section:
            return f", line {of_section}"
        above, _, last = dotted.rpartition(".")
        return self._line_of(above, last) if above else ""


def _wrong_entry(table: Any, kind: Any) -> str:
    """Which entry of a table of tables is wrong, which its own error does not tell; "" of any other table."""
    if get_origin(kind) is not dict or not isinstance(table, dict):
        return ""
    for name, entry in table.items():
        try:
            msgspec.convert({name: entry}, kind, strict=False)
        except msgspec.ValidationError:
            return str(name) if isinstance(entry, dict) else ""
    return ""


def _from_environment(dotted: str, kind: Any) -> dict[str, Any]:
    """The settings of a section that the environment names; a list is written with commas."""
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return {}
    prefix = "HISPULSE_" + re.sub(r"\W", "_", dotted).upper()
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        text = os.environ.get(f"{prefix}_{field.name.upper()}")
        if text is not None:
            is_list = "tuple" in str(field.type) or "list" in str(field.type)
            found[field.name] = [each.strip() for each in text.split(",") if each.strip()] if is_list else text
    return found


def load_site(name_or_path: str) -> Site:
    """A site by name (a file in `infra/sites/`) or by path. Raises Misconfigured with one sentence."""
    path = Path(name_or_path) if name_or_path.endswith(".toml") else SITES / f"{name_or_path}.toml"
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in SITES.glob("*.toml"))) or "none"
        raise Misconfigured(f"No site file {path}. Known sites: {known}; or give a path ending in .toml.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read ({type(error).__name__}); it is UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}.") from None
    site = Site(path.stem, path, tables, text)
    site.refuse_unknown_sections()
    if "hospital" in tables:
        _ = site.hospital, site.zone  # everybody needs them: better said at once than by the first who asks
    return site
