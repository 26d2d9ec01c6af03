"""The load we put on a HIS: every statement counted, for Prometheus and for a page that its vendor can be shown.

The figures of the last day lie in a small file per feed under HISPULSE_HOME, replaced whole.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import structlog
from prometheus_client import Counter, Gauge

from ingest.settings import home

log = structlog.get_logger()

MINUTE_MS, KEPT_MIN, WRITE_EVERY_MS = 60_000, 24 * 60, 15_000

_STATEMENTS = Counter("hispulse_sql_statements", "Statements that a HIS was asked", ["feed", "view"])
_ROWS = Counter("hispulse_sql_rows", "Rows that it answered", ["feed", "view"])
_SECONDS = Counter("hispulse_sql_seconds", "Seconds that it took", ["feed", "view"])
_WAITED = Counter("hispulse_sql_waited_seconds", "Seconds we waited so as not to pass the budget", ["feed"])
_FAILED = Counter("hispulse_sql_failures", "Statements that failed, or were ended for taking too long", ["feed", "why"])
_LATE = Counter("hispulse_sql_found_late", "Rows that only the reading of hours found", ["feed", "view"])
_RESTS = Gauge("hispulse_sql_resting", "1 while the database is left alone", ["feed"])
_WRITABLE = Gauge("hispulse_sql_account_can_write", "1 when the account could write to the HIS", ["feed"])


class Minute(msgspec.Struct):
    """What one minute took."""

    at: int  # its start, UTC ms
    statements: int = 0
    rows: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0


class OfView(msgspec.Struct):
    """What one view took since the process began."""

    statements: int = 0
    rows: int = 0
    seconds: float = 0.0
    longest_s: float = 0.0
    found_late: int = 0
    statement: str = ""  # as it is asked, without values


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the site file allows."""

    rows_per_minute: int
    seconds_per_minute: float
    statement_timeout_s: float
    peak_hours: tuple[str, ...] = ()
    peak_share: float = 1.0
    off_peak_views: tuple[str, ...] = ()


class Figures(msgspec.Struct, kw_only=True):
    """The load of one feed."""

    feed: str
    engine: str
    source_system: str
    limits: Limits
    began_at: int  # UTC ms
    written_at: int = 0
    minutes: list[Minute] = []
    views: dict[str, OfView] = {}
    session: list[str] = []  # what every session is told first
    rights: list[str] | None = None  # that could change something; None: not asked yet
    failures: int = 0
    too_long: int = 0
    rests: int = 0
    waited_s: float = 0.0


class LoadBook:
    """Keeps the figures of a running feed."""

    def __init__(self, figures: Figures, path: Path) -> None:
        self.figures = figures
        self._path = path

    def asked(self, view: str, statement: str, rows: int, seconds: float, now_ms: int) -> None:
        """A statement was answered."""
        figures = self.figures
        start = now_ms - now_ms % MINUTE_MS
        if not figures.minutes or figures.minutes[-1].at != start:
            figures.minutes.append(Minute(start))
            del figures.minutes[:-KEPT_MIN]
        of_view = figures.views.setdefault(view, OfView())
        of_view.statement = statement
        for each in (figures.minutes[-1], of_view):
            each.statements, each.rows, each.seconds = each.statements + 1, each.rows + rows, each.seconds + seconds
            each.longest_s = max(each.longest_s, seconds)
        _STATEMENTS.labels(figures.feed, view).inc()
        _ROWS.labels(figures.feed, view).inc(rows)
        _SECONDS.labels(figures.feed, view).inc(seconds)
        self.write(now_ms)

    def failed(self, why: str, now_ms: int, rests: int) -> None:
        """A statement failed, or was ended (`why` is "too_long"); `rests` so far."""
        self.figures.failures += 1
        self.figures.too_long += why == "too_long"
        self.figures.rests = rests
        _FAILED.labels(self.figures.feed, why).inc()
        self.write(now_ms)

    def resting(self, yes: bool) -> None:
        """The database is left alone, or asked again."""
        _RESTS.labels(self.figures.feed).set(int(yes))

    def waited(self, seconds: float) -> None:
        """We waited so as not to pass the budget."""
        self.figures.waited_s += seconds
        _WAITED.labels(self.figures.feed).inc(seconds)

    def found_late(self, view: str, rows: int) -> None:
        """Rows that only the reading of hours found."""
        self.figures.views.setdefault(view, OfView()).found_late += rows
        _LATE.labels(self.figures.feed, view).inc(rows)

    def account(self, rights: list[str], session: list[str]) -> None:
        """What the account could change, and what a session is told first."""
        self.figures.rights, self.figures.session = rights, session
        _WRITABLE.labels(self.figures.feed).set(int(bool(rights)))

    def write(self, now_ms: int, *, at_once: bool = False) -> None:
        """Keep the figures; a disk that takes no more is said, and stops nothing."""
        if not at_once and now_ms - self.figures.written_at < WRITE_EVERY_MS:
            return
        self.figures.written_at = now_ms
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(self.figures))
            fresh.replace(self._path)
        except OSError as error:
            log.warning("the load cannot be kept", feed=self.figures.feed, error=type(error).__name__)


def path_of(site: str, feed: str, directory: Path | None = None) -> Path:
    """Where the figures of a feed lie."""
    return (directory or home() / "load") / site / f"{feed}.json"


def figures_of(site: str, feed: str) -> Figures | None:
    """The figures of a feed; None where it has not run here, or they are of another version."""
    try:
        return msgspec.json.decode(path_of(site, feed).read_bytes(), type=Figures)
    except (OSError, msgspec.DecodeError):
        return None
