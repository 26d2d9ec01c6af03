"""What hospitals call what happens, so that an activity or a column of times can be guessed to be an event."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from ingest.events import catalogue
from ingest.mapping.names import nearness

# Beside the titles of the vocabulary. An event that a log of one table seldom tells is not listed.
_CALLED: dict[str, tuple[str, ...]] = {
    "registration.created": (
        "挂号时间", "挂号", "登记", "建档", "register", "registered", "registration", "register time", "reg time",
        "admission registration",
    ),
    "appointment.booked": ("预约", "预约时间", "booked", "booking", "appointment", "appointment time"),
    "patient.checked_in": (
        "签到", "报到", "到诊", "到达", "到院", "到达时间", "签到时间", "报到时间", "arrival", "arrived",
        "arrival time", "check in", "checkin", "checked in",
    ),
    "triage.completed": ("分诊", "预检", "预检分诊", "分诊时间", "triage", "triage time", "er triage", "triaged"),
    "queue.joined": ("取号", "排队", "入队", "取号时间", "ticket", "queued", "joined queue", "queue time"),
    "queue.called": ("叫号", "呼叫", "叫号时间", "called", "call", "call time"),
    "queue.missed": ("过号", "missed", "missed call"),
    "consultation.started": (
        "就诊", "接诊", "看诊", "就诊时间", "接诊时间", "开始就诊", "seen", "seen by doctor", "consultation start",
        "start consultation", "consult", "consultation", "doctor", "begin visit",
    ),
    "consultation.ended": ("就诊结束", "结束就诊", "诊毕", "consultation end", "end consultation"),
    "order.placed": ("开单", "开立", "申请", "医嘱", "order", "ordered", "order time", "requested"),
    "specimen.collected": ("采样", "采血", "采集", "采样时间", "collected", "collection", "collection time", "sampled"),
    "specimen.received": ("签收", "接收", "标本接收", "核收", "received", "receipt", "lab received"),
    "exam.booked": ("检查预约", "exam booked"),
    "exam.started": ("检查", "上机", "检查开始", "exam start", "scan start", "exam"),
    "exam.completed": ("检查完成", "检查结束", "exam end", "scan end"),
    "report.issued": ("报告", "出报告", "报告时间", "审核时间", "report", "reported", "result", "verified"),
    "bill.created": ("计费", "billed", "bill", "charge"),
    "bill.paid": ("缴费", "收费", "支付", "付款", "缴费时间", "paid", "payment", "pay time"),
    "bill.refunded": ("退费", "refund", "refunded"),
    "prescription.submitted": ("开方", "处方", "开药", "prescribed", "prescription"),
    "prescription.reviewed": ("审方", "审核处方", "prescription review", "reviewed"),
    "dispensing.prepared": ("配药", "调配", "摆药", "prepared"),
    "dispensing.dispensed": ("发药", "取药", "发药时间", "dispensed", "dispense", "pickup"),
    "ed.arrived": ("急诊到达", "急诊登记", "急诊挂号", "er registration", "ed arrival", "ed registration"),
    "ed.seen": ("急诊接诊", "ed seen", "er doctor"),
    "ed.departed": ("离开急诊", "急诊离开", "ed departure", "er departure", "ed discharge"),
    "inpatient.admitted": ("入院", "收住院", "住院", "入院时间", "admission", "admitted", "admit"),
    "inpatient.transferred": ("转科", "转床", "transfer", "transferred"),
    "inpatient.discharge_ordered": ("出院医嘱", "开出院", "discharge order"),
    "inpatient.discharged": ("出院", "离院", "出院时间", "discharge", "discharged", "release"),
    "survey.submitted": ("满意度", "问卷", "评价", "survey"),
    "complaint.received": ("投诉", "complaint"),
    "followup.completed": ("随访", "followup", "follow up"),
}  # fmt: skip


# What a rule must say of an event besides its time, where a log of one table does not.
ALWAYS: dict[str, dict[str, str]] = {
    "registration.created": {"visit_class": "outpatient"},
    "patient.checked_in": {"point": "clinic"},
    "consultation.started": {"consultation_seq": "1"},
    "consultation.ended": {"consultation_seq": "1"},
    "queue.joined": {"service_point_type": "clinic"},
    "queue.called": {"service_point_type": "clinic"},
    "queue.missed": {"service_point_type": "clinic"},
    "order.placed": {"category": "treatment"},
    "report.issued": {"status": "final"},
}


@cache
def _named() -> dict[str, tuple[str, ...]]:
    return {name: (*kind.title, *_CALLED.get(name, ())) for name, kind in catalogue().items()}


def event_named(text: str) -> str | None:
    """The event type that an activity or a column is probably about; None when nothing is near."""
    return nearness(text, _named())[0]


def events_named(texts: Iterable[str]) -> dict[str, str]:
    """Which of these are about which event type. Where one is called just so, what only resembles it is left out."""
    found = {text: nearness(text, _named()) for text in texts}
    certain = {event for event, near in found.values() if near == 1}
    return {text: event for text, (event, near) in found.items() if event and (near == 1 or event not in certain)}
