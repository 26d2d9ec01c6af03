"""Tickets, as the specification's section 3.0 (12) reads them, one short timeline each."""

from __future__ import annotations

import pytest

from tests.timeline import at
from tests.told_rows import minutes, one


def test_a_ticket_open_at_the_end_of_its_session_is_open_two_hours_more() -> None:
    row = one("ticket_open", "09:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=CARD")
    assert (row.started_at, row.ended_at, row.open_until) == (at("09:00"), None, at("19:30"))
    night = one("ticket_open", "20:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=CARD")
    assert night.open_until == at("26:00")  # after the session: the end of the day
    emergency = one("ticket_open", "20:00 - queue.joined ticket_id=T1 service_point_type=cashier dept_code=ED")
    assert emergency.open_until == at("26:00")


def test_who_is_queued_again_waits_since_then() -> None:
    missed = """
        09:00  -  queue.joined    ticket_id=T1 service_point_type=cashier
        09:10  -  queue.called    ticket_id=T1 service_point_type=cashier call_seq=1
        09:12  -  queue.missed    ticket_id=T1 service_point_type=cashier call_seq=1
        09:20  -  queue.requeued  ticket_id=T1 service_point_type=cashier call_log_id=1 reason=missed_return
    """
    assert one("ticket_open", missed).started_at == at("09:20")
    served = f"{missed}\n09:30 - queue.served ticket_id=T1 service_point_type=cashier serve_seq=1"
    assert one("ticket_open", served).ended_at == at("09:30")
    assert minutes(one("window_wait", served)) == 30
    back = f"{served}\n09:50 - queue.requeued ticket_id=T1 call_log_id=2"
    again = one("ticket_open", back)
    assert (again.started_at, again.ended_at) == (at("09:50"), None)


def test_joining_never_reopens_a_ticket_whose_clocks_differ() -> None:
    row = one(
        "ticket_open",
        """
        09:00:00  -  queue.served  ticket_id=T1 service_point_type=cashier serve_seq=1
        09:00:30  -  queue.joined  ticket_id=T1 service_point_type=cashier
    """,
    )
    assert row.ended_at == at("09:00")


@pytest.mark.parametrize(
    ("point", "act"),
    [
        ("registration", "registration.created"),
        ("cashier", "bill.paid bill_id=B1 payment_id=P1 terminal_type=window"),
        ("pharmacy", "dispensing.dispensed prescription_id=RX1 dispense_seq=1"),
        ("phlebotomy", "specimen.collected order_id=O1 specimen_id=S1"),
        ("ultrasound", "exam.started order_id=O1"),
        ("imaging", "exam.started order_id=O1"),
    ],
)
def test_a_ticket_nobody_marks_as_served_is_closed_by_its_act(point: str, act: str) -> None:
    text = f"""
        09:00  V1  queue.joined  ticket_id=T1 service_point_type={point}
        08:59  V1  patient.checked_in point=clinic
        09:12  V1  {act}
    """
    wait, state = one("window_wait", text), one("ticket_open", text)
    assert (wait.excluded, minutes(wait), wait.flags) == ("served_imputed", 12, ("served_imputed",))
    assert (state.ended_at, state.flags) == (at("09:12"), ("served_imputed",))


def test_an_act_before_joining_or_of_another_kind_closes_nothing() -> None:
    text = """
        09:00  V1  queue.joined  ticket_id=T1 service_point_type=cashier
        08:50  V1  bill.paid     bill_id=B1 payment_id=P1 terminal_type=window
        09:10  V1  bill.paid     bill_id=B2 payment_id=P2 terminal_type=mobile
        09:20  V1  dispensing.dispensed prescription_id=RX1 dispense_seq=1
    """
    assert one("ticket_open", text).ended_at is None


@pytest.mark.parametrize(("left", "reason"), [("09:00:05", "voided"), ("09:00:06", "left")])
def test_a_ticket_that_left(left: str, reason: str) -> None:
    text = f"""
        09:00   -  queue.joined  ticket_id=T1 service_point_type=cashier
        {left}  -  queue.left    ticket_id=T1 service_point_type=cashier basis=source
    """
    assert one("window_wait", text).excluded == reason
    assert one("ticket_open", text).ended_at == at(left)


def test_service_that_the_system_closed_is_nobodys_handling_time() -> None:
    row = one(
        "window_service",
        """
        09:00  -  queue.served     ticket_id=T1 service_point_type=cashier serve_seq=1 window_id=W1 staff_id=S1
        17:30  -  queue.completed  ticket_id=T1 service_point_type=cashier serve_seq=1 closed_by=auto
    """,
    )
    assert (row.excluded, row.dims) == ("auto_close", ("cashier", "?", "W1", "?", "S1"))
