"""How many incidents a rule would have raised: from the marts' rows, by the very course that runs live."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.settings import load_site
from streams.alerts.hindsight import Hindsight, Told
from streams.alerts.readings import Moment, readings, watched
from streams.house import house_rules
from streams.kpis.aggregate import named_dims
from streams.live import LiveValues
from streams.memory import fold_in_memory
from tests.marts.commands import Terminal
from tests.morning import Worker
from tests.timeline import DAY, at, timeline
from warehouse.client import Warehouse, WarehouseSettings
from warehouse.marts import build_day
from warehouse.rows import store

pytestmark = pytest.mark.services

SITE = load_site("demo")
HOUSE = house_rules(SITE)


def queue(began: str, minutes: int, patients: int = 6, name: str = "A", dept: str = "CARD") -> str:
    """Patients who check in together and wait so long, one minute longer each."""
    hour, minute = map(int, began.split(":"))
    told = ""
    for n in range(patients):
        seen = hour * 60 + minute + minutes + n
        told += f"{began} {name}{n} patient.checked_in point=clinic dept_code={dept}\n"
        told += f"{seen // 60}:{seen % 60:02d} {name}{n} consultation.started consultation_seq=1 dept_code={dept}\n"
    return told


# A long hour in cardiology, a middling one after noon, a short one in dermatology.
MORNING = queue("08:00", 70) + queue("14:00", 40, name="B") + queue("09:00", 20, name="C", dept="DERM")


@pytest.mark.parametrize("clock", ["08:20", "08:35", "09:00", "09:12", "09:25", "14:33", "14:41", "14:43"])
def test_hindsight_reads_what_was_read_live(clock: str) -> None:
    events = timeline(MORNING)
    live, worker = LiveValues(HOUSE, 1), Worker(HOUSE)
    for key, value in worker.take([each for each in events if each.occurred_at <= at(clock)], 1):
        live.apply(key, value)
    seen = readings(watched(SITE), live, Moment(at=at(clock)), ())
    mine = {each.where: (each.verdict, each.value, each.n) for each in seen if each.rule == "consult_wait"}
    rows = [Told(row, named_dims(row.stage, row.dims)) for row in fold_in_memory(events, HOUSE)]
    past = Hindsight(watched(SITE), watched(SITE).rules).readings_at(rows, at(clock))
    theirs = {each.where: (each.verdict, each.value, each.n) for each in past if each.rule == "consult_wait"}
    assert mine == {where: read for where, read in theirs.items() if where in mine}
    assert all(read[2] == 0 for where, read in theirs.items() if where not in mine)


def test_a_changed_rule_is_held_against_the_one_that_is(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    store(warehouse, timeline(MORNING))
    build_day(warehouse, SITE, DAY, at("30:00"), kpis=())
    terminal = Terminal(warehouse_settings, tmp_path)
    words = ("alerts", "backtest", "--from", DAY, "--to", DAY)
    told = terminal.told(*words, "--rule", "consult_wait", "--limit", "45")
    (rule,) = told["rules"]
    assert (told["days"], rule["now"]["incidents"], rule["now"]["places"]) == (1, 2, {"CARD": 2})
    assert (rule["changed"]["incidents"], rule["changed"]["places"]) == (1, {"CARD": 1})
    refused = terminal.said("alerts", "backtest", "--from", "2020-01-01", "--to", "2020-01-02", code=2)
    assert "hispulse mart build --from 2020-01-01 --to 2020-01-02" in refused


def laboratory(*spans: str) -> str:
    """A patient every five minutes from … to …."""
    told = ""
    for span in spans:
        first, last = (int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-"))
        for minute in range(first, last + 1, 5):
            told += f"{minute // 60:02d}:{minute % 60:02d} L{minute} patient.checked_in point=clinic dept_code=CARD\n"
    return told


def test_a_silent_hour_of_a_feed_is_one_incident_and_a_holiday_none(
    warehouse: Warehouse, warehouse_settings: WarehouseSettings, tmp_path: Path
) -> None:
    # Silent from ten to eleven; in the pause at noon and after hours nobody has to tell anything.
    store(warehouse, timeline(laboratory("08:00-10:00", "11:00-12:00", "13:30-17:25"), source="LIS^DEMO"))
    terminal = Terminal(warehouse_settings, tmp_path)
    words = ("alerts", "backtest", "--from", DAY, "--to", DAY, "--rule", "feeds")
    longer = terminal.told(*words, "--feed", "lis", "--silent-after-s", "7200")
    (feeds,) = longer["rules"]
    assert (longer["days_heard"], feeds["now"]["places"], feeds["now"]["minutes"]) == (1, {"lis silent": 1}, 45)
    assert feeds["changed"]["incidents"] == 0
    shorter = terminal.told(*words, "--silent-after-s", "120")["rules"][0]["changed"]
    assert shorter["incidents"] > 10
    closed = tmp_path / "closed.toml"
    closed.write_text(f'{SITE.path.read_text("utf-8")}\n[calendar]\ndays_off = ["{DAY}"]\n', "utf-8")
    assert terminal.told(*words, "--site", str(closed))["rules"][0]["now"]["incidents"] == 0
    assert "The rule feeds has no --limit." in terminal.said(*words, "--limit", "3", code=2)
