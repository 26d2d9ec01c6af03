"""The rules, found by looking in this folder: one file per story, each with `SCOPE`, `READS`, `STAGES` and `rows`.

A file that has `STAGES` alone declares what only SQL works out.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from streams.stages.stage import Stage, StageRow

if TYPE_CHECKING:
    from streams.house import HouseRules
    from streams.story import Story

_NOT_STORIES = {"stage", "guards"}


class Rule(NamedTuple):
    """One file of this folder."""

    name: str
    scope: str
    reads: frozenset[str]  # the event types it looks at; it runs again only when one of these came
    stages: tuple[Stage, ...]
    rows: Callable[[Story, HouseRules], Iterator[StageRow]]


@cache
def _files() -> dict[str, ModuleType]:
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_STORIES)
    return {name: importlib.import_module(f"{__name__}.{name}") for name in names}


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules, by name."""
    return tuple(
        Rule(name, module.SCOPE, frozenset(module.READS), module.STAGES, module.rows)
        for name, module in _files().items()
        if hasattr(module, "rows")
    )


@cache
def rules(scope: str) -> tuple[Rule, ...]:
    """The rules of one scope."""
    return tuple(rule for rule in every_rule() if rule.scope == scope)


@cache
def stages() -> dict[str, Stage]:
    """Every stage by its code."""
    return {stage.code: stage for module in _files().values() for stage in module.STAGES}


@cache
def folded_stages() -> frozenset[str]:
    """The stages that a rule works out; the others only SQL does."""
    return frozenset(stage.code for rule in every_rule() for stage in rule.stages)


@cache
def gauged() -> tuple[str, ...]:
    """The stages by which the data itself is judged: lengths that the wall has too, so that both judge the same."""
    return tuple(code for code, stage in stages().items() if stage.kind == "interval" and code in folded_stages())


@cache
def split_of(code: str) -> Stage | None:
    """The stage that says what the lengths of a stage are made of, if there is one."""
    return next((stage for stage in stages().values() if stage.of and stage.of == code), None)


def declared() -> tuple[Stage, ...]:
    """Every stage, in the order of the files and within them."""
    return tuple(stages().values())
