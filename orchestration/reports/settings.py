"""What a site says of its reports: in which languages and formats, and what prints them."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from orchestration.reports.writing import Language

Format = Literal["html", "pdf", "xlsx", "csv", "parquet"]
FORMATS: tuple[Format, ...] = get_args(Format)
LANGUAGES: tuple[Language, ...] = get_args(Language)


class ReportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [reports]: what is written each morning, and where it is kept."""

    languages: tuple[Language, ...] = ("zh",)
    formats: tuple[Format, ...] = ("html", "xlsx")  # pdf needs a Chromium
    folder: str = ""  # default: reports under HISPULSE_HOME
    browser: str = ""  # the Chromium that prints; default: HISPULSE_CHROMIUM, else what the path has
