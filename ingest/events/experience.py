"""Experience events 体验: surveys, complaints, suggestions, inquiries; never their text (specification 5.12)."""

from typing import Literal

from ingest.events.codes import Amount, UtcMs
from ingest.events.envelope import Event, Part

SurveyType = Literal["outpatient", "inpatient", "ed", "followup", "complaint_closure", "staff"]
ComplaintChannel = Literal["visit", "phone", "12345", "letter", "online", "box", "media"]


class Answer(Part, frozen=True, kw_only=True):
    """One item of a questionnaire."""

    expected = ("item_code", "score", "scale")

    item_code: str | None = None
    score: int | None = None
    scale: int | None = None


class SurveyEvent(Event, frozen=True, kw_only=True):
    """An event of a survey."""

    subject = "survey_id"

    survey_id: str | None = None


class ComplaintEvent(Event, frozen=True, kw_only=True):
    """An event of a complaint."""

    subject = "complaint_id"

    complaint_id: str | None = None


class SuggestionEvent(Event, frozen=True, kw_only=True):
    """An event of a suggestion."""

    subject = "suggestion_id"

    suggestion_id: str | None = None


class InquiryEvent(Event, frozen=True, kw_only=True):
    """An event of an inquiry."""

    subject = "inquiry_id"

    inquiry_id: str | None = None


class SurveySent(SurveyEvent, frozen=True, kw_only=True, tag="survey.sent"):
    """A questionnaire went out."""

    natural_key = ("survey_id",)
    expected = ("survey_id", "survey_type", "channel")
    title = ("问卷下发", "Survey sent")

    survey_type: str | None = None
    channel: str | None = None


class SurveySubmitted(SurveyEvent, frozen=True, kw_only=True, tag="survey.submitted"):
    """A questionnaire came back; its free text stays outside."""

    natural_key = ("survey_id",)
    expected = ("survey_id", "survey_type", "answers", "complete_share")
    title = ("问卷提交", "Survey submitted")

    survey_type: SurveyType | None = None
    answers: tuple[Answer, ...] = ()
    overall: int | None = None
    complete_share: float | None = None  # 0–1


class ComplaintReceived(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.received"):
    """A complaint was taken in."""

    natural_key = ("complaint_id",)
    expected = ("complaint_id", "channel", "category", "severity", "due_at")
    title = ("投诉受理", "Complaint received")

    channel: ComplaintChannel | None = None
    category: str | None = None
    severity: Literal["1", "2", "3"] | None = None
    dept_code: str | None = None
    multi_dept: bool | None = None
    due_at: UtcMs | None = None


class ComplaintAssigned(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.assigned"):
    """A complaint was handed to a unit."""

    natural_key = ("complaint_id", "hop|t")
    expected = ("complaint_id", "to_unit", "hop")
    title = ("投诉转办", "Complaint assigned")

    to_unit: str | None = None
    hop: int | None = None  # which assignment, from 1


class ComplaintResponded(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.responded"):
    """The complainant heard from the hospital."""

    natural_key = ("complaint_id", "t")
    expected = ("complaint_id", "medium")
    title = ("首次响应", "First response")

    medium: str | None = None


class ComplaintResolved(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.resolved"):
    """A complaint was decided."""

    natural_key = ("complaint_id", "t")
    expected = ("complaint_id", "outcome", "told_complainant")
    title = ("投诉办结", "Complaint resolved")

    outcome: Literal["justified", "partly", "not_justified"] | None = None
    told_complainant: bool | None = None


class ComplaintClosed(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.closed"):
    """A complaint was filed."""

    natural_key = ("complaint_id", "t")
    expected = ("complaint_id",)
    title = ("投诉归档", "Complaint closed")

    satisfied: bool | None = None
    paused_minutes: int | None = None  # minutes that do not count


class ComplaintReopened(ComplaintEvent, frozen=True, kw_only=True, tag="complaint.reopened"):
    """A complaint was taken up again."""

    natural_key = ("complaint_id", "t")
    expected = ("complaint_id",)
    title = ("投诉重启", "Complaint reopened")

    reason: str | None = None  # a code, never text


class SuggestionReceived(SuggestionEvent, frozen=True, kw_only=True, tag="suggestion.received"):
    """Somebody suggested something."""

    natural_key = ("suggestion_id",)
    expected = ("suggestion_id", "source", "topic")
    title = ("意见建议", "Suggestion received")

    source: Literal["survey", "box", "online", "round", "phone"] | None = None
    topic: str | None = None
    dept_code: str | None = None


class SuggestionResolved(SuggestionEvent, frozen=True, kw_only=True, tag="suggestion.resolved"):
    """A suggestion was adopted or not."""

    natural_key = ("suggestion_id",)
    expected = ("suggestion_id", "outcome")
    title = ("采纳整改", "Suggestion resolved")

    outcome: Literal["adopted", "rejected", "duplicate"] | None = None
    rectified_at: UtcMs | None = None
    cost: Amount | None = None


class InquiryReceived(InquiryEvent, frozen=True, kw_only=True, tag="inquiry.received"):
    """Somebody asked something."""

    natural_key = ("inquiry_id",)
    expected = ("inquiry_id", "channel")
    title = ("咨询", "Inquiry received")

    channel: Literal["desk", "phone", "online", "wechat"] | None = None
    topic: str | None = None


class InquiryResponded(InquiryEvent, frozen=True, kw_only=True, tag="inquiry.responded"):
    """An inquiry was answered."""

    natural_key = ("inquiry_id", "by", "t")
    expected = ("inquiry_id", "by")
    title = ("咨询答复", "Inquiry answered")

    by: Literal["bot", "staff"] | None = None
