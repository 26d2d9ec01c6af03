"""The clinics' sessions: published a week ahead, slot by slot; now and then an evening session is suspended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from infra.rehearsal.hospital import Hospital
from infra.rehearsal.sizes import OPEN_S, REOPEN_S

SLOT_S = 1800
BOOKED_SHARE = 0.62
_DAY_S = 86_400
_EVENING_S = (18 * 3600, 20 * 3600)
_DAYS = 3  # sessions of today and of the days after it are told
_PUBLISHED_S = -7 * _DAY_S + 8 * 3600  # before the day of the session


def slots_of(opens: int, closes: int) -> list[int]:
    """When slots of a session begin."""
    return list(range(opens, closes - SLOT_S, SLOT_S))


def publish(hospital: Hospital) -> None:
    """What can be booked today and on the next days."""
    for dept in hospital.size.departments:
        for days in range(_DAYS):
            for half, (opens, closes) in (("M", OPEN_S), ("A", REOPEN_S), ("E", _EVENING_S)):
                _session(hospital, dept, days, half, opens, closes)
    ill, day = hospital.size.departments[0], hospital.day + timedelta(days=1)
    hospital.note_at(hospital.at(9.5 * 3600), "schedule.session_suspended", "", reason_code="ILL",
                     session_id=f"S{day:%Y%m%d}{ill}E", affected_appointments=2)  # fmt: skip


def _session(hospital: Hospital, dept: str, days: int, half: str, opens: int, closes: int) -> None:
    day, begins_s = hospital.day + timedelta(days=days), days * _DAY_S
    session_id = f"S{day:%Y%m%d}{dept}{half}"
    slots: list[dict[str, Any]] = [
        {"slot_id": f"{session_id}{number:02d}", "start": hospital.at(begins_s + second),
         "end": hospital.at(begins_s + second + SLOT_S), "capacity": _places(hospital, dept),
         "pool": "held" if half == "E" or number == 0 else "open"}
        for number, second in enumerate(slots_of(opens, closes))
    ]  # fmt: skip
    hospital.note_at(
        hospital.at(begins_s + _PUBLISHED_S), "schedule.session_published", "", session_id=session_id, dept_code=dept,
        session_date=day.isoformat(), session_start=hospital.at(begins_s + opens),
        session_end=hospital.at(begins_s + closes), slots=slots,
    )  # fmt: skip


def _places(hospital: Hospital, dept: str) -> int:
    """As many as are booked on an average."""
    by_slot = hospital.size.outpatients * hospital.size.share(dept) * BOOKED_SHARE
    return max(1, round(by_slot / len([*slots_of(*OPEN_S), *slots_of(*REOPEN_S)])))
