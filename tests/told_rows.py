"""What a timeline comes to: the stage rows of it, as the tests of the rules ask for them."""

from __future__ import annotations

from streams.house import HouseRules
from streams.memory import fold_in_memory
from streams.stages.stage import StageRow
from tests.timeline import timeline

HOUSE = HouseRules(
    facility_id="H001", session_ends={"ED": 1440}, source_priority=("HIS^DEMO", "QUEUE^DEMO"), ceilings_s={}
)
CARD = "08:00 V1 registration.created visit_class=outpatient dept_code=CARD planned_date=2025-03-03"


def rows(stage: str, text: str, house: HouseRules = HOUSE) -> list[StageRow]:
    """The rows of one stage."""
    return [row for row in fold_in_memory(timeline(text), house) if row.stage == stage]


def one(stage: str, text: str, house: HouseRules = HOUSE) -> StageRow:
    """The only row of a stage."""
    (row,) = rows(stage, text, house)
    return row


def minutes(row: StageRow) -> float | None:
    """How long a row is."""
    return None if row.millis is None else row.millis / 60_000
