"""What a number should be: the catalogue's target, or the site's where it says otherwise; and how far off it is."""

from __future__ import annotations

from ingest.errors import Misconfigured
from ingest.settings import Site
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi, Target
from streams.kpis.numbers import UNIT_MS

# W10's ten minutes, and those of SX, are for windows and for taking blood: nobody judges scanners by them.
NOT_MEANT_FOR: dict[str, tuple[str, ...]] = {"window_wait": ("imaging", "ultrasound")}


def targets(site: Site) -> dict[str, Target]:
    """KPI → target, with the site's [targets.<kpi>] in place of the catalogue's."""
    found = {code: kpi.target for code, kpi in catalogue().items() if kpi.target is not None}
    for code in site.names("targets"):
        if code not in catalogue():
            raise Misconfigured(f"{site.path}, [targets.{code}]: there is no KPI {code}.")
        found[code] = site.section(f"targets.{code}", Target)
    return found


def severity(target: Target | None, statistics: dict[str, float | None]) -> int:
    """0 as it should be, 1 over target, 2 far over (the target's alarm, else twice as much)."""
    if target is None or (value := statistics.get(target.statistic)) is None:
        return 0
    if keeps(value, target.value, target.direction):
        return 0
    if target.alarm is None and target.direction in ("≥", ">"):
        return 1
    alarm = target.value * 2 if target.alarm is None else target.alarm
    return 1 if keeps(value, alarm, target.direction) else 2


def keeps(value: float, limit: float, direction: str) -> bool:
    """Whether a value stands where it should."""
    return {"≤": value <= limit, "<": value < limit, "≥": value >= limit, ">": value > limit}[direction]


def limit_ms(kpi: Kpi, target: Target | None) -> float | None:
    """The target of a length in ms; None where the target is of another kind."""
    if target is None or target.direction not in ("≤", "<") or kpi.unit not in UNIT_MS:
        return None
    return target.value * UNIT_MS[kpi.unit] if target.statistic in ("p50", "p90", "mean", "value") else None
