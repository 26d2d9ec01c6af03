"""What is said to and by patients, programmes and questionnaires, and which records are one patient. Never a text."""

from __future__ import annotations

from ingest.errors import Malformed
from ingest.events.control import PatientMerged
from ingest.events.emergency import EdGreenChannelMilestone
from ingest.events.experience import (
    Answer,
    ComplaintReceived,
    ComplaintResponded,
    InquiryReceived,
    InquiryResponded,
    SuggestionReceived,
    SurveySent,
    SurveySubmitted,
)
from ingest.events.followup import ChronicEnrolled, FollowupCompleted, FollowupScheduled
from ingest.events.orders import CriticalValueAcknowledged
from ingest.events.scheduling import AppointmentReminderSent
from ingest.interpret.fhir_bundle import Json, items, mapping, text
from ingest.interpret.fhir_resource import Resource


def communication(res: Resource) -> None:
    """Something was said, by its category: a complaint, a suggestion, an inquiry, a follow-up, a reminder, or that a
    dangerous result was heard."""
    if res.status in ("preparation", "not-done"):
        return
    raw = res.concept(res.told.get("category"))
    about = _ABOUT.get(res.source.codes.get("communication", {}).get(raw, raw))
    if about:
        about(res)


def _complaint(res: Resource) -> None:
    answered = items(res.told.get("inResponseTo"))
    medium = res.concept(res.told.get("medium"))
    if answered:
        complaint_id = res.number_by("complaint", answered)
        res.fact(ComplaintResponded, res.at("sent"), complaint_id=complaint_id, medium=medium)
        return
    res.fact(
        ComplaintReceived,
        res.at("received") or res.at("sent"),
        coded={"channel": medium},
        complaint_id=res.number_of("complaint"),
        category=res.concept(res.told.get("reasonCode")),
    )


def _suggestion(res: Resource) -> None:
    res.fact(
        SuggestionReceived,
        res.at("received") or res.at("sent"),
        coded={"source": res.concept(res.told.get("medium"))},
        suggestion_id=res.number_of("suggestion"),
        topic=res.concept(res.told.get("topic")) or res.concept(res.told.get("reasonCode")),
    )


def _inquiry(res: Resource) -> None:
    answered = items(res.told.get("inResponseTo"))
    if answered:
        by = "staff" if res.referred(res.told.get("sender"), "Practitioner", "PractitionerRole") else "bot"
        res.fact(InquiryResponded, res.at("sent"), inquiry_id=res.number_by("inquiry", answered), by=by)
        return
    res.fact(
        InquiryReceived,
        res.at("received") or res.at("sent"),
        coded={"channel": res.concept(res.told.get("medium"))},
        inquiry_id=res.number_of("inquiry"),
    )


def _followup(res: Resource) -> None:
    res.fact(
        FollowupCompleted,
        res.at("received") or res.at("sent"),
        coded={"outcome": res.concept(res.told.get("statusReason")) or "reached", "medium": _medium(res)},
        followup_id=res.number_by("followup", res.told.get("basedOn")) or res.number_of("followup"),
    )


def _reminder(res: Resource) -> None:
    for each in res.referred(res.told.get("about"), "Appointment"):
        res.fact(
            AppointmentReminderSent,
            res.at("sent"),
            coded={"kind": res.concept(res.told.get("reasonCode")) or "before_visit", "medium": _medium(res)},
            appointment_id=res.number_by("appointment", each),
            delivered=True if res.at("received") else None,
        )


def _acknowledged(res: Resource) -> None:
    based = res.told.get("basedOn")
    critical = res.number_by("critical", based, types="filler") or res.number_by("critical", based)
    if critical is None:
        raise Malformed("missing subject: Communication.basedOn")
    res.fact(
        CriticalValueAcknowledged,
        res.at("received"),
        critical_id=critical,
        order_id=res.number_by("order", based),
        staff_id=res.staff_by(res.told.get("recipient")),
    )


def _medium(res: Resource) -> str:
    return {"PHONE": "phone", "SMSWRIT": "sms"}.get(raw := res.concept(res.told.get("medium")), raw)


