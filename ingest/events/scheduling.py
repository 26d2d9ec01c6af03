"""Scheduling events 排班与预约: sessions, slots and appointments (specification 5.2)."""

from typing import Literal

from ingest.events.codes import Day, UtcMs
from ingest.events.envelope import Event, Part

BookingChannel = Literal[
    "app", "wechat", "alipay", "web", "third_party", "phone", "window", "kiosk", "clinic_room", "referral"
]


class Slot(Part, frozen=True, kw_only=True):
    """A stretch of a session, and how many it takes."""

    expected = ("slot_id", "start", "end", "capacity", "pool")

    slot_id: str | None = None
    start: UtcMs | None = None
    end: UtcMs | None = None
    capacity: int | None = None
    pool: Literal["open", "held", "primary_care"] | None = None


class SessionEvent(Event, frozen=True, kw_only=True):
    """An event of a session."""

    subject = "session_id"

    session_id: str | None = None


class AppointmentEvent(Event, frozen=True, kw_only=True):
    """An event of an appointment."""

    subject = "appointment_id"

    appointment_id: str | None = None


class ScheduleSessionPublished(SessionEvent, frozen=True, kw_only=True, tag="schedule.session_published"):
    """A session of a doctor or clinic was opened for booking."""

    natural_key = ("session_id",)
    expected = ("session_id", "dept_code", "session_date", "session_start", "session_end")
    title = ("排班放号", "Session published")

    dept_code: str | None = None
    doctor_id: str | None = None
    visit_kind: str | None = None
    session_date: Day | None = None
    session_start: UtcMs | None = None
    session_end: UtcMs | None = None
    slots: tuple[Slot, ...] = ()


class ScheduleSessionSuspended(SessionEvent, frozen=True, kw_only=True, tag="schedule.session_suspended"):
    """A session was suspended."""

    natural_key = ("session_id",)
    expected = ("session_id",)
    title = ("停诊", "Session suspended")

    reason_code: str | None = None
    affected_appointments: int | None = None
    replaced_by_doctor_id: str | None = None


class AppointmentBooked(AppointmentEvent, frozen=True, kw_only=True, tag="appointment.booked"):
    """A place was booked; a new booking of the same appointment is a new revision."""

    natural_key = ("appointment_id",)
    expected = ("appointment_id", "slot_start", "dept_code", "channel", "object")
    title = ("预约成功", "Appointment booked")

    slot_id: str | None = None
    slot_start: UtcMs | None = None
    slot_end: UtcMs | None = None
    dept_code: str | None = None
    doctor_id: str | None = None
    visit_kind: Literal["first", "return", "mdt", "convenience"] | None = None
    channel: BookingChannel | None = None
    object: Literal["consultation", "exam", "admission", "followup"] | None = None
    is_add: bool | None = None
    prepaid: bool | None = None


class AppointmentRescheduled(AppointmentEvent, frozen=True, kw_only=True, tag="appointment.rescheduled"):
    """An appointment was moved to another slot."""

    natural_key = ("appointment_id", "new_slot_start")
    expected = ("appointment_id", "old_slot_start", "new_slot_start", "initiator")
    title = ("改约", "Appointment rescheduled")

    old_slot_start: UtcMs | None = None
    new_slot_start: UtcMs | None = None
    initiator: Literal["patient", "hospital"] | None = None
    reason_code: str | None = None


class AppointmentCancelled(AppointmentEvent, frozen=True, kw_only=True, tag="appointment.cancelled"):
    """An appointment was given up: a fact of its own, not a retraction."""

    natural_key = ("appointment_id",)
    expected = ("appointment_id", "initiator")
    title = ("取消预约", "Appointment cancelled")

    initiator: Literal["patient", "hospital", "system"] | None = None
    reason_code: str | None = None
    refunded: bool | None = None


class AppointmentNoShow(AppointmentEvent, frozen=True, kw_only=True, tag="appointment.no_show"):
    """Nobody came to an appointment."""

    natural_key = ("appointment_id",)
    expected = ("appointment_id", "slot_start", "basis")
    title = ("爽约", "No-show")

    slot_start: UtcMs | None = None
    basis: Literal["source", "derived"] | None = None
    arrived_late: bool | None = None


class AppointmentReminderSent(AppointmentEvent, frozen=True, kw_only=True, tag="appointment.reminder_sent"):
    """A reminder of an appointment went out."""

    natural_key = ("appointment_id", "kind", "medium", "t")
    expected = ("appointment_id", "kind", "medium")
    title = ("就诊提醒", "Reminder sent")

    kind: Literal["booked", "before_visit", "suspension"] | None = None
    medium: Literal["sms", "app", "wechat", "phone"] | None = None
    delivered: bool | None = None
