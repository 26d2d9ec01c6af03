"""Control ids and send times: the facts of one message share both. A payment of two bills is one message."""

from __future__ import annotations

from random import Random

from infra.rehearsal.facts import Fact


class Numbers:
    """Gives out message numbers, per source and day."""

    def __init__(self, day: str) -> None:
        self._day = day.replace("-", "")
        self._last: dict[str, int] = {}
        self._shared: dict[str, str] = {}
        self._sent: dict[str, tuple[int, int]] = {}

    def of(self, source: str, fact: Fact) -> str:
        """The number of the message that carries this fact."""
        shared = _shared_by(fact)
        if not shared:
            return self.fresh(source)
        if shared not in self._shared:
            self._shared[shared] = self.fresh(source)
        return self._shared[shared]

    def fresh(self, source: str) -> str:
        """A new number."""
        self._last[source] = self._last.get(source, 0) + 1
        return f"{source.partition('^')[0]}{self._day}{self._last[source]:07d}"

    def sent(self, message: str, at: int, rng: Random, low_s: float, high_s: float) -> tuple[int, int]:
        """When a message is sent and when it arrives."""
        if message not in self._sent:
            sent = at + round(rng.uniform(low_s, high_s) * 1000)
            self._sent[message] = (sent, sent + rng.randint(20, 400))
        return self._sent[message]


def _shared_by(fact: Fact) -> str:
    """What the facts of one message have in common; empty when a fact has its own."""
    if fact.kind == "bill.paid":
        return f"payment {fact.fields['payment_id']}"
    if fact.kind == "report.issued":
        return f"report {fact.fields['report_id']} {fact.fields['status']}"
    if fact.kind == "critical_value.raised":
        return f"report {fact.fields['critical_id']} final"  # raised by the report that holds it
    if fact.kind == "registration.refunded" or fact.fields.get("of_registration"):
        return f"refund {fact.visit}"
    return ""
