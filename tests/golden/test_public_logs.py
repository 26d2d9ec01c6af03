"""Public data that nobody here wrote: real emergency patients and a clinic's model, whose figures are known.

The figures are those of the data's own README: of the stage before guards, and of the KPI after them.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from ingest.clock import Clock
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import load_site
from streams.kpis.aggregate import Value
from streams.trial import Tried, try_files, values_of

pytestmark = pytest.mark.shared

CLOCK = Clock()  # long after all of it
PSEUDONYMS = Pseudonyms(SiteKey(b"a key for tests only, of no hospital"))


def tried(shared: Path, file: str, site: str) -> Tried:
    path = shared / file
    if not path.exists():
        pytest.skip(f"public data not found: {path}")
    return try_files(load_site(site), [path], CLOCK, PSEUDONYMS)


@pytest.fixture(scope="module")
def sepsis(shared: Path) -> Tried:
    return tried(shared, "event-logs/sepsis.csv", "sepsis")


@pytest.fixture(scope="module")
def clinic(shared: Path) -> Tried:
    return tried(shared, "clinic-model/patient.csv", "clinic-model")


def value(tried: Tried, kpi: str) -> Value:
    (found,) = [v for v in tried.values if v.kpi == kpi]
    return found


def minutes(seconds: list[Fraction]) -> float:
    return float(sum(seconds, Fraction(0)) / len(seconds) / 60)


def inclusive(ordered: list[int], share: Fraction) -> float:
    """R-7 of milliseconds, in minutes."""
    place = share * (len(ordered) - 1)
    low, rest = ordered[int(place)], place - int(place)
    return float((low + rest * (ordered[min(int(place) + 1, len(ordered) - 1)] - low)) / 60_000)


def test_every_row_of_the_sepsis_log_is_read(sepsis: Tried) -> None:
    assert sepsis.messages == 15_214
    assert sepsis.by_reason().keys() == {("ignored", "activity without a rule")}
    assert value(sepsis, "service_volume").n == 1_050  # a case is named NA, and it counts


def test_door_to_triage_of_real_patients_after_guards(sepsis: Tried) -> None:
    triage = value(sepsis, "ed_door_to_triage")
    assert triage.n == 1_044
    assert triage.excluded == {"negative": 6}
    assert (triage.p50, triage.p90, triage.mean) == pytest.approx((8.2667, 22.835, 11.1159), abs=5e-5)


def test_door_to_triage_of_real_patients_before_guards(sepsis: Tried) -> None:
    rows = [row for row in sepsis.rows if row.stage == "ed_door_to_triage"]
    lengths = sorted(row.millis for row in rows if row.millis is not None)
    assert len(lengths) == 1_050
    assert minutes([Fraction(ms, 1000) for ms in lengths]) == pytest.approx(10.6884, abs=5e-5)
    assert inclusive(lengths, Fraction(1, 2)) == pytest.approx(8.2417, abs=5e-5)
    assert inclusive(lengths, Fraction(9, 10)) == pytest.approx(22.705, abs=5e-5)
    negative = [ms / 60_000 for ms in lengths if ms < 0]
    assert len(negative) == 6
    assert (max(negative), min(negative)) == pytest.approx((-3.9, -195.1), abs=0.05)


def test_the_negative_rate_of_real_patients(sepsis: Tried) -> None:
    rate = value(sepsis, "negative_interval_rate")
    assert (rate.num, rate.den) == (6, 1_050)


def test_the_clinic_models_mean_waits(clinic: Tried) -> None:
    by_run = {v.dims["dept"]: v for v in values_of(clinic.rows, clinic.as_of, ("dept",)) if v.kpi == "consult_wait"}
    means = [by_run[f"RUN{run}"].mean for run in range(5)]
    assert means == pytest.approx([2.043788, 1.255117, 3.392586, 2.227175, 1.653496], abs=1.001e-6)
    assert not any(v.excluded or v.waiting for v in by_run.values())
