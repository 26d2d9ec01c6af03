"""HL7 v2 about money and drugs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ingest.errors import Ignored, Malformed
from ingest.events.billing import BillPaid
from ingest.events.inpatient import InpatientSettled
from tests.golden.speech import PV1, WARD, fields, lines, message, number, only, the, told


def test_a_bill_its_payment_in_two_channels_and_its_refund() -> None:
    lines_of_bill = (
        "FT1|1|B1||20250303092100||CG|lab||||80.5||0301||||||||||O1",
        "FT1|2|B1||20250303092100||CG|lab||||19.5",
    )
    (bill,) = told(message("DFT^P03", PV1, *lines_of_bill))
    assert fields(bill, "bill_id", "amount", "lines", "item_class", "ref_ids") == (
        number("bill", "B1"),
        Decimal("100.0"),
        2,
        "lab",
        (number("order", "O1"),),
    )
    paid = told(
        message(
            "DFT^P03",
            PV1,
            "FT1|1|B1||20250303092400||PY|||||60",
            "FT1|2|B2||20250303092400||PY|||||40",
            "ZPY|1|B1~B2|P1|WX|70|20250303092400|mobile|PHONE||||Y",
            "ZPY|2|B1~B2|P1|insurance_pool|30|20250303092400|mobile",
        )
    )
    assert [fields(e, "bill_id", "payment_id", "amount", "terminal_type", "full_settlement") for e in paid] == [
        (number("bill", b), number("payment", "P1"), Decimal(a), "mobile", True) for b, a in (("B1", 60), ("B2", 40))
    ]
    assert [(p.channel, p.amount) for p in the(BillPaid, paid[0]).parts] == [
        ("wechat", Decimal(70)),
        ("insurance_pool", Decimal(30)),
    ]
    (back,) = told(message("DFT^P03", PV1, "ZPY|1|B1|P2|WX|-60|20250303113000|window|W1|S1|P1|Y"))
    assert fields(back, "refund_id", "payment_id", "amount") == (
        number("payment", "P2"),
        number("payment", "P1"),
        Decimal(60),
    )


def test_a_registration_fee_given_back() -> None:
    events = told(message("DFT^P03", PV1, "FT1|1|B1||20250303104000||CD|registration||||-10|||||||||||||||||||P1"))
    assert lines(events) == ["10:40 bill.refunded", "10:40 registration.refunded"]


def test_a_prescription_from_the_doctor_to_the_window() -> None:
    orc = "ORC|NW|RX1|||||||20250303105400|||D01|||||0301" + "|" * 12 + "western"
    (submitted,) = told(message("RDE^O11", PV1, orc, "RXE||A|1" + "|" * 12 + "RX1", orc, "RXE||B|1" + "|" * 12 + "RX1"))
    assert fields(submitted, "prescription_id", "items", "rx_type") == (number("prescription", "RX1"), 2, "western")
    (reviewed,) = told(message("RDE^O11", PV1, "ORC|SC|RX1", "ZRV|1|RX1|PASS|20250303105600|P01|MANUAL"))
    assert fields(reviewed, "result", "mode") == ("pass", "pharmacist")
    (prepared,) = told(message("RDS^O13", PV1, "ORC|SC|RX1", "ZDP|1|RX1|PREPARED|20250303110600|P02|PHM^W2|Y"))
    assert fields(prepared, "pharmacy_id", "window_id", "robot") == ("PHM", "W2", True)
    (dispensed,) = told(message("RDS^O13", PV1, "ORC|RE|RX1", "RXD|1|A|20250303111000|1|||RX1|||P03|||PHM^W2"))
    assert lines([dispensed]) == ["11:10 dispensing.dispensed"]
    assert fields(dispensed, "pharmacy_id", "window_id", "dispense_seq") == ("PHM", "W2", 1)
    assert lines(told(message("RDE^O11", PV1, "ORC|CA|RX1|||||||20250303105800", "RXE||A"))) == [
        "10:58 prescription.cancelled"
    ]
    (returned,) = told(message("RDS^O13", PV1, "ORC|SC|RX1", "ZDP|1|RX1|RETURNED|20250303120000"))
    assert lines([returned]) == ["12:00 dispensing.returned"]


STAY = WARD[: WARD.index("V3") + 2]


def test_a_stay_is_settled_where_its_bill_is_paid_for() -> None:
    paid = "FT1|1|B9||20250303093000||PY|||||812.5"
    zpy = "ZPY|1|B9|P9|WX|812.5|20250303093000|bedside|PDA1||||Y"
    for segments, place in (((paid, zpy), "bedside"), ((paid,), None)):
        events = told(message("DFT^P03", STAY, *segments))
        assert lines(events) == ["09:30 bill.paid", "09:30 inpatient.settled"]
        assert fields(only(InpatientSettled, events), "visit_id", "settlement_id", "settle_place", "amount") == (
            number("visit", "V3"),
            number("settlement", "B9"),
            place,
            Decimal("812.5"),
        )


@pytest.mark.parametrize(
    "segments",
    [
        (PV1, "FT1|1|B9||20250303093000||PY|||||80"),  # an outpatient's
        (STAY, "FT1|1|B9||20250303093000||PY|||||80", "ZPY|1|B9|P9|WX|80|20250303093000|window|||||N"),  # an advance
        (STAY, "FT1|1|B9||20250303093000||CG|||||80"),  # a charge
        (STAY, "FT1|1|B9||20250303093000||CD|||||80"),  # a refund
    ],
)
def test_other_transactions_settle_no_stay(segments: tuple[str, ...]) -> None:
    assert not [event for event in told(message("DFT^P03", *segments)) if isinstance(event, InpatientSettled)]


def test_the_end_of_an_account_settles_each_stay_in_the_message() -> None:
    other = STAY.replace("V3", "V4") + "|" * 30 + "500"
    end = message("BAR^P06", "EVN|P06|20250303113000", STAY, "PID|1||2^^^HIS^MR", other, PV1)
    settled = told(end)
    assert lines(settled) == ["11:30 inpatient.settled"] * 2
    assert [fields(event, "visit_id", "amount") for event in settled] == [
        (number("visit", "V3"), None),
        (number("visit", "V4"), Decimal(500)),
    ]
    with pytest.raises(Ignored, match="account of no stay"):
        told(message("BAR^P06", "EVN|P06|20250303113000", PV1))
    with pytest.raises(Malformed, match=r"^missing subject: PV1-19$"):
        told(message("BAR^P06", "EVN|P06|20250303113000", "PV1|1|I|W3"))
    with pytest.raises(Ignored, match=r"^trigger:BAR\^P01$"):
        told(message("BAR^P01", "EVN|P01|20250303113000", STAY))


def test_a_prescription_ordered_before_the_pharmacy_has_numbered_it() -> None:
    orc = "ORC|NW|L{}||RX7|||||20250303105400|||D01|||||0301"
    (submitted,) = told(message("OMP^O09", PV1, orc.format(1), "RXO|A", orc.format(2), "RXO|B"))
    assert lines([submitted]) == ["10:54 prescription.submitted"]
    assert fields(submitted, "prescription_id", "items") == (number("prescription", "RX7"), 2)
    (alone,) = told(message("OMP^O09", PV1, orc.format(1).replace("RX7", ""), "RXO|A"))
    assert fields(alone, "prescription_id", "items") == (number("prescription", "L1"), 1)
    with pytest.raises(Malformed, match=r"^missing subject: RXE-15$"):
        told(message("OMP^O09", PV1, "ORC|NW|||", "RXE||A"))


def test_drugs_lie_ready_when_their_status_says_so() -> None:
    rxd = "RXD|1|A||1|||RX1|||P03|||PHM^W2"
    (ready,) = told(message("RDS^O13", PV1, "ORC|SC|RX1|||IP||||20250303110600", rxd))
    assert lines([ready]) == ["11:06 dispensing.prepared"] and "derived" in ready.quality_flags
    assert fields(ready, "prescription_id", "pharmacy_id", "window_id") == (
        number("prescription", "RX1"),
        "PHM",
        "W2",
    )
    step = "ZDP|1|RX1|PREPARED|20250303110700|P02|PHM^W2|Y"
    assert lines(told(message("RDS^O13", PV1, "ORC|SC|RX1|||IP||||20250303110600", step))) == [
        "11:07 dispensing.prepared"
    ]
    with pytest.raises(Malformed, match=r"^missing subject: ORC-2$"):
        told(message("RDS^O13", PV1, "ORC|SC||||IP||||20250303110600"))


def test_a_credit_of_a_drug_gives_back_what_was_dispensed() -> None:
    credit = "FT1|{n}|B1||20250303150000||CD|drug||||-{amount}" + "|" * 12 + "{rx}" + "|" * 6 + "{drug}"
    two_lines = [credit.format(n=n, amount=5, rx="RX1", drug="86901") for n in (1, 2)]
    back = told(message("DFT^P03", PV1, *two_lines, "ZPY|1|B1|P2|WX|-10|20250303150000|window|W1|S1|P1|Y"))
    assert lines(back) == ["15:00 dispensing.returned", "15:00 bill.refunded"]
    assert fields(back[0], "prescription_id") == (number("prescription", "RX1"),)
    for rx, drug in (("", "86901"), ("O1", "")):  # of no prescription, of no drug
        assert lines(told(message("DFT^P03", PV1, credit.format(n=1, amount=5, rx=rx, drug=drug)))) == [
            "15:00 bill.refunded"
        ]


@pytest.mark.parametrize(
    ("quantity", "extended", "unit", "amount"),
    [("3", "", "12.5", "37.5"), ("", "", "12.5", "12.5"), ("3", "30", "12.5", "30"), ("0.333", "", "1.0001", "0.3330")],
)
def test_what_a_line_is_worth(quantity: str, extended: str, unit: str, amount: str) -> None:
    (bill,) = told(message("DFT^P03", PV1, f"FT1|1|B1||20250303092100||CG|lab|||{quantity}|{extended}|{unit}"))
    assert fields(bill, "amount") == (Decimal(amount),)


def test_a_line_without_a_time_of_its_own_goes_by_its_posting() -> None:
    (bill,) = told(message("DFT^P03", PV1, "FT1|1|B1|||20250303092200|CG|lab||||80"))
    assert lines([bill]) == ["09:22 bill.created"] and "occurred_from:FT1-5" in bill.quality_flags


@pytest.mark.parametrize(("line", "place"), [("|||some|", "FT1-10"), ("||||much", "FT1-11"), ("|||1||x", "FT1-12")])
def test_amounts_that_are_none(line: str, place: str) -> None:
    unit = "|5" if place == "FT1-10" else ""
    with pytest.raises(Malformed, match=rf"^not an amount: {place}$"):
        told(message("DFT^P03", PV1, f"FT1|1|B1||20250303092100||CG|lab{line}{unit}"))
