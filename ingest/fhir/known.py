"""What resources refer to: found on the same page, remembered, or asked for by id; never further than three steps.

A resource of its own says too little: the number of its visit stands in the Encounter that it refers to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from ingest.interpret.fhir_bundle import Json, references_of, split_reference, text

# Who or what carries a number, a department or an age band that others need.
CARRIERS = frozenset(
    ("Patient", "Encounter", "Appointment", "ServiceRequest", "MedicationRequest", "ChargeItem", "Invoice", "Schedule",
     "Specimen", "Practitioner", "PractitionerRole", "Organization", "Location", "Communication",
     "CommunicationRequest")
)  # fmt: skip
_STEPS = 3
_MOST = 20_000  # remembered
_ASKED_AT_ONCE = 50

Fetch = Callable[[str, list[str]], Awaitable[list[Json]]]


class Known:
    """Resources by `Type/id`, the least recently needed forgotten first."""

    def __init__(self, fetch: Fetch | None = None, lasts_ms: int = 600_000) -> None:
        self._fetch, self._lasts_ms = fetch, lasts_ms
        self._by_name: OrderedDict[str, tuple[int, Json | None]] = OrderedDict()  # when, what; None: there is none

    def note(self, resource: Json, now_ms: int) -> None:
        """Remember a resource."""
        kind, number = text(resource.get("resourceType")), text(resource.get("id"))
        if kind in CARRIERS and number:
            self._put(f"{kind}/{number}", resource, now_ms)

    async def gather(self, resources: Iterable[Json], now_ms: int) -> None:
        """See that all that these refer to is known, as far as it can be had."""
        wanted = {name for each in resources for name in _named_in(each)}
        for _ in range(_STEPS):
            missing = sorted(name for name in wanted if not self._is_fresh(name, now_ms))
            if self._fetch is not None:
                await self._ask(missing, now_ms)
            found = [each for name in wanted if (each := self.get(name)) is not None]
            wanted = {name for each in found for name in _named_in(each)} - wanted
            if not wanted:
                return

    def beside(self, resource: Json) -> list[Json]:
        """What goes into a message beside a resource: all that it refers to, directly or not."""
        taken: dict[str, Json] = {}
        wanted = set(_named_in(resource))
        for _ in range(_STEPS):
            found = {name: each for name in wanted - taken.keys() if (each := self.get(name)) is not None}
            taken |= found
            wanted = {name for each in found.values() for name in _named_in(each)}
        return [taken[name] for name in sorted(taken) if taken[name] is not resource]

    def get(self, name: str) -> Json | None:
        """What is known by a name, however old."""
        found = self._by_name.get(name)
        if found is None:
            return None
        self._by_name.move_to_end(name)
        return found[1]

    async def _ask(self, missing: list[str], now_ms: int) -> None:
        assert self._fetch is not None
        for kind in sorted({name.split("/")[0] for name in missing}):
            numbers = [name.split("/")[1] for name in missing if name.startswith(f"{kind}/")]
            for start in range(0, len(numbers), _ASKED_AT_ONCE):
                some = numbers[start : start + _ASKED_AT_ONCE]
                for number in some:
                    self._put(f"{kind}/{number}", self.get(f"{kind}/{number}"), now_ms)
                for resource in await self._fetch(kind, some):
                    self.note(resource, now_ms)

    def _is_fresh(self, name: str, now_ms: int) -> bool:
        found = self._by_name.get(name)
        return found is not None and now_ms - found[0] < self._lasts_ms

    def _put(self, name: str, resource: Json | None, now_ms: int) -> None:
        self._by_name[name] = (now_ms, resource)
        self._by_name.move_to_end(name)
        while len(self._by_name) > _MOST:
            self._by_name.popitem(last=False)


def _named_in(resource: Json) -> Iterable[str]:
    for reference in references_of(resource):
        kind, number = split_reference(reference)
        if kind in CARRIERS:
            yield f"{kind}/{number}"
