"""The watch: the process that reads live values, heartbeats and acknowledgements, and writes incidents.

Of several that run for a site one writes, the others stand by (turn.py). All that it knows of incidents lies in
`his.alert.v1`; when Kafka was away it begins anew from there. The webhook has a thread of its own: nobody
waits for it.
"""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections.abc import Iterable

import msgspec
import structlog

from ingest.bus import KPI, BusSettings, ensure_topics
from ingest.clock import Clock, load_clock, real_now_ms
from ingest.errors import Unavailable
from ingest.feeds import feed_settings
from ingest.settings import Site
from streams import gauges
from streams.alerts.courier import Courier, courier
from streams.alerts.course import GAP_MS, Changes, Course
from streams.alerts.incident import Incident, Incidents, OnWatch, Record, keys_of
from streams.alerts.lines import Lines, hear
from streams.alerts.listening import Listening
from streams.alerts.notice import Facility, due
from streams.alerts.readings import Moment, readings, watched
from streams.alerts.says import names
from streams.alerts.settings import AlertSettings
from streams.alerts.turn import is_ours, let_go, take_turn
from streams.feeds import Heartbeats, heard
from streams.live import LiveValues
from streams.usual import Rates

log = structlog.get_logger()
_DAY_MS = 24 * 3_600_000
_POLL_S = 0.25
PRESENT_EVERY_S = 5.0  # how often it says that it watches


class Watch:
    """What is known, and what follows from it at an instant. Knows of no Kafka."""

    def __init__(self, site: Site, clock: Clock, shards: int, known: Incidents) -> None:
        self._watched, self._clock, self._known = watched(site), clock, known
        self._settings = site.section("alerts", AlertSettings)
        self._names = names(site)
        hospital = site.hospital
        self._facility = Facility(hospital.facility_id, hospital.zh, hospital.en, hospital.rehearsal)
        self.live = LiveValues(self._watched.house, shards)
        self.beats, self.rates = Heartbeats(real_now_ms()), Rates(self._watched.calendar, known.usual.values())
        self._listening = Listening(feed_settings(site), self._watched.calendar, self.beats, self.rates)
        self._course = Course(hospital.facility_id, self._watched.rules, known)
        self.owner = uuid.uuid4().hex[:12]

    def take(self, records: Iterable[tuple[str, bytes | None]]) -> None:
        """Records of live values, in order within their partitions. Of each key the last is enough."""
        newest: dict[str, bytes | None] = {}
        for key, value in records:
            newest.pop(key, None)
            newest[key] = value
        for key, value in newest.items():
            try:
                self.live.apply(key, value)
            except (msgspec.MsgspecError, ValueError):
                log.warning("unreadable record", topic=KPI)

    def moment(self, real_ms: int) -> Moment:
        """Everything but the numbers, as it is known now."""
        marks = [mark for mark in self.live.feeds() if mark.domain != "control"]
        feeds = self._listening.look(marks, self._clock, real_ms, catching_up=self.live.catching_up)
        silent_for_ms = real_ms - (self.live.spoken_at or real_ms)
        return Moment(at=self._clock.at(real_ms), feeds=feeds, told=heard(marks), silent_for_ms=silent_for_ms)

    def look(self, real_ms: int) -> Changes:
        """What follows from what is known at a real instant."""
        if not self.live.published_at:
            return Changes()  # nothing has ever been heard: nothing can have ended
        moment = self.moment(real_ms)
        self._course.gap_ms = max(GAP_MS, round(20 * self._settings.every_s * 1000 * self._clock.rate))
        unfinished = [each for each in self._known.known.values() if each.state != "closed"]
        found = self._course.observe(readings(self._watched, self.live, moment, unfinished))
        gone = self._course.withdrawn(moment.at)
        return Changes((*found.incidents, *gone.incidents), (*found.dropped, *gone.dropped))

    def presence(self, real_ms: int) -> OnWatch:
        """The word that somebody watches."""
        return OnWatch(real_at=real_ms, at=self._clock.at(real_ms), rules=len(self._watched.rules), owner=self.owner)

    def forgotten(self, real_ms: int) -> list[str]:
        """The keys of what was over so long ago that it leaves the list."""
        before = self._clock.at(real_ms) - self._settings.keep_days * _DAY_MS
        old = [each.id for each in self._known.known.values() if each.closed_at is not None and each.closed_at < before]
        return [key for each in old for key in keys_of(each)]

    def tell(self, to: Courier, real_ms: int) -> None:
        """Offer the courier whatever is still to be told."""
        lasts_ms = self._settings.webhook.give_up_after_s * 1000 * max(self._clock.rate, 1.0)
        not_before = round(self._clock.at(real_ms) - lasts_ms)
        for each in self._known.told:
            taken, sent = self._known.acknowledged.get(each.id), self._known.deliveries.get(each.id)
            to.offer(due(each, taken, sent, not_before, self._facility, self._names), sent)


