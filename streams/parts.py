"""The parts that the time of a visit falls to: what each is, what it is called, and how a row tells them.

At every instant exactly one holds, so they always add up to the length of the visit. Of several things that go on at
once the first counts, in this order:

service: a consultation, until it ends or the patient is next known to be elsewhere (served at a window, blood taken,
  examined, given the drugs); a window, from served to completed, else to the patient's next act.
early: before the booked time, until the first consultation begins.
patient: a call was missed, until the patient is recalled, requeued or served, leaves, or does anything else.
consult: from the check-in to the first consultation; later from coming back (requeued at a clinic, checked in there or
  with a new ticket for it) to the next one. Who never reports back waits from the last final report.
exam_wait, lab_wait, pharmacy, payment, desk: in a queue for it, from the ticket (an examination: or the check-in that
  names its order) to being served, leaving, or the act itself.
exam_report, lab_report: from examined, or blood taken, to the final report of that order; pharmacy: from the payment
  of a drug bill to the dispensing; payment: from a bill to its payment.
patient again: back with a final report later than ten minutes after it.
walking: all else: on the way, and what nobody records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# In the order of a visit; the name in Chinese and in English.
NAMES: dict[str, tuple[str, str]] = {
    "early": ("早到", "early arrival"),
    "consult": ("候诊", "waiting for the doctor"),
    "exam_wait": ("候检查", "waiting for the examination"),
    "exam_report": ("检查至报告", "examination until its report"),
    "lab_wait": ("候采血", "waiting for blood taking"),
    "lab_report": ("采血至报告", "blood taken until its report"),
    "pharmacy": ("候取药", "waiting for drugs"),
    "payment": ("候缴费", "waiting to pay"),
    "desk": ("挂号与服务台排队", "waiting at a desk"),
    "service": ("接诊与办理", "being served"),
    "patient": ("患者原因(过号、迟回)", "the patient's own doing (missed call, late return)"),
    "walking": ("走动与未记录", "on the way, and unrecorded"),
}
PARTS = tuple(NAMES)
# The queue of a service point, as the part that waiting there is.
QUEUES = {
    "ultrasound": "exam_wait",
    "imaging": "exam_wait",
    "phlebotomy": "lab_wait",
    "pharmacy": "pharmacy",
    "cashier": "payment",
    "registration": "desk",
    "service_desk": "desk",
}


def tell(parts: Mapping[str, int]) -> str:
    """Milliseconds by part as a row says them: `early=1200000;consult=540000`."""
    return ";".join([f"{part}={parts[part]}" for part in PARTS if part in parts])


def read(told: str) -> Sequence[int]:
    """Milliseconds of every part, in the order of `PARTS`."""
    found = dict.fromkeys(PARTS, 0)
    for each in told.split(";"):
        part, _, millis = each.partition("=")
        found[part] = int(millis)
    return tuple(found.values())
