"""What a check saw and what it had expected, as people say it: `54 项中 7 项：投诉受理 1、…`, `0.5–2`. Pure."""

from __future__ import annotations

import re

from ingest.events import catalogue
from orchestration.reports.words import say
from orchestration.reports.writing import Language, listed, number, pick

_COUNTED = re.compile(r"(\d+) of (\d+)(?:: (.*))?", re.DOTALL)
_FIGURE = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
_BETWEEN = re.compile(r"≥ (\S+) and ≤ (\S+)")


def observed_text(observed: str, lang: Language) -> str:
    """What a check saw, without the engine's own way of saying it: `所见 74.8`; "" where that says nothing."""
    if not observed or observed == "null":
        return ""
    if (plain := _PLAIN.get(observed)) is not None:
        return say(lang, plain)
    counted = _COUNTED.fullmatch(observed)
    if counted is None:
        return say(lang, "seen", values=_value(observed))
    broken, of, told = counted.groups()
    named = [_item(item, lang) for item in (told or "").strip("[]").split(", ") if item]
    if named and all(_FIGURE.fullmatch(item) for item in named):  # figures without names
        return say(lang, "seen", values=listed(list(dict.fromkeys(named)), lang))
    said = say(lang, "seen_of", broken=broken, of=of)
    colon = "：" if lang == "zh" else ": "
    more = say(lang, "seen_more") if len(named) < int(broken) else ""
    return said + (colon + listed(named, lang) + more if named else "")


def expected_text(expected: str, lang: Language) -> str:
    """What was expected: `≥ 95`, `0.5–2`, `词汇表中的 78 个值之一`."""
    if expected == "not null":
        return say(lang, "checks_not_null")
    if expected.startswith("one of "):
        return say(lang, "checks_one_of", n=expected.split()[2])
    if (between := _BETWEEN.fullmatch(expected)) is None:
        return expected
    low, high = between.groups()
    return low if low == high else f"{low}–{high}"


_PLAIN = {"no row": "seen_no_row", "could not be evaluated": "seen_nothing"}


def _item(item: str, lang: Language) -> str:
    """`bill.paid 0.2` with the event's name in words; what is no event stands as it is."""
    name, _, value = item.rpartition(" ")
    kind = catalogue().get(name)
    said = pick(kind.title, lang) if kind else name
    return f"{said} {_value(value)}".strip()


def _value(text: str) -> str:
    return number(float(text), 3) if _FIGURE.fullmatch(text) else text
