"""Messages as a HIS writes them, and what they become, readable side by side."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from ingest.events.envelope import Event, kind_of
from ingest.interpret.messages import interpret_message
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey

PSEUDONYMS = Pseudonyms(SiteKey(b"k" * 32))
SOURCE = Source(
    facility_id="H001",
    pseudonyms=PSEUDONYMS,
    zone=ZoneInfo("Asia/Shanghai"),
    codes={
        "channel": {"WX": "wechat"},
        "dept": {"0301": "CARD"},
        "kind": {"RESUS": "resus"},
        "visit_class": {"T": "health_check"},
    },
)
PID = "PID|1||10001^^^HIS^MR~110101199001011234^^^^NI||张珅^^^^^^L||19800615|F|||北京市某路1号||13800000000"
PV1 = "PV1|1|O|0301^R1||A77||D01^李^医生|||0301||||WX||||elderly|V1^^^HIS" + "|" * 25 + "20250303084000"
ED = "PV1|1|E|ED||||D09|||ED|||||||||V2" + "|" * 25 + "20250303100000"
WARD = "PV1|1|I|W3^301^2||R5|W1^101|D09|||0301|||||||||V3" + "|" * 25 + "20250303110000"


E = TypeVar("E", bound=Event)


def message(kind: str, *segments: str, at: str = "20250303090000", sender: str = "HIS|DEMO", mode: str = "P") -> bytes:
    """A message with the usual header, and the usual patient (after EVN) unless the segments name their own."""
    head = rf"MSH|^~\&|{sender}|PULSE|H001|{at}||{kind}|M1|{mode}|2.5||||||GB18030"
    patient = () if any(segment.startswith("PID") for segment in segments) else (PID,)
    event = [segment for segment in segments if segment.startswith("EVN")]
    rest = [segment for segment in segments if not segment.startswith("EVN")]
    return "\r".join([head, *event, *patient, *rest]).encode("gb18030")


def told(body: bytes, source: Source = SOURCE) -> list[Event]:
    """The events of a message."""
    return interpret_message(body, source, 1_741_000_000_000)


def the(kind: type[E], event: Event) -> E:
    """An event, seen to be of a kind."""
    assert isinstance(event, kind), kind_of(event)
    return event


def only(kind: type[E], events: list[Event]) -> E:
    """The one event of a kind among several."""
    (found,) = [event for event in events if isinstance(event, kind)]
    return found


def lines(events: list[Event]) -> list[str]:
    """Each event as `10:42 consultation.started`, its retraction marked."""
    return [f"{clock(e.occurred_at)} {'not ' if e.op == 'retract' else ''}{kind_of(e)}" for e in events]


def clock(at_ms: int) -> str:
    """Hospital time of the day."""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC) + timedelta(hours=8):%H:%M}"


def number(kind: str, text: str, authority: str = "") -> str:
    """The pseudonym of a number."""
    return PSEUDONYMS.of(kind, "H001", authority, text)


def fields(event: Event, *names: str) -> tuple[Any, ...]:
    """Some of an event's fields."""
    return tuple(getattr(event, name) for name in names)
