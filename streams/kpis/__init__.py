"""The KPI catalogue, found by looking in this folder: one file per group of specification section 3."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from streams.kpis.kpi import Kpi

_NOT_GROUPS = {"kpi", "aggregate", "numbers", "rates", "derived", "merging"}


@cache
def catalogue() -> dict[str, Kpi]:
    """Every KPI by its code, in the order of the groups and within them."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name not in _NOT_GROUPS)
    groups = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {kpi.code: kpi for group in groups for kpi in group.KPIS}
