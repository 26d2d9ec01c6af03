"""A dangerous result: the laboratory raises it with its report, and somebody takes charge of it, mostly in time."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps

# What is dangerous in a test: the analyte, and whether it is far too high or far too low.
_DANGERS = {"CBC": ("HGB", "LL"), "BIOCHEM": ("K", "HH"), "COAG": ("INR", "HH"), "URINE": ("GLU", "HH"),
            "TROPONIN": ("TNT", "HH")}  # fmt: skip
_USUAL_S = 330


def critical_value(hospital: Hospital, rng: Random, visit: str, item: str, bed: str, about: Mapping[str, Any]) -> Steps:
    """From the call to whoever took it; a few are never acknowledged. `about`: which order and which result."""
    analyte, flag = _DANGERS[item]
    hospital.note("critical_value.raised", visit, item_code=analyte, flag=flag, **about)
    yield hospital.env.timeout(rng.lognormvariate(0, 0.8) * _USUAL_S)
    if rng.random() < 0.97:
        hospital.note("critical_value.acknowledged", visit, staff_id=f"{bed or 'OPD'}-D{rng.randint(1, 9)}",
                      action_code=rng.choice(("REPEAT", "TREAT", "CALL")), **about)  # fmt: skip
