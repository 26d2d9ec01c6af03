"""A rehearsed fortnight at a hospital whose days go wrong in the ways days do; told to a real warehouse without a wire.

    Mon 24 – Tue 25  ordinary days
    Wed 26           the laboratory's words arrive on Friday, two days late; on Friday two of its visits turn out to be
                     one, a consultation is corrected and another retracted; two of its bills are refunded on Monday
    Thu 27           the radiology system is silent, and what it did is never told
    Fri 28           an ordinary day
    Sat 29 – Sun 30  a weekend
    Mon 31 – Wed 2   the queue vendor renamed a code: pharmacies are taken for cashiers
    Thu 3            in the morning the mapping is mended, and the raw messages are read again
    Fri 4 – Sun 6    Qingming: a public holiday and its weekend

Each day is closed at six the next morning, by the job that the schedule runs, with what had arrived by then; after it
those that late data touch are closed again. Messages go through the feeds of a site file, sealed into a raw log; rows
and records through their interpreters.
"""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import msgspec
from nacl.public import PrivateKey

from expectations.day import check_events, check_feeds, check_journeys, check_kpis, comparable_days, keep
from expectations.suite import is_withheld
from infra.rehearsal.day import simulate
from infra.rehearsal.feeds import tell
from infra.rehearsal.messages import Wire, is_message, wires
from infra.rehearsal.sizes import Size
from infra.rehearsal.sources import FEED_OF, LIS, QUEUE, RIS
from ingest.again.reader import Rereader
from ingest.again.reinterpret import Span, changes, read_again
from ingest.again.topic import Place
from ingest.clock import Clock, ClockMap, real_now_ms, write_clock
from ingest.connector import RawMessage
from ingest.events import encode
from ingest.events.billing import BillPaid, BillRefunded
from ingest.events.control import VisitMoved
from ingest.events.envelope import Event, Instant, Telling, assemble, kind_of
from ingest.interpret.teller import Source
from ingest.privacy import Pseudonyms, SiteKey
from ingest.raw import Sealer
from ingest.settings import Site, load_site
from orchestration.assets import PUBLISHED, ROWS, daily_kpis, key_of
from orchestration.definitions import definitions
from streams.house import house_rules
from streams.kpis import catalogue
from tests.integration.closing import write_site
from tests.rehearsed import Connectors
from tests.services_warehouse import EmbeddedProcess
from tests.timeline import at, retold, retraction
from warehouse.client import connect
from warehouse.late import late_days
from warehouse.marts import DayBuild
from warehouse.period_marts import build_touched
from warehouse.rows import store

FIRST = date(2025, 3, 24)  # a Monday
DAYS = [(FIRST + timedelta(days=n)).isoformat() for n in range(14)]
LATE, SILENT, MISTAKEN, HOLIDAY = DAYS[2], DAYS[3], DAYS[7:10], DAYS[11]
AMENDED_AT, REFUNDED_AT, MENDED_AT = at("09:00", DAYS[4]), at("10:00", DAYS[7]), at("10:00", DAYS[10])
SEED = 20250324
ZONE = ZoneInfo("Asia/Shanghai")
KEY, PSEUDONYMS = PrivateKey(b"f" * 32), Pseudonyms(SiteKey(b"f" * 32))
TWO_DAYS_MS = 2 * 24 * 3600 * 1000
RENAMED = '\n[codes.service_point_type]\npharmacy = "cashier"\n'
CALENDAR = '\n[calendar]\ncountry = "CN"\n'


