"""Kinds of values that several domains share: instants, days, amounts, and what is said of a patient.

A type here is also a promise to the warehouse, which makes its columns from it (see `schemas.py`).
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

# An instant: UTC milliseconds since 1970.
UtcMs = Annotated[int, Meta(title="UTC ms", description="UTC milliseconds since 1970")]
# A local calendar date as ISO text.
Day = Annotated[str, Meta(title="day", description="local date, ISO", pattern=r"^\d{4}-\d\d-\d\d$")]
# An amount of money, CNY; text in JSON, never float.
Amount = Annotated[Decimal, Meta(title="CNY", description="decimal(14,4) as text, CNY")]

AgeBand = Literal["0-13", "14-59", "60-64", "65-79", "80-89", "90+"]
Sex = Literal["f", "m", "u"]
PatientGroup = Literal["normal", "elderly", "disabled", "child", "urgent", "pregnant", "veteran"]
