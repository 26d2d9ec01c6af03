"""Experience 体验: complaints, inquiries."""

from streams.kpis.kpi import Interval, Kpi

KPIS: tuple[Kpi, ...] = (
    Interval(
        code="complaint_first_response_time",
        group="J",
        zh="投诉首次响应时间",
        en="Time to first response to a complaint",
        unit="h",
        stage="complaint_response",
        mode="B",
        formula_zh="从收到投诉到首次响应,按自然时间计。",
        formula_en="From receiving a complaint to the first response, by the clock.",
        dims=("dept", "channel"),
        exclusions=("negative", "ceiling", "missing_start", "missing_end"),
        not_applied=("hours outside office time",),
        final_after_days=60,
        source=("S001",),
        needs=("complaint.received", "complaint.responded"),
    ),
    Interval(
        code="inquiry_response_time",
        group="J",
        zh="咨询响应时间",
        en="Inquiry response time",
        unit="min",
        stage="inquiry_response",
        mode="B",
        formula_zh="从收到咨询到人工首次答复;仅由机器人答复的另列。",
        formula_en="From an inquiry to the first answer by staff; those answered by a bot alone are a series apart.",
        dims=("channel",),
        series=("", "bot"),
        exclusions=("negative", "ceiling", "missing_start", "missing_end", "missing_by"),
        source=("S002", "S004"),
        needs=("inquiry.received", "inquiry.responded"),
    ),
)
