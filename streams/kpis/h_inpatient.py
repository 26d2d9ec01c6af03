"""Inpatients 住院."""

from streams.kpis.kpi import Interval, Kpi

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="nurse_call_response",
        group="H",
        zh="护理呼叫响应时间",
        en="Nurse call response",
        unit="s",
        stage="nurse_call",
        mode="B",
        formula_zh="从患者呼叫到护士应答。",
        formula_en="From a patient's call to a nurse's answer.",
        dims=("ward",),
        classes=("inpatient",),
        exclusions=("negative", "ceiling", "missing_start", "missing_end"),
        not_applied=("test calls", "calls cancelled by the patient"),
        source=("S001",),
        needs=("nursecall.raised", "nursecall.answered"),
    ),
)
