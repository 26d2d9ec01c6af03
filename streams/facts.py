"""Facts: events reduced to what some rule reads, which is what a scope's state keeps of them.

Which fields those are says `KEPT` in kept.py. Times stay UTC milliseconds, amounts become decimal text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from functools import cache, reduce
from operator import attrgetter, or_
from typing import TYPE_CHECKING, Any, NamedTuple, get_type_hints

import msgspec

from ingest.events.envelope import Event
from streams.kept import KEPT, NAMED, Says

ID_LENGTH = 32  # of an event id's 64 hex digits: enough to tell facts apart, and half the state


class Fact(Says, msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One telling of one fact, as far as rules read it. Every event type has a class of its own, see `kept`."""

    revision: str
    at: int
    retracted: bool = False
    timed: bool = True  # a time of day precision neither starts nor ends a stage
    placed: bool = True  # in this visit, as the journey's last word has it
    link: str = ""

    def __getattr__(self, name: str) -> Any:
        """What facts of this type do not say."""
        if name not in _SAID:
            raise AttributeError(name)
        return () if name == "ref_ids" else None


_SAID: dict[str, Any] = {name: said for name, said in get_type_hints(Says).items() if name != "type"}


def _class_of(event_type: str) -> type[Fact]:
    made = msgspec.defstruct(
        event_type,
        [(name, _SAID[name], () if name == "ref_ids" else None) for name in KEPT[event_type]],
        bases=(Fact,),
        tag=event_type,
        frozen=True,
        array_like=True,
        gc=False,
        namespace={"type": event_type},
    )
    assert issubclass(made, Fact)
    return made


_CLASSES: dict[str, type[Fact]] = {event_type: _class_of(event_type) for event_type in KEPT}

if TYPE_CHECKING:
    AnyFact = Fact
else:
    AnyFact = reduce(or_, _CLASSES.values())  # msgspec must see the classes to tell them apart by tag


class Kept(NamedTuple):
    """How an event of one type becomes a fact."""

    make: type[Fact]
    read: Callable[[Event], tuple[Any, ...]]


@cache
def kept(event_type: str) -> Kept:
    """How an event of a type becomes a fact."""
    return Kept(_CLASSES[event_type], _reader(event_type, KEPT[event_type]))


def _reader(event_type: str, names: tuple[str, ...]) -> Callable[[Event], tuple[Any, ...]]:
    attributes = [NAMED.get((event_type, name), name) for name in names]
    richer = [(n, _RICHER[name]) for n, name in enumerate(attributes) if name in _RICHER]
    read = _attributes(attributes)
    if not richer:
        return read

    def reduced(event: Event) -> tuple[Any, ...]:
        values = list(read(event))
        for n, lighten in richer:
            values[n] = lighten(values[n])
        return tuple(values)

    return reduced


def _attributes(names: list[str]) -> Callable[[Event], tuple[Any, ...]]:
    if len(names) == 1:
        single = attrgetter(names[0])
        return lambda event: (single(event),)
    return attrgetter(*names) if names else lambda _: ()


def fact_of(event: Event, how: Kept, placed: bool = True, link: str = "") -> Fact:
    """The fact that an event tells."""
    return how.make(
        event.revision,
        event.occurred_at,
        event.op == "retract",
        event.occurred_precision != "day",
        placed,
        link,
        *how.read(event),
    )


def money(amount: Decimal) -> str:
    """An amount as text without trailing zeros, never with an exponent: `100`, `12.5`."""
    return format(amount.normalize(), "f")


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def _main_channel(parts: Iterable[Any]) -> str | None:
    """The channel that paid the largest part; of equal ones the first by name."""
    ranked = sorted((-(part.amount or 0), part.channel or "") for part in parts)
    return (ranked[0][1] or None) if ranked else None


def _satisfied(answers: Iterable[Any]) -> int | None:
    """Of the valid items, the share with at least 80 % of their scale, in billionths; None when none is valid."""
    valid = [(item.score, item.scale) for item in answers if item.score is not None and (item.scale or 0) > 0]
    content = sum(5 * score >= 4 * scale for score, scale in valid)
    return round(Fraction(1_000_000_000 * content, len(valid))) if valid else None


# What is read from a richer value: the attribute of the event, and what a fact keeps of it.
_RICHER: dict[str, Callable[[Any], Any]] = {
    "amount": _money,
    "fee_amount": _money,
    "parts": _main_channel,
    "answers": _satisfied,
}
