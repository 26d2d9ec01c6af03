"""A row of each canonical view, and the story it tells."""

from __future__ import annotations

from typing import Any

import msgspec

from ingest.events.envelope import Event
from ingest.interpret.views import interpret_row
from tests.golden.speech import SOURCE
from tests.golden.view_rows_orders import ORDERS
from tests.golden.view_rows_visits import VISITS

ROWS = {**VISITS, **ORDERS}
HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53


def told(view: str, *, beside: tuple[dict[str, Any], ...] = (), **columns: Any) -> list[Event]:
    """The events of a row, of key 7 and version 100 unless it says others; `beside` are rows of the same fact."""
    rows = [{"src_pk": "7", "row_ver": "100", "is_deleted": False, **each} for each in (columns, *beside)]
    return interpret_row(msgspec.json.encode({"view": view, "row": rows[0], "beside": rows[1:]}), SOURCE, HEARD_AT)
