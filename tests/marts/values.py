"""A KPI's values as the fold and as the mart say them, in one shape to be compared."""

from __future__ import annotations

from typing import Any

from streams.kpis.aggregate import Value

Place = tuple[str, int | None, str, tuple[tuple[str, str], ...]]


def place_of(row: dict[str, Any]) -> Place:
    return (row["day"].isoformat(), row["hour"], row["series"], tuple(sorted(row["dims"].items())))


def says(value: Value) -> bool:
    return bool(value.n or value.excluded or value.waiting)


def expected(value: Value) -> dict[str, Any]:
    return {
        "n": value.n, "value": value.value, "mean": value.mean, "p50": value.p50, "p90": value.p90,
        "sum_ms": value.sum_ms, "shares": value.shares, "num": value.num, "den": value.den,
        "amount_num": value.amount_num, "amount_den": value.amount_den, "excluded": value.excluded,
        "waiting": value.waiting, "completeness": value.completeness,
    }  # fmt: skip


def published(row: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: None if row[name] is None else _plain(row[name]) for name in ("amount_num", "amount_den")}
    counted = {**row, **amounts, "excluded": dict(sorted(row["excluded"].items()))}
    return {name: counted[name] for name in expected(Value(kpi=""))}


def _plain(amount: Any) -> str:
    text = format(amount.normalize(), "f")
    return "0" if text in ("-0", "0") else text
