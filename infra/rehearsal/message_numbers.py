"""Control ids: the facts of one message share one. A payment of two bills is one message."""

from __future__ import annotations

from infra.rehearsal.facts import Fact


class Numbers:
    """Gives out message numbers, per source and day."""

    def __init__(self, day: str) -> None:
        self._day = day.replace("-", "")
        self._last: dict[str, int] = {}
        self._payments: dict[str, str] = {}

    def of(self, source: str, fact: Fact) -> str:
        """The number of the message that carries this fact."""
        if fact.kind == "bill.paid":
            payment = str(fact.fields["payment_id"])
            if payment not in self._payments:
                self._payments[payment] = self.fresh(source)
            return self._payments[payment]
        return self.fresh(source)

    def fresh(self, source: str) -> str:
        """A new number."""
        self._last[source] = self._last.get(source, 0) + 1
        return f"{source.partition('^')[0]}{self._day}{self._last[source]:07d}"
