"""What people call the codes that KPIs are told in and cut by: units and service points."""

from __future__ import annotations

UNITS_ZH = {
    "min": "分", "h": "小时", "s": "秒", "day": "天", "visits": "人次", "tickets": "号", "stops": "站", "%": "%",
}  # fmt: skip

SERVICE_POINTS: dict[str, tuple[str, str]] = {
    "clinic": ("诊室", "clinic"),
    "registration": ("挂号", "registration"),
    "cashier": ("收费", "cashier"),
    "pharmacy": ("药房", "pharmacy"),
    "phlebotomy": ("采血", "phlebotomy"),
    "ultrasound": ("超声", "ultrasound"),
    "imaging": ("影像", "imaging"),
    "service_desk": ("服务台", "service desk"),
}
