"""The worked timelines of the reference, found by looking in this folder: every KPI has one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from infra.reference.stories.story import WorkedStory


@cache
def stories() -> tuple[WorkedStory, ...]:
    """All of them."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "story")
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return tuple(story for module in modules for story in module.STORIES)


@cache
def story_of(kpi: str) -> WorkedStory:
    """The one that a KPI is shown by. Raises LookupError when there is none, or more than one."""
    found = [story for story in stories() if kpi in story.kpis]
    if len(found) != 1:
        raise LookupError(f"{kpi} has {len(found)} worked timelines, not one: see infra/reference/stories/.")
    return found[0]
