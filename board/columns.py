"""The columns of the wall: the stages of a patient's day, and which measures stand for each.

A column names its measures in order of preference; a cell shows the first that has something to show.
"""

from __future__ import annotations

import msgspec

from board.words import Language


class Source(msgspec.Struct, frozen=True):
    """A measure, and which of its rows: dimension and wanted value, several joined by commas."""

    kpi: str
    where: tuple[tuple[str, str], ...] = ()
    judged: bool = True  # False: the measure's target is not meant for these rows
    emergency: bool = False  # of emergency patients: for the hospital, and for the site's emergency departments


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One stage as the wall names it."""

    code: str
    zh: str
    en: str
    sources: tuple[Source, ...]
    is_waiting: bool = True  # False: those unfinished are being seen to, they do not wait

    def name(self, lang: Language) -> str:
        """What its head says."""
        return self.zh if lang == "zh" else self.en


def _window(kind: str) -> Source:
    return Source("window_wait", (("service_point_type", kind),))


COLUMNS: tuple[Column, ...] = (
    Column(
        code="checkin",
        zh="报到",
        en="Check-in",
        sources=(_window("registration"), Source("ed_door_to_triage", emergency=True)),
    ),
    Column(
        code="wait",
        zh="候诊",
        en="Wait",
        sources=(Source("consult_wait"), Source("ed_door_to_doctor", emergency=True)),
    ),
    Column(code="consult", zh="接诊", en="Consult", sources=(Source("consult_duration"),), is_waiting=False),
    Column(
        code="exam",
        zh="检查",
        en="Imaging",
        # The ten minutes of W10 and SX are for windows and for taking blood, not for scanners.
        sources=(
            Source("window_wait", (("service_point_type", "imaging,ultrasound"),), judged=False),
            Source("exam_report_tat"),
        ),
    ),
    Column(
        code="lab",
        zh="检验",
        en="Lab",
        sources=(_window("phlebotomy"), Source("lab_intra_tat")),
    ),
    Column(
        code="pay",
        zh="缴费",
        en="Payment",
        sources=(_window("cashier"), Source("bill_to_pay_time")),
    ),
    Column(
        code="drugs",
        zh="取药",
        en="Pharmacy",
        sources=(_window("pharmacy"), Source("pharm_pickup_wait")),
    ),
)
BY_CODE = {column.code: column for column in COLUMNS}
