"""ADT: who tells what, by trigger. The triggers that are not here are none of our business."""

from __future__ import annotations

from collections.abc import Callable

from ingest.errors import Ignored
from ingest.interpret.merges import tell_merge, tell_visits_moved, tell_visits_of_another_patient
from ingest.interpret.reading import Reading
from ingest.interpret.registration import (
    tell_arrival,
    tell_became_outpatient,
    tell_cancellation,
    tell_check_in,
    tell_person_update,
    tell_preadmission_cancelled,
    tell_registration_ahead,
    tell_update,
)
from ingest.interpret.stay import (
    tell_became_inpatient,
    tell_departure,
    tell_discharge,
    tell_discharge_cancelled,
    tell_pending_admission,
    tell_pending_discharge,
    tell_transfer,
    tell_transfer_cancelled,
)

TRIGGERS: dict[str, Callable[[Reading], None]] = {
    "A01": tell_arrival,
    "A02": tell_transfer,
    "A03": tell_discharge,
    "A04": tell_arrival,
    "A05": tell_registration_ahead,
    "A06": tell_became_inpatient,
    "A07": tell_became_outpatient,
    "A08": tell_update,
    "A09": tell_departure,
    "A10": tell_check_in,
    "A11": tell_cancellation,
    "A12": tell_transfer_cancelled,
    "A13": tell_discharge_cancelled,
    "A14": tell_pending_admission,
    "A16": tell_pending_discharge,
    "A18": tell_merge,
    "A31": tell_person_update,
    "A34": tell_merge,
    "A38": tell_preadmission_cancelled,
    "A40": tell_merge,
    "A43": tell_visits_of_another_patient,
    "A45": tell_visits_moved,
}


def interpret_adt(reading: Reading, trigger: str) -> None:
    """Tell the events of an ADT message. Raises Ignored for triggers that are none of ours."""
    told = TRIGGERS.get(trigger)
    if told is None:
        raise Ignored(f"trigger:ADT^{trigger}")
    told(reading)
