"""The canonical views (domain specification 7.2): one row, several events; each time column that is told is a fact.

`row_ver` orders what a row says, `is_deleted` takes back all that it said. A view not listed here is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import msgspec

from ingest.errors import Ignored, Malformed
from ingest.events.envelope import Event
from ingest.interpret import views_care, views_drugs, views_money, views_orders, views_queue, views_stay, views_visit
from ingest.interpret.row import Row, says_yes
from ingest.interpret.teller import Source

VIEWS: dict[str, Callable[[Row], None]] = {
    **views_visit.VIEWS,
    **views_queue.VIEWS,
    **views_stay.VIEWS,
    **views_orders.VIEWS,
    **views_money.VIEWS,
    **views_drugs.VIEWS,
    **views_care.VIEWS,
}
# Views whose rows tell a fact only together: a channel of a payment, an item of a questionnaire. The columns say which.
TOGETHER: dict[str, tuple[str, ...]] = {"v_payment": ("payment_id", "bill_id"), "v_survey": ("survey_id",)}


class RowMessage(msgspec.Struct, frozen=True):
    """The body of a raw message that is a row."""

    view: str
    row: dict[str, object]
    beside: list[dict[str, object]] = []  # of a view of TOGETHER: the other rows of the same fact


_decoder = msgspec.json.Decoder(RowMessage, float_hook=Decimal)


def interpret_row(body: bytes, source: Source, received_at: int) -> list[Event]:
    """The events of one row. Raises Ignored or Malformed."""
    try:
        message = _decoder.decode(body)
    except msgspec.DecodeError:
        raise Malformed("not a row: $") from None
    return tell_row(message.view, [message.row, *message.beside], source, received_at)


def tell_row(view: str, rows: Iterable[Mapping[str, object]], source: Source, received_at: int) -> list[Event]:
    """The events of a row of a view, or of all rows that tell a fact together. Raises Ignored or Malformed."""
    told = VIEWS.get(view)
    if told is None:
        raise Ignored(f"view:{view[:40]}")
    first, *others = sorted(rows, key=_standing_first)
    row = Row(view, first, source, received_at, others)
    told(row)
    if not row.events:
        raise Ignored(f"row without a time:{view}")
    return row.events


def _standing_first(columns: Mapping[str, object]) -> tuple[bool, str]:
    """The order in which rows tell a fact together: the same, whichever of them was changed."""
    return says_yes(columns.get("is_deleted")) is True, str(columns.get("src_pk"))
