"""Stages that only the day's report has: declared here, written once, in SQL (`warehouse/marts/<stage>/query.sql`).

They need other visits, other subjects or other days, or are no concern of the wall, which pays for every rule.

opd_booked (share): outpatient visits that were seen, at the first consultation; in the numerator when the registration
  names an appointment.
opd_unseen (due): outpatient visits that checked in, at the check-in → the first consultation; in the numerator when
  that came after the end of the business day + 2 h, or not at all. `converted` as in visit_los, `refunded` when the
  registration was refunded before the check-in, `missing_end` when seen by the day only.
visit_stops (score): of outpatient visits that were seen, at the first consultation: consultations, examinations
  started and tickets served; a ticket for a clinic, an ultrasound or imaging is the stop that it was for.
bed_wait (interval): admission.requested → inpatient.admitted of that request. Wanted for a later date than that of the
  request: `planned`. Not admitted: open for 30 days, later `missing_end`. Admitted, and never requested though it
  names a request: `missing_start`. source = the class of the visit in which it was requested.
triaged (share): visits that were triaged, at the first triage; in the numerator when neither the department of the
  registration was corrected nor the patient registered again, that day in another department, before being seen.
clinic_arrival (count): visits that checked in at a clinic, at the first check-in. Outside its department's open hours:
  `closed`, where no open hours are known: `no_open_hours`. amount = how many minutes of a day it is open.
returned (due): outpatient visits that were seen; in the numerator when the patient was consulted or admitted, not as an
  emergency, 31 to 365 days after. Nobody counts before that year is over. No patient number: no row.
chronic_revisit (interval): outpatient days of patients in a chronic programme, one row a programme, at the day's first
  consultation: the last one on an earlier day, not before the enrolment and not more than 400 days ago → this one, in
  calendar days.
discharge_followup (share): inpatient discharges alive (disposition died: `died`; transferred: `transferred`), in the
  numerator when a follow-up of kind post_discharge of the visit reached the patient 4 to 10 days after.
three_visits (share): inpatient discharges; in the numerator when the patient was visited on the day of the admission,
  4 to 10 days after it where the stay was that long as seven days, and reached 4 to 10 days after the discharge.
"""

from __future__ import annotations

from streams.stages.stage import Stage

OPD_BOOKED = Stage(
    code="opd_booked", zh="门诊预约就诊", en="Outpatients with an appointment", scope="visit", kind="share",
    day="business", dims=("dept", "doctor", "channel", "visit_kind"),
)  # fmt: skip
OPD_UNSEEN = Stage(
    code="opd_unseen", zh="报到未就诊", en="Checked in and not seen", scope="visit", kind="due", day="business",
    bucket="start", ceiling_s=None, overdue_counts=True, dims=("dept", "doctor"),
)  # fmt: skip
VISIT_STOPS = Stage(
    code="visit_stops", zh="就医环节", en="Stops of a visit", scope="visit", kind="score", day="business",
    bucket="start", ceiling_s=None, dims=("dept", "path"),
)  # fmt: skip
BED_WAIT = Stage(
    code="bed_wait", zh="等床", en="Wait for a bed", scope="request", ceiling_s=None, dims=("ward", "dept", "source"),
)  # fmt: skip
TRIAGED = Stage(
    code="triaged", zh="预检分诊", en="Triage", scope="visit", kind="share", day="business", dims=("dept", "nurse"),
)  # fmt: skip
CLINIC_ARRIVAL = Stage(
    code="clinic_arrival", zh="到诊", en="Arrivals at clinics", scope="visit", kind="count", day="business",
    bucket="start", dims=("dept", "hour"),
)  # fmt: skip
RETURNED = Stage(
    code="returned", zh="再次就诊", en="Patients who come again", scope="visit", kind="due", day="business",
    bucket="start", ceiling_s=None, dims=("dept", "patient_group"),
)  # fmt: skip
CHRONIC_REVISIT = Stage(
    code="chronic_revisit", zh="慢病复诊", en="Revisits of chronic patients", scope="visit", day="business",
    ceiling_s=None, dims=("disease", "dept"),
)  # fmt: skip
DISCHARGE_FOLLOWUP = Stage(
    code="discharge_followup", zh="出院随访", en="Discharges followed up", scope="visit", kind="share",
    dims=("dept", "channel", "patient_group"),
)  # fmt: skip
THREE_VISITS = Stage(
    code="three_visits", zh="三访", en="Three visits to an inpatient", scope="visit", kind="share", dims=("ward",),
)  # fmt: skip
STAGES = (
    OPD_BOOKED, OPD_UNSEEN, VISIT_STOPS, BED_WAIT, TRIAGED, CLINIC_ARRIVAL, RETURNED, CHRONIC_REVISIT,
    DISCHARGE_FOLLOWUP, THREE_VISITS,
)  # fmt: skip
