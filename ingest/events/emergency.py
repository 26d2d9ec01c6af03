"""Emergency events 急诊: from the door to the departure (specification 5.9)."""

from typing import Literal

from ingest.events.envelope import Event, PatientArrival

ArrivalMode = Literal["ambulance", "car", "foot", "helicopter", "public", "other"]
EdKind = Literal["resus", "observation", "icu"]
Disposition = Literal["discharged", "admitted", "transferred", "ama", "lwbs", "died", "other"]
Pathway = Literal["chest_pain", "stroke", "trauma", "maternal", "neonate"]


class EdArrived(PatientArrival, frozen=True, kw_only=True, tag="ed.arrived"):
    """A patient came through the door."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id",)
    title = ("急诊到达", "Arrived at the emergency department")

    arrival_mode: ArrivalMode | None = None
    prehospital_id: str | None = None
    green_channel: str | None = None


class EdSeen(Event, frozen=True, kw_only=True, tag="ed.seen"):
    """A doctor first saw the patient."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "doctor_id")
    title = ("急诊接诊", "Seen in the emergency department")

    doctor_id: str | None = None


class EdResusEntered(Event, frozen=True, kw_only=True, tag="ed.resus_entered"):
    """A patient was brought into the resuscitation room or under observation."""

    subject = "visit_id"
    natural_key = ("visit_id", "kind", "stay_seq|t")
    expected = ("visit_id", "location_id", "kind")
    title = ("进抢救室", "Entered resuscitation")

    stay_seq: int | None = None
    location_id: str | None = None
    kind: EdKind | None = None


class EdResusLeft(Event, frozen=True, kw_only=True, tag="ed.resus_left"):
    """A patient left the resuscitation room or observation."""

    subject = "visit_id"
    natural_key = ("visit_id", "kind", "stay_seq|t")
    expected = ("visit_id", "location_id")
    title = ("出抢救室", "Left resuscitation")

    stay_seq: int | None = None
    kind: EdKind | None = None
    location_id: str | None = None
    disposition: str | None = None
    died: bool | None = None


class EdDispositionDecided(Event, frozen=True, kw_only=True, tag="ed.disposition_decided"):
    """It was decided where the patient goes."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "decision")
    title = ("去向决定", "Disposition decided")

    decision: Literal["admit", "discharge", "transfer", "observe"] | None = None
    target_ward: str | None = None


class EdDeparted(Event, frozen=True, kw_only=True, tag="ed.departed"):
    """The patient left the emergency department."""

    subject = "visit_id"
    natural_key = ("visit_id",)
    expected = ("visit_id", "disposition")
    title = ("离开急诊", "Departed")

    disposition: Disposition | None = None


class EdGreenChannelMilestone(Event, frozen=True, kw_only=True, tag="ed.green_channel_milestone"):
    """A step of a time-critical pathway was reached."""

    subject = "visit_id"
    natural_key = ("visit_id", "pathway", "kind")
    expected = ("visit_id", "pathway", "kind")
    title = ("绿色通道节点", "Green channel milestone")

    pathway: Pathway | None = None
    kind: Literal["ecg", "ct", "needle", "balloon", "or"] | None = None
