"""Evidence that a person corrected something: the correction itself is a new revision of what it corrects."""

from __future__ import annotations

from ingest.events.control import RecordCorrected
from ingest.events.envelope import Event, subject_of
from ingest.interpret.reading import Reading, When

Changed = dict[str, tuple[str | None, str | None]]


def tell_corrected(reading: Reading, corrected: Event, when: When, changed: Changed | None = None) -> None:
    """`corrected` is the new revision; `changed` says field by field what was and what is, where that is told."""
    occurred, flags = when
    reading.tell(
        RecordCorrected,
        occurred,
        flags=flags,
        corrected_event_id=corrected.event_id,
        corrected_revision=corrected.revision,
        corrected_subject=subject_of(corrected),
        changed=changed or {},
    )
