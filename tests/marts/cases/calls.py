"""Calls, complaints and inquiries."""

from __future__ import annotations

CASES: dict[str, tuple[str, list[str]]] = {
    "NC1": (
        """
        09:00:00  -  nursecall.raised    call_id=NC1 ward=W7 bed=12
        09:00:45  -  nursecall.answered  call_id=NC1
        """,
        ["nurse_call NC1: 09:00→09:00:45 0.75 {W7}"],
    ),
    "CO1": (
        """
        09:00  -  complaint.received   complaint_id=CO1 dept_code=CARD channel=phone
        11:30  -  complaint.responded  complaint_id=CO1
        """,
        [
            "complaint_counted CO1: at 09:00 {CARD ? phone ?}",
            "complaint_due CO1: 09:00→ (missing_due) {CARD ? phone}",
            "complaint_resolution CO1: 09:00→open until 05-02 09:00 {CARD ?}",
            "complaint_response CO1: 09:00→11:30 150 {CARD phone}",
        ],
    ),
    "IN1": (  # the bot first, then somebody
        """
        09:00:00  -  inquiry.received   inquiry_id=IN1 channel=online
        09:00:02  -  inquiry.responded  inquiry_id=IN1 by=bot
        09:12:00  -  inquiry.responded  inquiry_id=IN1 by=staff
        """,
        ["inquiry_response IN1: 09:00→09:12 12 {online}"],
    ),
    "IN2": (
        """
        09:00:00  -  inquiry.received   inquiry_id=IN2 channel=wechat
        09:00:03  -  inquiry.responded  inquiry_id=IN2 by=bot
        """,
        ["inquiry_response IN2 bot: 09:00→09:00:03 0.05 {wechat}"],
    ),
}  # fmt: skip
