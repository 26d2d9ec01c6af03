"""One measured figure: ours, a peer's of the same run, and the budget it is held against."""

from __future__ import annotations

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. `ratio` says how many times better than the peer, whether more or less is better."""

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    ratio: float | None = None
    budget: str = ""
    met: bool | None = None  # None: no budget, only reported


def more_is_better(
    name: str,
    value: float,
    unit: str,
    *,
    floor: float | None = None,
    peer: str = "",
    peer_value: float | None = None,
    ratio_floor: float | None = None,
) -> Figure:
    """A rate, with a floor of its own or one for its ratio to the peer."""
    ratio = value / peer_value if peer_value else None
    budgets = [f"≥ {amount(floor)}"] if floor is not None else []
    budgets += [f"≥ {amount(ratio_floor)}×"] if ratio_floor is not None else []
    reached = [value >= floor] if floor is not None else []
    reached += [ratio is not None and ratio >= ratio_floor] if ratio_floor is not None else []
    return _figure(name, value, unit, peer, peer_value, ratio, budgets, reached)


def less_is_better(
    name: str, value: float, unit: str, *, ceiling: float | None = None, peer: str = "", peer_value: float | None = None
) -> Figure:
    """A duration or a size, with a ceiling."""
    ratio = peer_value / value if peer_value is not None and value else None
    budgets = [f"≤ {amount(ceiling)}"] if ceiling is not None else []
    reached = [value <= ceiling] if ceiling is not None else []
    return _figure(name, value, unit, peer, peer_value, ratio, budgets, reached)


def _figure(
    name: str,
    value: float,
    unit: str,
    peer: str,
    peer_value: float | None,
    ratio: float | None,
    budgets: list[str],
    reached: list[bool],
) -> Figure:
    return Figure(
        name=name,
        value=round(value, 3),
        unit=unit,
        peer=peer,
        peer_value=None if peer_value is None else round(peer_value, 3),
        ratio=None if ratio is None else round(ratio, 2),
        budget=", ".join(budgets),
        met=all(reached) if reached else None,
    )


def amount(number: float) -> str:
    """A number as people read it: three digits that matter, thousands apart."""
    if abs(number) >= 100:
        return f"{number:,.0f}".replace(",", " ")
    return f"{number:.3g}"
