"""The data itself: ends that nobody told, clocks that disagree, feeds that come late."""

# ruff: noqa: E501 - a line is a fact

from __future__ import annotations

from infra.reference.stories.story import WorkedStory

CLOCKS = WorkedStory(
    code="clocks",
    kpis=("stage_completeness", "negative_interval_rate"),
    zh="三管标本:一管 6 分钟送到;一管的接收时间早于采集 10 分钟(时钟错);一管没有接收时间。",
    en="Three tubes: one arrives after six minutes; one is received ten minutes before it was collected, by a clock that "
    "is wrong; of one nobody says that it arrived.",
    text="""
        08:00  -  order.placed        order_id=YO7 category=lab item_code=GLU priority=routine
        08:10  -  specimen.collected  order_id=YO7 specimen_id=YX7 point=WARD
        08:16  -  specimen.received   order_id=YO7 specimen_id=YX7
        08:20  -  specimen.collected  order_id=YO7 specimen_id=YX8 point=WARD
        08:10  -  specimen.received   order_id=YO7 specimen_id=YX8
        08:30  -  specimen.collected  order_id=YO7 specimen_id=YX9 point=WARD
        09:00  -  report.issued       order_id=YO7 report_id=YR7 status=final version=1
        """,
    as_of="2025-03-05T08:00",
)
FEED = WorkedStory(
    code="feed",
    kpis=("feed_lag", "late_event_share"),
    zh="接口发来四条:三条随到随发;一条发生在 9:00、9:40 才发来(此前已有 9:30 的数据),属迟到。",
    en="A feed tells four things: three as they happen; one that happened at nine comes at 9:40, after things of half "
    "past nine: it is late.",
    text="""
        09:00  -  queue.joined  ticket_id=YQ7 service_point_type=cashier queue_id=YQ source=QUEUE^DEMO
        09:30  -  queue.served  ticket_id=YQ7 serve_seq=1 window_id=YW3 source=QUEUE^DEMO
        09:00  -  queue.joined  ticket_id=YQ8 service_point_type=cashier queue_id=YQ source=QUEUE^DEMO sent=09:40
        09:45  -  queue.served  ticket_id=YQ8 serve_seq=1 window_id=YW3 source=QUEUE^DEMO
        """,
    as_of="10:00",
)
STORIES = (CLOCKS, FEED)
