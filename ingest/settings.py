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
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from ingest.errors import Misconfigured

SITES = Path(__file__).resolve().parent.parent / "infra" / "sites"

T = TypeVar("T")


def home() -> Path:
    """Where this machine's state lies (keys, logs, data): HISPULSE_HOME, else `.hispulse` in the working directory."""
    return Path(os.environ.get("HISPULSE_HOME", ".hispulse")).resolve()


class Department(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department as the wall shows it."""

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
        """The hospital's time zone."""
        return ZoneInfo(self.hospital.zone)

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
            raise Misconfigured(self._sentence(dotted, str(error))) from None

    def _sentence(self, dotted: str, problem: str) -> str:
        quoted = re.search(r"`([\w-]+)`", problem)
        place = re.search(r"`\$\.([\w.-]+)`", problem)
        key = place.group(1).split(".")[-1] if place else (quoted.group(1) if quoted else dotted)
        line = next(
            (n for n, text in enumerate(self._text.splitlines(), 1) if re.match(rf"\s*{re.escape(key)}\s*=", text)),
            None,
        )
        where = f"{self.path}, line {line}" if line else f"{self.path}"
        return f"{where}, [{dotted}] {key}: {problem}"


def _from_environment(dotted: str, kind: Any) -> dict[str, str]:
    names = getattr(kind, "__struct_fields__", ())
    prefix = "HISPULSE_" + dotted.replace(".", "_").upper()
    return {n: os.environ[f"{prefix}_{n.upper()}"] for n in names if f"{prefix}_{n.upper()}" in os.environ}


def load_site(name_or_path: str) -> Site:
    """A site by name (a file in `infra/sites/`) or by path. Raises Misconfigured with one sentence."""
    path = Path(name_or_path) if name_or_path.endswith(".toml") else SITES / f"{name_or_path}.toml"
    try:
        text = path.read_text("utf-8")
        tables = tomllib.loads(text)
    except FileNotFoundError:
        known = ", ".join(sorted(p.stem for p in SITES.glob("*.toml"))) or "none"
        raise Misconfigured(f"No site file {path}. Known sites: {known}; or give a path ending in .toml.") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path} is not valid TOML: {error}.") from None
    return Site(path.stem, path, tables, text)
