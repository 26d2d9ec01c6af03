"""What must come out of tickets, orders, bills and prescriptions, each by itself, whether or not a visit is known."""

from __future__ import annotations

from collections.abc import Iterator

from infra.rehearsal.facts import Told
from infra.rehearsal.truth import HOUR, Row, World, first, interval, of_kind, still_open, without
from infra.rehearsal.truth_outline import outline
from infra.rehearsal.truth_prescriptions import prescription_rows
from infra.rehearsal.truth_refunds import refund_rows

_CLOSED_BY = {
    "registration": "registration.created",
    "cashier": "bill.paid",
    "pharmacy": "dispensing.dispensed",
    "phlebotomy": "specimen.collected",
    "ultrasound": "exam.started",
    "imaging": "exam.started",
    "clinic": "consultation.started",
}
_WEEK_H = 7 * 24


def subject_rows(world: World) -> Iterator[Row]:
    """All rows of all subjects."""
    rules = {"ticket": _ticket, "order": _order, "bill": _bill, "prescription": prescription_rows}
    for (kind, number), about in world.by_subject.items():
        if rule := rules.get(kind):
            yield from rule(world, number, about)


def _visit(world: World, kind: str, number: str) -> str:
    return world.visit_of.get((kind, number), "")


def _dept_of_visit(world: World, visit: str) -> str:
    return outline(world, visit).dept if visit else ""


# --- tickets -------------------------------------------------------------------------------------------------------


