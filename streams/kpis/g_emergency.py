"""Emergency 急诊."""

from streams.kpis.kpi import Interval, Kpi

_BOTH = ("negative", "ceiling", "missing_start", "missing_end")
_DIMS = ("acuity", "arrival_mode")

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="ed_door_to_triage",
        group="G",
        zh="急诊到分诊时间",
        en="Door to triage",
        unit="min",
        stage="ed_door_to_triage",
        mode="B",
        formula_zh="从到达急诊到分诊完成;直接进抢救室的计 0。",
        formula_en="From arrival to triage completed; straight to resuscitation counts 0.",
        dims=_DIMS,
        classes=("emergency",),
        statistics=("p50", "p90", "mean"),
        exclusions=(*_BOTH, "left"),
        source=("S001",),
        needs=("ed.arrived", "triage.completed"),
    ),
    Interval(
        code="ed_door_to_doctor",
        group="G",
        zh="急诊到接诊时间",
        en="Door to provider (OP-20)",
        unit="min",
        stage="ed_door_to_doctor",
        mode="B",
        formula_zh="从到达急诊到医生接诊;未就诊离开的不计。",
        formula_en="From arrival to being seen by a doctor; those who left before are left out.",
        dims=_DIMS,
        classes=("emergency",),
        statistics=("p50", "p90", "mean"),
        exclusions=(*_BOTH, "left"),
        source=("CMS-L", "S001"),
        needs=("ed.arrived", "ed.seen"),
    ),
    Interval(
        code="ed_los_discharged",
        group="G",
        zh="急诊离院患者滞留时间",
        en="Arrival to departure, discharged patients (OP-18)",
        unit="min",
        stage="ed_los_discharged",
        mode="B",
        formula_zh="离院患者从到达急诊到离开;收住院、死亡、自动离院与去向不明的不计。",
        formula_en="Discharged patients: from arrival to departure; admitted, died, left against advice or "
        "undocumented "
        "are left out.",
        dims=_DIMS,
        classes=("emergency",),
        statistics=("p50", "p90", "mean"),
        exclusions=(*_BOTH, "not_discharged"),
        source=("CMS18",),
        needs=("ed.arrived", "ed.departed"),
    ),
)
