"""What goes wrong between a hospital and whoever listens to it, each fault by its name and each switchable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import msgspec

from infra.rehearsal.facts import Day, Told
from infra.rehearsal.message_numbers import Numbers
from infra.rehearsal.sources import IN_TABLES
from ingest.errors import Misconfigured

FAULTS = ("missing_ends", "wrong_clocks", "corrections", "retractions", "late", "silent", "out_of_order", "duplicated")

_MINUTE = 60_000
# Rows are written in the order in which words arrive, so only messages and records are told again with another time.
_MENDED = ("consultation.started", "consultation.ended", "dispensing.dispensed", "inpatient.discharged",
           "nursecall.answered", "ed.green_channel_milestone")  # fmt: skip
_ENDS = ("consultation.ended", "queue.served", "queue.completed", "dispensing.prepared", "specimen.received",
         "nursecall.answered", "critical_value.acknowledged", "complaint.responded", "inquiry.responded",
         "ed.resus_left", "inpatient.discharged")  # fmt: skip


@dataclass
class Scene:
    """What a fault works with."""

    day: Day
    rng: Random
    numbers: Numbers

    def again(self, told: Told, later_ms: int, **changed: object) -> Told:
        """The same fact told once more, in a message of its own, some time later."""
        fresh = {"message": self.numbers.fresh(told.source), "sent_at": told.sent_at + later_ms,
                 "told_at": told.told_at + later_ms, **changed}  # fmt: skip
        return msgspec.structs.replace(told, **fresh)


Fault = Callable[[list[Told], Scene], list[Told]]


def chosen(text: str) -> tuple[str, ...]:
    """The faults a user asked for: all, none, or a list. Raises Misconfigured."""
    if text in ("all", "none"):
        return FAULTS if text == "all" else ()
    wanted = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown:
        raise Misconfigured(f"Unknown fault {unknown[0]}: choose from {', '.join(FAULTS)}, or all, or none.")
    return wanted


def lay_over(told: list[Told], day: Day, wanted: set[str], rng: Random, numbers: Numbers) -> list[Told]:
    """The tellings with the wanted faults, always in the same order of faults."""
    scene = Scene(day, rng, numbers)
    for name in FAULTS:
        if name in wanted:
            told = _FAULTS[name](told, scene)
    return told


def _missing_ends(told: list[Told], scene: Scene) -> list[Told]:
    """One end in twenty-five is never told."""
    return [t for t in told if not (t.kind in _ENDS and scene.rng.random() < 0.04)]


def _wrong_clocks(told: list[Told], scene: Scene) -> list[Told]:
    """A check-in machine is 6 min fast, the pharmacy's ticket server 100 s slow, a laboratory bench 12 min slow."""
    return [_shifted(t, _clock_error_ms(t, scene.rng)) for t in told]


def _clock_error_ms(told: Told, rng: Random) -> int:
    if told.kind == "patient.checked_in" and told.fields.get("method") == "kiosk" and rng.random() < 0.15:
        return 6 * _MINUTE
    if told.kind.startswith("queue.") and told.fields.get("service_point_type") == "pharmacy":
        return -100_000
    if told.kind == "specimen.received" and rng.random() < 0.06:
        return -12 * _MINUTE
    return 0


def _shifted(told: Told, error_ms: int) -> Told:
    return msgspec.structs.replace(told, at=told.at + error_ms) if error_ms else told


def _corrections(told: list[Told], scene: Scene) -> list[Told]:
    """Times mended by hand some minutes later: the same fact, told again with another time or department."""
    added = []
    for t in told:
        if t.kind in _MENDED and t.source not in IN_TABLES and scene.rng.random() < 0.02:
            mended = t.at - scene.rng.randint(1, 6) * _MINUTE
            added.append(scene.again(t, scene.rng.randint(3, 30) * _MINUTE, at=mended))
        elif t.kind == "registration.created" and t.source == "HIS^DEMO" and scene.rng.random() < 0.01:
            group = "elderly" if t.fields["patient_group"] == "normal" else "normal"
            fields = {**t.fields, "patient_group": group}
            added.append(scene.again(t, scene.rng.randint(2, 20) * _MINUTE, fields=fields, amends=True))
    return told + added


