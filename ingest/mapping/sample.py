"""The messages of a sample through a site's mapping: files, or a tail of the sealed raw log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nacl.public import PrivateKey

from ingest.again.reader import Rereader
from ingest.again.topic import all_of, nobody
from ingest.bus import RAW, BusSettings
from ingest.clock import Clock, real_now_ms
from ingest.connectors.files import Settings, files_feed, interpreter, read_file
from ingest.folders import files_in
from ingest.intake import take
from ingest.mapping.check import Check, Checked, activity_of
from ingest.mapping.heard import listening
from ingest.privacy import Pseudonyms
from ingest.raw import feed_of
from ingest.settings import Site


def check_files(
    site: Site, paths: Sequence[Path], clock: Clock, pseudonyms: Pseudonyms, feed: str | None = None
) -> Checked:
    """What files hold that the site file does not map. Raises Misconfigured."""
    listener, heard = listening(site)
    source = files_feed(listener, clock, pseudonyms, feed)
    interpret, check = interpreter(source), Check(site.codes, site.departments)
    csv = source.settings.csv if isinstance(source.settings, Settings) else None
    column = csv.activity if csv and csv.layout == "long" else ""
    heard.taken()  # what was asked while the description was read
    for path in files_in(paths):
        for message in read_file(path, source):
            outcome = take(message, interpret)
            check.take(outcome, heard.taken(), activity_of(message, column))
    checked = check.result()
    checked.feed = source.name
    return checked


def check_log(
    site: Site, key: PrivateKey, clock: Clock, pseudonyms: Pseudonyms, last_ms: int, feed: str | None = None
) -> Checked:
    """What the messages that came last hold, of all feeds or one. Raises Unavailable, Misconfigured."""
    listener, heard = listening(site)
    rereader = Rereader(listener, key, clock, pseudonyms)
    check = Check(site.codes, site.departments)
    for found in all_of(site.section("bus", BusSettings), [RAW], nobody, real_now_ms() - last_ms):
        name = feed_of(found.value)
        if name and feed in (None, name):
            outcome = rereader.read(name, found.value)
            check.take(outcome, heard.taken())
    return check.result()
