"""A new site key: everybody waits for a moment, what was named so far is written down, and then the new key counts.

While the mark lies beside the key, the connectors of this machine stop to listen and take up again by themselves
afterwards; senders keep their messages meanwhile. The key before stays until `retire`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.aliases import Known, Past
from ingest.bus import ALIAS, CONTROL, BusSettings, Producer, consumer, ensure_topics, event_topic, read_to_end
from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.events import decode, domains
from ingest.events.control import FeedHeartbeat
from ingest.privacy import (
    ROTATING,
    Pseudonyms,
    SiteKeys,
    follow_site_key,
    forget_site_key,
    keys_directory,
    load_site_keys,
)

_DAY_MS = 86_400_000
LONGEST_RETURN_DAYS = 31  # of the measures of patients who come back soon; those over a year lose who stays away longer
SILENCE_S = 7.0  # two heartbeats
_PATIENCE_S, _LONG_S = 90.0, 86_400.0
_BLOCK = "known|"
_NAMES = re.compile(rb'"([0-9a-f]{32})"')

Say = Callable[[str], None]


def is_rotating(directory: Path | None = None) -> bool:
    """Is the key being changed right now? Then nothing may be named."""
    return ((directory or keys_directory()) / ROTATING).exists()


def _begun_by(place: Path) -> str:
    """Which command has begun to change the key and not ended, "rotate" or "retire"; "" when none has."""
    try:
        return (place / ROTATING).read_text("ascii") or "rotate"
    except FileNotFoundError:
        return ""


def _refuse_other(place: Path, command: str) -> None:
    """What one command has begun, the other must not take for its own."""
    if (begun := _begun_by(place)) not in ("", command):
        raise Misconfigured(f"The site key is being changed; wait, or finish it with: hispulse keys {begun}.")


def current_pseudonyms(bus: BusSettings, directory: Path | None = None) -> Pseudonyms:
    """Names under the site's key, with the aliases of earlier ones. Raises Misconfigured, Unavailable."""
    _refuse_other(directory or keys_directory(), "")
    keys = load_site_keys(directory)
    if keys.key.version == 1:
        return Pseudonyms(keys.key)
    blocks, aliases = _published(bus)
    if keys.before is None:
        return Pseudonyms(keys.key, Past(aliases))
    before = Pseudonyms(keys.before, Past(aliases))
    return Pseudonyms(keys.key, Past(aliases, before, Known.read(blocks.values()), keys.since or 0))


def rotate(bus: BusSettings, say: Say, directory: Path | None = None, silence_s: float = SILENCE_S) -> SiteKeys:
    """Make a new key count. Raises Misconfigured: a feed goes on, or the key before the last is still there."""
    place = directory or keys_directory()
    _refuse_other(place, "rotate")
    keys = load_site_keys(place)
    if (before := keys.before) is not None:
        if is_rotating(place):  # killed when all was done
            (place / ROTATING).unlink()
            return keys
        raise Misconfigured(
            f"The key of version {before.version} is still needed; first let go of it with: hispulse keys retire."
        )
    with _everybody_waits(bus, place, "rotate", silence_s, say):
        known = Known(_named(bus, say))
        _publish(bus, ((f"{_BLOCK}{n}", block) for n, block in enumerate(known.blocks())))
        say(f"{len(known)} pseudonyms keep their names")
        return follow_site_key(place, real_now_ms())


def retire(bus: BusSettings, say: Say, directory: Path | None = None, silence_s: float = SILENCE_S) -> SiteKeys:
    """Let go of the key before the last. Raises Misconfigured while something may still be open under it."""
    place = directory or keys_directory()
    _refuse_other(place, "retire")
    _refuse_early(bus, load_site_keys(place), goes_on=is_rotating(place))
    with _everybody_waits(bus, place, "retire", silence_s, say):
        kept = forget_site_key(place)
        blocks, aliases = _published(bus)
        _publish(bus, ((key, None) for key in blocks))
        say(f"{len(aliases)} aliases stay")
        return kept


def _refuse_early(bus: BusSettings, keys: SiteKeys, *, goes_on: bool) -> None:
    """There is a key to let go of, and nothing can be open under it; `goes_on`: it is gone already, not the rest."""
    if keys.before is None:
        if goes_on:
            return
        raise Misconfigured(f"There is no key before version {keys.key.version}.")
    days = max(bus.event_days, bus.raw_days, LONGEST_RETURN_DAYS)
    left_ms = (keys.since or 0) + days * _DAY_MS - real_now_ms()
    if left_ms > 0:
        raise Misconfigured(
            f"The key of version {keys.before.version} is needed for another {-(-left_ms // _DAY_MS)} days: "
            f"until {days} days after the rotation something may be open under it."
        )


@contextmanager
def _everybody_waits(bus: BusSettings, place: Path, command: str, silence_s: float, say: Say) -> Iterator[None]:
    """Inside, nobody names anything. Whoever is killed in here leaves the mark: the same command goes on from it."""
    ensure_topics(bus)
    mark = place / ROTATING
    mark.write_text(command, "ascii")
    try:
        say("waiting until no feed speaks")
        _wait_for_silence(bus, silence_s)
        yield
    finally:
        mark.unlink()


def _wait_for_silence(bus: BusSettings, silence_s: float) -> None:
    reader = consumer(bus, [CONTROL], partitions=[0], from_end=True)
    try:
        for _ in read_to_end(reader):
            pass
        deadline = time.monotonic() + _PATIENCE_S
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < silence_s:
            beating = {_feed(r.value) for records in reader.poll(timeout_ms=200).values() for r in records} - {""}
            if beating:
                quiet_since = time.monotonic()
            if beating and time.monotonic() > deadline:
                raise Misconfigured(
                    f"Feeds still speak: {', '.join(sorted(beating))}. Stop the connectors of other machines "
                    "(senders keep their messages), then run this again."
                )
    finally:
        reader.close()


def _feed(value: bytes) -> str:
    event = decode(value)
    return event.feed or "" if isinstance(event, FeedHeartbeat) else ""


def _named(bus: BusSettings, say: Say) -> Iterator[int]:
    """The beginning of every pseudonym that is on the topics."""
    for topic in sorted({event_topic(domain) for domain in domains()} | {CONTROL}):
        reader, found = consumer(bus, [topic], bare=True), set[int]()
        try:
            for record in read_to_end(reader, _LONG_S):
                found.update(int(name[:16], 16) for name in _NAMES.findall(record.value or b""))
        finally:
            reader.close()
        say(f"{topic}: {len(found)} pseudonyms")
        yield from found


def _published(bus: BusSettings) -> tuple[dict[str, bytes], dict[str, str]]:
    """(blocks of what was known at the last rotation, aliases), as the topic has them."""
    blocks: dict[str, bytes] = {}
    aliases: dict[str, str] = {}
    reader = consumer(bus, [ALIAS])
    try:
        for record in read_to_end(reader, _LONG_S):
            key = (record.key or b"").decode()
            if not key.startswith(_BLOCK):
                aliases[key] = (record.value or b"").decode()
            elif record.value is None:
                blocks.pop(key, None)
            else:
                blocks[key] = record.value
    finally:
        reader.close()
    return blocks, aliases


def _publish(bus: BusSettings, records: Iterable[tuple[str, bytes | None]]) -> None:
    producer = Producer(bus)
    try:
        for key, value in records:
            producer.send(ALIAS, key, value)
        producer.flush(60.0)
    finally:
        producer.close()
