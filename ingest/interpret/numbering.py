"""Of which day a number is that its system starts anew each day: the day it was given, as far as the message says.

A number dated by the day of whatever happened to it would be another number the day after. Where a message does not
say when a number was given, it goes with the first thing that it tells of it.
"""

from __future__ import annotations

from ingest.events.envelope import Instant
from ingest.interpret.hl7 import Segment
from ingest.interpret.reading import Reading


def order_given(reading: Reading, orc: Segment | None, obr: Segment | None) -> Instant | None:
    """When an order got its number: ORC-9 of a new order; later OBR-6, ORC-15, then what happened first."""
    if not reading.is_daily("order"):
        return None
    placed = ((orc, 9),) if orc and orc.value(1).upper() == "NW" else ()
    told = ((obr, 6), (orc, 15), (obr, 7), (obr, 14), (orc, 9), (obr, 22))
    return reading.when(*placed, *told, ("EVN", 6), ("EVN", 2), ("MSH", 7))[0]


def filler_given(reading: Reading, kind: str, obr: Segment) -> Instant | None:
    """When a laboratory or a device gave its own number (OBR-3): specimen come, else taken, else report."""
    return reading.when((obr, 14), (obr, 7), (obr, 22), ("MSH", 7))[0] if reading.is_daily(kind) else None


def bill_given(reading: Reading, number: str, told: Instant) -> Instant:
    """When a bill got its number: its charge (FT1-4) where the message holds it, else `told`, the time of the line."""
    for line in reading.message.segments("FT1") if reading.is_daily("bill") else ():
        if line.value(6).upper() == "CG" and line.value(2) == number:
            return reading.at(line, 4) or told
    return told
