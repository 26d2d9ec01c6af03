"""Follow-up and chronic disease 随访慢病."""

from streams.kpis.kpi import Due, Kpi, Share

KPIS: tuple[Kpi, ...] = (
    Due(
        code="chronic_followup_on_time_rate",
        group="I",
        zh="慢病按期随访率",
        en="Chronic-disease follow-up on time",
        unit="%",
        stage="followup_due",
        mode="D",
        formula_zh="到期后 7 天内(可配置)成功随访的慢病随访 ÷ 当期到期的慢病随访;期限未到尚未随访的暂不计。",
        formula_en="Chronic follow-ups in which the patient was reached within 7 days of the due date (a site may say "
        "otherwise), of those due; open and still in time is not counted yet.",
        dims=("programme", "medium"),
        lengths_in="day",
        exclusions=("missing_due", "died", "refused"),
        not_applied=("moved away", "disease", "department"),
        source=("S001",),
        needs=("followup.scheduled", "followup.completed"),
    ),
    Share(
        code="discharge_followup_rate",
        group="I",
        zh="出院患者随访率",
        en="Discharge follow-up rate",
        unit="%",
        stage="discharge_followup",
        mode="D",
        formula_zh="出院后 7±3 天内成功随访的出院患者 ÷ 出院患者;死亡与转院的不计。",
        formula_en="Discharged patients reached 7 ± 3 days after, of those discharged; deaths and transfers are left "
        "out.",
        dims=("dept", "channel", "patient_group"),
        classes=("inpatient",),
        exclusions=("died", "transferred"),
        not_applied=("opted out", "follow-ups that name no visit"),
        final_after_days=60,
        source=("EXP-21", "S004", "S002", "S003"),
        needs=("inpatient.discharged", "followup.scheduled", "followup.completed"),
    ),
    Share(
        code="three_visit_coverage",
        group="I",
        zh="“三访”覆盖率",
        en="Three-visit coverage",
        unit="%",
        stage="three_visits",
        mode="D",
        formula_zh="入院当天、住院第 7±3 天(住满 7 天者)与出院后第 7±3 天都已访视的出院患者 ÷ 出院患者。",
        formula_en="Discharged patients visited on the day of admission, 7 ± 3 days after it (stays of a week or more) "
        "and reached 7 ± 3 days after the discharge, of all discharged.",
        dims=("ward",),
        classes=("inpatient",),
        not_applied=("follow-ups that name no visit",),
        final_after_days=60,
        source=("S004",),
        needs=("inpatient.discharged", "followup.scheduled", "followup.completed"),
    ),
)
