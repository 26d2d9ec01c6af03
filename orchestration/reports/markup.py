"""HTML put together safely: whatever is not already markup is escaped.

The same functions make the first page and every later change, so what is streamed is what was served.
"""

from __future__ import annotations

from html import escape


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


_VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})
Child = str | int | None


def el(tag: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element. `class_`, `for_` lose their underscore, inner ones become hyphens; None and False leave it out."""
    parts = [f"<{tag}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        shown = key.rstrip("_").replace("_", "-")
        parts.append(f" {shown}" if value is True else f' {shown}="{escape(str(value), quote=True)}"')
    parts.append(">")
    if tag not in _VOID:
        parts.extend(text(child) for child in children)
        parts.append(f"</{tag}>")
    return Markup("".join(parts))


def text(child: Child) -> str:
    """A child as markup."""
    if child is None:
        return ""
    return child if isinstance(child, Markup) else escape(str(child))


def join(*children: Child) -> Markup:
    """Several children in a row."""
    return Markup("".join(text(child) for child in children))
