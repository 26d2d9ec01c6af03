"""Rows of the canonical views: row in, events out; every view tells its story."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from ingest.databases.lines import AGAIN
from ingest.errors import Ignored, Malformed
from ingest.events.billing import BillPaid, BillRefunded
from ingest.events.experience import Answer, SurveySubmitted
from ingest.events.orders import ReportIssued
from ingest.events.pharmacy import PrescriptionSubmitted
from ingest.events.scheduling import ScheduleSessionPublished
from ingest.interpret.row import row_version
from ingest.interpret.views import TOGETHER, VIEWS
from tests.golden.speech import fields, lines, message, number, only, the
from tests.golden.speech import told as heard
from tests.golden.view_rows import ROWS, told


def test_there_is_a_row_of_every_view() -> None:
    assert set(ROWS) == set(VIEWS) and set(TOGETHER) <= set(VIEWS)


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_view_tells_its_story(view: str) -> None:
    columns, story = ROWS[view]
    events = told(view, **columns)
    assert lines(events) == story
    assert all(event.revision.startswith("00000000000000000100-") for event in events)
    assert not any(flag.startswith("unmapped") for event in events for flag in event.quality_flags)


def test_a_row_that_says_something_else_under_the_same_version_counts_more_and_less_than_the_next_version() -> None:
    columns, _ = ROWS["v_visit"]
    second = "2025-03-03 09:14:00"
    said = told("v_visit", **columns, row_ver=second)[0].revision
    changed: dict[str, Any] = {**columns, "row_ver": second, AGAIN: 864_001}
    again = told("v_visit", **changed)[0].revision
    assert said < again < told("v_visit", **columns, row_ver="2025-03-03 09:14:01")[0].revision


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_deleted_row_takes_back_all_that_it_said(view: str) -> None:
    columns, _ = ROWS[view]
    said, unsaid = told(view, **columns), told(view, **columns, is_deleted=True, row_ver="101")
    assert [e.event_id for e in said] == [e.event_id for e in unsaid]
    assert {e.op for e in unsaid} == {"retract"} and all(
        a.revision < b.revision for a, b in zip(said, unsaid, strict=True)
    )


def test_a_row_and_a_message_tell_the_same_fact() -> None:
    (row,) = told("v_ed", visit_id="V2", seen_at="2025-03-03T10:06:00+08:00")
    zcn = "ZCN|1|START|20250303100600|R1|D01|1"
    (spoken,) = heard(message("ADT^A08", "EVN|A08", "PV1|1|E|ED||||||||||||||||V2", zcn))
    assert row.event_id == spoken.event_id


def test_a_mirror_row_is_a_refund() -> None:
    (refund,) = told(
        "v_payment", payment_id="P2", bill_id="B1", amount=-80.5, reversed_of="P1", paid_at="2025-03-03 12:00"
    )
    assert fields(refund, "refund_id", "payment_id") == (number("payment", "P2"), number("payment", "P1"))
    assert str(the(BillRefunded, refund).amount) == "80.5"


@pytest.mark.parametrize(
    ("early", "late"),
    [("9", "10"), ("16/B374D848", "17/0"), ("2025-03-03T08:40:00.123456+08:00", "2025-03-03T00:40:00.123457Z")],
)
def test_versions_are_ordered_as_the_source_orders_them(early: str, late: str) -> None:
    assert row_version(early).zfill(20) < row_version(late).zfill(20)


def test_rows_that_cannot_be_told() -> None:
    with pytest.raises(Ignored, match="view:v_gossip"):
        told("v_gossip")
    with pytest.raises(Ignored, match="row without a time:v_visit"):
        told("v_visit", visit_id="V1")
    with pytest.raises(Malformed, match=r"missing subject: v_visit.visit_id"):
        told("v_visit", started_at="2025-03-03 09:14")
    with pytest.raises(Malformed, match=r"unreadable time: v_visit.started_at"):
        told("v_visit", visit_id="V1", started_at="上午")
    with pytest.raises(Malformed, match=r"missing: v_visit.row_ver"):
        told("v_visit", visit_id="V1", row_ver=None)


# --- facts of several rows -------------------------------------------------------------------------------------------

CARD = {"src_pk": "1", "row_ver": "10", "payment_id": "P1", "bill_id": "B1", "paid_at": "2025-03-03 10:58"}
WECHAT = {**CARD, "channel": "wechat", "amount": "60.5", "terminal_type": "mobile"}
POOL = {**CARD, "src_pk": "2", "row_ver": "11", "channel": "insurance_pool", "amount": "30"}


def paid(*rows: dict[str, Any]) -> BillPaid:
    first, *others = rows
    return only(BillPaid, told("v_payment", beside=tuple(others), **first))


def test_a_payment_in_two_channels_is_one_payment_whichever_of_its_rows_was_changed() -> None:
    one, other = paid(WECHAT, POOL), paid(POOL, WECHAT)
    assert one == other
    assert [(part.channel, part.amount) for part in one.parts] == [
        ("wechat", Decimal("60.5")),
        ("insurance_pool", Decimal(30)),
    ]
    assert one.amount == Decimal("90.5") and one.terminal_type == "mobile"


def test_every_row_that_is_added_changed_or_deleted_makes_a_later_revision() -> None:
    alone = paid(WECHAT)
    both = paid(WECHAT, POOL)
    raised = paid(WECHAT, {**POOL, "row_ver": "12", "amount": "31"})
    undone = paid(WECHAT, {**POOL, "row_ver": "13", "is_deleted": True})
    assert alone.revision < both.revision < raised.revision < undone.revision
    assert len({each.event_id for each in (alone, both, raised, undone)}) == 1
    assert undone.op == "assert" and undone.amount == Decimal("60.5")
    gone = paid({**WECHAT, "row_ver": "14", "is_deleted": True}, {**POOL, "row_ver": "13", "is_deleted": True})
    assert gone.op == "retract" and gone.revision > undone.revision


def test_a_row_that_became_visible_late_with_an_early_version_is_no_earlier_word() -> None:
    late = {**POOL, "src_pk": "0", "row_ver": "3"}
    assert paid(WECHAT, late).revision > paid(WECHAT).revision


def test_a_refund_in_two_channels_is_one_refund() -> None:
    back = {"payment_id": "P2", "reversed_of": "P1"}
    rows = ({**WECHAT, **back, "amount": -60.5}, {**POOL, **back, "amount": -30})
    refund = only(BillRefunded, told("v_payment", beside=(rows[1],), **rows[0]))
    assert (refund.amount, len(refund.parts)) == (Decimal("90.5"), 2)


def test_a_channel_that_nobody_mapped_is_flagged_and_its_amount_counts() -> None:
    unmapped = paid(WECHAT, {**POOL, "channel": "医保卡"})
    assert "unmapped:channel" in unmapped.quality_flags and unmapped.amount == Decimal("90.5")


def test_a_questionnaire_is_all_its_items_in_any_order() -> None:
    head = {"survey_id": "Q1", "survey_type": "outpatient", "submitted_at": "2025-03-03 15:00", "scale": 5}
    rows = [
        {**head, "src_pk": str(n), "row_ver": str(n), "item_code": f"q{n}", "score": score}
        for n, score in enumerate((4, 5, None), 1)
    ]
    forms = [only(SurveySubmitted, told("v_survey", beside=tuple(rest), **row)) for row, *rest in permutations(rows)]
    assert all(form == forms[0] for form in forms)
    assert forms[0].answers == (Answer(item_code="q1", score=4, scale=5), Answer(item_code="q2", score=5, scale=5))
    assert forms[0].complete_share == 0.6667


def test_what_a_patient_wrote_in_a_questionnaire_stays_outside() -> None:
    (form,) = told("v_survey", survey_id="Q1", submitted_at="2025-03-03 15:00", item_code="张珅 说", score=1, scale=5)
    assert the(SurveySubmitted, form).answers == ()
    with pytest.raises(Malformed, match=r"^not a number: v_survey.score$"):
        told("v_survey", survey_id="Q1", submitted_at="2025-03-03 15:00", item_code="q1", score="很好")
    with pytest.raises(Malformed, match=r"^missing subject: v_survey.survey_id$"):
        told("v_survey", submitted_at="2025-03-03 15:00")


@pytest.mark.parametrize(
    ("status", "told_version", "version"), [("F", None, 1), ("C", None, 2), ("C", 3, 3), ("final", 2, 2)]
)
def test_a_report_without_a_version_has_the_one_that_messages_give_it(
    status: str, told_version: int | None, version: int
) -> None:
    row: dict[str, Any] = {"order_id": "O1", "report_id": "F1", "report_status": status, "report_version": told_version}
    report = only(ReportIssued, told("v_lab", reported_at="2025-03-03T10:37:00+08:00", **row))
    assert report.version == version
    if told_version is None:
        obr = "OBR|1|O1|F1|K" + "|" * 18 + f"20250303103700||LAB|{status}"
        assert only(ReportIssued, heard(message("ORU^R01", obr))).event_id == report.event_id


def test_whom_a_session_is_open_to() -> None:
    columns, _ = ROWS["v_schedule"]
    slots = only(ScheduleSessionPublished, told("v_schedule", **columns)).slots
    assert [(slot.capacity, slot.pool) for slot in slots] == [(40, "open")]
    assert slots[0].slot_id == number("session", "S1")


def test_a_prescription_may_name_its_bill() -> None:
    columns, _ = ROWS["v_prescription"]
    assert only(PrescriptionSubmitted, told("v_prescription", **columns)).bill_id == number("bill", "B1")
    (unnamed,) = told("v_prescription", prescription_id="RX1", submitted_at="2025-03-03 10:54")
    assert the(PrescriptionSubmitted, unnamed).bill_id is None