def _retractions(told: list[Told], scene: Scene) -> list[Told]:
    """Things said that never happened: a visit registered by mistake, a report under the wrong order, a test call."""
    added = []
    for t in told:
        if t.kind == "registration.created" and t.fields["visit_class"] == "outpatient" and scene.rng.random() < 0.02:
            ghost = msgspec.structs.replace(
                t, visit=f"G{t.visit[1:]}", message=scene.numbers.fresh(t.source),
                fields={k: v for k, v in t.fields.items() if k != "appointment_id"},
            )  # fmt: skip
            added += [ghost, scene.again(ghost, scene.rng.randint(1, 9) * _MINUTE, op="retract")]
        elif t.kind == "report.issued" and t.fields["status"] == "final" and scene.rng.random() < 0.015:
            wrong = scene.again(t, -scene.rng.randint(60, 300) * 1000, at=t.at - 5 * _MINUTE,
                                fields={**t.fields, "report_id": f"{t.fields['report_id']}W"})  # fmt: skip
            added += [wrong, scene.again(wrong, scene.rng.randint(6, 20) * _MINUTE, op="retract")]
        elif t.kind == "nursecall.raised" and scene.rng.random() < 0.02:
            fields = {**t.fields, "call_id": f"{t.fields['call_id']}T"}
            test = msgspec.structs.replace(t, message=scene.numbers.fresh(t.source), fields=fields)
            added += [test, scene.again(test, scene.rng.randint(1, 5) * _MINUTE, op="retract")]
    return told + added


def _late(told: list[Told], scene: Scene) -> list[Told]:
    """Three messages in a hundred arrive five to forty minutes after they were sent."""
    slow = {t.message for t in told if scene.rng.random() < 0.03}
    delay = {message: scene.rng.randint(5, 40) * _MINUTE for message in sorted(slow)}
    return [msgspec.structs.replace(t, told_at=t.told_at + delay.get(t.message, 0)) for t in told]


def _silent(told: list[Told], scene: Scene) -> list[Told]:
    """The laboratory's feed says nothing for half an hour of the morning, then everything at once."""
    opens = scene.day.midnight + (10 * 60 + 20) * _MINUTE
    closes = opens + 30 * _MINUTE
    held = sorted({t.message for t in told if t.source == "LIS^DEMO" and opens <= t.told_at < closes})
    let_go = {message: closes + scene.rng.randint(0, 20_000) for message in held}
    return [msgspec.structs.replace(t, told_at=let_go.get(t.message, t.told_at)) for t in told]


def _out_of_order(told: list[Told], scene: Scene) -> list[Told]:
    """One message in twelve is overtaken by others."""
    slow = {t.message for t in told if scene.rng.random() < 0.08}
    delay = {message: scene.rng.randint(2, 120) * 1000 for message in sorted(slow)}
    return [msgspec.structs.replace(t, told_at=t.told_at + delay.get(t.message, 0)) for t in told]


def _duplicated(told: list[Told], scene: Scene) -> list[Told]:
    """Two messages in a hundred come twice, byte for byte."""
    again = {t.message for t in told if scene.rng.random() < 0.02}
    delay = {message: scene.rng.randint(1, 600) * 1000 for message in sorted(again)}
    return told + [msgspec.structs.replace(t, told_at=t.told_at + delay[t.message]) for t in told if t.message in delay]


_FAULTS: dict[str, Fault] = {
    "missing_ends": _missing_ends,
    "wrong_clocks": _wrong_clocks,
    "corrections": _corrections,
    "retractions": _retractions,
    "late": _late,
    "silent": _silent,
    "out_of_order": _out_of_order,
    "duplicated": _duplicated,
}
