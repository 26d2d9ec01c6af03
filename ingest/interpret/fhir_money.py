"""Charges, invoices and payments. R4 has no element for how something was paid: extensions say it.

Extensions are known by the last step of their address: `payment-channel`, `terminal-type`, `terminal-id`.
"""

from __future__ import annotations

from decimal import Decimal

from ingest.errors import Malformed
from ingest.events.billing import BillCreated, BillPaid, BillRefunded
from ingest.events.inpatient import InpatientSettled
from ingest.events.registration import RegistrationRefunded
from ingest.interpret.fhir_bundle import Json, items, mapping, text
from ingest.interpret.fhir_resource import Resource
from ingest.interpret.payments import payment_part

_REFUND = ("refund", "advance-refund")


def charge_item(res: Resource) -> None:
    """A charge is a bill of one line; aborted, a registration was given back."""
    if res.status in ("planned", "not-billable"):
        return
    raw = res.concept(res.told.get("code"))
    item_class = res.code(BillCreated, "item_class", raw)[0] if raw else None
    if res.status == "aborted":
        if item_class == "registration" and res.visit_id:
            res.fact(RegistrationRefunded, res.updated(), amount=_money(res, res.told.get("priceOverride")))
        return
    res.fact(
        BillCreated,
        res.at("enteredDate") or res.at("occurrenceDateTime") or res.updated(),
        coded={"item_class": raw},
        bill_id=res.number_of("bill"),
        amount=_money(res, res.told.get("priceOverride")),
        lines=1,
        ref_ids=_references(res, items(res.told.get("service"))),
        dept_code=res.dept(res.place_by(res.told.get("performingOrganization"))) or res.visit_dept(),
    )


def invoice(res: Resource) -> None:
    """A bill of several lines; an inpatient's balanced one is the settlement of the stay."""
    if res.status in ("draft", "cancelled"):
        return
    lines = items(res.told.get("lineItem"))
    services = [each for line in lines for each in _services(res, line)]
    amount = _money(res, res.told.get("totalNet")) or _money(res, res.told.get("totalGross"))
    res.visit_id = res.visit_id or _visit_of_lines(res, lines)
    res.fact(
        BillCreated,
        res.at("date") or res.updated(),
        coded={"item_class": res.concept(res.told.get("type"))},
        bill_id=res.number_of("bill"),
        amount=amount,
        lines=len(lines) or None,
        ref_ids=_references(res, services),
        dept_code=res.dept(res.place_by(res.told.get("issuer"))),
    )
    if res.status == "balanced" and res.visit_class() == "inpatient" and res.visit_id:
        res.fact(InpatientSettled, res.updated(), settlement_id=res.number_of("settlement"), amount=amount)


def payment_reconciliation(res: Resource) -> None:
    """A payment of bills, one event each; a detail of type refund gives back what its predecessor paid."""
    payment_id = res.number_of("payment")
    if payment_id is None:
        raise Malformed("missing subject: PaymentReconciliation.identifier")
    if res.status == "draft":
        return
    when = res.at("created") or res.updated()
    details = items(res.told.get("detail"))
    for detail in details:
        bill_id = res.number_by("bill", detail.get("request"))
        if bill_id is None:
            raise Malformed("missing subject: PaymentReconciliation.detail.request")
        amount = _money(res, detail.get("amount"))
        if amount is None and len(details) == 1:
            amount = _money(res, res.told.get("paymentAmount"))
        part, flags = payment_part(res, _extension(res, "payment-channel"), amount)
        if res.concept(detail.get("type")) in _REFUND:
            paid = mapping(detail.get("predecessor"))
            res.fact(
                BillRefunded,
                when,
                flags=flags,
                bill_id=bill_id,
                refund_id=payment_id,
                payment_id=res.identify("payment", text(paid.get("value")), text(paid.get("system"))),
                amount=amount,
                parts=(part,),
            )
            continue
        res.fact(
            BillPaid,
            when,
            flags=flags,
            coded={"terminal_type": _extension(res, "terminal-type")},
            op="retract" if res.status in ("cancelled", "entered-in-error") else "assert",
            bill_id=bill_id,
            payment_id=payment_id,
            amount=amount,
            parts=(part,),
            terminal_id=_extension(res, "terminal-id"),
            cashier_id=res.staff_by(res.told.get("requestor")),
        )


def _extension(res: Resource, name: str) -> str:
    for each in items(res.told.get("extension")):
        if text(each.get("url")).rstrip("/").rsplit("/", 1)[-1] == name:
            coded = each.get("valueCodeableConcept") or each.get("valueCoding")
            return res.concept(coded) or text(each.get("valueCode")) or text(each.get("valueString"))
    return ""


def _money(res: Resource, value: object) -> Decimal | None:
    told = mapping(value).get("value")
    if told is None:
        return None
    if isinstance(told, bool) or not isinstance(told, (int, float, Decimal)):
        raise Malformed(f"not an amount: {res.kind}")
    amount = res.amount(str(told), res.kind)
    return abs(amount) if amount is not None else None


def _services(res: Resource, line: Json) -> list[Json]:
    charge = res.bundle.resolve(mapping(line.get("chargeItemReference")), res.told) or {}
    return items(charge.get("service"))


def _visit_of_lines(res: Resource, lines: list[Json]) -> str | None:
    for line in lines:
        charge = res.bundle.resolve(mapping(line.get("chargeItemReference")), res.told) or {}
        if found := res.number_by("visit", charge.get("context")):
            return found
    return None


def _references(res: Resource, services: list[Json]) -> tuple[str, ...]:
    """The orders and prescriptions that are charged for."""
    found = [res.number_by("order", each) for each in res.referred(services, "ServiceRequest")]
    for each in res.referred(services, "MedicationRequest"):
        resolved = res.bundle.resolve(each, res.told)
        found.append(res.grouped(resolved) if resolved else res.number_by("prescription", each))
    return tuple(dict.fromkeys(number for number in found if number))


TOLD_BY = {"ChargeItem": charge_item, "Invoice": invoice, "PaymentReconciliation": payment_reconciliation}
