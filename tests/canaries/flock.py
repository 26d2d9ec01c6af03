"""A hospital of canaries: a site with all six ways in, and messages of every kind for each of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from ingest.clock import Clock
from ingest.connector import Interpret, RawMessage
from ingest.feeds import Feed, connector_kinds, open_feed
from ingest.interpret.records import EVENT
from ingest.interpret.tabular import Record
from ingest.interpret.view_columns import COLUMNS
from ingest.privacy import Pseudonyms, SiteKey
from ingest.settings import Site
from ingest.tables import ROW
from ingest.web.senders import hash_of
from tests.canaries.spoken import spoken
from tests.canaries.written import COLUMNS_OF_A_FILE, change, line, record, resource, row

TOKEN = "hisp_a-token-of-the-tests"
HEARD_AT = 1_741_132_380_000  # 2025-03-05 07:53
_DOOR = f'port = 0\ntoken_sha256 = ["{hash_of(TOKEN)}"]\nmax_requests_per_minute = 10000000\nanswer_s = 300'
_TABLES = "\n".join(
    f'[[feeds.changes.tables]]\ntable = "his.{view}"\nview = "{view}"\n'
    f"columns = {{ {', '.join(f'{name} = {chr(34)}{name}{chr(34)}' for name in ('src_pk', *columns))} }}"
    for view, columns in COLUMNS.items()
)
FEEDS = f"""
[feeds.his]
kind = "mllp"
source_system = "HIS^DEMO"
port = 0
max_connections_per_peer = 200
[feeds.fhir]
kind = "fhir"
source_system = "FHIR^DEMO"
{_DOOR}
[feeds.views]
kind = "sql"
source_system = "ED^DEMO"
dsn = "host=127.0.0.1 dbname=hospital user=reader"
views = ["v_ed"]
[feeds.changes]
kind = "cdc"
source_system = "LIS^DEMO"
dsn = "host=127.0.0.1 dbname=hospital user=reader"
{_TABLES}
[feeds.calls]
kind = "rest"
source_system = "QUEUE^DEMO"
{_DOOR}
[feeds.folder]
kind = "files"
source_system = "RIS^DEMO"
paths = ["nowhere"]
[feeds.folder.csv]
layout = "long"
activity = "步骤"
time = "时间"
visit = "就诊号"
patient = "病人号"
[[feeds.folder.csv.events]]
activity = "接诊"
event = "consultation.started"
fields = {{ doctor_id = "医生", room_id = "诊室" }}
[codes.dept]
"0301" = "CARD"
[codes.kind]
RESUS = "resus"
3606 = "balloon"
[codes.pathway]
TPA = "stroke"
HEADCT = "stroke"
[codes.channel]
WX = "wechat"
""".replace('\nkind = "', '\nmalformed_limit = 1.0\nkind = "')
# Of so many messages of a hospital, so many come by each way.
WAYS = {"his": 10, "fhir": 2, "views": 3, "changes": 2, "calls": 2, "folder": 1}


def feeds_of(site: Site) -> dict[str, Feed]:
    """All feeds of the site, under a key of the tests'."""
    return {name: open_feed(site, name, Clock(), Pseudonyms(SiteKey(b"k" * 32))) for name in WAYS}


def interpreter_of(feed: Feed) -> Interpret:
    """The feed's own interpreter."""
    found: Interpret = connector_kinds()[feed.settings.kind].interpreter(feed)
    return found


def messages(way: str, many: int, seed: int, first: int = 0) -> Iterator[RawMessage]:
    """So many messages of a way, as its connector takes them; the same for the same seed."""
    for number in range(first, first + many):
        dice = Random(f"{seed}/{way}/{number}")
        yield RawMessage(body=_body(way, number, dice), media_type=_MEDIA[way], received_at=HEARD_AT)


_MEDIA = {
    "his": "application/hl7-v2",
    "fhir": "application/fhir+json",
    "views": "application/json",
    "changes": "application/json",
    "calls": EVENT,
    "folder": ROW,
}
_MADE = {"fhir": resource, "views": row, "changes": change, "calls": record}


def _body(way: str, number: int, dice: Random) -> bytes:
    if way == "his":
        return spoken(number, dice)[0]
    if way == "folder":
        told = dict(zip(COLUMNS_OF_A_FILE, line(number, dice), strict=False))
        return msgspec.json.encode(Record(number + 2, told))
    body = msgspec.json.encode(_MADE[way](number, dice))
    return body if dice.random() < 0.95 else body[: dice.randrange(len(body))]
