"""Stages of appointments that only the day's report has: declared here, written once, in SQL.

An appointment stands where it was moved to last, else where it was booked. Its department, doctor and kind are the
booking's, else those of the registration that came of it. One that never was (its booking is retracted) has no row.
What was booked more than a hundred days ahead is not seen.

appt_lead (interval): appointments that a visit came of which checked in or was seen: booking → slot, on the slot's
  date; moved ones from their first booking. Booking not told: `missing_start`, no slot: `no_slot`, both at the arrival.
appt_due (due): appointments for a consultation, at their slot; in the numerator when nobody came: no visit that
  names it checked in or was seen by the end of its session (where its slot is known by number, else of its slot, else
  of the day), or its source says so. Who came too late to be seen counts in the denominator. Given up before the slot,
  or the registration refunded: `cancelled`; by the hospital: `cancelled_by_hospital`.
appt_cancelled (share): appointments at their slot; in the numerator when the patient cancelled. Series `<24h`: in the
  numerator only when less than a day before. Cancelled by the hospital: `by_hospital`; nobody says by whom:
  `missing_initiator`. lead = how long before it was booked.
appt_booked (share): one row a booking, when it was made; all are in the numerator, which is split by channel.
session_places (share): published sessions, weighted by the capacity of their slots. `suspended`; no slot says how many
  it takes: `no_capacity`. half_day: am, pm from 12, evening from 18 o'clock.
place_taken (share): one row a place that somebody has as the session begins: appointments booked by then and not yet
  given up, in the session of their slot's number, else of their department, doctor and time; and registrations that
  name the session and no appointment. In no known session: no row. Beyond the plan (is_add): series `added`.
third_next (score): per department, doctor and kind of visit with sessions to come, as known at ten o'clock: calendar
  days to the third free place. Fewer than three: `fewer_than_three`. Places held back, suspended sessions: left out.
"""

from __future__ import annotations

from streams.stages.stage import Stage

APPT_LEAD = Stage(
    code="appt_lead", zh="预约提前", en="Booking ahead", scope="appointment", ceiling_s=None,
    dims=("dept", "doctor", "channel", "visit_kind"),
)  # fmt: skip
APPT_DUE = Stage(
    code="appt_due", zh="应到预约", en="Appointments due", scope="appointment", kind="due", bucket="start",
    ceiling_s=None, overdue_counts=True, dims=("dept", "doctor", "channel", "slot_hour", "patient_group"),
)  # fmt: skip
APPT_CANCELLED = Stage(
    code="appt_cancelled", zh="退约", en="Appointments given up", scope="appointment", kind="share", bucket="start",
    dims=("dept", "channel", "lead"),
)  # fmt: skip
APPT_BOOKED = Stage(
    code="appt_booked", zh="预约", en="Bookings", scope="appointment", kind="share", dims=("channel", "dept"),
)  # fmt: skip
SESSION_PLACES = Stage(
    code="session_places", zh="号源", en="Places of sessions", scope="session", kind="share", weighted=True,
    dims=("dept", "doctor", "half_day"),
)  # fmt: skip
PLACE_TAKEN = Stage(
    code="place_taken", zh="已用号源", en="Places taken", scope="appointment", kind="share",
    dims=("dept", "doctor", "half_day"),
)  # fmt: skip
THIRD_NEXT = Stage(
    code="third_next", zh="第三可预约号", en="Third next available", scope="clinic", kind="score", ceiling_s=None,
    dims=("dept", "doctor", "visit_kind"),
)  # fmt: skip
STAGES = (APPT_LEAD, APPT_DUE, APPT_CANCELLED, APPT_BOOKED, SESSION_PLACES, PLACE_TAKEN, THIRD_NEXT)
