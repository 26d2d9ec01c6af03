"""How desks enter their times: a day's clicks in, one row a desk out, on the real engine."""

from __future__ import annotations

import pytest

from ingest.settings import load_site
from tests.timeline import DAY, at, retold, timeline
from warehouse.client import Warehouse
from warehouse.desks import Desk, desks
from warehouse.rows import store

pytestmark = pytest.mark.services

WELL = "\n".join(  # thirteen tickets, seven minutes each
    f"""
    {8 + n * 7 // 60:02d}:{n * 7 % 60:02d}:11 - queue.joined    ticket_id=W{n} service_point_type=cashier queue_id=Q1
    {8 + n * 7 // 60:02d}:{n * 7 % 60:02d}:20 - queue.called    ticket_id=W{n} call_seq=1 window_id=W1
    {8 + n * 7 // 60:02d}:{n * 7 % 60:02d}:40 - queue.served    ticket_id=W{n} serve_seq=1 window_id=W1
    {8 + (n * 7 + 3) // 60:02d}:{(n * 7 + 3) % 60:02d}:05 - queue.completed ticket_id=W{n} serve_seq=1 window_id=W1
    """
    for n in range(13)
)
# One after the other on the half-hour, within a second of each other; at the end the rest is called, and nobody comes.
CLICKED = "\n".join(
    f"""
    08:05       - queue.joined    ticket_id=C{n} service_point_type=pharmacy queue_id=Q2
    {9 + n // 8}:30:{n % 8:02d} - queue.served    ticket_id=C{n} serve_seq=1 window_id=W2
    {9 + n // 8}:30:{n % 8:02d} - queue.completed ticket_id=C{n} serve_seq=1 window_id=W2 closed_by=staff
    """
    for n in range(16)
) + "\n".join(
    f"""
    08:05    - queue.joined ticket_id=L{n} service_point_type=pharmacy queue_id=Q2
    11:58:{10 * n + 1:02d} - queue.called ticket_id=L{n} call_seq=1 window_id=W2
    23:59    - queue.completed ticket_id=L{n} serve_seq=1 window_id=W2 closed_by=auto
    """
    for n in range(5)
)
ROOM = """
    08:40:05 V1 consultation.started consultation_seq=1 room_id=RM1 doctor_id=DR1
    08:40:06 V1 consultation.ended   consultation_seq=1
    08:50:05 V2 consultation.started consultation_seq=1 room_id=RM1 doctor_id=DR1
    08:58:06 V2 consultation.ended   consultation_seq=1
    09:00    V3 consultation.started consultation_seq=1 room_id=RM1 precision=minute
    09:00    V3 consultation.ended   consultation_seq=1 precision=minute
    09:10    V4 consultation.started consultation_seq=1 room_id=RM1 precision=day
"""


def test_what_shows_is_said_in_both_languages_the_dearest_first() -> None:
    desk = Desk(kind="window", desk="W2", point="pharmacy", acts=40, on_half_hours=20, ends=20, zero_lengths=1)
    assert desk.called == ("药房窗口 W2", "pharmacy window W2")
    assert desk.shows == ("整点半点 20/40、零时长 1/20", "on :00 and :30 20/40, zero lengths 1/20")
    by_chance = Desk(kind="room", desk="RM1", point="clinic", acts=30, on_half_hours=1)
    assert by_chance.score == 100 and by_chance.shows == ("", "")


def test_one_row_a_desk(warehouse: Warehouse) -> None:
    told = timeline(WELL + CLICKED + ROOM)
    corrected = retold(told[2], occurred_at=at("08:00:50"))  # the last word on a time counts
    store(warehouse, [*told, corrected])
    found = {(desk.kind, desk.desk): desk for desk in desks(warehouse, load_site("demo"), DAY)}
    assert found == {
        ("window", "W1"): Desk(
            kind="window", desk="W1", point="cashier", acts=39, on_half_hours=2, ends=13, calls=13,
        ),
        ("window", "W2"): Desk(
            kind="window", desk="W2", point="pharmacy", acts=37, on_half_hours=32, batch_clicks=14, ends=16,
            zero_lengths=16, calls=5, calls_at_sign_out=5,
        ),
        ("room", "RM1"): Desk(
            kind="room", desk="RM1", point="clinic", acts=6, on_half_hours=2, ends=3, zero_lengths=1,
        ),
        ("queue", "Q1"): Desk(kind="queue", desk="Q1", point="cashier", tickets=13),
        ("queue", "Q2"): Desk(kind="queue", desk="Q2", point="pharmacy", tickets=21, never_closed=5),
    }  # fmt: skip
    assert found["window", "W1"].score == 97 and not found["window", "W1"].deserves_a_look
    assert found["window", "W2"].score == 0 and found["window", "W2"].deserves_a_look
    assert found["queue", "Q2"].score == 0 and found["queue", "Q1"].score is found["room", "RM1"].score is None
    assert [desk.desk for desk in desks(warehouse, load_site("demo"), DAY)][:3] == ["Q2", "W2", "W1"]
    assert desks(warehouse, load_site("demo"), "2025-03-02") == []
