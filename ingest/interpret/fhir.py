"""FHIR R4: a resource, or a bundle of them, as events (domain specification 5, column FHIR R4).

A bundle of a search tells what was found; what was included beside it is only referred to. Bundles of messages,
transactions, batches and histories tell all that they hold. A resource type not listed here is none of our business.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from ingest.errors import Ignored
from ingest.events.envelope import Event
from ingest.interpret import (
    fhir_care,
    fhir_drugs,
    fhir_money,
    fhir_orders,
    fhir_scheduling,
    fhir_tasks,
    fhir_visit,
)
from ingest.interpret.fhir_bundle import Bundle, text
from ingest.interpret.fhir_resource import Resource
from ingest.interpret.teller import Source

RESOURCES: dict[str, Callable[[Resource], None]] = {
    **fhir_scheduling.TOLD_BY,
    **fhir_visit.TOLD_BY,
    **fhir_tasks.TOLD_BY,
    **fhir_orders.TOLD_BY,
    **fhir_money.TOLD_BY,
    **fhir_drugs.TOLD_BY,
    **fhir_care.TOLD_BY,
}


def interpret_fhir(body: bytes, source: Source, received_at: int) -> list[Event]:
    """The events of a resource or a bundle. Raises Ignored or Malformed."""
    bundle = Bundle(body)
    events: list[Event] = []
    seen: list[str] = []
    for told in bundle.told():
        kind = text(told.get("resourceType"))
        seen.append(kind)
        tell = RESOURCES.get(kind)
        if tell is not None:
            events += _told(tell, Resource(told, bundle, source, received_at))
    if not events:
        known = next((kind for kind in seen if kind in RESOURCES), "")
        raise Ignored(f"resource without a fact:{known}" if known else "resource of no kind of ours")
    return events


def _told(tell: Callable[[Resource], None], resource: Resource) -> list[Event]:
    with suppress(Ignored):  # one of many in a bundle
        tell(resource)
    return resource.events
