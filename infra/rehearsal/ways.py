"""Other ways in which the hospital also tells what one of its systems tells: each fact comes by one or two ways.

A FHIR server knows of specimens, reports, examinations and drugs, an export drops files of orders, prescriptions and
bills into a folder, and the platform pushes tickets. Some facts come by the other way alone. Change capture needs no
words of its own: it reads the tables in which the rows change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from infra.rehearsal.facts import Told
from infra.rehearsal.message_numbers import Numbers
from infra.rehearsal.sources import CAPTURE, EXPORT, FHIR, IN_MESSAGES, IN_TABLES, PLATFORM
from ingest.errors import Misconfigured

WAYS = ("usual", "all")
SITE_LINES = Path(__file__).with_name("ways.toml")

_HALF, _SOME = 0.5, 0.3
# What is told of a fact by the other way, and how often by that way alone: nothing that another fact's message carries.
_ALSO: dict[str, tuple[str, float]] = {
    "specimen.collected": (FHIR, _SOME),
    "specimen.received": (FHIR, _SOME),
    "exam.completed": (FHIR, _SOME),
    "report.issued": (FHIR, 0),
    "dispensing.prepared": (FHIR, _SOME),
    "order.placed": (EXPORT, _SOME),
    "prescription.submitted": (EXPORT, _SOME),
    "bill.created": (EXPORT, 0),
    "queue.joined": (PLATFORM, _SOME),
}
# Of whose fields the other way has a place for fewer.
_FIELDS = {
    "report.issued": ("report_id", "order_id", "status", "version", "category", "reporter_id"),
    "dispensing.prepared": ("prescription_id", "pharmacy_id", "window_id"),
    "bill.created": ("bill_id", "item_class", "amount", "dept_code"),
}
_EVERY_MS = 5 * 60_000  # an export drops a file so often
_DELAY_S = {FHIR: (0.5, 5.0), PLATFORM: (0.1, 1.5)}


def also_told(told: Sequence[Told], rng: Random, numbers: Numbers) -> Iterator[Told]:
    """The tellings, and beside half of those that have another way, or in their place, what that way says."""
    for straight in told:
        way, alone = _ALSO.get(straight.kind, ("", 0.0))
        if not way or straight.source not in IN_MESSAGES or rng.random() > _HALF:
            yield straight
            continue
        if rng.random() >= alone:
            yield straight
        yield _otherwise(straight, way, rng, numbers)


def _otherwise(told: Told, way: str, rng: Random, numbers: Numbers) -> Told:
    wanted = _FIELDS.get(told.kind, tuple(told.fields))
    fields = {name: value for name, value in told.fields.items() if name in wanted}
    if way == EXPORT:  # what happened meanwhile goes into one file
        dropped_at = (told.told_at // _EVERY_MS + 1) * _EVERY_MS
        message, sent_at, told_at = f"EXPORT{dropped_at}", dropped_at, dropped_at
    else:
        message = numbers.fresh(way)
        sent_at, told_at = numbers.sent(message, told.at, rng, *_DELAY_S[way])
    return msgspec.structs.replace(
        told, source=way, message=message, sent_at=sent_at, told_at=told_at, fields=fields, patient=""
    )


def captured(told: Told) -> Told | None:
    """What change capture says of a row that was written; None of what is no row."""
    return msgspec.structs.replace(told, source=CAPTURE) if told.source in IN_TABLES else None


def speaks_all(ways: str) -> bool:
    """Whether the user asked for all six ways. Raises Misconfigured for another word."""
    if ways not in WAYS:
        raise Misconfigured(f"Unknown ways {ways}: choose from {', '.join(WAYS)}.")
    return ways == "all"


def site_text(demo: str) -> str:
    """A rehearsal's site file that also has the feeds of the other ways."""
    return f"{demo.rstrip()}\n\n{SITE_LINES.read_text('utf-8')}"
