"""Numbers that start anew each day: the same number on two days is two, and one thing keeps its number's day."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ingest.errors import Malformed
from ingest.events.envelope import Event, kind_of
from ingest.events.orders import OrderEvent
from ingest.interpret.views import interpret_row
from tests.golden.speech import PSEUDONYMS, SOURCE, message, the, told

KINDS = ("order", "specimen", "report", "critical", "bill", "payment", "prescription")
DAILY = msgspec.structs.replace(SOURCE, numbers=dict.fromkeys(KINDS, "daily"))
MON, TUE = "20250303", "20250304"
VISIT = "PV1|1|O|0301||||||||||||||||V1"
OBR = "OBR|1|17|8|CBC|S|{requested}|{collected}|||||||{received}||||||||{reported}||LAB|F"


def dated(kind: str, text: str, day: str) -> str:
    return PSEUDONYMS.of(kind, "H001", "", text, day)


def only(events: list[Event], kind: str) -> Any:
    return next(event for event in events if kind_of(event) == kind)


def obr(requested: str = "", collected: str = "", received: str = "", reported: str = "") -> str:
    return OBR.format(requested=requested, collected=collected, received=received, reported=reported)


def test_an_order_keeps_the_day_on_which_it_was_placed_until_its_report() -> None:
    placed = told(message("OML^O21", VISIT, f"ORC|NW|17|8||||||{MON}092000", obr()), DAILY)
    again = told(message("OML^O21", VISIT, f"ORC|NW|17|8||||||{TUE}092000", obr()), DAILY)
    result = message(
        "ORU^R01", VISIT, f"ORC|RE|17|8||||||{TUE}013000",
        obr(f"{MON}092000", f"{MON}233000", f"{MON}235000", f"{TUE}013000"), "SPM|1|5",
        at=f"{TUE}013000",
    )  # fmt: skip
    reported = only(told(result, DAILY), "report.issued")
    assert only(placed, "order.placed").order_id == reported.order_id == dated("order", "17", "2025-03-03")
    assert only(again, "order.placed").order_id == dated("order", "17", "2025-03-04")
    assert reported.report_id == dated("report", "8", "2025-03-03")
    assert only(told(result, DAILY), "specimen.received").specimen_id == dated("specimen", "5", "2025-03-03")


def test_without_a_day_of_its_own_an_order_goes_with_what_happened_first() -> None:
    result = told(message("ORU^R01", VISIT, obr("", f"{MON}100000", f"{MON}101000", f"{TUE}080000")), DAILY)
    assert {the(OrderEvent, event).order_id for event in result} == {dated("order", "17", "2025-03-03")}


def test_a_critical_value_is_acknowledged_under_the_number_under_which_it_was_raised() -> None:
    raised = told(
        message("ORU^R01", VISIT, obr("", f"{MON}230000", f"{MON}233000", f"{TUE}001000"),
                f"OBX|1|NM|K||7|||HH|||F|||{TUE}000500"), DAILY
    )  # fmt: skip
    taken = told(message("ORU^R01", VISIT, obr("", f"{MON}230000", f"{MON}233000"), f"ZCV|1|8|{TUE}002000|D1"), DAILY)
    critical = only(raised, "critical_value.raised").critical_id
    assert critical == only(taken, "critical_value.acknowledged").critical_id == dated("critical", "8", "2025-03-03")


def test_a_bill_goes_with_the_day_of_its_charge() -> None:
    charge = f"FT1|1|B1||{MON}|{TUE}|CG|lab||||12.5"
    paid = f"FT1|2|B1||{TUE}080000||PY|lab||||12.5" + "|" * 19 + "P1"
    both = told(message("DFT^P03", VISIT, charge, paid), DAILY)
    assert only(both, "bill.created").bill_id == only(both, "bill.paid").bill_id == dated("bill", "B1", "2025-03-03")
    assert only(both, "bill.paid").payment_id == dated("payment", "P1", "2025-03-04")
    zpy = told(message("DFT^P03", VISIT, charge, f"ZPY|1|B1|P1|wechat|12.5|{TUE}080000|kiosk"), DAILY)
    assert only(zpy, "bill.paid").bill_id == dated("bill", "B1", "2025-03-03")
    alone = told(message("DFT^P03", VISIT, paid), DAILY)
    assert only(alone, "bill.paid").bill_id == dated("bill", "B1", "2025-03-04")


def test_what_was_paid_on_a_day_that_nobody_says_is_not_taken_for_todays() -> None:
    refund = told(message("DFT^P03", VISIT, f"ZPY|1|B1|P9|wechat|12.5|{TUE}080000|kiosk|||P1"), DAILY)
    given_back = only(refund, "bill.refunded")
    assert given_back.refund_id == dated("payment", "P9", "2025-03-04") and given_back.payment_id is None
    assert "missing:payment_id" in given_back.quality_flags


ROWS: dict[str, dict[str, Any]] = {
    "v_order": {"order_id": "17", "ordered_at": "2025-03-03 23:50", "category": "lab"},
    "v_exam": {"order_id": "17", "order_date": "2025-03-03", "modality": "CT", "started_at": "2025-03-04 00:20"},
    "v_lab": {"order_id": "17", "specimen_id": "5", "collected_at": "2025-03-03 23:55",
              "reported_at": "2025-03-04 01:00"},
    "v_bill": {"bill_id": "17", "created_at": "2025-03-03 23:50", "order_id": "17", "item_class": "lab"},
    "v_payment": {"bill_id": "17", "bill_date": "2025-03-03", "payment_id": "3", "paid_at": "2025-03-04 08:00"},
    "v_prescription": {"prescription_id": "17", "submitted_at": "2025-03-03 23:50"},
    "v_dispense": {
        "prescription_id": "17", "prescription_date": "2025-03-03", "pharmacy_id": "PH",
        "dispensed_at": "2025-03-04 00:10",
    },
}  # fmt: skip


@pytest.mark.parametrize("view", sorted(ROWS))
def test_rows_of_the_night_keep_the_day_of_their_number(view: str) -> None:
    row = {"visit_id": "V1", "row_ver": "1", **ROWS[view]}
    events = interpret_row(msgspec.json.encode({"view": view, "row": row}), DAILY, 1_741_000_000_000)
    names = {"v_bill": "bill", "v_payment": "bill", "v_prescription": "prescription", "v_dispense": "prescription"}
    kind = names.get(view, "order")
    assert {getattr(event, f"{kind}_id") for event in events} == {dated(kind, "17", "2025-03-03")}
    if view == "v_lab":
        assert {event.specimen_id for event in events if hasattr(event, "specimen_id")} == {
            dated("specimen", "5", "2025-03-03")
        }


def test_a_number_without_any_day_is_no_identity() -> None:
    with pytest.raises(Malformed, match=r"^missing subject: v_order\.order_id$"):
        interpret_row(
            msgspec.json.encode({"view": "v_order", "row": {"order_id": "17", "row_ver": "1"}}),
            DAILY,
            1_741_000_000_000,
        )
