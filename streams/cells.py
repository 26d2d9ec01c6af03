"""The finest cells of live values, and how they travel on `his.kpi.v1`.

A cell is a stage × series × dimensions × business day × five minutes. Cells hold partials that merge by addition,
so any reader rolls them up to the hospital's exact number from any number of workers.
"""

from __future__ import annotations

import msgspec

SLOT_MS = 5 * 60 * 1000


class CellKey(msgspec.Struct, frozen=True, array_like=True):
    """Which cell. `slot` is the bucket instant // five minutes, UTC."""

    stage: str
    series: str
    dims: tuple[str, ...]
    day: str
    slot: int


class Partial(msgspec.Struct, array_like=True, omit_defaults=False):
    """Absolute content of one cell as one shard sees it."""

    seconds: list[int] = []  # sorted; finished lengths in whole seconds (floor)
    sum_ms: int = 0
    waiting: list[tuple[int, int]] = []  # sorted (started_at, open_until) of unfinished rows
    excluded: dict[str, int] = {}  # reason → n
    rows: int = 0  # all rows of the cell
    hits: int = 0  # shares and dues: numerator (rows without `distinct`)
    trials: int = 0  # shares: denominator; dues: what of it has no length
    distinct: dict[str, bool] = {}  # shares that count a key once: key → in the numerator; trials and hits leave it out
    amount_hits: str = "0"  # decimal text
    amount_trials: str = "0"
    told: dict[int, int] = {}  # arrivals: minute of what may have come late → n
    latest: int = 0  # arrivals: the latest that was told, UTC ms


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """Value of a record keyed by `record_key`: all cells of one stage, business day and UTC hour."""

    shard: int
    epoch: int
    flush: int  # counts up within the epoch; readers apply whole flushes
    cells: list[tuple[CellKey, Partial]]


class FeedMark(msgspec.Struct, frozen=True, kw_only=True):
    """How far one source has come, in one shard."""

    source_system: str
    domain: str
    heard_at: int  # last ingested_at, UTC ms
    watermark: int  # max occurred_at − bound
    events: int
    lag_buckets: dict[int, int] = {}  # ingested_at − recorded_at: 1 % logarithmic buckets → n (today)


class ShardRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Value of a record keyed `<shard>`: closes a flush. Readers believe an epoch only once it has one of these."""

    shard: int
    epoch: int
    flush: int
    caught_up: bool
    offsets: dict[str, int]  # topic → next offset of this partition
    feeds: list[FeedMark] = []
    packs: list[str] = []  # every live pack's key; packs not named are gone
    versions: dict[str, str] = {}  # fold, catalogue
    broken: list[str] = []  # stages set aside after an event made their rule fail
    published_at: int = 0  # real time UTC ms, for latency only
    orphans: int = 0  # subjects for which no visit was found within 24 hours
    orphans_of: dict[str, int] = {}  # of these, by source and kind: `LIS^DEMO|order`
    beyond_horizon: dict[str, int] = {}  # day → corrections too old for the live fold: its mart restates it
    undecodable: int = 0  # records that could not be read
    owner: str = ""  # whose epoch it is: two that took it at the same moment can tell
    read: int = 0  # until it has caught up: of so many records of the log
    to_read: int = 0


def pack_name(key: CellKey) -> str:
    """The pack in which a cell travels, without its shard: `<stage>|<day>|<UTC hour>`."""
    return f"{key.stage}|{key.day}|{key.slot // 12}"


def record_key(shard: int, pack: str, epoch: int, part: int = 0) -> str:
    """`<shard>|<stage>|<day>|<UTC hour>|<epoch>`, and from the second record of a pack on `|<part>`.

    Every owner has keys of its own: what a late owner still says can never compact the words of a newer one away.
    """
    return f"{shard}|{pack}|{epoch}" + (f"|{part}" if part else "")


def epoch_of(key: str, value: bytes | None) -> int:
    """Whose word a record is; 0 where it does not say."""
    parts = key.split("|")
    if len(parts) > _EPOCH:
        return int(parts[_EPOCH])
    return decode_record(key, value).epoch if value is not None else 0


_EPOCH = 4  # its place in a key
_encoder = msgspec.msgpack.Encoder()
_pack_decoder = msgspec.msgpack.Decoder(Pack)
_shard_decoder = msgspec.msgpack.Decoder(ShardRecord)


def encode_record(record: Pack | ShardRecord) -> bytes:
    """A record of `his.kpi.v1` as bytes."""
    return _encoder.encode(record)


def decode_record(key: str, value: bytes) -> Pack | ShardRecord:
    """A record of `his.kpi.v1`: its key says which kind. Raises msgspec.MsgspecError."""
    return _pack_decoder.decode(value) if "|" in key else _shard_decoder.decode(value)
