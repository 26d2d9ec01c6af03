"""Examinations and the laboratory 检查检验."""

from streams.kpis.kpi import Interval, Kpi, Target

_NOT_LAB = ("negative", "ceiling", "missing_start", "missing_end", "cancelled")

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="lab_preanalytic_tat",
        group="D",
        zh="检验前周转时间",
        en="Pre-analytic laboratory turnaround",
        unit="min",
        stage="lab_preanalytic",
        mode="B",
        formula_zh="每份标本从采样到实验室接收;拒收的不计。",
        formula_en="Every specimen: from collection to receipt by the laboratory; rejected ones are left out.",
        dims=("item_code", "priority", "patient_class", "point"),
        statistics=("p50", "p90", "mean"),
        exclusions=(*_NOT_LAB, "rejected"),
        not_applied=("collected off site",),
        source=("LABTAT",),
        needs=("specimen.collected", "specimen.received"),
    ),
    Interval(
        code="lab_intra_tat",
        group="D",
        zh="实验室内周转时间",
        en="Intra-laboratory turnaround",
        unit="min",
        stage="lab_intra",
        mode="B",
        formula_zh="每张申请从首份合格标本接收到首份正式报告;更正报告不改变。",
        formula_en="Every order: from the first accepted specimen to the first final report; corrections do not "
        "move it.",
        dims=("item_code", "priority", "patient_class"),
        shares_s=(1800, 21600),
        statistics=("p50", "p90", "mean"),
        exclusions=_NOT_LAB,
        not_applied=("reflex and added tests", "analyser"),
        source=("LABTAT", "RPT", "S003"),
        needs=("specimen.received", "report.issued"),
    ),
    Interval(
        code="exam_report_tat",
        group="D",
        zh="检查报告时间",
        en="Imaging and examination report turnaround",
        unit="min",
        stage="exam_report",
        mode="B",
        formula_zh="从检查开始到首份正式报告;初步报告不计,更正报告不重新计时。",
        formula_en="From the start of the examination to the first final report; preliminary and corrected ones "
        "do not count.",
        dims=("modality", "device", "patient_class", "doctor"),
        shares_s=(1800,),
        statistics=("p50", "p90", "mean"),
        exclusions=_NOT_LAB,
        target=Target(statistic="p50", value=30, direction="≤", source="RPT"),
        source=("S000", "CNR11", "RPT", "SD"),
        needs=("exam.started", "report.issued"),
    ),
)