_ABOUT = {
    "complaint": _complaint,
    "suggestion": _suggestion,
    "inquiry": _inquiry,
    "followup": _followup,
    "reminder": _reminder,
    "critical-value": _acknowledged,
}


def communication_request(res: Resource) -> None:
    """A survey went out, or a follow-up is planned."""
    raw = res.concept(res.told.get("category"))
    what = res.source.codes.get("communication", {}).get(raw, raw)
    at = res.at("authoredOn")
    if what == "survey":
        kind = res.concept(res.told.get("reasonCode"))
        medium = res.concept(res.told.get("medium"))
        res.fact(SurveySent, at, survey_id=res.number_of("survey"), survey_type=kind, channel=medium)
    elif what == "followup":
        due = res.at("occurrenceDateTime") or res.at("occurrencePeriod", "start")
        res.fact(
            FollowupScheduled,
            at,
            coded={"kind": res.concept(res.told.get("reasonCode"))},
            followup_id=res.number_of("followup"),
            due_date=res.local_day(due).isoformat() if due else None,
        )


def questionnaire_response(res: Resource) -> None:
    """A questionnaire came back: scores by item, never a text. Its kind is the site's code of the questionnaire."""
    if res.status not in ("completed", "amended", "entered-in-error"):
        return
    asked = list(_items(res.told))
    answers = tuple(found for each in asked if (found := _answer(each)))
    name = text(res.told.get("questionnaire")).split("|")[0].rsplit("/", 1)[-1]
    res.fact(
        SurveySubmitted,
        res.at("authored"),
        coded={"survey_type": name},
        survey_id=res.number_by("survey", res.told.get("basedOn")) or res.number_of("survey"),
        answers=answers,
        complete_share=round(sum(1 for each in asked if items(each.get("answer"))) / len(asked), 4) if asked else None,
    )


def _items(told: Json) -> list[Json]:
    """The items that ask something, nested ones too."""
    found = []
    for each in items(told.get("item")):
        inner = _items(each)
        found += inner or [each]
    return found


def _answer(item: Json) -> Answer | None:
    code = text(item.get("linkId"))
    for each in items(item.get("answer")):
        score = each.get("valueInteger")
        if isinstance(score, int) and not isinstance(score, bool) and 0 <= score <= 1000 and code.isalnum():
            return Answer(item_code=code[:16], score=score)
    return None


def episode_of_care(res: Resource) -> None:
    """A patient entered a programme: its type says which, and of what disease."""
    if res.status in ("planned", "waitlist", "cancelled"):
        return
    res.fact(
        ChronicEnrolled,
        res.at("period", "start"),
        coded={"disease": res.concept(res.told.get("type"))},
        programme_id=res.identify("programme", res.concept(res.told.get("type")) or text(res.told.get("id"))),
    )


def patient(res: Resource) -> None:
    """Two records that are one patient."""
    for each in items(res.told.get("link")):
        own, other = res.number_of("patient"), res.number_by("patient", each.get("other"))
        kind = text(each.get("type"))
        if kind not in ("replaced-by", "replaces") or own is None or other is None or own == other:
            continue
        surviving, prior = (other, own) if kind == "replaced-by" else (own, other)
        res.patient_id, res.visit_id = surviving, None
        res.fact(
            PatientMerged,
            res.updated(),
            surviving_patient_id=surviving,
            prior_patient_id=prior,
            scope="patient",
        )


def medication_administration(res: Resource) -> None:
    """A step of a time-critical pathway, where the site maps the category to one: [codes.pathway], [codes.kind]."""
    raw = res.concept(mapping(res.told.get("category")))
    pathway = res.code(EdGreenChannelMilestone, "pathway", raw)[0] if raw else None
    if pathway and res.visit_id:
        at = res.at("effectiveDateTime") or res.at("effectivePeriod", "start")
        res.fact(EdGreenChannelMilestone, at, pathway=pathway, kind="needle")


TOLD_BY = {
    "Communication": communication,
    "CommunicationRequest": communication_request,
    "QuestionnaireResponse": questionnaire_response,
    "EpisodeOfCare": episode_of_care,
    "Patient": patient,
    "MedicationAdministration": medication_administration,
}
