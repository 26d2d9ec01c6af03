"""Facts of an imagined day, as reports get them."""

from __future__ import annotations

from typing import Any

from orchestration.reports.facts import Facts, Hospital, HourValue
from orchestration.reports.figures import Doubt, Figure, Point
from streams.kpis import catalogue
from streams.kpis.kpi import Target

HOSPITAL = Hospital(
    name=("演练医院", "Rehearsal Hospital"),
    facility="H001",
    zone="Asia/Shanghai",
    departments={"ORTH": ("骨科", "Orthopaedics"), "CARD": ("心内科", "Cardiology"), "DERM": ("皮肤科", "Dermatology")},
)
INCOMPLETE = Doubt("warn", ("环节时间戳完整率 ≥ 95%", "stage completeness ≥ 95 %"), "1 of 1: [93.0]")
WAIT_TARGET = Target(statistic="p50", value=30.0, direction="≤", alarm=60.0)
DAYS = [f"2026-11-{day:02d}" for day in (2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 16, 17)]


def figure(code: str, value: float | None, n: int = 100, **more: Any) -> Figure:
    """A figure; of a length its median is its value, nine in ten take twice as long."""
    kpi = catalogue()[code]
    target = more.pop("target", kpi.target)
    told = {"p50": value, "p90": None if value is None else value * 2, "mean": value} | more
    return Figure(kpi=kpi, n=n, value=value, target=target, **told)


def wait(value: float, dept: str = "", n: int = 100, **more: Any) -> Figure:
    """A consultation wait, of the hospital or of a department."""
    return figure("consult_wait", value, n, target=WAIT_TARGET, dim="dept" if dept else "", part=dept, **more)


def before(*values: float) -> tuple[Point, ...]:
    """The days before."""
    return tuple(Point(day, value, 100) for day, value in zip(DAYS, values, strict=False))


STEADY = before(30, 32, 28, 30, 32, 28, 30, 32, 28, 30)  # mean 30, limits 22.9 to 37.1


def a_day(*figures: Figure, **more: Any) -> Facts:
    """A published Friday."""
    day = "2026-11-20"
    told: dict[str, Any] = {"first": day, "last": day, "name": day, "published": (day,), "checks": 40}
    return Facts(hospital=HOSPITAL, figures=figures, as_of_ms=1_795_212_000_000, **(told | more))


def full_day() -> Facts:
    """A day with something of everything."""
    return a_day(
        figure("service_volume", 363, 363),
        figure("service_volume", 303, 303, dim="class", part="outpatient"),
        *(figure("service_volume", n, n, dim="dept", part=dept) for dept, n in (("ORTH", 60), ("CARD", 80))),
        wait(45.5, excluded={"left": 3}, waiting=2, completeness=93.0, doubts=(INCOMPLETE,)),
        wait(71.2, "ORTH"),
        wait(12.0, "CARD"),
        wait(80.0, "DERM", 3),
        figure("window_wait", 6.0, 500),
        figure("ed_4h_rate", 92.0, 50, num=46, den=50),
        history={("consult_wait", ""): STEADY},
        hours={
            "consult_wait": (HourValue(8, 40, 20.0), HourValue(9, 3, 90.0)),
            "service_volume": (HourValue(8, 60, 60.0),),
        },
    )
