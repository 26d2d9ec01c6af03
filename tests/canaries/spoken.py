"""HL7 v2 messages of every kind that is routed, every field that may identify somebody filled with a canary."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from ingest.interpret.adt import TRIGGERS
from ingest.interpret.messages import FAMILIES
from tests.canaries.birds import BORN, Cage
from tests.golden.hl7_stories import EMERGENCY, EVN, OUT, STAY, STORIES, at, seg

# Domain specification 9, column Field, by how it is handled: what becomes a pseudonym …
NUMBERS = {
    "PID": (2, 3, 4, 18), "PV1": (5, 19, 50), "MRG": (1, 3, 5), "SCH": (1, 2), "ORC": (2, 3, 4), "OBR": (2, 3),
    "SPM": (2,), "FT1": (2, 23, 30, 31), "RXE": (15,), "RXD": (7,), "ZPY": (2, 3, 10), "ZQU": (3, 12, 13),
    "ZRV": (2,), "ZDP": (2,), "ZCV": (2,),
}  # fmt: skip
STAFF = {
    "EVN": (5,), "PV1": (7, 8, 9, 17), "SCH": (12, 16, 20), "AIP": (3,), "ORC": (10, 11, 12), "OBR": (10, 16, 28, 32),
    "RXE": (13, 14), "RXD": (10,), "FT1": (20, 21), "ZPY": (9,), "ZQU": (8,), "ZCN": (5,), "ZRV": (5,), "ZDP": (5,),
    "ZCV": (4,), "OBX": (16,),
}  # fmt: skip
# … and what is dropped.
NAMES = {"PID": (5, 6, 9), "NK1": (2,), "GT1": (3,), "IN1": (16,), "MRG": (7,)}
PLACES = {"PID": (11, 12, 23), "NK1": (4,), "GT1": (5,), "SCH": (14, 18)}
PHONES = {"PID": (13, 14, 40), "NK1": (5, 6), "GT1": (6,), "SCH": (13, 17), "OBR": (17,)}
CARDS = {"PID": (19, 20), "GT1": (12,), "IN1": (36, 49)}
BIRTHS = {"PID": (7,), "NK1": (16,), "GT1": (8,), "IN1": (18,)}
GROUPS = {"PV1": (16,), "PID": (10, 17, 22, 26, 28)}
TEXTS = {
    "NTE": (3,), "OBX": (5,), "OBR": (13, 31, 39), "DG1": (3, 4), "TXA": (9, 12), "FT1": (8, 9, 19), "PV2": (3, 12),
    "AL1": (3, 5), "ORC": (16,), "RXE": (7, 21), "ZQU": (15,), "NK1": (13, 30),
}  # fmt: skip
BESIDE = ("NK1", "GT1", "IN1", "NTE", "DG1", "AL1", "TXA", "OBX", "ZXX")
MRG = "MRG|1||||V9"
# Messages of kinds that no story above tells, and of kinds that are none of our business.
MORE = [
    *([f"ADT^{trigger}", EVN, "PID|1", MRG, visit] for trigger in TRIGGERS for visit in (OUT, EMERGENCY, STAY)),
    *([f"{kind}^{trigger}", EVN, OUT] for kind, (_, triggers) in FAMILIES.items() for trigger in triggers),
    *([kind, EVN, OUT] for kind in ("MDM^T02", "VXU^V04", "REF^I12", "ADT^A60", "ZZZ^Z99", "ACK^A01")),
]
KINDS = [*(["".join(head), *rest] for told in STORIES.values() for head, *rest in told), *MORE]


def spoken(number: int, dice: Random) -> tuple[bytes, str]:
    """(a message, its encoding): whole, misspoken or broken."""
    kind, *segments = KINDS[number % len(KINDS)]
    fault = dice.randrange(6)
    cage = Cage(number, dice, shifted=fault == 4)
    lines = [_line(each.split("|"), cage) for each in _with_company(segments)]
    for _ in range(0 if fault < 2 else dice.randint(1, 3)):
        _misplace(lines, cage, dice)
    encoding, declared = dice.choice([("gb18030", "GB18030"), ("utf-8", "UNICODE UTF-8"), ("gb18030", "")])
    if fault == 5:
        encoding = dice.choice(["utf-8", "gb18030", "utf-16-le"])  # whatever it declares
    head = rf"MSH|^~\&|HIS|DEMO|PULSE|H001|{at(5)}||{kind}|{cage.long()}|P|2.5||||||{declared}"
    body = "\r".join([head, *("|".join(line) for line in lines)]).encode(encoding)
    return (_broken(body, dice) if fault == 4 else body), encoding


def _with_company(segments: list[str]) -> Iterator[str]:
    """The segments with a patient, the patient's people and notes."""
    if not any(each.startswith("PID") for each in segments):
        segments = [*(s for s in segments if s.startswith("EVN")), "PID|1", *(s for s in segments if s[:3] != "EVN")]
    for each in segments:
        yield each
        if each.startswith("PID"):
            yield from (f"{name}|1" for name in BESIDE if name not in ("OBX", "NTE"))
        if each.startswith(("OBR", "RXE", "FT1")):
            yield "NTE|1"
    yield seg("OBX", {2: "FT", 3: "NOTE", 11: "F"})


def _line(fields: list[str], cage: Cage) -> list[str]:
    """One segment with its canaries."""
    name = fields[0]

    def put(number: int, value: str) -> None:
        fields.extend([""] * (number + 1 - len(fields)))
        fields[number] = value

    for number in NUMBERS.get(name, ()):
        said = fields[number].partition("^") if number < len(fields) else ("", "", "")
        put(number, cage.number(said[0]) + said[1] + said[2])
    if name == "PID":
        put(3, f"{cage.card()}^^^^NI~{cage.number('patient')}^^^HIS^MR~{cage.card()}^^^^HC")
        put(8, "F")
    for number in STAFF.get(name, ()):
        put(number, f"{cage.number(fields[number] if number < len(fields) else 'S')}^{cage.name()}^医生")
    for table, make in ((NAMES, cage.name), (PLACES, cage.text), (PHONES, cage.phone), (CARDS, cage.card)):
        for number in table.get(name, ()):
            put(number, make())
    for number in BIRTHS.get(name, ()):
        put(number, BORN)
    for number in (*GROUPS.get(name, ()), *TEXTS.get(name, ())):
        if not (name == "OBX" and "ACUITY" in fields):
            put(number, cage.text())
    if name == "PV1" and len(fields) > 3:
        put(3, f"{fields[3].partition('^')[0]}^{fields[3].partition('^')[2] or 'R1'}^{cage.name()}")  # the bed
    if name == "ZXX":
        put(8, cage.text())
    return fields


def _misplace(lines: list[list[str]], cage: Cage, dice: Random) -> None:
    """Something of an identity is typed into any field at all, beside what stands there or in its place."""
    line = dice.choice(lines)
    if len(line) > 1:
        number = dice.randrange(1, len(line))
        line[number] = dice.choice([cage.any(), f"{line[number]} {cage.any()}", f"{line[number]}^{cage.any()}"])


def _broken(body: bytes, dice: Random) -> bytes:
    """What a line or a sender can do to a message."""
    cut = dice.randrange(len(body))
    return dice.choice(
        [
            body[:cut],
            body[cut:],
            body[:cut] + body[cut + 1 :],
            body.replace(b"|", b"", 3),
            body.replace(b"2025", b"20XX"),
            body.replace(b"\r", b"|"),
            body.replace(b"MSH|^~\\&|HIS", b"MSH|^~\\&|"),
            body[:cut] + bytes([dice.randrange(256)]) + body[cut:],
        ]
    )
