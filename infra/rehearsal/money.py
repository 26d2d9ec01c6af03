"""Bills and payments: on the phone while walking, at a machine, or in a queue before a cashier."""

from __future__ import annotations

from random import Random
from typing import Any

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps

REGISTRATION_FEE = 1000  # cents
_MOBILE = ("wechat", "alipay", "digital_rmb")
_WINDOW = ("cash", "unionpay_pos", "wechat")


class Purse:
    """What one visit owes and pays."""

    def __init__(self, hospital: Hospital, rng: Random, visit: str, dept: str) -> None:
        self._hospital = hospital
        self._rng = rng
        self._visit = visit
        self._dept = dept
        self._amounts: dict[str, int] = {}  # bill → cents
        self._payments: dict[str, str] = {}  # bill → payment

    def bill(self, item_class: str, refs: list[str]) -> str:
        """Charge something; the bill's number."""
        cents = REGISTRATION_FEE if item_class == "registration" else self._rng.randint(1500, 48_000)
        bill_id = self._hospital.number("B")
        self._amounts[bill_id] = cents
        self._hospital.note("bill.created", self._visit, bill_id=bill_id, item_class=item_class, amount=_yuan(cents),
                            lines=self._rng.randint(1, 6), ref_ids=refs, dept_code=self._dept)  # fmt: skip
        return bill_id

    def pay(self, bills: list[str]) -> Steps:
        """Settle bills the way this person likes, in one payment."""
        env, way = self._hospital.env, self._rng.random()
        if way < 0.62:
            yield env.timeout(self._rng.uniform(30, 300))
            self._settle(bills, "mobile", "PHONE", self._rng.choice(_MOBILE))
        elif way < 0.72:
            yield env.timeout(self._rng.uniform(120, 480))
            self._settle(bills, "kiosk", f"K{self._rng.randint(1, 6)}", self._rng.choice(_MOBILE))
        else:
            yield env.timeout(self._rng.uniform(60, 240))
            yield from self._queue(bills)

    def settle_at_once(self, bills: list[str], terminal: str, place: str) -> None:
        """Pay where one stands."""
        ways = _WINDOW if terminal == "window" else _MOBILE
        self._settle(bills, terminal, place, self._rng.choice(ways))

    def refund(self, bill_id: str, *, of_registration: bool = False) -> None:
        """Give the money of one bill back."""
        cents = self._amounts[bill_id]
        parts = [{"channel": "wechat", "amount": _yuan(cents)}]
        self._hospital.note("bill.refunded", self._visit, bill_id=bill_id, refund_id=self._hospital.number("F"),
                            payment_id=self._payments[bill_id], amount=_yuan(cents), parts=parts, partial=False,
                            of_registration=of_registration or None)  # fmt: skip

    def _queue(self, bills: list[str]) -> Steps:
        cashier = self._hospital.points["cashier"]

        def at_window(window: str, staff: str) -> Steps:
            yield self._hospital.env.timeout(self._rng.uniform(35, 150))
            self._settle(bills, "window", window, self._rng.choice(_WINDOW), staff)
            yield self._hospital.env.timeout(self._rng.uniform(5, 25))

        known = self._rng.random() < 0.6  # a ticket machine that reads no card knows no visit
        ticket = cashier.ticket(self._hospital.stamp, self._visit, at_window, known=known, refs=tuple(bills))
        cashier.join(ticket)
        yield ticket.done | self._hospital.env.timeout(2 * 3600)
        if not ticket.done.triggered and ticket.state != "called":
            cashier.leave(ticket)
        elif not ticket.done.triggered:
            yield ticket.done

    def _settle(self, bills: list[str], terminal: str, place: str, channel: str, staff: str | None = None) -> None:
        payment = self._hospital.number("Y")
        insured = self._rng.random() < 0.45
        parts = _parts(sum(self._amounts[bill] for bill in bills), channel, insured)
        for bill_id in bills:
            self._payments[bill_id] = payment
            self._hospital.note("bill.paid", self._visit, payment_id=payment, bill_id=bill_id,
                                amount=_yuan(self._amounts[bill_id]), parts=parts, terminal_type=terminal,
                                terminal_id=place, cashier_id=staff, full_settlement=True)  # fmt: skip
        if self._rng.random() < 0.03 and self._amounts[bills[0]] != REGISTRATION_FEE:
            self._hospital.env.process(self._think_again(bills[0]))

    def _think_again(self, bill_id: str) -> Steps:
        """A refund: a few within five minutes (a cashier's slip), most an hour or more later."""
        slip = self._rng.random() < 0.25
        yield self._hospital.env.timeout(self._rng.uniform(60, 240) if slip else self._rng.uniform(1800, 9000))
        self.refund(bill_id)


def _yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _parts(cents: int, channel: str, insured: bool) -> list[dict[str, Any]]:
    if not insured:
        return [{"channel": channel, "amount": _yuan(cents)}]
    pool = cents * 6 // 10
    return [{"channel": "insurance_pool", "amount": _yuan(pool)}, {"channel": channel, "amount": _yuan(cents - pool)}]
