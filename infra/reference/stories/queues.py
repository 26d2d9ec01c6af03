"""A cashier's queue."""

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

CASHIER = WorkedStory(
    code="cashier",
    kpis=("window_wait", "window_service_time", "queue_length_now", "queue_oldest_wait_now", "queue_missed_rate"),
    zh="收费处四张号:甲叫号未到,返回后办理;乙办完;丙离队;丁仍在等。",
    en="Four tickets at the cashier: the first is called, misses it, comes back and is served; the second is served; "
    "the third leaves; the fourth still waits.",
    text="""
        09:00  -  queue.joined     ticket_id=YQ1 service_point_type=cashier queue_id=YQ dept_code=YFIN
        09:05  -  queue.called     ticket_id=YQ1 call_seq=1 window_id=YW1 staff_id=YS1
        09:06  -  queue.missed     ticket_id=YQ1 call_seq=1
        09:08  -  queue.requeued   ticket_id=YQ1 reason=missed_return
        09:12  -  queue.served     ticket_id=YQ1 serve_seq=1 window_id=YW1 staff_id=YS1
        09:15  -  queue.completed  ticket_id=YQ1 serve_seq=1 window_id=YW1 closed_by=staff
        09:02  -  queue.joined     ticket_id=YQ2 service_point_type=cashier queue_id=YQ dept_code=YFIN
        09:15  -  queue.called     ticket_id=YQ2 call_seq=1 window_id=YW1 staff_id=YS1
        09:16  -  queue.served     ticket_id=YQ2 serve_seq=1 window_id=YW1 staff_id=YS1
        09:21  -  queue.completed  ticket_id=YQ2 serve_seq=1 window_id=YW1 closed_by=staff
        09:10  -  queue.joined     ticket_id=YQ3 service_point_type=cashier queue_id=YQ dept_code=YFIN
        09:20  -  queue.left       ticket_id=YQ3
        09:11  -  queue.joined     ticket_id=YQ4 service_point_type=cashier queue_id=YQ dept_code=YFIN
        """,
    as_of="09:30",
)
STORIES = (CASHIER,)
