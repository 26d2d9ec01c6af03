"""Tickets of windows and counters."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "TK1": (  # a cashier's ticket, called, missed, back and served
        """
        09:00    -  queue.joined     ticket_id=TK1 service_point_type=cashier queue_id=Q1 dept_code=FIN
        09:05    -  queue.called     ticket_id=TK1 call_seq=1 window_id=W1 staff_id=S1
        09:06    -  queue.missed     ticket_id=TK1 call_seq=1
        09:08    -  queue.requeued   ticket_id=TK1 reason=missed_return
        09:12    -  queue.served     ticket_id=TK1 serve_seq=1 window_id=W2 staff_id=S2
        09:15    -  queue.completed  ticket_id=TK1 serve_seq=1 window_id=W2 closed_by=staff
        """,
        [
            "ticket_called TK1: at 09:05 num {cashier Q1 FIN S1}",
            "ticket_open TK1: 09:08→09:12 4 {cashier Q1 FIN}",
            "window_service TK1/1: 09:12→09:15 3 {cashier Q1 W2 FIN S2}",
            "window_wait TK1: 09:00→09:12 12 {cashier Q1 W2 FIN ?}",
        ],
    ),
    "TK2": (  # nobody pressed the button: the registration of its visit closes it
        """
        10:00    VR2  queue.joined          ticket_id=TK2 service_point_type=registration queue_id=Q1
        10:09    VR2  registration.created  visit_class=health_check dept_code=CARD planned_date=2025-03-03 fee_amount=10
        """,
        [
            "ticket_open TK2: 10:00→10:09 9 served_imputed {registration Q1 CARD}",
            "window_wait TK2: 10:00→10:09 9 (served_imputed) served_imputed {registration Q1 ? CARD ?}",
        ],
    ),
    "TK3": (  # taken by mistake
        """
        11:00:00 -  queue.joined  ticket_id=TK3 service_point_type=pharmacy
        11:00:05 -  queue.left    ticket_id=TK3
        """,
        [
            "ticket_open TK3: 11:00→11:00:05 0.08 {pharmacy ? ?}",
            "window_wait TK3: 11:00→11:00:05 (voided) {pharmacy ? ? ? ?}",
        ],
    ),
    "TK4": (  # still waiting: until two hours after the session's end
        "16:00 - queue.joined ticket_id=TK4 service_point_type=cashier queue_id=Q9",
        [
            "ticket_open TK4: 16:00→open until 19:30 {cashier Q9 ?}",
            "window_wait TK4: 16:00→open until 19:30 {cashier Q9 ? ? ?}",
        ],
    ),
    "TK5": (  # two clocks a minute apart, and an automatic close
        """
        12:01    -  queue.joined     ticket_id=TK5 service_point_type=imaging
        12:00    -  queue.served     ticket_id=TK5 serve_seq=1
        12:30    -  queue.completed  ticket_id=TK5 serve_seq=1 closed_by=auto
        """,
        [
            "ticket_open TK5: 12:01→12:30 29 {imaging ? ?}",
            "window_service TK5/1: 12:00→12:30 30 (auto_close) {imaging ? ? ? ?}",
            "window_wait TK5: 12:01→12:00 0 skew_adjusted {imaging ? ? ? ?}",
        ],
    ),
}  # fmt: skip
