"""One order: lab_preanalytic (a row a specimen), lab_intra and exam_report (a row an order).

Rows belong to the local date of their bucket. category = that of order.placed, else the first that a report says. A
laboratory order has category lab, or no category and a specimen; an examination has exam.started, or category
imaging, ultrasound, endoscopy or ecg. patient_class = the class of the visit. Open rows are open for 48 h. `final`
means the first report.issued with status final: corrected reports never move it, preliminary ones never end anything.

lab_preanalytic: specimen.collected → specimen.received of the same specimen (part = specimen_id). Rejected:
  `rejected`. Received, never collected: `missing_start`. Not received: `cancelled` when the order was, `missing_end`
  when a final report came nevertheless, else open, later `missing_end`. point = where it was collected.
lab_intra: first specimen.received that was not rejected → final report. Report without a received specimen:
  `missing_start`. Only rejected specimens: no row. Received without report: `cancelled` when the order was, else
  open, later `missing_end`.
exam_report: first exam.started → final report. Report without a start: `missing_start`. Started without
  report: `cancelled` when the order was, else open, later `missing_end`. modality and device: the start's; modality
  else the order's. doctor = who reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from streams.house import HouseRules
from streams.stages.guards import UNKNOWN, finished, left_out, waiting
from streams.stages.stage import Stage, StageRow
from streams.story import Fact, Story

SCOPE = "order"
READS = {
    "order.placed",
    "order.cancelled",
    "specimen.collected",
    "specimen.received",
    "exam.started",
    "report.issued",
}
OPEN_MS = 48 * 3600 * 1000
_WEEK_S = 7 * 24 * 3600
_EXAMS = frozenset({"imaging", "ultrasound", "endoscopy", "ecg"})

LAB_PREANALYTIC = Stage(
    code="lab_preanalytic", zh="检验前周转", en="Specimen collected to received", scope="order", ceiling_s=_WEEK_S,
    dims=("item_code", "priority", "patient_class", "point"),
)  # fmt: skip
LAB_INTRA = Stage(
    code="lab_intra", zh="实验室内周转", en="Specimen received to report", scope="order", ceiling_s=_WEEK_S,
    dims=("item_code", "priority", "patient_class"),
)  # fmt: skip
EXAM_REPORT = Stage(
    code="exam_report", zh="检查报告", en="Examination to report", scope="order", ceiling_s=_WEEK_S,
    dims=("modality", "device", "patient_class", "doctor"),
)  # fmt: skip
STAGES = (LAB_PREANALYTIC, LAB_INTRA, EXAM_REPORT)


def rows(story: Story, house: HouseRules) -> Iterator[StageRow]:
    """All rows of one order."""
    placed = story.told("order.placed")
    final = next((r for r in story.timed("report.issued") if r.status == "final"), None)
    category = placed.category if placed is not None else None
    category = category or next((r.category for r in story.all("report.issued") if r.category), None)
    patient_class = (story.visit.visit_class if story.visit else "") or UNKNOWN
    specimens = bool(story.all("specimen.collected") or story.all("specimen.received"))
    if category == "lab" or (category is None and specimens):
        item = (placed and placed.item_code) or UNKNOWN
        dims = (item, (placed and placed.priority) or UNKNOWN, patient_class)
        yield from _preanalytic(story, house, final, dims)
        yield from _intra(story, house, final, dims)
    started = story.first("exam.started")
    if started is not None or (category in _EXAMS and final is not None):
        modality = (started and started.modality) or (placed and placed.modality) or UNKNOWN
        doctor = (final and final.doctor_id) or UNKNOWN
        device = (started and started.device_id) or UNKNOWN
        yield from _to_report(story, house, EXAM_REPORT, started, final, (modality, device, patient_class, doctor))


def _preanalytic(story: Story, house: HouseRules, final: Fact | None, dims: tuple[str, ...]) -> Iterator[StageRow]:
    collected = {fact.specimen_id or "": fact for fact in story.timed("specimen.collected")}
    received = {fact.specimen_id or "": fact for fact in story.timed("specimen.received")}
    for part in sorted(collected.keys() | received.keys()):
        start, end = collected.get(part), received.get(part)
        place = (*dims, (start and start.point) or UNKNOWN)
        begun, ended = (start.at if start else None), (end.at if end else None)
        if end is not None and end.rejected:
            reason = "rejected"
        elif start is None:
            reason = "missing_start"
        elif end is not None:
            yield finished(LAB_PREANALYTIC, house, story.id, start.at, end.at, place, part=part)
            continue
        elif story.all("order.cancelled"):
            reason = "cancelled"
        elif final is not None:
            reason = "missing_end"
        else:
            yield waiting(LAB_PREANALYTIC, house, story.id, start.at, start.at + OPEN_MS, place, part=part)
            continue
        yield left_out(LAB_PREANALYTIC, house, story.id, reason, place, start=begun, end=ended, part=part)


def _intra(story: Story, house: HouseRules, final: Fact | None, dims: tuple[str, ...]) -> Iterator[StageRow]:
    received = story.timed("specimen.received")
    accepted = next((fact for fact in received if not fact.rejected), None)
    if accepted is None and received:
        return
    yield from _to_report(story, house, LAB_INTRA, accepted, final, dims)


def _to_report(
    story: Story, house: HouseRules, stage: Stage, start: Fact | None, final: Fact | None, dims: tuple[str, ...]
) -> Iterator[StageRow]:
    if start is None:
        if final is not None:
            yield left_out(stage, house, story.id, "missing_start", dims, end=final.at)
    elif final is not None:
        yield finished(stage, house, story.id, start.at, final.at, dims)
    elif story.all("order.cancelled"):
        yield left_out(stage, house, story.id, "cancelled", dims, start=start.at)
    else:
        yield waiting(stage, house, story.id, start.at, start.at + OPEN_MS, dims)
