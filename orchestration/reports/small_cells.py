"""Small cells: what leaves the hospital tells nothing of fewer than ten, nor lets anybody work it out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

LEAST = 10  # specification 1.4, for everything that is exported


def is_small(n: int) -> bool:
    """Whether so few could be recognised; nobody at all can be told."""
    return 0 < n < LEAST


def counted(n: int) -> str:
    """A count as it may be told."""
    return f"<{LEAST}" if is_small(n) else f"{n:,}"


def withheld(parts: Mapping[str, int], telling: Collection[str] = ()) -> set[str]:
    """Which parts of a known total are not told: the small ones, those that tell too much otherwise, and where one of
    them could be worked out from the total and the others, the next smallest as well."""
    hidden = {part for part, n in parts.items() if is_small(n)} | set(telling)
    if hidden and (len(hidden) == 1 or sum(parts[part] for part in hidden) < LEAST):
        rest = sorted((n, part) for part, n in parts.items() if part not in hidden and n)
        hidden |= {part for _, part in rest[:1]}
    return hidden
