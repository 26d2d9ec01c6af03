"""Each stage's query, told as clinical timelines: one module a topic, found by looking in this folder.

Scope id → its timeline and the rows that must follow, as text: `stage scope/part series: start→end minutes, reason,
flags {dims}`. All timelines are one day of one hospital; a case looks only at its own tickets, visits and orders.
"""

from __future__ import annotations

import importlib
import pkgutil

Cases = dict[str, tuple[str, list[str]]]


def all_cases() -> Cases:
    """The cases of all topics. No scope has two."""
    found: Cases = {}
    for topic in pkgutil.iter_modules(__path__):
        cases: Cases = importlib.import_module(f"{__name__}.{topic.name}").CASES
        assert not found.keys() & cases.keys(), f"{topic.name} tells of somebody else's"
        found |= cases
    return found
