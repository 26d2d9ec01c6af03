"""A bundle of FHIR resources: which of them are told, and which are there so that others can refer to them.

Everything is read with care: what is not shaped as FHIR says counts as absent, never as a crash.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from ingest.errors import Malformed

Json = dict[str, Any]

_REFERENCE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.\-]{1,64})(?:/_history/[^/]+)?$")
_decoder = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)


def mapping(value: Any) -> Json:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Json]:
    """The objects of a JSON list; a lone object is a list of one."""
    if isinstance(value, dict):
        return [value]
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """A JSON text or whole number; "" for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return ""
    return str(value).strip()


class Bundle:
    """Resources by what they may be referred to."""

    def __init__(self, body: bytes) -> None:
        try:
            told = _decoder.decode(body)
        except (msgspec.DecodeError, RecursionError):
            raise Malformed("not JSON: resource") from None
        self.type = text(told.get("type"))
        entries = items(told.get("entry")) if told.get("resourceType") == "Bundle" else [{"resource": told}]
        self._told: list[Json] = []
        self._known: dict[str, Json] = {}
        self._all: list[Json] = []
        for entry in entries:
            self._add(entry)

    def told(self) -> Iterator[Json]:
        """The resources that tell something: not those that were only included."""
        yield from self._told

    def all(self, resource_type: str) -> list[Json]:
        """Every resource of a type, told or included."""
        found = {id(each): each for each in self._known.values() if each.get("resourceType") == resource_type}
        return list(found.values())

    def versions(self, resource: Json) -> list[Json]:
        """Every version of a resource that the bundle has: a history has several."""
        number = resource.get("id")
        return [
            e for e in self._all if number and (e.get("resourceType"), e.get("id")) == (self.kind_of(resource), number)
        ]

    @staticmethod
    def kind_of(resource: Json) -> str:
        """A resource's type."""
        return text(resource.get("resourceType"))

    def resolve(self, reference: Json, within: Json) -> Json | None:
        """The resource that is referred to, when it is in the bundle or contained in the referring one."""
        where = text(reference.get("reference"))
        if where.startswith("#"):
            contained = items(within.get("contained"))
            return next((each for each in contained if text(each.get("id")) == where[1:]), None)
        return self._known.get(where) or self._known.get("/".join(split_reference(where)))

    def _add(self, entry: Json) -> None:
        resource = mapping(entry.get("resource"))
        kind, number = text(resource.get("resourceType")), text(resource.get("id"))
        if not kind:
            return
        if kind == "Bundle":
            raise Malformed("a bundle within a bundle: entry")
        self._all.append(resource)
        for name in (text(entry.get("fullUrl")), f"{kind}/{number}" if number else ""):
            if name:
                self._known[name] = _newer(resource, self._known.get(name))
        if not text(entry.get("fullUrl")) and not number:
            self._known[f"{kind}#{len(self._known)}"] = resource
        deleted = text(mapping(entry.get("request")).get("method")) == "DELETE"
        if not deleted and text(mapping(entry.get("search")).get("mode")) not in ("include", "outcome"):
            self._told.append(resource)


def _newer(one: Json, other: Json | None) -> Json:
    """Of two versions the one that was updated later: a history holds several."""
    if other is None:
        return one
    stamps = [text(mapping(each.get("meta")).get("lastUpdated")) for each in (one, other)]
    return one if stamps[0] >= stamps[1] else other


def split_reference(reference: str) -> tuple[str, str]:
    """(type, id) of a literal reference, relative or absolute; ("", "") of any other."""
    found = _REFERENCE.search(reference)
    return (found.group(1), found.group(2)) if found else ("", "")


def references_of(value: Any) -> Iterator[str]:
    """Every literal reference in a resource."""
    if isinstance(value, dict):
        where = value.get("reference")
        if isinstance(where, str):
            yield where
        for name, each in value.items():
            if name != "contained":
                yield from references_of(each)
    elif isinstance(value, list):
        for each in value:
            yield from references_of(each)
