"""What the reconciliations with a HIS found: for Prometheus, and in a small file per feed that people can be shown."""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from ingest.settings import home

log = structlog.get_logger()

_RESIDUAL = Gauge("hispulse_sql_residual", "Rows of the HIS and of ours that do not agree", ["feed", "view", "why"])
_PULLED = Counter("hispulse_sql_pulled_again", "Rows that only a reconciliation found", ["feed", "view"])
_AT = Gauge("hispulse_sql_reconciled_at_seconds", "When a view was last compared, Unix time", ["feed", "view"])
REASONS = ("missing", "unversioned", "refused", "gone")


class DayCount(msgspec.Struct):
    """A day of a department: what the HIS has of one view, and why not all of it is held here."""

    day: str
    dept: str
    rows: int = 0  # that the HIS has, without those that it marks as deleted
    missing: int = 0  # not told yet: on their way, or pulled again next
    unversioned: int = 0  # without row_ver: never read
    refused: int = 0  # dead letters
    gone: int = 0  # told, and no longer there

    @property
    def held(self) -> int:
        """How many of the HIS's rows are told."""
        return max(0, self.rows - self.missing - self.unversioned - self.refused)

    @property
    def why(self) -> dict[str, int]:
        """How many do not agree, by reason."""
        found = {name: getattr(self, name) for name in REASONS}
        return {name: n for name, n in found.items() if n}


class OfView(msgspec.Struct):
    """How a view was last found."""

    compared_at: int  # UTC ms, real time
    days: list[DayCount] = []
    pulled: int = 0  # rows that only a reconciliation found, since the process began
    pulled_at: int | None = None


class Reconciled(msgspec.Struct, kw_only=True):
    """The reconciliations of one feed."""

    feed: str
    views: dict[str, OfView] = {}
    whole: list[str] = []  # tables that are compared row by row as they are read
    not_counted: list[str] = []  # views without a time by which a database could count them


class ReconciledBook:
    """Keeps what is found."""

    def __init__(self, site: str, feed: str, directory: Path | None = None) -> None:
        self._path = path_of(site, feed, directory)
        self.found = Reconciled(feed=feed)

    def put(self, view: str, days: list[DayCount], pulled: int, now_ms: int) -> list[DayCount]:
        """A view was compared. Returns the counts of its last day, and of days that are not as they were."""
        before = self.found.views.get(view, OfView(0))
        pulled_at = now_ms if pulled else before.pulled_at
        self.found.views[view] = OfView(now_ms, days, before.pulled + pulled, pulled_at)
        for why in REASONS:
            _RESIDUAL.labels(self.found.feed, view, why).set(sum(getattr(each, why) for each in days))
        if pulled:
            _PULLED.labels(self.found.feed, view).inc(pulled)
            log.warning("rows that polling had missed", feed=self.found.feed, view=view, rows=pulled)
        _AT.labels(self.found.feed, view).set(now_ms // 1000)
        self.write()
        touched = {max(each.day for each in days)} if days else set()
        touched |= {each.day for each in days if each not in before.days}
        touched |= {each.day for each in before.days if each not in days}
        return [each for each in days if each.day in touched]

    def write(self) -> None:
        """Keep it; a disk that takes no more is said, and stops nothing."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.found))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("reconciliations cannot be kept", feed=self.found.feed, error=type(error).__name__)


def path_of(site: str, feed: str, directory: Path | None = None) -> Path:
    """Where the reconciliations of a feed lie."""
    return (directory or home() / "reconciled") / site / f"{feed}.json"


def reconciled_of(site: str, feed: str, directory: Path | None = None) -> Reconciled | None:
    """The reconciliations of a feed; None where it has not run here, or they are of another version."""
    try:
        return msgspec.json.decode(path_of(site, feed, directory).read_bytes(), type=Reconciled)
    except (OSError, msgspec.DecodeError):
        return None
