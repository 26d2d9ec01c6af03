"""People who ask, and people who complain: the service desk answers, by hand or by a bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.service_point import Steps

_VISITS_PER_COMPLAINT, _VISITS_PER_INQUIRY = 65, 8
_HOUR_S = 3600


def service_desk(hospital: Hospital) -> Iterator[tuple[float, Steps]]:
    """Who comes to it, and when: (second of the day, what then happens)."""
    rng = hospital.rng("service desk")
    for number in range(hospital.size.outpatients // _VISITS_PER_COMPLAINT):
        yield rng.uniform(8, 16) * _HOUR_S, _complaint(hospital, number)
    for number in range(hospital.size.outpatients // _VISITS_PER_INQUIRY):
        yield rng.triangular(7.2, 20, 9) * _HOUR_S, _inquiry(hospital, number)


def _complaint(hospital: Hospital, number: int) -> Steps:
    """Received, perhaps handed on; the first word to the complainant, and what came of it, mostly on the same day."""
    env, rng, note = hospital.env, hospital.rng(f"complaint {number}"), hospital.note
    about: Any = {"complaint_id": hospital.number("K")}
    channel = rng.choices(("visit", "phone", "12345", "online", "box"), (0.4, 0.25, 0.2, 0.1, 0.05))[0]
    note("complaint.received", "", channel=channel, category=rng.choice(("WAITING", "ATTITUDE", "FEES", "SIGNS")),
         dept_code=rng.choice(hospital.size.departments), multi_dept=rng.random() < 0.2, **about)  # fmt: skip
    if hospital.one_in(2, "complaint"):  # the others are settled by whoever took them
        yield env.timeout(rng.uniform(300, 2400))
        note("complaint.assigned", "", **about)
    yield env.timeout(rng.lognormvariate(0, 0.8) * 1.6 * _HOUR_S)
    note("complaint.responded", "", **about)
    yield env.timeout(rng.lognormvariate(0, 0.9) * 4 * _HOUR_S)
    outcome = rng.choices(("justified", "partly", "not_justified"), (0.4, 0.3, 0.3))[0]
    note("complaint.resolved", "", outcome=outcome, **about)


def _inquiry(hospital: Hospital, number: int) -> Steps:
    """At the desk and on the phone somebody answers; online a bot does first, and is often enough."""
    env, rng, note = hospital.env, hospital.rng(f"inquiry {number}"), hospital.note
    about: Any = {"inquiry_id": hospital.number("Z")}
    channel = rng.choices(("desk", "phone", "online", "wechat"), (0.3, 0.2, 0.2, 0.3))[0]
    note("inquiry.received", "", channel=channel, topic=rng.choice(("WAY", "SLOTS", "FEES", "REPORT")), **about)
    if channel in ("online", "wechat"):
        yield env.timeout(rng.uniform(1, 6))
        note("inquiry.responded", "", by="bot", **about)
        if rng.random() < 0.5:
            return
    yield env.timeout(rng.lognormvariate(0, 0.7) * (60 if channel == "desk" else 240))
    note("inquiry.responded", "", by="staff", **about)
