"""What a stage is, and what one row of it looks like: the contract between the fold, the SQL and the KPIs.

A stage is written twice on purpose: a rule in this folder for the fold, and `warehouse/marts/<stage>/query.sql`.
Both give the same rows, byte for byte, for the same events (specification 1.1, 1.3, 1.4 and 3.0).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Scope = Literal[
    "ticket", "visit", "order", "bill", "prescription", "call", "complaint", "inquiry", "suggestion", "survey",
    "session", "followup", "request", "appointment", "clinic",
]  # fmt: skip

# Reasons for which a row is left out of a distribution. `REAL` ones still have both ends, truly told.
REAL_BUT_EXCLUDED = frozenset({"negative", "ceiling"})
# The row should exist, and an end of it was never told: it lowers completeness.
INCOMPLETE = frozenset(
    {"missing_start", "missing_end", "missing_full_settlement", "end_imputed", "start_imputed", "served_imputed"}
)
# Every other reason (left, voided, unseen, refunded, rejected, not_discharged …): the stage does not apply.


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of somebody's day, or a state. One declaration for the rule, the SQL, the KPIs and the board."""

    code: str
    zh: str
    en: str
    scope: Scope  # whose events it folds from: a subject's own, or the whole visit's
    kind: Literal["interval", "state", "share", "count", "due", "score", "split"] = "interval"
    bucket: Literal["start", "end"] = "end"  # which instant picks the hour (and, outside visits, the day)
    day: Literal["business", "local"] = "local"  # business day of the visit, or the local date of the bucket instant
    ceiling_s: int | None = 12 * 3600  # longer is excluded as `ceiling`; equal counts
    unfinished: str = "missing_end"  # what an open row counts as once `open_until` has passed; not of kind `due`
    within_s: int | None = None  # due: how long one has, where all rows have as long; a site may say otherwise
    overdue_counts: bool = False  # due: is an open row in the numerator once `open_until` has passed?
    weighted: bool = False  # share: as the measure of a rate, does a row count as much as its amount says?
    of: str = ""  # split: the stage whose length it says the parts of; a measure of its own, and no KPI's
    dims: tuple[str, ...] = ()  # names of StageRow.dims that the stage fills, in this order


class StageRow(msgspec.Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """One row of a stage. Instants are UTC ms; a pure function of the scope's events: no `now` in it.

    An unfinished row (`ended_at` None, `excluded` "", `open_until` set) is *waiting* for a reader whose clock is
    before `open_until`; from then on it is excluded with the stage's `unfinished` reason. Of kind `due`, `open_until`
    is the first instant that is too late: from then on the row counts, as its stage's `overdue_counts` says.
    """

    stage: str
    scope_id: str  # the ticket, visit, order, bill or prescription
    part: str = ""  # tells rows of one stage in one scope apart: specimen id, consultation sequence, payment id
    series: str = ""  # "" is the main series; others: "seq≥2", "auto", "no_ticket", "missed"
    day: str  # business day or local date, ISO
    at: int  # the bucket's instant; it picks the local hour and the five-minute cell
    started_at: int | None = None
    ended_at: int | None = None
    millis: int | None = None  # length after clamping, or the score; None when not finished
    open_until: int | None = None  # set on unfinished rows
    excluded: str = ""  # "" = counts
    num: bool | None = None  # shares, and what was due once it is decided: is this row in the numerator?
    distinct: str = ""  # shares: rows with one value count once (payment id)
    amount: str = ""  # shares by amount: decimal text, CNY, no trailing zeros
    dims: tuple[str, ...] = ()  # values in the order of Stage.dims; "?" = not known
    flags: tuple[str, ...] = ()  # sorted: skew_adjusted, no_ticket, batch …
    amount_num: str = ""  # the numerator's part of the amount where it is not all of it (a partial refund)
