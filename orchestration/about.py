"""What every asset says of itself: its grain, and a link to where it is defined."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

_ROOT = Path(__file__).resolve().parent.parent


def about(grain: str, definition: str, **more: Any) -> Mapping[str, Any]:
    """Metadata of an asset whose definition is a file of ours, or a place in one (`docs/reference/kpis.md#code`)."""
    path = definition.partition("#")[0]
    place = dg.LocalFileCodeReference(file_path=str(_ROOT / path), line_number=1, label=definition)
    linked = {"dagster/code_references": dg.CodeReferencesMetadataValue(code_references=[place])}
    return {"grain": grain, "definition": dg.MetadataValue.path(definition), **more, **linked}


def counted(rows: int) -> dict[str, Any]:
    """How many rows a materialisation made, under the name that Dagster shows and draws."""
    return {"dagster/row_count": rows}
