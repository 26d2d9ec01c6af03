"""What must come out of appointments and of the clinics' sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, Row, World, interval, of_kind, without
from infra.rehearsal.truth_outline import Visit, outline

_DAY_MS = 24 * HOUR
_AHEAD = ((1, "<1d"), (3, "1-2d"), (7, "3-6d"), (14, "7-13d"))


def appointment_rows(world: World) -> Iterator[Row]:
    """All rows of all appointments and sessions."""
    visits = _visits(world)
    given_up = {f.fields["appointment_id"]: f for f in of_kind(world.facts, "appointment.cancelled")}
    for number, booking in world.bookings.items():
        visit, cancelled = visits.get(number), given_up.get(number)
        dims = {"dept": booking.fields["dept_code"], "channel": booking.fields["channel"]}
        yield Row("appt_booked", number, world.house.day_of(booking.at), booking.at, dims, hit=True)
        yield _due(world, number, booking, visit, cancelled)
        yield from _given_up(world, number, booking, cancelled)
    for number, visit in visits.items():
        if visit.kind == "outpatient" and (came := _came(visit)):
            yield _lead(world, number, visit, came)
    yield from _sessions(world)
    yield from _places(world, given_up)
    yield from _third_next(world, given_up)


def _visits(world: World) -> dict[str, Visit]:
    """Which visit came of an appointment: of several one that came, and of those the first by its number."""
    found: dict[str, list[Visit]] = defaultdict(list)
    for number in world.by_visit:
        if number not in world.retracted:
            visit = outline(world, number)
            named = [f.fields.get("appointment_id") for f in (visit.registration, visit.check_in) if f]
            if appointment := next((a for a in named if a), ""):
                found[appointment].append(visit)
    return {number: min(several, key=lambda v: (_came(v) is None, v.id)) for number, several in found.items()}


def _came(visit: Visit) -> int | None:
    return visit.check_in.at if visit.check_in else visit.seen[0].at if visit.seen else None


def _lead(world: World, number: str, visit: Visit, came: int) -> Row:
    told, booking = visit.registration.fields if visit.registration else {}, world.bookings.get(number)
    known = booking.fields if booking else told
    dims = {
        "dept": known.get("dept_code") or "?", "doctor": "?", "channel": known.get("channel") or "?",
        "visit_kind": known.get("visit_kind") or "?",
    }  # fmt: skip
    if booking is None:
        return without(world, "appt_lead", number, "missing_start", came, dims)
    return interval(world, "appt_lead", number, booking.at, booking.fields["slot_start"], dims, ceiling_h=None)


def _due(world: World, number: str, booking: Told, visit: Visit | None, cancelled: Told | None) -> Row:
    slot, came = booking.fields["slot_start"], _came(visit) if visit else None
    hour = (slot - world.house.midnight_after(world.house.day_of(slot)) + _DAY_MS) // HOUR
    dims = {
        "dept": booking.fields["dept_code"], "doctor": "?", "channel": booking.fields["channel"],
        "slot_hour": f"{hour:02d}", "patient_group": visit.group if visit else "?",
    }  # fmt: skip
    row = Row("appt_due", number, world.house.day_of(slot), slot, dims, start=slot)
    if came is not None:
        row.hit = False
    elif cancelled and cancelled.at < slot:
        row.reason = "cancelled"
    else:
        row.until = booking.fields["slot_end"]
    return row


def _given_up(world: World, number: str, booking: Told, cancelled: Told | None) -> Iterator[Row]:
    slot, day = booking.fields["slot_start"], (booking.fields["slot_start"] - booking.at) // _DAY_MS
    ahead = next((name for limit, name in _AHEAD if day < limit), "≥14d")
    dims = {"dept": booking.fields["dept_code"], "channel": booking.fields["channel"], "lead": ahead}
    on = world.house.day_of(slot)
    yield Row("appt_cancelled", number, on, slot, dims, hit=cancelled is not None)
    late = cancelled is not None and cancelled.at > slot - _DAY_MS
    yield Row("appt_cancelled", number, on, slot, dims, series="<24h", hit=late)


def _sessions(world: World) -> Iterator[Row]:
    suspended = {f.fields["session_id"]: f for f in of_kind(world.facts, "schedule.session_suspended")}
    for published in of_kind(world.facts, "schedule.session_published"):
        told = published.fields
        end = suspended.get(told["session_id"])
        dims = {"dept": told["dept_code"], "doctor": "?"}
        nobody = end is not None and end.fields["affected_appointments"] == 0
        yield Row("session_suspended", told["session_id"], told["session_date"], told["session_start"], dims,
                  hit=end is not None, reason="unbooked" if nobody else "")  # fmt: skip


def _places(world: World, given_up: dict[str, Told]) -> Iterator[Row]:
    """How many places each session has, and which of them are taken as it begins."""
    suspended = {f.fields["session_id"] for f in of_kind(world.facts, "schedule.session_suspended")}
    for session in of_kind(world.facts, "schedule.session_published"):
        told, begins = session.fields, session.fields["session_start"]
        hour = (begins - world.house.midnight_after(told["session_date"]) + _DAY_MS) // HOUR
        half = "am" if hour < 12 else "pm" if hour < 18 else "evening"
        dims = {"dept": told["dept_code"], "doctor": "?", "half_day": half}
        reason = "suspended" if told["session_id"] in suspended else ""
        places = sum(slot["capacity"] for slot in told["slots"])
        yield Row("session_places", told["session_id"], told["session_date"], begins, dims, hit=False, reason=reason,
                  amount=str(places))  # fmt: skip
        starts = {slot["start"] for slot in told["slots"]}
        for number, booking in world.bookings.items():
            slot, cancelled = booking.fields["slot_start"], given_up.get(number)
            is_held = booking.at <= begins and not (cancelled and cancelled.at <= begins)
            if booking.fields["dept_code"] == told["dept_code"] and slot in starts and is_held:
                yield Row("place_taken", number, told["session_date"], slot, dims, hit=True, reason=reason)


def _third_next(world: World, given_up: dict[str, Told]) -> Iterator[Row]:
    """At ten o'clock of each day on which something was booked: the third free place of each clinic."""
    sessions = of_kind(world.facts, "schedule.session_published")
    suspended = {f.fields["session_id"]: f.at for f in of_kind(world.facts, "schedule.session_suspended")}
    for day in sorted({session.fields["session_date"] for session in sessions}):
        ten = world.house.midnight_after(day) - 14 * HOUR
        taken = Counter(
            (b.fields["dept_code"], b.fields["slot_start"]) for number, b in world.bookings.items()
            if b.at <= ten and not (number in given_up and given_up[number].at <= ten)
        )  # fmt: skip
        free: dict[str, list[int]] = defaultdict(list)
        for session in sessions:
            told = session.fields
            if session.at <= ten < suspended.get(told["session_id"], ten + 1):
                for slot in told["slots"]:
                    if slot["pool"] == "open" and slot["start"] > ten:
                        n = max(0, slot["capacity"] - taken[told["dept_code"], slot["start"]])
                        free[told["dept_code"]] += [slot["start"]] * n
        for dept, starts in free.items():
            yield _third(world, day, ten, dept, sorted(starts))


def _third(world: World, day: str, ten: int, dept: str, starts: list[int]) -> Row:
    dims = {"dept": dept, "doctor": "?", "visit_kind": "?"}
    row = Row("third_next", dept, day, ten, dims, start=ten, end=ten)
    if len(starts) < 3:
        row.reason = "fewer_than_three"
    else:
        days = date.fromisoformat(world.house.day_of(starts[2])) - date.fromisoformat(day)
        row.millis = days.days * _DAY_MS
    return row