def _ticket(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    about = [f for f in about if f.kind.startswith("queue.")]
    if not about:
        return
    visit = _visit(world, "ticket", number)
    point, queue = about[0].fields["service_point_type"], about[0].fields["queue_id"]
    dept = next((f.fields["dept_code"] for f in about if f.fields.get("dept_code")), "") or _dept_of_visit(world, visit)
    dims = {"service_point_type": point, "queue": queue, "dept": dept or "?"}
    if point != "clinic":
        yield from _window_wait(world, number, about, dims, visit)
        yield from _window_service(world, number, about, dims)
    yield from _in_queue(world, number, about, dims, visit)
    called = of_kind(about, "queue.called")
    if called:
        left = first(about, "queue.left")
        staff = world.house.staff(called[0].fields["staff_id"])
        yield Row("ticket_called", number, world.house.day_of(called[0].at), called[0].at, {**dims, "doctor": staff},
                  hit=first(about, "queue.missed") is not None,
                  reason="voided" if left and left.at < called[0].at else "")  # fmt: skip


def _closing_act(world: World, visit: str, point: str, since: int) -> int | None:
    acts = of_kind(world.by_visit[visit], _CLOSED_BY[point]) if visit else []
    if point == "cashier":
        acts = [act for act in acts if act.fields["terminal_type"] == "window"]
    return next((act.at for act in acts if act.at >= since), None)


def _window_wait(world: World, number: str, about: list[Told], here: dict[str, str], visit: str) -> Iterator[Row]:
    joined, served, left = (first(about, f"queue.{step}") for step in ("joined", "served", "left"))
    dims = {**here, "window": "?", "patient_group": outline(world, visit).group if visit else "?"}
    if served:
        dims["window"] = served.fields["window_id"]
        if joined:
            yield interval(world, "window_wait", number, joined.at, served.at, dims)
        else:
            yield without(world, "window_wait", number, "missing_start", served.at, dims)
    elif joined is None:
        return
    elif left:
        reason = "voided" if left.at - joined.at <= 5000 else "left"
        yield without(world, "window_wait", number, reason, left.at, dims)
    elif first(about, "queue.completed"):
        yield without(world, "window_wait", number, "missing_end", joined.at, dims)
    elif act := _closing_act(world, visit, here["service_point_type"], joined.at):
        yield interval(world, "window_wait", number, joined.at, act, dims, reason="served_imputed")
    else:
        until = world.house.closes(here["dept"], joined.at)
        yield still_open(world, "window_wait", number, joined.at, until, dims)


def _window_service(world: World, number: str, about: list[Told], here: dict[str, str]) -> Iterator[Row]:
    completed = of_kind(about, "queue.completed")
    for position, served in enumerate(of_kind(about, "queue.served"), 1):
        staff = world.house.staff(served.fields["staff_id"])
        dims = {**here, "window": served.fields["window_id"], "staff": staff}
        done = next((c for c in completed if c.at >= served.at), None)
        if done:
            yield interval(world, "window_service", number, served.at, done.at, dims, part=str(position))
        else:
            until = world.house.closes(here["dept"], served.at)
            yield still_open(world, "window_service", number, served.at, until, dims, part=str(position))


def _in_queue(world: World, number: str, about: list[Told], dims: dict[str, str], visit: str) -> Iterator[Row]:
    joined, back = of_kind(about, "queue.joined"), of_kind(about, "queue.requeued")
    closes = of_kind(about, "queue.served", "queue.completed", "queue.left")
    openings = [f.at for f in joined + back]
    if not openings:
        return
    after = [f.at for f in back if not closes or f.at > closes[-1].at]
    if closes and not after:
        since = max(openings)
        end = next((c.at for c in closes if c.at >= since), closes[-1].at)
        yield interval(world, "ticket_open", number, since, end, dims, bucket="start", ceiling_h=None)
        return
    since = max(after) if closes else max(openings)
    act = _closing_act(world, visit, dims["service_point_type"], since)
    if act is not None:
        yield interval(world, "ticket_open", number, since, act, dims, bucket="start", ceiling_h=None)
    else:
        yield still_open(world, "ticket_open", number, since, world.house.closes(dims["dept"], since), dims)


# --- orders --------------------------------------------------------------------------------------------------------


def _order(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    placed = first(about, "order.placed")
    final = next((r for r in of_kind(about, "report.issued") if r.fields["status"] == "final"), None)
    reports = of_kind(about, "report.issued")
    category = placed.fields["category"] if placed else reports[0].fields["category"] if reports else None
    specimens = of_kind(about, "specimen.collected", "specimen.received")
    visit = _visit(world, "order", number)
    kind = (outline(world, visit).kind if visit else "") or "?"
    if category == "lab" or (category is None and specimens):
        dims = {"item_code": placed.fields["item_code"] if placed else "?",
                "priority": placed.fields["priority"] if placed else "?", "patient_class": kind}  # fmt: skip
        yield from _specimens(world, number, about, final, dims)
        received = of_kind(about, "specimen.received")
        accepted = next((r for r in received if not r.fields["rejected"]), None)
        if accepted or not received:
            yield from _to_report(world, "lab_intra", number, accepted, final, dims)
    started = first(about, "exam.started")
    if started or (category in ("imaging", "ultrasound") and final):
        modality = started.fields["modality"] if started else placed.fields["modality"] if placed else "?"
        dims = {"modality": modality, "device": started.fields["device_id"] if started else "?", "patient_class": kind,
                "doctor": world.house.staff(final.fields["reporter_id"]) if final else "?"}  # fmt: skip
        yield from _to_report(world, "exam_report", number, started, final, dims)


def _specimens(world: World, number: str, about: list[Told], final: Told | None, dims: dict[str, str]) -> Iterator[Row]:
    dims = {**dims, "point": "?"}
    for part in sorted({f.fields["specimen_id"] for f in about if f.kind.startswith("specimen.")}):
        own = [f for f in about if f.fields.get("specimen_id") == part]
        collected, received = first(own, "specimen.collected"), first(own, "specimen.received")
        stage, more = "lab_preanalytic", {"part": part}
        if received and received.fields["rejected"]:
            yield without(world, stage, number, "rejected", received.at, dims, **more)
        elif received and collected is None:
            yield without(world, stage, number, "missing_start", received.at, dims, **more)
        elif received and collected:
            yield interval(world, stage, number, collected.at, received.at, dims, ceiling_h=_WEEK_H, **more)
        elif collected and final:
            yield without(world, stage, number, "missing_end", collected.at, dims, **more)
        elif collected:
            yield still_open(world, stage, number, collected.at, collected.at + 48 * HOUR, dims, **more)


def _to_report(
    world: World, stage: str, number: str, start: Told | None, final: Told | None, dims: dict[str, str]
) -> Iterator[Row]:
    if start and final:
        yield interval(world, stage, number, start.at, final.at, dims, ceiling_h=_WEEK_H)
    elif final:
        yield without(world, stage, number, "missing_start", final.at, dims)
    elif start:
        yield still_open(world, stage, number, start.at, start.at + 48 * HOUR, dims)


# --- bills ----------------------------------------------------------------------------------------------------------


def _bill(world: World, number: str, about: list[Told]) -> Iterator[Row]:
    house, visit = world.house, _visit(world, "bill", number)
    bill, payments = first(about, "bill.created"), of_kind(about, "bill.paid")
    dept = bill.fields["dept_code"] if bill else _dept_of_visit(world, visit) or "?"
    item = bill.fields["item_class"] if bill else "?"
    full = next((p for p in payments if p.fields.get("full_settlement")), None)
    unsaid = next((p for p in payments if p.fields.get("full_settlement") is None), None)
    dims = {"channel": _channel(full) if full else "?", "dept": dept, "item_class": item}
    if bill and full and house.day_of(bill.at) != house.day_of(full.at):
        yield interval(world, "bill_to_pay", number, bill.at, full.at, dims, reason="later_day")
    elif bill and full:
        yield interval(world, "bill_to_pay", number, bill.at, full.at, dims)
    elif full:
        yield without(world, "bill_to_pay", number, "missing_start", full.at, dims)
    elif bill and unsaid:
        yield without(world, "bill_to_pay", number, "missing_full_settlement", unsaid.at, dims)
    elif bill:
        until = house.midnight_after(house.day_of(bill.at)) + 2 * HOUR
        yield still_open(world, "bill_to_pay", number, bill.at, until, dims)
    yield from refund_rows(world, number, about, {"item_class": item, "dept": dept})
    band = _age_band(world, visit)
    for paid in payments:
        yield from _payment(world, number, about, paid, {"dept": dept, "item_class": item, "age_band": band}, visit)


def _payment(
    world: World, number: str, about: list[Told], paid: Told, known: dict[str, str], visit: str
) -> Iterator[Row]:
    f, day = paid.fields, world.house.day_of(paid.at)
    dims = {"terminal_type": f["terminal_type"], "channel": _channel(paid), "dept": known["dept"],
            "age_band": known["age_band"]}  # fmt: skip
    yield Row("payment", number, day, paid.at, dims, hit=f["terminal_type"] != "window", once=f["payment_id"],
              part=f["payment_id"], amount=f["amount"])  # fmt: skip
    refunds = [r for r in of_kind(about, "bill.refunded") if r.fields["payment_id"] == f["payment_id"]]
    registration = known["item_class"] == "registration" and visit
    given_back = bool(registration) and first(world.by_visit[visit], "registration.refunded") is not None
    slip = bool(refunds) and refunds[0].at - paid.at <= 5 * 60_000
    dims = {"item_class": known["item_class"], "dept": known["dept"], "reason": "?"}
    yield Row("refund", number, day, paid.at, dims, hit=bool(refunds) and not given_back, once=f["payment_id"],
              part=f["payment_id"], amount=f["amount"], reason="voided" if slip else "",
              amount_hit=refunds[0].fields["amount"] if refunds and not given_back else "")  # fmt: skip


def _channel(paid: Told) -> str:
    """That which paid the largest part; of equal ones the first by name."""
    return str(min(paid.fields["parts"], key=lambda part: (-float(part["amount"]), part["channel"]))["channel"])


def _age_band(world: World, visit: str) -> str:
    told = [f.fields["age_band"] for f in world.by_visit[visit] if f.fields.get("age_band")] if visit else []
    return str((told or ["?"])[0])
