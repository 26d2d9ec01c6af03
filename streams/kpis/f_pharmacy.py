"""Pharmacy 药房."""

from streams.kpis.kpi import Interval, Kpi, Target

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="rx_review_time",
        group="F",
        zh="处方审核时长",
        en="Prescription review time",
        unit="min",
        stage="rx_review",
        mode="B",
        formula_zh="从处方提交到药师首次审方;仅系统自动审核的另列。",
        formula_en="From submission to the first review by a pharmacist; automatic reviews are a series apart.",
        dims=("mode", "dept"),
        series=("", "auto"),
        statistics=("p50", "p90", "mean"),
        exclusions=("negative", "ceiling", "missing_start", "missing_end", "missing_mode", "cancelled"),
        not_applied=("pharmacy of the review",),
        source=("S000",),
        needs=("prescription.submitted", "prescription.reviewed"),
    ),
    Interval(
        code="pharm_prep_time",
        group="F",
        zh="调配时长",
        en="Dispensing preparation time",
        unit="min",
        stage="pharm_prep",
        mode="B",
        formula_zh="从缴费到配药完成;煎药另列。",
        formula_en="From payment to medicines prepared; decoctions are a series apart.",
        dims=("pharmacy", "window", "rx_type"),
        series=("", "decoction"),
        statistics=("p50", "p90", "mean"),
        exclusions=("negative", "ceiling", "missing_start", "missing_end", "cancelled", "refunded"),
        not_applied=("compounding",),
        source=("S000",),
        needs=("bill.paid", "dispensing.prepared"),
    ),
    Interval(
        code="pharm_pickup_wait",
        group="F",
        zh="取药等候时间",
        en="Medication pick-up wait",
        unit="min",
        stage="pharm_pickup",
        mode="B",
        formula_zh="从药房取号到最后一次发药;无号的从缴费算起,与过号的各自另列;送药到家不计。",
        formula_en="From joining the pharmacy's queue to the last dispensing; without a ticket from payment. "
        "These, and "
        "tickets missed when called, are series apart; home deliveries are left out.",
        dims=("pharmacy", "window", "rx_type"),
        series=("", "no_ticket", "missed"),
        shares_s=(600, 1800),
        exclusions=(
            "negative", "ceiling", "missing_start", "missing_end", "left", "home_delivery", "cancelled", "refunded",
        ),
        target=Target(statistic="p50", value=10, direction="≤", source="W10"),
        source=("W10", "PH30", "S000"),
        needs=("queue.joined", "dispensing.dispensed"),
    ),
)  # fmt: skip
