"""A day is closed when all of it has been heard: the log is loaded as far as it reached, and batch feeds have ended.

How long a run waits for that, the site says; then the day is not closed, and a sentence says what was missing.
"""

import time
from typing import Any

import dagster as dg
import msgspec

from ingest.bus import BusSettings
from ingest.errors import Unavailable
from orchestration.about import about, counted
from orchestration.plots import hours_plot
from orchestration.resources import Hospital
from streams.house import house_rules
from warehouse.batches import batches_missing
from warehouse.events_by_hour import events_by_hour
from warehouse.loaded import ends_of_log, waiting_before

HEARD = dg.AssetKey(["day", "heard"])


class ClosingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [closing]: how long the closing of a day waits for what has not been heard yet."""

    wait_min: float = 120.0  # for the loader, and for the feeds with closes_days
    look_every_s: float = 5.0


class Listening:
    """What of one day is still missing. The end of the log counts as it was at the first look that reached it."""

    def __init__(self, hospital: Hospital, day: str) -> None:
        self._hospital, self._day = hospital, day
        self._bus = hospital.site.section("bus", BusSettings)
        self._ends: dict[str, int] | None = None

    def missing(self) -> list[str]:
        """What is missing now, in some words each; nothing when all has been heard."""
        try:
            return [*self._not_loaded(), *batches_missing(self._hospital.warehouse, self._hospital.site, self._day)]
        except Unavailable as away:
            return [str(away).rstrip(".")]

    def wait(self, wait_s: float, look_every_s: float) -> list[str]:
        """Look until nothing is missing, or time is over; what is missing then."""
        deadline = time.monotonic() + wait_s
        while (missing := self.missing()) and (left_s := deadline - time.monotonic()) > 0:
            time.sleep(min(look_every_s, left_s))
        return missing

    def _not_loaded(self) -> list[str]:
        self._ends = ends_of_log(self._bus) if self._ends is None else self._ends
        waiting = waiting_before(self._bus, self._ends)
        return [f"{waiting} records of the log, which the loader has not stored"] if waiting else []


class Patience(dg.Config):
    """How a run waits for what has not been heard: where it is not told, as the site says."""

    wait_min: float | None = None
    close_anyway: bool = False  # when the time is over, close the day with what there is


def heard_asset(days: dg.DailyPartitionsDefinition) -> dg.AssetsDefinition:
    """The asset that everything else of a day stands on."""

    @dg.asset(
        key=HEARD, partitions_def=days, group_name="day", kinds={"kafka"}, owners=["team:quality"],
        metadata=about("one row per event of the day, as far as it has been loaded", "orchestration/heard.py"),
        description="等齐当日数据 · All of the day has been heard: the log is loaded, and batch feeds have ended.",
    )  # fmt: skip
    def heard(context: dg.AssetExecutionContext, config: Patience, hospital: Hospital) -> dg.MaterializeResult[None]:
        settings = hospital.site.section("closing", ClosingSettings)
        wait_s = 60 * (settings.wait_min if config.wait_min is None else config.wait_min)
        listening = Listening(hospital, context.partition_key)
        missing = listening.wait(wait_s, settings.look_every_s)
        if missing and not config.close_anyway:
            raise dg.Failure(_not_closed(context.partition_key, missing, wait_s), allow_retries=False)
        return dg.MaterializeResult(metadata=_counted(hospital, context.partition_key) | {"missing": missing})

    return heard


def _counted(hospital: Hospital, day: str) -> dict[str, Any]:
    by_hour = events_by_hour(hospital.warehouse, house_rules(hospital.site), day)
    return counted(int(sum(by_hour))) | {"by hour": hours_plot("events by hour", by_hour)}


def _not_closed(day: str, missing: list[str], wait_s: float) -> str:
    waited = f"after {wait_s / 60:g} min of waiting" if wait_s else "now"
    return f"{day} is not closed {waited}: still missing {'; '.join(missing)}."
