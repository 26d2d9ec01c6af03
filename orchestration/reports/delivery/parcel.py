"""What is delivered: a report's opening as text, and its files. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from orchestration.reports.document import Document, Row
from orchestration.reports.writing import Language


class Undelivered(Exception):
    """Nobody took it; why, without what an answer quotes."""


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """A report on its way."""

    key: str  # which report: the same one has the same key
    lang: Language
    title: str
    subtitle: str
    banner: str
    points: tuple[tuple[str, tuple[str, ...]], ...]  # heading → statements
    files: Mapping[str, bytes]
    rows: tuple[Row, ...] = ()


def parcel_of(document: Document, files: Mapping[str, bytes]) -> Parcel:
    """A report as it is sent."""
    points = tuple(
        (block.title, tuple(item.said for item in block.items) or (block.none,)) for block in document.opening
    )
    return Parcel(
        key=document.name, lang=document.lang, title=document.title, subtitle=document.subtitle,
        banner=document.banner, points=points, files=files, rows=document.rows,
    )  # fmt: skip


def markdown_of(parcel: Parcel, most_bytes: int) -> str:
    """The opening as the robots' markdown, as much of it as they take, cut between lines."""
    lines = [f"### {parcel.title}", parcel.subtitle, *([f"> {parcel.banner}"] if parcel.banner else [])]
    for heading, said in parcel.points:
        lines += ["", f"**{heading}**", *(f"- {each}" for each in said)]
    while len("\n".join(lines).encode()) > most_bytes:
        lines = [*lines[:-2], "…"]
    return "\n".join(lines)


def text_of(parcel: Parcel) -> str:
    """The opening as plain text."""
    lines = [parcel.title, parcel.subtitle, *([parcel.banner] if parcel.banner else [])]
    for heading, said in parcel.points:
        lines += ["", heading, *(f"  · {each}" for each in said)]
    return "\n".join(lines) + "\n"
