"""What must come out of the pharmacy, where payment, prescription and ticket of a visit meet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import Visit


def pharmacy_rows(world: World, visit: Visit) -> Iterator[Row]:
    """Preparation and pick-up, by prescription and by ticket."""
    tickets = [f for f in visit.facts if f.kind == "queue.joined" and f.fields["service_point_type"] == "pharmacy"]
    kinds = ("prescription.submitted", "dispensing.prepared", "dispensing.dispensed")
    numbers = sorted({f.fields["prescription_id"] for f in visit.facts if f.kind in kinds})
    for number in numbers:
        yield from _prescription(world, visit, number, alone=not tickets)
    for ticket in tickets:
        yield _pickup(world, visit, ticket, numbers)


def _prescription(world: World, visit: Visit, number: str, *, alone: bool) -> Iterator[Row]:
    about = [f for f in visit.facts if f.fields.get("prescription_id") == number]
    submitted, prepared = first(about, "prescription.submitted"), first(about, "dispensing.prepared")
    given = of_kind(about, "dispensing.dispensed")
    paid = _payment(visit, number, submitted)
    refunded = paid and any(
        f.fields["bill_id"] == paid.fields["bill_id"] for f in of_kind(visit.facts, "bill.refunded")
    )
    kind = submitted.fields["rx_type"] if submitted else "?"
    dept = submitted.fields["dept_code"] if submitted else visit.dept
    dims = _window(prepared or (given[0] if given else None), kind)
    if prepared and paid:
        yield interval(world, "pharm_prep", visit.id, paid.at, prepared.at, dims, part=number)
    elif prepared:
        yield without(world, "pharm_prep", visit.id, "missing_start", prepared.at, dims, part=number)
    elif paid and (given or refunded):
        reason = "missing_end" if given else "refunded"
        yield without(world, "pharm_prep", visit.id, reason, paid.at, dims, part=number)
    elif paid:
        yield still_open(world, "pharm_prep", visit.id, paid.at, world.house.closes(dept, paid.at), dims, part=number)
    if paid:
        yield _unclaimed(world, visit, number, paid, given, dept, bool(refunded))
    if not alone:
        return
    dims = _window(given[-1] if given else None, kind) | {"patient_group": visit.group}
    more: dict[str, Any] = {"part": number, "series": "no_ticket"}
    if given and paid:
        yield interval(world, "pharm_pickup", visit.id, paid.at, given[-1].at, dims, **more)
    elif given:
        yield without(world, "pharm_pickup", visit.id, "missing_start", given[-1].at, dims, **more)
    elif paid and refunded:
        yield without(world, "pharm_pickup", visit.id, "refunded", paid.at, dims, **more)
    elif paid:
        yield still_open(world, "pharm_pickup", visit.id, paid.at, world.house.closes(dept, paid.at), dims, **more)


def _unclaimed(
    world: World, visit: Visit, number: str, paid: Told, given: list[Told], dept: str, refunded: bool
) -> Row:  # fmt: skip
    """Due by the end of the day after the payment."""
    stage, dims = "rx_unclaimed", {"pharmacy": given[0].fields["pharmacy_id"] if given else "?", "dept": dept or "?"}
    too_late = world.house.midnight_after(world.house.day_of(world.house.midnight_after(world.house.day_of(paid.at))))
    if given:
        return interval(world, stage, visit.id, paid.at, given[0].at, dims, bucket="start", ceiling_h=None,
                        part=number, hit=given[0].at >= too_late)  # fmt: skip
    if refunded:
        return without(world, stage, visit.id, "refunded", paid.at, dims, part=number)
    return still_open(world, stage, visit.id, paid.at, too_late, dims, part=number)


def _payment(visit: Visit, number: str, submitted: Told | None) -> Told | None:
    bills = of_kind(visit.facts, "bill.created")
    named = {b.fields["bill_id"] for b in bills if number in (b.fields.get("ref_ids") or ())}
    if not named and submitted:
        named = {b.fields["bill_id"] for b in bills if b.fields["item_class"] == "drug" and b.at >= submitted.at}
    return next((p for p in of_kind(visit.facts, "bill.paid") if p.fields["bill_id"] in named), None)


def _window(dispensing: Told | None, kind: str) -> dict[str, str]:
    fields = dispensing.fields if dispensing else {}
    return {"pharmacy": fields.get("pharmacy_id", "?"), "window": fields.get("window_id", "?"), "rx_type": kind}


def _pickup(world: World, visit: Visit, ticket: Told, numbers: list[str]) -> Row:
    part = ticket.fields["ticket_id"]
    named = [n for n in numbers if n in ticket.fields["ref_ids"]]
    given = of_kind(visit.facts, "dispensing.dispensed")
    given = [g for g in given if (g.fields["prescription_id"] in named if named else g.at >= ticket.at)]
    about = [f for f in visit.facts if f.fields.get("ticket_id") == part]
    series = "missed" if first(about, "queue.missed") else ""
    whose, more = {"patient_group": visit.group}, dict[str, Any](part=part, series=series)
    if given:
        kinds = {
            f.fields["prescription_id"]: f.fields["rx_type"] for f in of_kind(visit.facts, "prescription.submitted")
        }
        dims = _window(given[-1], kinds.get(given[-1].fields["prescription_id"], "?")) | whose
        return interval(world, "pharm_pickup", visit.id, ticket.at, given[-1].at, dims, **more)
    dims = _window(None, "?") | whose
    if left := first(about, "queue.left"):
        return without(world, "pharm_pickup", visit.id, "left", left.at, dims, **more)
    depts = [f.fields["dept_code"] for f in of_kind(visit.facts, "prescription.submitted")] + [visit.dept]
    return still_open(world, "pharm_pickup", visit.id, ticket.at, world.house.closes(depts[0], ticket.at), dims, **more)
