"""A FHIR R4 resource being interpreted: whose it is, its numbers, its codes, and when things happened.

A number is an `identifier` (its system is who numbers; the site maps it under [codes.authority]), of the type that
belongs to the thing; where a resource has none, its id. Names, addresses and narratives are never read.
"""

from __future__ import annotations

from typing import Any

from ingest.events.envelope import Event, Instant, Op, Telling
from ingest.interpret.codes import harmless
from ingest.interpret.fhir_bundle import Bundle, Json, items, mapping, split_reference, text
from ingest.interpret.fhir_identifiers import TYPES, best_identifier
from ingest.interpret.person import age_band
from ingest.interpret.row import row_version
from ingest.interpret.teller import Source, Teller

When = tuple[Instant, tuple[str, ...]]

VISIT_CLASSES = {
    "AMB": "outpatient", "VR": "outpatient", "FLD": "outpatient", "SS": "outpatient", "EMER": "emergency",
    "IMP": "inpatient", "ACUTE": "inpatient", "NONAC": "inpatient", "OBSENC": "emergency",
}  # fmt: skip


class Resource(Teller):
    """A teller that reads one resource in its bundle."""

    def __init__(self, told: Json, bundle: Bundle, source: Source, received_at: int) -> None:
        self.kind = text(told.get("resourceType"))
        self.told, self.bundle = told, bundle
        super().__init__(source, Telling(facility_id="", source_system="", ingested_at=received_at))
        self.encounter = self._encounter()
        updated = self.at("meta", "lastUpdated")
        self.telling = Telling(
            facility_id=source.facility_id,
            source_system=source.source_system,
            ingested_at=received_at,
            sent_at=updated.ms if updated else None,
            source_msg_id=self._message_number(),
            row_version=self._version(),
            mapping_version=source.mapping_version,
        )
        self.patient_id = self.number_by("patient", self.told.get("subject") or self.told.get("patient"))
        self.visit_id = self._visit()

    # --- what is told --------------------------------------------------------------------------------------------

    @property
    def status(self) -> str:
        """The resource's status."""
        return text(self.told.get("status"))

    @property
    def is_mistaken(self) -> bool:
        """Whether it says of itself that it never was so."""
        return self.status == "entered-in-error"

    @property
    def op(self) -> Op:
        """A mistake is taken back."""
        return "retract" if self.is_mistaken else "assert"

    def get(self, *path: str) -> Any:
        """What lies at the end of a path; of lists the first."""
        found: Any = self.told
        for step in path:
            found = items(found)[0].get(step) if items(found) else None
        return found

    def fact(self, kind: type[Event], when: Instant | When | None, /, **told: Any) -> Event | None:
        """An event that happened when it is told to have; nothing when that is not told."""
        if when is None:
            return None
        occurred, flags = (when, ()) if isinstance(when, Instant) else when
        flags = (*flags, *told.pop("flags", ()))
        return self.tell(kind, occurred, flags=flags, **{"op": self.op, **told})

    # --- when ----------------------------------------------------------------------------------------------------

    def at(self, *path: str) -> Instant | None:
        """The time at the end of a path. Raises Malformed naming it."""
        return self.instant(self.get(*path), ".".join(path))

    def instant(self, value: Any, place: str) -> Instant | None:
        """A dateTime, date or instant. Raises Malformed naming the element."""
        return self.time(text(value), f"{self.kind}.{place}")

    def updated(self) -> When:
        """When the resource last changed, for what has no time of its own; else when we heard it."""
        found = self.at("meta", "lastUpdated")
        if found:
            return found, ("occurred_from:meta.lastUpdated",)
        return Instant(self.telling.ingested_at, "ms", 0), ("occurred_from:received_at",)

    # --- who and what --------------------------------------------------------------------------------------------

    def number_of(self, kind: str, of: Json | None = None, *, types: str = "") -> str | None:
        """The pseudonym of a resource's number: its identifier of the right type, the official one, the first; its
        id where it has none."""
        resource = self.told if of is None else of
        best = best_identifier(items(resource.get("identifier")), TYPES.get(types or kind, ()))
        if best:
            return self._identified(kind, best)
        return None if types else self.identify(kind, text(resource.get("id")), on=self._today())

    def number_by(self, kind: str, reference: Any, *, types: str = "") -> str | None:
        """The pseudonym of the number of what is referred to."""
        for each in items(reference):
            found = self.bundle.resolve(each, self.told)
            if found is not None:
                return self.number_of(kind, found, types=types)
            if mapping(each.get("identifier")):
                return self._identified(kind, mapping(each.get("identifier")))
            number = split_reference(text(each.get("reference")))[1]
            if number and not types:
                self.flags = tuple(dict.fromkeys((*self.flags, f"unresolved:{kind}")))
                return self.identify(kind, number, on=self._today())
        return None

    def grouped(self, resource: Json | None = None) -> str | None:
        """A prescription's number: what its lines have in common, else the line's own. Nobody says who numbers it."""
        told = self.told if resource is None else resource
        best = mapping(told.get("groupIdentifier")) or best_identifier(
            items(told.get("identifier")), TYPES["prescription"]
        )
        number = text(best.get("value")) if best else text(told.get("id"))
        return self.identify("prescription", number, on=self._today())

    def referred(self, reference: Any, *types: str) -> list[Json]:
        """The references among several that point to resources of these types."""
        found = []
        for each in items(reference):
            where = text(each.get("type")) or split_reference(text(each.get("reference")))[0]
            if not where:
                where = text((self.bundle.resolve(each, self.told) or {}).get("resourceType"))
            if where in types:
                found.append(each)
        return found

    def staff_by(self, reference: Any) -> str | None:
        """A member of staff: the practitioner's number, also by way of a role."""
        for each in self.referred(reference, "Practitioner", "PractitionerRole"):
            found = self.bundle.resolve(each, self.told)
            if found and found.get("resourceType") == "PractitionerRole":
                return self.staff_by(found.get("practitioner"))
            own = best_identifier(items((found or {}).get("identifier")), ("EI", "EN", "MD")) or each.get("identifier")
            number = text(mapping(own).get("value")) or split_reference(text(each.get("reference")))[1]
            if number:
                return self.staff(number)
        return None

    def place_by(self, reference: Any) -> str:
        """The code of a place or an organisation: no number of a person."""
        for each in items(reference):
            found = self.bundle.resolve(each, self.told) or {}
            own = best_identifier(items(found.get("identifier")), ()) or mapping(each.get("identifier"))
            return text(mapping(own).get("value")) or split_reference(text(each.get("reference")))[1]
        return ""

    def concept(self, value: Any) -> str:
        """The first code of a CodeableConcept (or several); never its text."""
        for each in items(value):
            coding = items(each.get("coding")) or ([each] if "code" in each else [])
            for one in coding:
                if text(one.get("code")):
                    return text(one.get("code"))
        return ""

    def concepts(self, value: Any) -> list[str]:
        """All codes of CodeableConcepts."""
        return [text(one.get("code")) for each in items(value) for one in items(each.get("coding")) if one.get("code")]

    def person(self, at: Instant) -> dict[str, str | None]:
        """What is said of the patient in the bundle: age band at the time, sex. Never a birth date."""
        subject = items(self.told.get("subject")) or items(self.told.get("patient"))
        found = self.bundle.resolve(subject[0], self.told) if subject else None
        born, gender = text((found or {}).get("birthDate")), text((found or {}).get("gender"))
        sex = {"male": "m", "female": "f"}.get(gender, "u") if gender else None
        return {"age_band": age_band(born, self.local_day(at)) if born else None, "sex": sex}

    # --- the visit -----------------------------------------------------------------------------------------------

    def visit_class(self) -> str | None:
        """outpatient, emergency, inpatient, health_check; None for a class that is none of ours."""
        raw = self.concept(mapping((self.encounter or {}).get("class")))
        own = self.source.codes.get("visit_class", {}).get(raw)
        return own or VISIT_CLASSES.get(raw)

    def visit_dept(self) -> str | None:
        """The department of the visit: its service, else who provides it."""
        encounter = self.encounter or {}
        return self.dept(self.concept(encounter.get("serviceType")) or self.place_by(encounter.get("serviceProvider")))

    def _encounter(self) -> Json | None:
        if self.kind == "Encounter":
            return self.told
        reference = items(self.told.get("encounter")) or items(self.told.get("context"))
        return self.bundle.resolve(reference[0], self.told) if reference else None

    def _visit(self) -> str | None:
        if self.kind == "Encounter":
            return self.number_of("visit")
        return self.number_by("visit", self.told.get("encounter") or self.told.get("context"))

    # --- the message ---------------------------------------------------------------------------------------------

    def _identified(self, kind: str, identifier: Json) -> str | None:
        number, authority = text(identifier.get("value")), text(identifier.get("system"))
        return self.identify(kind, number, authority, on=self._today())

    def _today(self) -> Any:
        """The date that goes with a number which restarts each day: that of the visit's beginning."""
        began = text(mapping((self.encounter or {}).get("period")).get("start"))
        at = self.time(began, "Encounter.period.start") if began else None
        return self.local_day(at) if at else None

    def _version(self) -> str | None:
        version = text(self.get("meta", "versionId"))
        if version.isascii() and version.isdigit() and len(version) <= 20:
            return version
        updated = text(self.get("meta", "lastUpdated"))
        return row_version(updated) if updated else None

    def _message_number(self) -> str | None:
        number = text(self.told.get("id"))
        if not number:
            return None
        source = self.source
        shown = number if harmless(number) else source.pseudonyms.of("message", source.facility_id, self.kind, number)
        return f"{self.kind}/{shown}"
