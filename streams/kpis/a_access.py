"""Access and appointments 预约与分诊."""

from streams.kpis.kpi import Interval, Kpi, Share, Target

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
    Share(
        code="session_suspension_rate",
        group="A",
        zh="停诊率",
        en="Session suspension rate",
        unit="%",
        stage="session_suspended",
        mode="D",
        formula_zh="停诊的班次 ÷ 发布的班次;尚无人预约即停诊的另计。",
        formula_en="Sessions suspended, of those published; suspended before anybody had booked is left out and "
        "counted.",
        dims=("dept", "doctor"),
        exclusions=("unbooked",),
        source=("S000",),
        needs=("schedule.session_published",),
    ),
    Share(
        code="opd_appointment_rate",
        group="A",
        zh="门诊患者预约诊疗率",
        en="Outpatient appointment rate",
        unit="%",
        stage="opd_booked",
        mode="D",
        formula_zh="挂号时有预约的已接诊门诊人次 ÷ 已接诊门诊人次;急诊与体检不计。",
        formula_en="Outpatient visits seen whose registration names an appointment, of all outpatient visits seen; "
        "emergencies and health checks do not count.",
        dims=("dept", "doctor", "channel", "visit_kind"),
        classes=("outpatient",),
        target=Target(statistic="value", value=40, direction="≥", source="HLJ13"),
        source=("G4-22", "EXP-1", "S000"),
        needs=("registration.created", "consultation.started"),
    ),
)
