"""A day as the HIS counts it, beside what is held here: by feed, view and department, with the reason of what lacks."""

from __future__ import annotations

import msgspec
import pytest

from ingest.events.envelope import Event
from ingest.interpret.counts import Count, Counts, interpret_counts
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from tests.timeline import DAY, at, retraction, timeline
from warehouse.client import Warehouse
from warehouse.report_rows import reconciled
from warehouse.rows import store

pytestmark = pytest.mark.services

CODES = {"dept": {"心内科": "CARD", "心血管内科": "CARD"}}
HIS = Source(facility_id="H001", pseudonyms=Pseudonyms(SiteKey(b"k" * 32)), source_system="HIS^DB", codes=CODES)


def compared(clock: str, *counts: Count, view: str = "v_visit", told: str = "consultation.started") -> list[Event]:
    """What the feed says of the day at a time."""
    body = msgspec.json.encode(Counts(view, DAY, list(counts), told))
    return interpret_counts(body, HIS, at(clock), "his")


def test_what_the_his_has_beside_what_is_held_here(warehouse: Warehouse) -> None:
    visits = timeline(
        """
        09:00 V1 consultation.started consultation_seq=1 dept_code=CARD
        09:10 V2 consultation.started consultation_seq=1 dept_code=CARD
        09:20 V3 consultation.started consultation_seq=1 dept_code=DERM
        23:50 V4 consultation.started consultation_seq=1 dept_code=DERM
        09:30 V5 consultation.started consultation_seq=1 dept_code=CARD source=QUEUE^DEMO
        """,
        source="HIS^DB",
    )
    store(warehouse, [*visits, retraction(visits[1])])
    store(warehouse, compared("10:00", Count("心内科", 9, 9)))  # told anew below
    store(
        warehouse,
        compared(
            "23:59", Count("心内科", 1, 1), Count("心血管内科", 2, 1, {"refused": 1}), Count("DERM", 2, 2, {"gone": 1}),
            Count("张医生诊室", 1, 1),
        ),
    )  # fmt: skip
    store(warehouse, compared("23:59", Count("", 7, 6, {"unversioned": 1}), view="v_lab", told=""))

    rows = warehouse.rows("select * from mart_reconciliation order by view, dept")
    columns = ("view", "dept", "told_by_his", "taken", "held_here", "difference", "why")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("v_lab", "", 7, 6, None, -1, {"unversioned": 1}),
        ("v_visit", "?", 1, 1, None, 0, {}),  # the site has no code for it, and its name stays where it is
        ("v_visit", "CARD", 3, 2, 1, -2, {"refused": 1}),
        ("v_visit", "DERM", 2, 2, 2, 0, {"gone": 1}),
    ]
    assert {(row["feed"], row["source_system"], row["day"].isoformat()) for row in rows} == {("his", "HIS^DB", DAY)}
    assert reconciled(warehouse, "H001", DAY) == [
        {"feed": "his", "view": "v_lab", "rows": 7, "held": 6, "difference": -1, "why": {"unversioned": 1}},
        {"feed": "his", "view": "v_visit", "rows": 6, "held": 4, "difference": -2, "why": {"gone": 1, "refused": 1}},
    ]
