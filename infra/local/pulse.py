"""Whether the chain is alive: events in, lag, feeds and the last mart, each read where a user would read it."""

from __future__ import annotations

import urllib.request
from datetime import datetime
from typing import Any

import msgspec

from infra.local.stack import Stack, board_port, dagster_port
from infra.rehearsal.progress import progress
from ingest.clock import load_clock
from ingest.errors import Misconfigured, Unavailable
from warehouse.client import QueryFailed, connect
from warehouse.loaded import Backlog, events_in

_LAST_BUILD = """
select toString(day) as day, toString(max(computed_at)) as built_at, argMax(kpi_values, computed_at) as kpis
from mart_builds where facility_id = {facility:String} group by day order by day desc limit 1
"""
_CHECKS = """
select count() as n, countIf(not passed and severity = 'warn') as warned,
  countIf(not passed and severity != 'warn') as failed
from check_results final
where facility_id = {facility:String} and day = {day:Date}
"""

_FAILED_RUNS = msgspec.json.encode(
    {"query": "{ runsOrError(filter: {statuses: [FAILURE]}, limit: 1) { ... on Runs { results { runId } } } }"}
)


class Pulse:
    """Looks at the stack from outside, as often as it is asked to."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._warehouse = connect(stack.warehouse)
        self._backlog = Backlog(stack.bus)
        self._facility = stack.site.hospital.facility_id
        self._clock = load_clock(stack.home / "clock.json")
        self.events_in = 0
        self.to_load = 0
        self.on_board = 0
        self.feeds = ""
        self.mart: dict[str, Any] = {}
        self.checks: dict[str, Any] = {}
        self.failed_run = ""  # where Dagster shows that closing yesterday failed

    def lines(self) -> str:
        """The status of a moment in two short lines: the way in, and yesterday."""
        return f"{self._live()}\n{self._closed()}"

    def line(self) -> str:
        """The status of a moment in one line."""
        return f"{self._live()} · {self._closed()}"

    def look(self) -> None:
        """Look anew at everything; what cannot be seen now keeps its last value."""
        try:
            ends = self._backlog.ends()
            self.events_in, self.to_load = events_in(ends), self._backlog.waiting(ends)
            self._look_at_marts()
            self._look_at_board()
            if not self.mart:
                self._look_at_runs()
        except (Unavailable, Misconfigured, QueryFailed, OSError):
            return  # the next look may see more; a process that ended is told by its keeper

    def _live(self) -> str:
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, self._stack.site.zone)
        return (
            f"{now:%H:%M} · events in {self.events_in:,} · to load {self.to_load:,} · on the board {self.on_board:,} · "
            f"feeds {self.feeds or '…'}"
        )

    def _closed(self) -> str:
        said = progress(self._stack.home)
        if said is None:
            return "yesterday: the rehearsal hospital lives it"
        if said.answered < said.total:
            return f"yesterday: {100 * said.answered // said.total} % of {said.total:,} messages told"
        if self.failed_run:
            return f"yesterday could not be closed: {self.failed_run}"
        if not self.mart:
            return "yesterday: being closed by Dagster"
        run, warned, failed = (self.checks.get(name, 0) for name in ("n", "warned", "failed"))
        checks = f"{run} checks run: {warned} warn, {failed} failed" if run else "no check"
        return f"last mart {self.mart['day']} ({self.mart['kpis']:,} values) · {checks}"

    def is_whole(self) -> bool:
        """Events reached the board, a mart was built, and its checks ran."""
        return self.on_board > 0 and bool(self.mart) and bool(self.checks.get("n"))

    def verdict(self) -> str:
        """What is whole and what is not, in one sentence."""
        missing = [
            text
            for fine, text in (
                (self.on_board > 0, "no event reached the board"),
                (bool(self.mart), "no mart was built"),
                (bool(self.checks.get("n")), "no check ran"),
            )
            if not fine
        ]
        return (
            f"Not whole: {', '.join(missing)}."
            if missing
            else "Whole: events on the board, a mart built, its checks run."
        )

    def _look_at_marts(self) -> None:
        built = self._warehouse.rows(_LAST_BUILD, {"facility": self._facility})
        self.mart = built[0] if built else {}
        if self.mart:
            self.checks = self._warehouse.rows(_CHECKS, {"facility": self._facility, "day": self.mart["day"]})[0]

    def _look_at_board(self) -> None:
        address = f"http://127.0.0.1:{board_port(self._stack.site)}/healthz"
        with urllib.request.urlopen(address, timeout=2) as answer:
            health = msgspec.json.decode(answer.read())
        self.on_board = int(health.get("events", 0))
        self.feeds = str(health.get("feeds", ""))

    def _look_at_runs(self) -> None:
        """Whether the run that closes yesterday has failed: nobody need wait for it then."""
        dagster = f"http://127.0.0.1:{dagster_port(self._stack.site)}"
        asked = urllib.request.Request(f"{dagster}/graphql", _FAILED_RUNS, {"content-type": "application/json"})
        with urllib.request.urlopen(asked, timeout=2) as answer:
            told = msgspec.json.decode(answer.read())
        failed = told["data"]["runsOrError"].get("results") or []
        self.failed_run = f"{dagster}/runs/{failed[0]['runId']}" if failed else ""
