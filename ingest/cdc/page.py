"""Records of change capture as raw messages: each with its place, and with the rows that it tells its fact with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ingest.cdc.order import Order
from ingest.cdc.server import Server
from ingest.cdc.standing import Key, Rows, keys, standing
from ingest.connector import RawMessage
from ingest.interpret.changes import Change, Origin, Tables

MEDIA_TYPE = "application/json"
_change = msgspec.json.Decoder(Change)


class Page(NamedTuple):
    """What a batch of records says, and the order after it."""

    messages: list[RawMessage]
    order: Order


class _Told(NamedTuple):
    """A record that is a change."""

    value: bytes
    place: int
    facts: list[tuple[int, Key]]  # (mapping of its table, fact)
    table: str


def page(values: Iterable[bytes | None], order: Order, tables: Tables, server: Server, received_at: int) -> Page:
    """The messages of a batch. Raises Unavailable or Misconfigured when rows that go together cannot be asked for."""
    told: list[_Told] = []
    for value in values:
        if value is None or b'"op":' not in value:  # a tombstone; a heartbeat
            continue
        try:
            payload = _change.decode(value).payload
        except msgspec.DecodeError:
            told.append(_Told(value, 0, [], ""))
            continue
        order, place = order.place(payload.source)
        told.append(
            _Told(value, place, _facts(payload.source, tables, payload.before, payload.after), payload.source.name)
        )
    rows = _standing(told, tables, server)
    return Page([_message(each, rows, received_at) for each in told], order)


def _facts(origin: Origin, tables: Tables, *rows: dict[str, object] | None) -> list[tuple[int, Key]]:
    return [(number, key) for number, table in enumerate(tables.get(origin.name, ())) for key in keys(table, *rows)]


def _standing(told: Sequence[_Told], tables: Tables, server: Server) -> dict[tuple[str, int, Key], Rows]:
    wanted: dict[tuple[str, int], set[Key]] = {}
    for each in told:
        for number, key in each.facts:
            wanted.setdefault((each.table, number), set()).add(key)
    found: dict[tuple[str, int, Key], Rows] = {}
    for (name, number), facts in wanted.items():
        for key, rows in standing(server, tables[name][number], facts).items():
            found[name, number, key] = rows
    return found


def _message(told: _Told, rows: dict[tuple[str, int, Key], Rows], received_at: int) -> RawMessage:
    beside = [{"mapping": number, "rows": rows[told.table, number, key]} for number, key in told.facts]
    together = b',"together":' + msgspec.json.encode(beside) if beside else b""
    body = b'{"place":%d,"change":%b%b}' % (told.place, told.value, together)
    return RawMessage(body=body, media_type=MEDIA_TYPE, received_at=received_at)
