"""Puts a report's files into a folder."""

from __future__ import annotations

from pathlib import Path

from orchestration.reports.delivery.parcel import Parcel, Undelivered
from orchestration.reports.delivery.settings import FolderSettings
from orchestration.reports.files import write


def put(settings: FolderSettings, parcel: Parcel) -> None:
    """Write the files. Raises Undelivered."""
    try:
        write(parcel.files, Path(settings.path))
    except OSError as error:
        raise Undelivered(f"{settings.path}: {error.strerror}") from None