def run(site: Site, stop: threading.Event) -> None:
    """Watch until `stop`. Raises Misconfigured before it has begun."""
    settings, bus = site.section("alerts", AlertSettings), site.section("bus", BusSettings)
    watched(site)
    post = courier(site, settings.webhook)
    thread = post.run(stop) if post else None
    while not stop.is_set():
        try:
            ensure_topics(bus)
            with contextlib.closing(Lines(bus)) as lines:
                _watch(site, settings, lines, post, stop)
        except Unavailable as reason:
            log.warning("no bus", reason=str(reason))
            stop.wait(1.0)
    if thread is not None:
        thread.join(timeout=settings.webhook.timeout_s + 1)


def _watch(site: Site, settings: AlertSettings, lines: Lines, post: Courier | None, stop: threading.Event) -> None:
    known = Incidents()
    hear(known, lines.all_incidents())
    watch = Watch(site, load_clock(), lines.shards, known)
    if not is_ours(known.watch, watch.owner, real_now_ms()):
        log.info("another watch is on duty; standing by")
    if not take_turn(lines, known, watch.presence(real_now_ms()), stop):
        return
    watch.take(lines.all_values())
    next_look = next_word = 0.0
    while not stop.is_set():
        _hear(watch, lines, known)
        if not is_ours(known.watch, watch.owner, real_now_ms()):
            log.warning("another watch has taken over; standing by")
            return
        if time.monotonic() < next_look:
            continue
        next_look = time.monotonic() + settings.every_s
        real_ms = real_now_ms()
        changes = watch.look(real_ms)
        news = _news(changes.incidents, known)
        told: list[Record] = [*changes.incidents, *watch.rates.news(), *(post.said() if post else ())]
        if time.monotonic() >= next_word:
            next_word = time.monotonic() + PRESENT_EVERY_S
            told.append(watch.presence(real_ms))
        lines.write(told, [*changes.dropped, *watch.forgotten(real_ms)], known)
        for incident in news:
            _log(incident)
        gauges.INCIDENTS.set(len(known.open))
        if post is not None:
            watch.tell(post, real_ms)
            gauges.UNDELIVERED.set(sum(1 for each in known.deliveries.values() if each.failing or each.given_up))
    let_go(lines, known, watch.presence(real_now_ms()))


def _hear(watch: Watch, lines: Lines, known: Incidents) -> None:
    watch.take(lines.values(_POLL_S))
    for source in lines.heartbeats():
        watch.beats.beat(source, real_now_ms())
    # All else only who has the turn writes, and knows best.
    hear(known, (told for told in lines.incidents() if told[0] == "watch" or told[0].startswith("ack|")))


def _news(incidents: Iterable[Incident], known: Incidents) -> list[Incident]:
    """Those that have opened or closed just now."""
    states = {id_: each.state for id_, each in known.known.items()}
    return [each for each in incidents if each.state not in ("pending", states.get(each.id))]


def _log(incident: Incident) -> None:
    where = ",".join(f"{dim}={value}" for dim, value in incident.where)
    log.info("incident", id=incident.id, rule=incident.rule, where=where, state=incident.state)
