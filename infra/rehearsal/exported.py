"""Writes the files that an export drops: a CSV in Chinese, of orders, prescriptions and bills, one line a fact."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from infra.rehearsal.facts import Told
from infra.rehearsal.segments import iso

ENCODING = "gb18030"
_HEADER = ("事件", "时间", "就诊号", "单号", "类别", "设备类型", "项目", "优先级", "科室", "医生", "项数", "金额")
# Kind → what it is called, and which field fills which column.
_LINES: dict[str, tuple[str, dict[str, str]]] = {
    "order.placed": (
        "开单",
        {"单号": "order_id", "类别": "category", "设备类型": "modality", "项目": "item_code", "优先级": "priority",
         "科室": "ordering_dept", "医生": "doctor_id"},
    ),
    "prescription.submitted": (
        "处方",
        {"单号": "prescription_id", "医生": "doctor_id", "科室": "dept_code", "类别": "rx_type", "项数": "items"},
    ),
    "bill.created": ("账单", {"单号": "bill_id", "类别": "item_class", "金额": "amount", "科室": "dept_code"}),
}  # fmt: skip


def exported(tells: Sequence[Told]) -> bytes:
    """The file that tells all of these."""
    out = io.StringIO()
    lines = csv.DictWriter(out, _HEADER, restval="", lineterminator="\r\n")
    lines.writeheader()
    for told in tells:
        called, columns = _LINES[told.kind]
        values = {column: told.fields[name] for column, name in columns.items() if told.fields.get(name) is not None}
        lines.writerow({"事件": called, "时间": iso(told.at), "就诊号": told.visit, **values})
    return out.getvalue().encode(ENCODING)


def drop(folder: Path, name: str, body: bytes) -> None:
    """Lay a file into a folder as careful systems do: under another name until it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.csv"
    unfinished.write_bytes(body)
    unfinished.replace(folder / f"{name}.csv")
