"""The vocabulary: every event type, found by looking in this folder.

A file here is a domain, and its name the topic: `queue.py` is written to `his.queue.v1`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache, reduce
from operator import or_
from typing import Any

import msgspec

from ingest.errors import Malformed
from ingest.events.envelope import Event, kind_of, place_of

_NOT_DOMAINS = {"envelope", "identity", "schemas"}


@cache
def domains() -> dict[str, tuple[type[Event], ...]]:
    """Domain name → its event types, in order of definition."""
    found: dict[str, tuple[type[Event], ...]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name in _NOT_DOMAINS:
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        kinds = tuple(
            v
            for v in vars(module).values()
            if isinstance(v, type) and issubclass(v, Event) and v.__module__ == module.__name__ and v.natural_key
        )
        if kinds:
            found[module_info.name] = kinds
    return found


@cache
def catalogue() -> dict[str, type[Event]]:
    """Event type name → class, e.g. `queue.joined` → QueueJoined."""
    return {kind_of(kind): kind for kinds in domains().values() for kind in kinds}


@cache
def domain_of(event_type: str) -> str:
    """The domain of an event type, e.g. `queue.joined` → `queue`."""
    return next(name for name, kinds in domains().items() if any(kind_of(k) == event_type for k in kinds))


@cache
def any_event() -> Any:
    """The union of all event types, for decoders: they tell them apart by `event_type`."""
    return reduce(or_, catalogue().values())


@cache
def _decoder() -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(any_event())


def decode(body: bytes) -> Event:
    """An event from its JSON. Raises Malformed naming the field, never its content."""
    try:
        event: Event = _decoder().decode(body)
    except msgspec.ValidationError as error:
        raise Malformed(f"illegal value: {place_of(error)}") from None
    except msgspec.DecodeError:
        raise Malformed("not JSON: $") from None
    return event


def encode(event: Event) -> bytes:
    """The event as JSON, one per Kafka message."""
    return msgspec.json.encode(event)
