"""A report as files: in each format that was asked for, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

from orchestration.reports.chromium import chromium, printed
from orchestration.reports.document import Document
from orchestration.reports.flat import csv_of, parquet_of
from orchestration.reports.html import html_of
from orchestration.reports.settings import Format
from orchestration.reports.xlsx import xlsx_of


def contents(document: Document, formats: Iterable[Format], browser: str = "") -> Mapping[str, bytes]:
    """File name → content. Raises Misconfigured where a PDF is wanted and nothing prints."""
    page = cache(lambda: html_of(document))
    makers: dict[Format, Callable[[], bytes]] = {
        "html": page,
        "pdf": lambda: printed(page(), chromium(browser)),
        "xlsx": lambda: xlsx_of(document),
        "csv": lambda: csv_of(document.rows),
        "parquet": lambda: parquet_of(document.rows),
    }
    return {f"{document.name}.{form}": makers[form]() for form in formats}


def write(made: Mapping[str, bytes], folder: Path) -> list[Path]:
    """Put files into a folder; a reader never sees half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in made.items():
        path = folder / name
        beside = path.with_name(f".{name}.part")
        beside.write_bytes(content)
        beside.replace(path)
        written.append(path)
    return written