def size_of(day: str, small: Size) -> Size:
    """A working day, a weekend's half, a holiday's few."""
    if day >= HOLIDAY:
        return dataclasses.replace(small, outpatients=max(4, small.outpatients // 10))
    half = small.outpatients // (1 if date.fromisoformat(day).weekday() < 5 else 2)
    return dataclasses.replace(small, outpatients=half)


class Hospital:
    """What its feeds tell, event by event as it arrives; and the raw messages of the queue."""

    def __init__(self, right: Site, mapped_by: Site, small: Size, days: Sequence[str]) -> None:
        self.sealer = Sealer(KEY.public_key)
        self.right, self.mapped_by = reader(right), reader(mapped_by)
        self.raw: list[tuple[Place, bytes]] = []
        source = Source(facility_id="H001", pseudonyms=PSEUDONYMS, zone=ZONE, codes=right.codes)
        self.told: dict[str, list[Event]] = {}
        for day in days:
            simulated = simulate(size_of(day, small), SEED, date.fromisoformat(day), ZONE)
            connectors = Connectors(source)
            said = wires(tell(simulated, SEED, ()), simulated.people)
            heard = (self._heard(each, day, connectors) for each in said if not is_never_told(each, day))
            self.told[day] = [event for events in heard for event in events]
        self.arriving = sorted(
            (event for events in (*self.told.values(), self._amended(), self._refunded()) for event in events),
            key=lambda event: event.ingested_at,
        )

    def _heard(self, wire: Wire, day: str, connectors: Connectors) -> Sequence[Event]:
        if not is_message(wire):
            return connectors.hear(wire)
        late = day == LATE and wire.source == LIS
        raw = RawMessage(body=wire.body, media_type="application/hl7-v2", received_at=wire.told_at + late * TWO_DAYS_MS)
        feed = FEED_OF[wire.source]
        sealed = self.sealer.seal(feed, raw)
        if wire.source != QUEUE or day not in MISTAKEN:
            return self.right.read(feed, sealed).events
        self.raw.append((Place(0, len(self.raw)), sealed))
        return self.mapped_by.read(feed, sealed).events

    def of(self, day: str, kind: str) -> list[Event]:
        """The events of a kind that were told of a day."""
        return [event for event in self.told.get(day, ()) if kind_of(event) == kind]

    def _amended(self) -> list[Event]:
        """On Friday: two visits of Wednesday are one; a consultation began later; another never was."""
        corrected, retracted = self.of(LATE, "consultation.started")[2:4]
        one, other = self.of(LATE, "consultation.started")[:2]
        moved = assemble(
            VisitMoved, _told(AMENDED_AT), Instant(AMENDED_AT, "second", 480), visit_id=one.visit_id,
            prior_visit_id=other.visit_id, to_patient_id=one.patient_id or "P",
        )  # fmt: skip
        again = retold(corrected, TWO_DAYS_MS, occurred_at=corrected.occurred_at + 5 * 60_000)
        words = (moved, again, retraction(retracted, TWO_DAYS_MS))
        return [msgspec.structs.replace(each, ingested_at=AMENDED_AT) for each in words]

    def _refunded(self) -> list[Event]:
        """On Monday, of Wednesday's payments."""
        paid = [event for event in self.of(LATE, "bill.paid") if isinstance(event, BillPaid) and event.amount][:2]
        return [
            assemble(
                BillRefunded, _told(REFUNDED_AT), Instant(REFUNDED_AT, "second", 480), visit_id=each.visit_id,
                bill_id=each.bill_id, payment_id=each.payment_id, refund_id=f"RF{number}", amount=each.amount,
            )
            for number, each in enumerate(paid)
        ]  # fmt: skip

    def rightly_told(self) -> list[Event]:
        """What would have been told had the mapping been right at once."""
        mistaken = {event.event_id for _, sealed in self.raw for event in self.mapped_by.read("queue", sealed).events}
        others = [event for event in self.arriving if event.event_id not in mistaken]
        return others + [event for _, sealed in self.raw for event in self.right.read("queue", sealed).events]

    def read_again(self) -> list[Event]:
        """What `hispulse reinterpret` adds, once the mapping is mended, to what had been told by then."""
        told = [encode(event) for event in self.arriving if event.ingested_at < MENDED_AT]
        whole = Span(from_ms=0, until_ms=1 << 60)
        found = changes(read_again(iter(self.raw), whole, self.right, [], MENDED_AT), lambda: iter(told))
        return [each.event for each in found]


def is_never_told(wire: Wire, day: str) -> bool:
    """What the silent radiology did."""
    return day == SILENT and wire.source == RIS


def reader(site: Site) -> Rereader:
    """The feeds of a site file."""
    return Rereader(site, KEY, Clock(), PSEUDONYMS)


def _told(at_ms: int) -> Telling:
    return Telling(facility_id="H001", source_system="HIS^DEMO", ingested_at=at_ms, sent_at=at_ms)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the fortnight is lived."""

    size: Size
    days: Sequence[str] = tuple(DAYS)
    kpis: Sequence[str] = ()  # none: all of them
    again: Mapping[str, Sequence[str]] | None = None  # morning → which of the late days are closed again; None: all


class Fortnight:
    """A warehouse to which the hospital's days are told, closed morning by morning."""

    def __init__(self, embedded: EmbeddedProcess, folder: Path, plan: Plan) -> None:
        self.settings = embedded.database(f"t_{secrets.token_hex(4)}")
        (folder / "mistaken").mkdir(parents=True)
        self.site_file = write_site(folder, self.settings, CALENDAR)
        self.site, self.plan = load_site(str(self.site_file)), plan
        mistaken = load_site(str(write_site(folder / "mistaken", self.settings, CALENDAR + RENAMED)))
        self.hospital = Hospital(self.site, mistaken, plan.size, plan.days)
        self.warehouse = connect(self.settings)
        self.outcomes: list[tuple[str, str, bool]] = []  # the morning, which day was closed, whether it was published
        self.late: dict[str, list[str]] = {}  # morning → the days that what was heard since the last one touches
        self._heard_until = 0

    def live(self, close: Close) -> None:
        """Every morning, from the first to the last."""
        for morning in (date.fromisoformat(DAYS[0]) + timedelta(days=n + 1) for n in range(len(DAYS))):
            self._wake(morning.isoformat(), close)
        build_touched(self.warehouse, self.site)

    def _wake(self, morning: str, close: Close) -> None:
        six, yesterday = at("06:00", morning), (date.fromisoformat(morning) - timedelta(days=1)).isoformat()
        since = self._heard_until
        self._hear(six)
        late = late_days(self.warehouse, house_rules(self.site), since) if self.outcomes else []
        self.late[morning] = [each.day for each in late]
        again = self.late[morning] if self.plan.again is None else self.plan.again.get(morning, ())
        for day in ([yesterday] if yesterday in self.plan.days else []) + [each for each in again if each != yesterday]:
            self.outcomes.append((morning, day, close(self, day, six)))

    def _hear(self, until: int) -> None:
        """Store what has arrived since the last morning."""
        since = self._heard_until
        store(self.warehouse, [e for e in self.hospital.arriving if since <= e.ingested_at < until])
        if since <= MENDED_AT < until:
            store(self.warehouse, self.hospital.read_again())
        self._heard_until = until


Close = Callable[[Fortnight, str, int], bool]


def in_steps(fortnight: Fortnight, day: str, now_ms: int) -> bool:
    """Close a day in the steps of the job, without what Dagster costs: build, check, publish unless withheld."""
    warehouse, site, facility = fortnight.warehouse, fortnight.site, fortnight.site.hospital.facility_id
    kpis = [catalogue()[code] for code in fortnight.plan.kpis]
    beside = comparable_days(warehouse, house_rules(site), day)
    build = DayBuild(warehouse, site, day, now_ms)
    build.make_rows()
    findings = check_events(warehouse, facility, site.hospital.zone, day)
    findings += check_feeds(warehouse, facility, site.hospital.zone, day, beside)
    findings += check_journeys(warehouse, facility, day)
    build.make_values(*kpis)
    findings += check_kpis(warehouse, facility, day, kpis, beside)
    keep(warehouse, findings, facility, day, f"{day} at {now_ms}", now_ms)
    if not is_withheld(findings):
        build.publish()
    return not is_withheld(findings)


def by_dagster(clock: Path, instance: dg.DagsterInstance) -> Close:
    """Close a day by the job of the schedule, but for what listens to Kafka; `clock` is what HISPULSE_CLOCK names."""
    keys = [ROWS, *(key_of(kpi) for kpi in daily_kpis()), PUBLISHED]

    def close(fortnight: Fortnight, day: str, now_ms: int) -> bool:
        write_clock(clock, ClockMap(real_now_ms(), now_ms, 1.0))
        job = definitions(fortnight.site).resolve_job_def("close_day")
        result = job.execute_in_process(
            partition_key=day, instance=instance, raise_on_error=False, asset_selection=keys
        )
        return bool(result.success)

    return close
