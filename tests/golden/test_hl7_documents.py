"""Documents that are reports, stays that become visits, and every message that is promised."""

from __future__ import annotations

import pytest

from ingest.errors import Ignored
from ingest.events.inpatient import InpatientDischarged
from ingest.events.orders import ReportIssued
from ingest.events.registration import RegistrationCreated
from ingest.interpret.adt import TRIGGERS
from ingest.interpret.messages import FAMILIES
from ingest.interpret.siu import interpret_siu
from tests.golden.hl7_stories import STORIES
from tests.golden.speech import PV1, fields, lines, message, number, only, the, told

EVN = "EVN|T02|20250303101000"
OBR = "OBR|1|O1|F1|CHEST" + "|" * 18 + "20250303110000||CT|F"
AUTHENTICATED = "|||||D77^李^医生" + "^" * 12 + "20250303111500"


def txa(state: str, *, placer: str = "", filler: str = "", by: str = "") -> str:
    return f"TXA|1|DI|TX||D77|20250303104500||20250303105000||||DOC1||{placer}|{filler}||{state}{by}"


def test_an_authenticated_document_is_the_report_of_its_order() -> None:
    (spoken,) = told(message("MDM^T02", EVN, PV1, "ORC|SC|O1|F1", OBR, txa("AU", by=AUTHENTICATED), "OBX|1|TX|T||所见"))
    assert lines([spoken]) == ["11:15 report.issued"]
    report = the(ReportIssued, spoken)
    assert fields(report, "order_id", "report_id", "status", "version", "category") == (
        number("order", "O1"), number("report", "F1"), "final", 1, "imaging",
    )  # fmt: skip
    by_result = only(ReportIssued, told(message("ORU^R01", PV1, "ORC|RE|O1|F1", OBR)))
    assert report.event_id == by_result.event_id  # whichever message tells it


def test_a_document_names_its_order_itself() -> None:
    (spoken,) = told(message("MDM^T02", EVN, PV1, txa("LA", placer="O2", filler="F2")))
    assert lines([spoken]) == ["10:50 report.issued"]
    assert fields(spoken, "order_id", "report_id") == (number("order", "O2"), number("report", "F2"))


@pytest.mark.parametrize(
    ("trigger", "state", "status", "version"),
    [
        ("T01", "DO", "preliminary", 1), ("T02", "IP", "preliminary", 1), ("T03", "AU", "final", 1),
        ("T05", "AU", "appended", 2), ("T06", "LA", "appended", 2), ("T08", "AU", "corrected", 2),
        ("T10", "AU", "corrected", 2), ("T10", "DO", "preliminary", 1), ("T11", "AU", "cancelled", 1),
    ],
)  # fmt: skip
def test_how_far_a_document_is(trigger: str, state: str, status: str, version: int) -> None:
    (report,) = told(message(f"MDM^{trigger}", EVN, PV1, txa(state, placer="O2")))
    assert fields(report, "status", "version") == (status, version)


def test_an_inpatient_who_is_treated_on_as_an_outpatient() -> None:
    mrg = "MRG|10001^^^HIS^MR||||V9^^^HIS"
    ended, registered = told(message("ADT^A07", "EVN|A07|20250303101000||||20250303100000", mrg, PV1))
    assert lines([ended]) == ["10:00 inpatient.discharged"]
    assert the(InpatientDischarged, ended).visit_id == number("visit", "V9", "HIS")
    assert the(RegistrationCreated, registered).visit_id == number("visit", "V1", "HIS")


def test_a_person_s_update_tells_of_a_visit_only_where_it_names_one() -> None:
    as_update = told(message("ADT^A08", "EVN|A08|20250303101000", PV1))
    as_person = told(message("ADT^A31", "EVN|A31|20250303101000", PV1))
    assert [event.event_id for event in as_update] == [event.event_id for event in as_person] != []
    with pytest.raises(Ignored, match="A31 without a visit"):
        told(message("ADT^A31", "EVN|A31|20250303101000"))


def test_every_message_that_is_promised_is_routed_and_told() -> None:
    promised = {f"A{n:02d}" for n in (*range(1, 15), 16, 31, 34, 38, 40, 45)}
    assert promised <= set(TRIGGERS)
    families = {"ADT", "SIU", "ORM", "OML", "OMG", "OMI", "ORU", "OUL", "DFT", "BAR", "RDE", "RDS", "RAS", "MDM"}
    assert families <= set(FAMILIES) and FAMILIES["SIU"][0] is interpret_siu
    kinds = {"".join(kind) for messages in STORIES.values() for kind, *_ in messages}
    for trigger in ("S12", "S13", "S14", "S15", "S16", "S17", "S23", "S24", "S26"):
        events = told(message(f"SIU^{trigger}", PV1, "SCH|A77|F77|||S1|APP|||15|min|^^^20250303110000", "AIS|1||CONS"))
        assert events, trigger
    assert {"DFT^P03", "BAR^P06", "RDE^O11", "RDS^O13", "RAS^O17"} <= kinds
