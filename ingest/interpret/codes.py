"""What coded values mean: the site's own map first, then the standard tables (domain specification 5.14).

A value that is already one of ours is taken as it is, in any letter case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, Union, get_args, get_origin, get_type_hints

import msgspec

# Field → raw code → ours. "" means known, and nothing to us.
STANDARD: dict[str, dict[str, str]] = {
    # HL7 table 0004. P is not yet a visit: it has no class until something happens to it.
    "visit_class": {"E": "emergency", "I": "inpatient", "O": "outpatient", "R": "outpatient", "P": "", "U": ""},
    # table 0001, and GB/T 2261.1
    "sex": {"F": "f", "M": "m", "O": "u", "U": "u", "A": "u", "N": "u", "1": "m", "2": "f", "0": "u", "9": "u"},
    # table 0430
    "arrival_mode": {
        "A": "ambulance",
        "C": "car",
        "F": "foot",
        "H": "helicopter",
        "P": "public",
        "O": "other",
        "U": "",
    },
    # table 0485 / 0027 (TQ1-9, OBR-5)
    "priority": {"S": "stat", **dict.fromkeys("ATU", "urgent"), **dict.fromkeys("RPC", "routine")},
    # table 0123 (OBR-25): the others are not reports
    "status": {"F": "final", "C": "corrected", **dict.fromkeys("PRA", "preliminary"), "X": "cancelled"},
    # table 0078 (OBX-8)
    "flag": {"HH": "HH", "LL": "LL", "AA": "AA"},
    # table 0074 (OBR-24), as far as it tells our categories apart
    "category": {
        **dict.fromkeys(("LAB", "CH", "HM", "MB", "MCB", "BLB", "IMM", "SR", "TX", "VR", "CG", "ICU", "NCC"), "lab"),
        **dict.fromkeys(("RAD", "RX", "XRC", "CT", "CTH", "MR", "MRI", "NMR", "NMS"), "imaging"),
        **dict.fromkeys(("XR", "DX", "DR", "CR", "RF", "MG", "NM", "PT"), "imaging"),
        **dict.fromkeys(("US", "CUS", "OUS", "RUS", "VUS"), "ultrasound"),
        **dict.fromkeys(("EC", "ECG", "EKG"), "ecg"),
        **dict.fromkeys(("ES", "EN", "END", "GE"), "endoscopy"),
        **dict.fromkeys(("SP", "CP", "CY", "PAT", "AP"), "pathology"),
    },
    # table 0112 (PV1-36)
    "disposition": {
        **dict.fromkeys(("01", "1", "06", "6", "08", "8"), "discharged"),
        **dict.fromkeys(("02", "2", "03", "3", "04", "4", "05", "5"), "transferred"),
        **dict.fromkeys(("07", "7"), "ama"),
        **dict.fromkeys(("09", "9"), "admitted"),
        **dict.fromkeys(("20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "40", "41", "42"), "died"),
    },
    # table 0276 (SCH-7)
    "visit_kind": {"FOLLOWUP": "return", "ROUTINE": "", "WALKIN": "", "CHECKUP": "", "EMERGENCY": ""},
    # outpt_pay.pay_code as seen in a Chinese HIS
    "channel": {"0": "cash", "1": "wechat", "2": "alipay", "3": "unionpay_pos", "4": "bank_transfer", "5": "cheque"},
    "mode": {"AUTO": "auto", "MANUAL": "pharmacist"},
}  # fmt: skip

# HL7 table 0278 (SCH-25 and the AIx-10/12 of a resource)
BOOKED, STARTED, COMPLETE, CANCELLED, DELETED, NOSHOW = (
    "booked",
    "started",
    "complete",
    "cancelled",
    "deleted",
    "noshow",
)
FILLER_STATUS = {
    "BOOKED": BOOKED,
    "OVERBOOK": BOOKED,
    "PENDING": BOOKED,
    "WAITLIST": BOOKED,
    "STARTED": STARTED,
    "COMPLETE": COMPLETE,
    "CANCELLED": CANCELLED,
    "DC": CANCELLED,
    "DISCONTINUED": CANCELLED,
    "DELETED": DELETED,
    "NOSHOW": NOSHOW,
}
EXAM_CATEGORIES = frozenset({"imaging", "ultrasound", "endoscopy", "ecg"})

# What may be kept of a code that nobody has mapped: short, plain, and no number of a person or a phone.
_TELEPHONE = r"(?!.*(?<!\d)(?:1[3-9]\d\D\d{4}\D\d{4}|0\d{2,3}\D\d{7,8})(?!\d))"  # as people write them: 138-0013-8000
_HARMLESS = re.compile(rf"(?!.*\d{{7}}){_TELEPHONE}[A-Za-z0-9_.\-]{{1,16}}")
# A code by its place in the message (an item, a window, a ward): one token, and no number of a phone or an ID card.
_PLAIN = re.compile(rf"(?!.*\d{{11}}){_TELEPHONE}[A-Za-z0-9_.\-+/:#]{{1,40}}")
_PSEUDONYM = re.compile(r"[0-9a-f]{32}")
_TICKET_NO = re.compile(r"[A-Za-z]{0,4}-?\d{1,6}(?![A-Za-z0-9])")


def translated(
    field: str, raw: str, legal: frozenset[str] | None, site: Mapping[str, Mapping[str, str]]
) -> tuple[str | None, bool]:
    """(our code, known?). `legal` is the field's set of codes; None when any code will do that is no text."""
    told = site.get(field, {}).get(raw)
    if told is None:
        told = STANDARD.get(field, {}).get(raw.upper())
    if told is None and legal is None and harmless(raw):
        told = raw
    if told is None and legal is not None and raw.lower() in legal:
        told = raw.lower()
    if told == "":
        return None, True
    if told is None or (legal is not None and told not in legal):
        return None, False
    return told, True


def harmless(raw: str) -> bool:
    """May this unmapped code be kept as it came?"""
    return _HARMLESS.fullmatch(raw) is not None


def plain(value: str) -> bool:
    """May this text leave as it is in the place of a free code? A name, a sentence or an ID number may not."""
    return _PLAIN.fullmatch(value) is not None or _PSEUDONYM.fullmatch(value) is not None


def ticket_shown(raw: str) -> str:
    """The number of a ticket as shown, without the text called out beside it, which says a name."""
    found = _TICKET_NO.match(raw)
    return raw if plain(raw) and harmless(raw) else found.group() if found else ""


def report_version(status: str | None, told: int | None = None) -> int:
    """Which issue of a report: as told, else a corrected one is the second. HL7 v2 and FHIR count none."""
    return told or (2 if status == "corrected" else 1)


@cache
def legal_codes(kind: type[msgspec.Struct], field: str) -> frozenset[str] | None:
    """The codes an event type (or a part of one) allows in a field, or None when it is free."""
    hint = get_type_hints(kind)[field]
    choices = get_args(hint) if get_origin(hint) is Union or len(get_args(hint)) > 1 else (hint,)
    codes = [code for choice in choices if get_origin(choice) is Literal for code in get_args(choice)]
    return frozenset(codes) or None
