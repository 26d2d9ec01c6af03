"""A new site key: what was named keeps its name, what is new gets a new one, and no number changes."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import msgspec
import pytest

from infra.rehearsal.day import simulate
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import messages
from infra.rehearsal.sizes import SIZES
from ingest.aliases import Known, Past
from ingest.errors import Misconfigured
from ingest.events import encode
from ingest.events.envelope import Event, kind_of
from ingest.events.registration import RegistrationCreated
from ingest.interpret.messages import interpret_message
from ingest.privacy import Pseudonyms, SiteKey, create_site_key, follow_site_key, forget_site_key, load_site_keys
from ingest.settings import load_site
from streams.house import house_rules
from streams.memory import fold_in_memory
from tests.morning import DAY, SOURCE, ZONE

OLD, NEW, NEWER = (SiteKey(letter * 32, version) for version, letter in enumerate((b"o", b"n", b"m"), 1))
NAME = re.compile(rb'"([0-9a-f]{32})"')


def named(events: list[Event]) -> set[str]:
    return {name.decode() for event in events for name in NAME.findall(encode(event))}


def visit(pseudonyms: Pseudonyms, number: str) -> str:
    return pseudonyms.of("visit", "H001", "HIS", number)


def test_what_was_known_keeps_its_name_and_what_is_new_does_not() -> None:
    old = Pseudonyms(OLD)
    known = [visit(old, "V1"), old.of("patient", "H001", "HIS", "P1"), old.staff("D1")]
    new = Pseudonyms(NEW, Past({}, old, Known.of(known)))
    assert [visit(new, "V1"), new.of("patient", "H001", "HIS", "P1"), new.staff("D1")] == known
    assert visit(new, "V2") == visit(Pseudonyms(NEW), "V2") != visit(old, "V2")
    assert new.past and [old for _, old in new.past.news().aliases] == known
    assert not new.past.news().aliases  # told once


def test_a_patient_nobody_knows_of_may_have_come_before() -> None:
    old = Pseudonyms(OLD)
    new = Pseudonyms(NEW, Past({}, old, Known()))
    patient = new.of("patient", "H001", "HIS", "P9")
    new.of("patient", "H002", "HIS", "P9")  # patients are numbered across facilities
    assert patient == Pseudonyms(NEW).of("patient", "H001", "HIS", "P9")
    assert new.past and new.past.news().patients == [(patient, old.of("patient", "H001", "HIS", "P9"))]


def test_without_the_old_key_its_aliases_are_enough() -> None:
    old, aliases = Pseudonyms(OLD), dict[str, str]()
    during = Pseudonyms(NEW, Past(aliases, old, Known.of([visit(old, "V1"), visit(old, "V2")])))
    visit(during, "V1")
    after = Pseudonyms(NEW, Past(aliases))
    assert visit(after, "V1") == visit(old, "V1")
    assert visit(after, "V2") == visit(Pseudonyms(NEW), "V2")  # not heard of while both keys were there


def test_a_second_rotation_knows_the_names_of_the_first() -> None:
    old = Pseudonyms(OLD)
    aliases = {visit(Pseudonyms(NEW), "V1"): visit(old, "V1")}
    known = Known.of([visit(old, "V1"), visit(Pseudonyms(NEW), "V2")])
    newer = Pseudonyms(NEWER, Past(aliases, Pseudonyms(NEW, Past(aliases)), known))
    assert visit(newer, "V1") == visit(old, "V1")
    assert visit(newer, "V2") == visit(Pseudonyms(NEW), "V2")
    assert aliases[visit(Pseudonyms(NEWER), "V1")] == visit(old, "V1")


def test_what_is_known_goes_through_its_records() -> None:
    names = [visit(Pseudonyms(OLD), f"V{n}") for n in range(60_000)]
    known = Known.read(list(Known.of(names).blocks()))
    assert len(known) == 60_000 and all(name in known for name in names[::999])
    assert visit(Pseudonyms(NEW), "V1") not in known


@lru_cache(maxsize=1)
def _wires() -> list[tuple[int, bytes]]:
    day = simulate(SIZES["clinic"], 7, DAY, ZONE)
    return [(wire.told_at, wire.body) for wire in messages(tell(day, 7, ()), day.people)][:1200]


def _heard(pseudonyms: Pseudonyms, wires: list[tuple[int, bytes]]) -> list[Event]:
    source = msgspec.structs.replace(SOURCE, pseudonyms=pseudonyms)
    return [event for at, body in wires for event in interpret_message(body, source, at)]


def _numbers(events: list[Event]) -> Counter[bytes]:
    """All stage rows, without who they are of."""
    rows = fold_in_memory(events, house_rules(load_site("demo")))
    return Counter(re.sub(rb"[0-9a-f]{16,64}", b"#", msgspec.json.encode(row)) for row in rows)


def test_a_rotation_in_the_middle_of_a_morning_changes_no_number() -> None:
    wires, old = _wires(), Pseudonyms(OLD)
    half = len(wires) // 2
    before = _heard(old, wires[:half])
    new = Pseudonyms(NEW, Past({}, old, Known.of(named(before))))
    after = _heard(new, wires[half:])
    whole = _heard(old, wires)
    assert _numbers([*before, *after]) == _numbers(whole)
    still = named(whole) & named(after)
    assert still and named(after) - named(whole)  # what is open kept its name, what is new has a new one
    came_before = {event.visit_id for event in before if isinstance(event, RegistrationCreated)}
    later = [event for event in after if event.visit_id in came_before]
    assert {kind_of(event) for event in later} > {"consultation.started", "bill.paid"}
    without = _heard(Pseudonyms(NEW), wires[half:])
    assert _numbers([*before, *without]) != _numbers(whole)  # as it would be if a key were just changed


def test_the_key_file_holds_the_key_before_until_it_is_let_go(tmp_path: Path) -> None:
    path = create_site_key(tmp_path)
    first = load_site_keys(tmp_path)
    assert first.key.version == 1 and first.before is None
    second = follow_site_key(tmp_path, 1_000)
    assert (second.key.version, second.since) == (2, 1_000) and second.before
    assert visit(Pseudonyms(second.before), "V1") == visit(Pseudonyms(first.key), "V1")
    assert visit(Pseudonyms(second.key), "V1") != visit(Pseudonyms(first.key), "V1")
    assert path.stat().st_mode & 0o777 == 0o600
    third = forget_site_key(tmp_path)
    assert third.before is None and visit(Pseudonyms(third.key), "V1") == visit(Pseudonyms(second.key), "V1")
    assert [each.name for each in tmp_path.iterdir()] == ["site.key"]
    path.write_text("2\n")
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_site_keys(tmp_path)
