"""Where a patient's time goes: one pass over the facts of a visit, from the check-in to the last thing done for it.

What each part is says streams/parts.py. Facts told by the day only are not seen. Nothing looks ahead: what is known at
one act is not changed by a later one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from streams.parts import QUEUES
from streams.stages.stage import StageRow
from streams.story import Fact

WALK_MS = 10 * 60 * 1000  # so long the way back to the doctor may take
_QUEUED = ("exam_wait", "lab_wait", "pharmacy", "payment", "desk")  # of several queues the first
_WITH_RESULTS = "?"  # a report is out: whether the patient dawdles or waits, what comes next will tell
_AT_CLINIC = ("clinic", None)


class Whereabouts:
    """Where the patient is and has been, as far as the facts were read; facts must come in order."""

    __slots__ = (
        "_bills", "_drug_bills", "_drugs_paid", "_exams", "_in_consultation", "_labs", "_missed", "_parts", "_queues",
        "_read", "_result_at", "_results_far", "_results_near", "_run", "_waits", "_window", "arrived_at", "at",
        "ended_at", "parts", "rows", "seen", "slot_at", "until",
    )  # fmt: skip

    def __init__(self, slot_at: int, until: int) -> None:
        """`slot_at`: the booked time, 0 when there is none; what lies at or after `until` does not end the visit."""
        self.slot_at, self.until = slot_at, until
        self.at = 0  # of the last fact
        self.arrived_at: int | None = None
        self.seen = False
        self.ended_at: int | None = None  # the last thing done for it so far
        self.parts: dict[str, int] = {}  # until then, in ms
        self.rows: dict[str, tuple[tuple[Any, ...], StageRow]] = {}  # what was last said of it, and from what
        self._parts: dict[str, int] = {}
        self._read = 0
        self._run = ("", 0)  # what holds, and since when
        self._in_consultation = self._window = self._missed = self._waits = self._drugs_paid = False
        self._queues: set[str] = set()
        self._exams: set[str | None] = set()
        self._labs: set[str | None] = set()
        self._bills: set[str | None] = set()
        self._drug_bills: set[str | None] = set()
        self._result_at: int | None = None
        self._results_near = self._results_far = 0

    def go_on(self, facts: Sequence[Fact]) -> None:
        """Read on from where the last reading ended; `facts` are the same as then, and what came after them."""
        for fact in facts[self._read :]:
            act = _ACTS.get(fact.type)
            if act is not None and fact.timed:
                if self.arrived_at is not None and fact.at > self.at:
                    self._pass(self.at, fact.at)
                act(self, fact)
                self.at = fact.at
        self._read = len(facts)

    def now(self) -> tuple[str, int] | None:
        """What holds after the last fact, and since when; None when nothing is known to."""
        if self.arrived_at is None:
            return None
        kind = self._kind()
        if kind in ("walking", _WITH_RESULTS):
            return None
        if kind != "service" and not self.seen and self.at < self.slot_at:
            return kind, self.slot_at
        return kind, self._run[1] if self._run[0] == kind else self.at

    def _kind(self) -> str:
        if self._in_consultation or self._window:
            return "service"
        if self._missed:
            return "patient"
        if self._waits:
            return "consult"
        if self._queues:
            return next(queue for queue in _QUEUED if queue in self._queues)
        if self._exams:
            return "exam_report"
        if self._labs:
            return "lab_report"
        if self._drugs_paid:
            return "pharmacy"
        if self._bills:
            return "payment"
        return "walking" if self._result_at is None else _WITH_RESULTS

    def _pass(self, start: int, end: int) -> None:
        kind = self._kind()
        if start < self.slot_at and not self.seen and kind != "service":
            self._spend("early", start, min(end, self.slot_at))
            start = self.slot_at
        if start < end:
            self._spend(kind, start, end)

    def _spend(self, kind: str, start: int, end: int) -> None:
        if self._run[0] != kind:
            self._run = (kind, start)
        if kind == _WITH_RESULTS and self._result_at is not None:
            near = max(0, min(end, self._result_at + WALK_MS) - start)
            self._results_near += near
            self._results_far += end - start - near
        else:
            self._parts[kind] = self._parts.get(kind, 0) + end - start

    def _results_were(self, near: str, far: str) -> None:
        """What the time with results was, now that it is known."""
        for kind, millis in ((near, self._results_near), (far, self._results_far)):
            if millis:
                self._parts[kind] = self._parts.get(kind, 0) + millis
        self._result_at, self._results_near, self._results_far = None, 0, 0

    def _is_elsewhere(self) -> None:
        self._in_consultation = self._window = self._missed = False

    def _done(self, fact: Fact) -> None:
        """Something was done for the visit: so far it ends here."""
        if self.seen and fact.at < self.until:
            self.ended_at, self.parts = fact.at, dict(self._parts)
            with_results = self._results_near + self._results_far
            if with_results:
                self.parts["walking"] = self.parts.get("walking", 0) + with_results

    # One act after the other

    def _checks_in(self, fact: Fact) -> None:
        if fact.point == "clinic" or (not fact.point and not fact.order_id):
            if self.arrived_at is None:
                self.arrived_at, self._waits = fact.at, self._waits or not self.seen
            self._comes_back()
        elif fact.order_id:
            self._queues.add("exam_wait")

    def _comes_back(self) -> None:
        if self.seen and not self._waits:
            self._waits = True
            self._results_were("walking", "patient")

    def _joins(self, fact: Fact) -> None:
        queue = QUEUES.get(fact.service_point_type or "")
        if queue is not None:
            self._queues.add(queue)
        elif fact.service_point_type in _AT_CLINIC:
            self._comes_back()

    def _requeues(self, fact: Fact) -> None:
        self._missed = False
        self._joins(fact)

    def _is_recalled(self, _: Fact) -> None:
        self._missed = False

    def _misses(self, _: Fact) -> None:
        self._missed = True

    def _leaves(self, fact: Fact) -> None:
        self._missed = False
        self._queues.discard(QUEUES.get(fact.service_point_type or "", ""))

    def _is_served(self, fact: Fact) -> None:
        self._missed = False
        queue = QUEUES.get(fact.service_point_type or "")
        if queue is not None:
            self._queues.discard(queue)
            self._in_consultation, self._window = False, True

    def _completes(self, fact: Fact) -> None:
        queue = QUEUES.get(fact.service_point_type or "")
        if queue is not None:
            self._queues.discard(queue)
            self._window = False

    def _is_seen(self, _: Fact) -> None:
        self._is_elsewhere()
        if not self._waits:
            self._results_were("consult", "consult")
        self.seen = self._in_consultation = True
        self._waits, self._result_at = False, None

    def _consultation_ends(self, fact: Fact) -> None:
        if not fact.end_imputed:
            self._in_consultation = False
            self._done(fact)

    def _is_examined(self, fact: Fact) -> None:
        self._is_elsewhere()
        self._queues.discard("exam_wait")
        self._exams.add(fact.order_id)

    def _gives_blood(self, fact: Fact) -> None:
        self._is_elsewhere()
        self._queues.discard("lab_wait")
        self._labs.add(fact.order_id)

    def _is_reported(self, fact: Fact) -> None:
        if fact.status == "final":
            self._exams.discard(fact.order_id)
            self._labs.discard(fact.order_id)
            if self.seen and not self._waits:
                self._results_were("walking", "walking")
                self._result_at = fact.at

    def _is_billed(self, fact: Fact) -> None:
        self._bills.add(fact.bill_id)
        if fact.item_class == "drug":
            self._drug_bills.add(fact.bill_id)

    def _pays(self, fact: Fact) -> None:
        self._missed = self._window = False
        self._queues.discard("payment")
        self._bills.discard(fact.bill_id)
        self._drugs_paid = self._drugs_paid or fact.bill_id in self._drug_bills
        self._done(fact)

    def _takes_drugs(self, fact: Fact) -> None:
        self._is_elsewhere()
        self._queues.discard("pharmacy")
        self._drugs_paid = False
        self._done(fact)


_ACTS: dict[str, Callable[[Whereabouts, Fact], None]] = {
    "patient.checked_in": Whereabouts._checks_in,
    "queue.joined": Whereabouts._joins,
    "queue.requeued": Whereabouts._requeues,
    "queue.recalled": Whereabouts._is_recalled,
    "queue.missed": Whereabouts._misses,
    "queue.left": Whereabouts._leaves,
    "queue.served": Whereabouts._is_served,
    "queue.completed": Whereabouts._completes,
    "consultation.started": Whereabouts._is_seen,
    "consultation.ended": Whereabouts._consultation_ends,
    "exam.started": Whereabouts._is_examined,
    "specimen.collected": Whereabouts._gives_blood,
    "report.issued": Whereabouts._is_reported,
    "bill.created": Whereabouts._is_billed,
    "bill.paid": Whereabouts._pays,
    "dispensing.dispensed": Whereabouts._takes_drugs,
}
ACTS = frozenset(_ACTS)
