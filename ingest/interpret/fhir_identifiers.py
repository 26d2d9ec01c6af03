"""Which of a FHIR resource's identifiers is the number that a thing is known by.

The numbers of ID cards, insurance and licences are never chosen (domain specification 9).
"""

from __future__ import annotations

from ingest.interpret.fhir_bundle import Json, items, mapping, text

# HL7 table 0203: the type of the number that a thing is known by; cards and ID numbers of people are dropped.
TYPES = {
    "patient": ("MR", "PI", "PT", "MRN"),
    "visit": ("VN", "AN"),
    "order": ("PLAC", "FILL"),
    "filler": ("FILL",),
    "report": ("FILL", "ACSN", "PLAC"),
    "specimen": ("SID", "ACSN"),
    "prescription": ("PRN", "PLAC"),
}
_NOT_OURS = ("NI", "NN", "SS", "DL", "PPN", "HC", "MC", "NH", "MB")


def best_identifier(identifiers: list[Json], types: tuple[str, ...]) -> Json | None:
    """The identifier of the first of these types; else an official one, else the first that is no card's."""
    ranked = []
    for place, each in enumerate(identifiers):
        codes = [text(one.get("code")).upper() for one in items(mapping(each.get("type")).get("coding"))]
        if not text(each.get("value")) or any(code.startswith(_NOT_OURS) for code in codes):
            continue
        if text(each.get("use")) == "old":
            continue
        rank = next((types.index(code) for code in codes if code in types), 50 if each.get("use") == "official" else 60)
        ranked.append((rank, place, each))
    if types == ("FILL",):
        ranked = [one for one in ranked if one[0] < 50]
    return min(ranked, key=lambda one: one[:2])[2] if ranked else None
