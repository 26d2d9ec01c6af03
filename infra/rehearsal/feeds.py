"""What each of the hospital's systems tells of what happened, when it tells it, and what it never knew.

Four systems speak HL7 v2; the emergency department's, the wards' and the service centre's live in database views; the
integration platform pushes what nurse calls, chatbots and the green channel's registry say over REST. Faults are laid
over their words by `faults.py`. The result is the second record: every telling, right or wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

import msgspec

from infra.rehearsal.facts import Day, Fact, Told
from infra.rehearsal.faults import FAULTS, lay_over
from infra.rehearsal.message_numbers import Numbers
from infra.rehearsal.sources import ED, HIS, IN_MESSAGES, LIS, PLATFORM, QUEUE, RIS, SERVICE, WARD
from infra.rehearsal.told_fields import told_by_a_ward, told_of, without_secrets
from infra.rehearsal.ways import also_told, speaks_all

_DELAY_S = {
    HIS: (0.3, 3.0), QUEUE: (0.1, 1.0), LIS: (0.5, 5.0), RIS: (0.5, 6.0), ED: (0.5, 4.0), WARD: (1.0, 8.0),
    SERVICE: (1.0, 8.0), PLATFORM: (0.1, 1.5),
}  # fmt: skip
# What a queue server at a consulting room never learns: the doctor's own system opens and closes the visit.
_CLINIC_SILENT = ("queue.served", "queue.completed")
_CLINIC_THAT_TELLS = "DERM"
_IN_MILLISECONDS = (QUEUE, PLATFORM)  # most systems keep whole seconds
_WARD_LATER_MS = 4 * 60_000  # a ward writes down who came and who went when there is time
_OF_THE_PLATFORM = ("nursecall", "inquiry", "schedule", "chronic")


def tell(day: Day, seed: int, faults: Iterable[str] = FAULTS, ways: str = "usual") -> list[Told]:
    """Everything the feeds say of a day, in the order in which it arrives; `ways` "all" also by other ways."""
    rng = Random(f"{seed}|{day.day}|feeds")
    numbers = Numbers(day.day)
    told = [telling for fact in day.facts for telling in _straight(fact, rng, numbers)]
    if speaks_all(ways):
        told = list(also_told(told, Random(f"{seed}|{day.day}|ways"), numbers))
    faulty = lay_over(told, day, set(faults), Random(f"{seed}|{day.day}|faults"), numbers)
    spoken = (msgspec.structs.replace(t, fields=without_secrets(t), patient=_whose(t, day)) for t in faulty)
    return sorted(spoken, key=lambda t: (t.told_at, t.message))


def _whose(told: Told, day: Day) -> str:
    """Whose number a message about a visit carries; rows and records carry none."""
    if told.source not in IN_MESSAGES or told.visit not in day.people:
        return ""
    return day.people[told.visit].number


def source_of(fact: Fact) -> str:
    """Which system tells a fact."""
    domain = fact.kind.partition(".")[0]
    if domain in _OF_THE_PLATFORM or fact.kind == "ed.green_channel_milestone":
        return PLATFORM
    if domain == "ed" or (fact.kind == "triage.completed" and fact.fields["assigned_dept"] == "ED"):
        return ED
    if domain == "exam":
        return RIS
    if fact.kind == "report.issued":
        return LIS if fact.fields["category"] == "lab" else RIS
    if fact.kind in ("inpatient.discharge_ordered", "inpatient.settled"):
        return WARD
    return {"queue": QUEUE, "specimen": LIS, "critical_value": LIS, "complaint": SERVICE}.get(domain, HIS)


def _straight(fact: Fact, rng: Random, numbers: Numbers) -> list[Told]:
    """A fact as honest, punctual systems tell it; nothing when no system knows it."""
    if fact.kind in _CLINIC_SILENT and fact.fields.get("dept_code", _CLINIC_THAT_TELLS) != _CLINIC_THAT_TELLS:
        return []
    source = source_of(fact)
    at = fact.at if source in _IN_MILLISECONDS else fact.at // 1000 * 1000
    message = numbers.of(source, fact)
    sent, told = numbers.sent(message, fact.at, rng, *_DELAY_S[source])
    if fact.kind.startswith("appointment."):
        at = sent  # SIU has no time of its own
    straight = Told(
        kind=fact.kind, source=source, message=message, at=at, sent_at=sent, told_at=told,
        visit=fact.visit if fact.known and not fact.kind.startswith("appointment.") else "", fields=told_of(fact),
    )  # fmt: skip
    return [straight, *_also(straight, rng, numbers)]


def _also(straight: Told, rng: Random, numbers: Numbers) -> Iterator[Told]:
    """What the same message says beside, or another system of the same fact."""
    if straight.kind == "registration.created" and straight.fields["visit_class"] == "emergency":
        yield _at_the_desk(straight)
    elif straight.kind == "admission.requested":
        fields = {"decision": "admit", "target_ward": straight.fields["target_dept"]}
        yield msgspec.structs.replace(straight, kind="ed.disposition_decided", fields=fields)
    elif straight.kind in ("inpatient.admitted", "inpatient.discharged"):
        at = straight.at + _WARD_LATER_MS
        message = numbers.fresh(WARD)
        sent, told = numbers.sent(message, at, rng, *_DELAY_S[WARD])
        yield msgspec.structs.replace(straight, source=WARD, message=message, at=at, sent_at=sent, told_at=told,
                                      fields=told_by_a_ward(straight))  # fmt: skip


def _at_the_desk(registered: Told) -> Told:
    """The HIS takes an emergency's registration for its arrival; the emergency department's view knows better."""
    fields = {name: registered.fields[name] for name in ("age_band", "sex", "patient_group")}
    return msgspec.structs.replace(registered, kind="ed.arrived", fields=fields)
