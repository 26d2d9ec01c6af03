"""Our HL7 reader beside python-hl7 and hl7apy, in one process, for the fields that the platform needs.

Before anything is timed, all three must have read the same fields. Each starts from the bytes that came over the line.
Time is processor time: a figure is what one core does, whoever else wants it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import Any

from ingest.interpret.hl7 import read
from tests.bench.figure import Figure, more_is_better

Read = Callable[[bytes], list[str]]
Fields = tuple[tuple[str, int, int], ...]  # segment, field, component

ADT_FIELDS: Fields = (
    ("MSH", 3, 1), ("MSH", 4, 1), ("MSH", 7, 1), ("MSH", 9, 1), ("MSH", 9, 2), ("MSH", 10, 1),
    ("EVN", 2, 1), ("EVN", 6, 1), ("PID", 3, 1), ("PID", 3, 4), ("PID", 7, 1), ("PID", 8, 1), ("PV1", 2, 1),
    ("PV1", 3, 1), ("PV1", 4, 1), ("PV1", 18, 1), ("PV1", 19, 1), ("PV1", 44, 1), ("PV2", 8, 1),
)  # fmt: skip
ORU_FIELDS: Fields = (
    ("MSH", 3, 1), ("MSH", 4, 1), ("MSH", 7, 1), ("MSH", 9, 1), ("MSH", 10, 1), ("PID", 3, 1), ("PV1", 19, 1),
    ("OBR", 2, 1), ("OBR", 3, 1), ("OBR", 4, 1), ("OBR", 7, 1), ("OBR", 14, 1), ("OBR", 22, 1), ("OBR", 25, 1),
)  # fmt: skip
OBX_FIELDS = (8, 11)  # its flag, its status: of a result itself nothing else is read


def adt(number: int) -> bytes:
    """A registration as a HIS sends it."""
    return "\r".join((
        r"MSH|^~\&|HIS|DEMO|PULSE|H001|20250303081500.250+0800||ADT^A04^ADT_A01|"
        f"M{number:07}|P|2.5||||||UNICODE UTF-8",
        "EVN|A04|20250303081500||||20250303081432",
        f"PID|1||P{number:06}^^^DEMO^MR~110101197001011234^^^CN^NI||张^珅||19700101|M|||中山路1号^^广州||13800000000",
        "NK1|1|张^三|SPO|中山路1号^^广州|13900000000",
        f"PV1|1|O|CARD^R3^^DEMO|first|||D12^李^四|||||||||||general|V{number:07}^^^DEMO" + "|" * 25 + "20250303081432",
        "PV2||||||||20250303",
        "AL1|1|DA|^青霉素|SV|皮疹",
        "DG1|1||I10^高血压^ICD10||20250303|W",
        "IN1|1|UEBMI|A01|城镇职工基本医疗保险|||||||||||||张^珅|SEL|19700101",
    )).encode()  # fmt: skip


def oru(number: int) -> bytes:
    """A report of the laboratory with twenty observations."""
    return "\r".join((
        r"MSH|^~\&|LIS|DEMO|PULSE|H001|20250303093000+0800||ORU^R01^ORU_R01|"
        f"L{number:07}|P|2.5||||||UNICODE UTF-8",
        f"PID|1||P{number:06}^^^DEMO^MR||张^珅||19700101|M",
        f"PV1|1|O|CARD^^^DEMO||||||||||||||||V{number:07}^^^DEMO",
        f"OBR|1|O{number:07}^HIS|R{number:07}^LIS|CBC^血常规^L|||20250303085000|||||||20250303090500||||||||"
        "20250303093000||HM|F",
        *(f"OBX|{n}|NM|{6690 + n}-2^项目{n}^LN||{n * 1.37:.2f}|10*9/L|3.5-9.5|N|||F|||20250303092500"
          for n in range(1, 21)),
    )).encode()  # fmt: skip


def ours(fields: Fields) -> Read:
    """Ours, segment by segment as the interpreters read: nothing is split before it is asked for."""
    asked = {name: [place[1:] for place in places] for name, places in groupby(fields, key=itemgetter(0))}
    first, second = OBX_FIELDS

    def fields_of(body: bytes) -> list[str]:
        message = read(body)
        found = [
            segment.value(field, component)
            for segment, places in zip(map(message.segment, asked), asked.values(), strict=True)
            if segment
            for field, component in places
        ]
        for obx in message.segments("OBX"):
            found += (obx.value(first), obx.value(second))
        return found

    return fields_of


def python_hl7(fields: Fields) -> Read:
    """The package hl7."""
    import hl7

    def value(segment: Any, field: int, component: int) -> str:
        part = segment[field][0] if len(segment) > field and len(segment[field]) else ""
        if isinstance(part, str):
            return part if component == 1 else ""
        return str(part[component - 1]) if component <= len(part) else ""

    def fields_of(body: bytes) -> list[str]:
        message = hl7.parse(body.decode())
        found = [value(message.segment(name), field, component) for name, field, component in fields]
        for obx in message.segments("OBX") if b"\rOBX" in body else ():
            found += [value(obx, field, 1) for field in OBX_FIELDS]
        return found

    return fields_of


def hl7apy(fields: Fields) -> Read:
    """The package hl7apy, as tolerant as it can be."""
    from hl7apy.consts import VALIDATION_LEVEL
    from hl7apy.parser import parse_message

    def value(segment: Any, field: int, component: int) -> str:
        first = str(getattr(segment, f"{segment.name.lower()}_{field}").to_er7()).split("~")[0].split("^")
        return first[component - 1] if component <= len(first) else ""

    def fields_of(body: bytes) -> list[str]:
        message = parse_message(body.decode(), find_groups=False, validation_level=VALIDATION_LEVEL.TOLERANT)
        found = [value(getattr(message, name.lower())[0], field, component) for name, field, component in fields]
        for obx in message.obx:
            found += [value(obx, field, 1) for field in OBX_FIELDS]
        return found

    return fields_of


def per_second(readers: list[Read], bodies: list[bytes], seconds: float) -> list[float]:
    """Messages a second of processor time, the best of five stretches of each reader in turn."""
    best = [0.0] * len(readers)
    for _ in range(5):
        for place, read_fields in enumerate(readers):
            done, began, took = 0, time.process_time(), 0.0
            while took < seconds / 5:
                for body in bodies:
                    read_fields(body)
                done += len(bodies)
                took = time.process_time() - began
            best[place] = max(best[place], done / took)
    return best


def run(quick: bool) -> list[Figure]:
    """ADT and ORU, ours beside both peers."""
    figures = []
    for kind, make, fields, floor in (("ADT", adt, ADT_FIELDS, 60_000), ("ORU, 20 OBX", oru, ORU_FIELDS, 15_000)):
        bodies = [make(number) for number in range(20)]
        readers = [ours(fields), python_hl7(fields), hl7apy(fields)]
        for body in bodies:
            mine, *theirs = (read_fields(body) for read_fields in readers)
            assert all(mine) and theirs == [mine, mine], f"the readers disagree about {kind}"
        rate, *others = per_second(readers, bodies, 1.0 if quick else 6.0)
        for peer, other in zip(("python-hl7", "hl7apy"), others, strict=True):
            figures.append(
                more_is_better(f"{kind}, read", rate, "msg/s", floor=floor, peer=peer, peer_value=other, ratio_floor=40)
            )
    return figures
