"""A placement says that an event belongs to a visit: the records of `his.journey.v1`, keyed by visit.

Within a visit, per (event_id, source_system), the placement with the greatest (revision of the event, link) counts;
at a tie `placed=False` wins. An event whose counting placement is not placed is not in that visit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ingest.errors import Malformed
from ingest.events import any_event
from ingest.events.envelope import Event, place_of

if TYPE_CHECKING:
    AnyEvent = Event
else:
    AnyEvent = any_event()  # msgspec must see the classes to tell them apart by their tag


class Placement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """An event in a visit, or taken out of it again (`placed=False`)."""

    visit_id: str
    event: AnyEvent
    placed: bool = True
    link: str = ""  # who says so: "" = the event itself; else the revision of the link that was learnt


_decoder = msgspec.json.Decoder(Placement)


def encode_placement(placement: Placement) -> bytes:
    """The placement as JSON, one per Kafka message."""
    return msgspec.json.encode(placement)


def decode_placement(body: bytes) -> Placement:
    """A placement from its JSON. Raises Malformed naming the field, never its content."""
    try:
        return _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"illegal value: {place_of(error)}") from None
    except msgspec.DecodeError:
        raise Malformed("not JSON: $") from None
