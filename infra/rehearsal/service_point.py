"""A place where people queue with a ticket: windows, consultation rooms, the phlebotomy, ultrasound rooms.

Whoever is called may not be there: the window recalls, or marks the ticket missed, and the person comes back later.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import simpy

from infra.rehearsal.sizes import OPEN_S, OVERTIME_S, REOPEN_S

Steps = Generator[Any, Any, None]
RANK = {"urgent": 0, "return": 1, "elderly": 2, "disabled": 2, "child": 2}


class Recorder(Protocol):
    """Who writes down what happens."""

    env: simpy.Environment

    def note(self, kind: str, visit: str, /, *, known: bool = True, **fields: Any) -> None:
        """Write down a fact that happens now."""


@dataclass(eq=False)
class Ticket:
    """One person's place in one queue."""

    id: str
    no: str
    visit: str
    serve: Callable[[str, str], Steps]  # what happens at the window: (window, staff)
    done: simpy.Event
    known: bool = True  # whether the queue system knows the visit
    refs: tuple[str, ...] = ()
    priority: str = "normal"
    calls: int = 0
    serves: int = 0
    state: str = "new"  # waiting, called, away, over


@dataclass(eq=False)
class ServicePoint:
    """A queue and the windows that serve it."""

    recorder: Recorder
    rng: Random
    kind: str  # service point type
    queue_id: str
    dept: str
    windows: tuple[str, ...]
    miss_share: float = 0.05
    all_day: bool = False
    line: list[tuple[int, float, int, Ticket]] = field(default_factory=list)
    issued: int = 0

    def __post_init__(self) -> None:
        self._entries = 0
        self._joined = self.recorder.env.event()
        for number, window in enumerate(self.windows):
            self.recorder.env.process(self._work(window, f"{self.queue_id}-S{number + 1:02d}"))

    def ticket(self, day: str, visit: str, serve: Callable[[str, str], Steps], **given: Any) -> Ticket:
        """A new ticket, not yet in the queue."""
        self.issued += 1
        number = f"{self.queue_id[:1]}{self.issued:03d}"
        ident = f"{day.replace('-', '')}{self.queue_id}{self.issued:05d}"
        return Ticket(ident, number, visit, serve, self.recorder.env.event(), **given)

    def join(self, ticket: Ticket) -> None:
        """Take the ticket: the wait begins."""
        self.note("queue.joined", ticket, priority=ticket.priority, position=len(self.line) + 1)
        self._enter(ticket)

    def come_back(self, ticket: Ticket, reason: str) -> None:
        """Stand in line again with the same ticket: after a missed call, or with results."""
        if ticket.done.triggered:
            ticket.done = self.recorder.env.event()
        self.note("queue.requeued", ticket, reason=reason, new_position=len(self.line) + 1)
        self._enter(ticket, "return")

    def leave(self, ticket: Ticket) -> None:
        """Give up waiting."""
        ticket.state = "over"
        self.note("queue.left", ticket, basis="source")

    def note(self, kind: str, ticket: Ticket, **fields: Any) -> None:
        """A fact about a ticket."""
        told = {"ticket_id": ticket.id, "ticket_no": ticket.no, "queue_id": self.queue_id,
                "service_point_type": self.kind, "dept_code": self.dept or None,
                "ref_ids": list(ticket.refs)}  # fmt: skip
        self.recorder.note(kind, ticket.visit, known=ticket.known, **told, **fields)

    def _enter(self, ticket: Ticket, priority: str | None = None) -> None:
        ticket.state = "waiting"
        self._entries += 1
        rank = RANK.get(priority or ticket.priority, 3)
        heapq.heappush(self.line, (rank, self.recorder.env.now, self._entries, ticket))
        if not self._joined.triggered:
            self._joined.succeed()

    def _work(self, window: str, staff: str) -> Steps:
        env = self.recorder.env
        while True:
            yield from self._opening()
            while self.line and self.line[0][3].state != "waiting":
                heapq.heappop(self.line)
            if not self.line:
                if self._joined.triggered:
                    self._joined = env.event()
                yield self._joined | env.timeout(60)
                continue
            ticket = heapq.heappop(self.line)[3]
            yield from self._call(ticket, window, staff)
            yield env.timeout(self.rng.uniform(3, 20))

    def _opening(self) -> Steps:
        """Wait while closed: before the morning, over lunch, in the night. People in line are served into overtime."""
        env = self.recorder.env
        for opens, closes in (OPEN_S, REOPEN_S):
            if self.all_day:
                return
            if env.now < opens:
                yield env.timeout(opens - env.now + self.rng.uniform(0, 120))
            if env.now < closes or (self.line and env.now < closes + OVERTIME_S):
                return
        if not self.all_day:
            yield env.timeout(86_400)

    def _call(self, ticket: Ticket, window: str, staff: str) -> Steps:
        env = self.recorder.env
        ticket.state = "called"
        ticket.calls += 1
        self.note("queue.called", ticket, window_id=window, staff_id=staff, call_seq=ticket.calls)
        if self.rng.random() < self.miss_share:
            yield env.timeout(self.rng.uniform(40, 100))
            if not (yield from self._missed(ticket, window)):
                return
        yield env.timeout(self.rng.uniform(8, 45))
        ticket.serves += 1
        self.note("queue.served", ticket, window_id=window, staff_id=staff, serve_seq=ticket.serves)
        yield from ticket.serve(window, staff)
        self.note("queue.completed", ticket, window_id=window, serve_seq=ticket.serves, closed_by="staff")
        ticket.state = "over"
        ticket.done.succeed()

    def _missed(self, ticket: Ticket, window: str) -> Generator[Any, Any, bool]:
        """Nobody came. True when a second call finds the person after all."""
        env = self.recorder.env
        self.note("queue.missed", ticket, window_id=window, call_seq=ticket.calls)
        if self.rng.random() < 0.45:
            yield env.timeout(self.rng.uniform(60, 240))
            ticket.calls += 1
            self.note("queue.recalled", ticket, window_id=window, call_seq=ticket.calls)
            return True
        ticket.state = "away"
        env.process(self._return(ticket))
        return False

    def _return(self, ticket: Ticket) -> Steps:
        yield self.recorder.env.timeout(self.rng.uniform(180, 900))
        if ticket.state == "away":
            self.come_back(ticket, "missed_return")
