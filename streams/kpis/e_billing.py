"""Billing and payment 收费."""

from streams.kpis.kpi import Interval, Kpi, Share

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="bill_to_pay_time",
        group="E",
        zh="开单到缴费时间",
        en="Bill to payment",
        unit="min",
        stage="bill_to_pay",
        mode="B",
        formula_zh="从计费到全额缴清;零金额与隔日缴清的不计。",
        formula_en="From the bill to its full settlement; bills of nothing and those settled on a later day are "
        "left out.",
        dims=("channel", "dept", "item_class"),
        statistics=("p50", "p90", "mean"),
        exclusions=("negative", "ceiling", "missing_start", "missing_full_settlement", "later_day", "zero", "unpaid"),
        source=("S000",),
        needs=("bill.created", "bill.paid"),
    ),
    Share(
        code="offwindow_payment_share",
        group="E",
        zh="非窗口缴费占比",
        en="Self-service and mobile payment share",
        unit="%",
        stage="payment",
        mode="B",
        formula_zh="手机、自助机、诊间、床旁缴费笔数 ÷ 全部缴费笔数;另按金额计。",
        formula_en="Payments by phone, at a kiosk, in the consulting room or at the bedside, of all payments; "
        "by amount too.",
        dims=("channel", "terminal_type", "dept", "age_band"),
        by_amount=True,
        exclusions=("missing_terminal",),
        not_applied=("internal transfers",),
        source=("S000",),
        needs=("bill.paid",),
    ),
    Share(
        code="refund_rate",
        group="E",
        zh="退号退费率",
        en="Refund rate",
        unit="%",
        stage="refund",
        stages=("refund", "refund_registration"),
        mode="D",
        formula_zh="(退号 + 退费)÷(挂号 + 缴费),按笔数与金额;缴费后 5 分钟内的更正不计。",
        formula_en="Refunded registrations and payments, of registrations and payments, by count and by amount; "
        "voids within 5 min are left out.",
        dims=("item_class", "dept", "reason"),
        by_amount=True,
        exclusions=("voided",),
        source=("S004",),
        needs=("bill.paid", "bill.refunded", "registration.created"),
    ),
)
