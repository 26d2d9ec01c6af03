"""Access and appointments 预约与分诊: how long the booked wait once they are here."""

from streams.kpis.kpi import Interval, Kpi, Target

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="appt_wait_official",
        group="A",
        zh="门诊患者预约后平均等待时间",
        en="Wait after arrival, booked outpatients",
        unit="min",
        stage="appt_wait",
        mode="B",
        formula_zh="预约患者从报到与预约时段开始两者中较晚者,到首次接诊开始;早于时段接诊计 0。",
        formula_en="Booked outpatients: from check-in or the booked time, whichever is later, to the first "
        "consultation; "
        "seen before the booked time counts 0.",
        dims=("dept", "doctor", "channel", "slot_hour"),
        classes=("outpatient",),
        statistics=("mean", "p50", "p90"),
        exclusions=("negative", "ceiling", "missing_start", "missing_end", "unseen", "refunded", "no_slot"),
        target=Target(statistic="mean", value=15, direction="≤", source="HLJ13", alarm=30),
        source=("G4-23", "EXP-5", "S000", "S003"),
        needs=("appointment.booked", "patient.checked_in", "consultation.started"),
    ),
)
