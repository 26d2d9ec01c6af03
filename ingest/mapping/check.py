"""What a sample holds that the site file does not map: codes, departments, activities; and what becomes of the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec

from ingest.connector import RawMessage
from ingest.events import catalogue
from ingest.events.envelope import Event, Part, kind_of
from ingest.intake import Outcome, missing_fields
from ingest.interpret.codes import harmless, legal_codes, plain, translated
from ingest.interpret.reading import VISIT_CLASSES
from ingest.interpret.tabular import Record
from ingest.mapping.event_names import event_named
from ingest.mapping.heard import Asked
from ingest.mapping.names import called, nearest
from ingest.settings import Department

_SILENT = ("visit_class", "sex")  # read without a flag where nobody knows the code
RARE = 3  # what is seen less often and is no plain code may be somebody's name
_DEPARTMENTS = ("科", "室", "部", "中心", "病区", "门诊", "医院")  # how their names end


class Unmapped(msgspec.Struct, frozen=True, kw_only=True):
    """A code that the site file does not map."""

    field: str  # "dept": a department; "activity": of a long CSV; else a field of the vocabulary
    raw: str
    n: int  # messages
    suggestion: str | None = None

    @property
    def is_shown(self) -> bool:
        """May it be printed? A code comes again and again, a name that stands in the wrong place does not."""
        if harmless(self.raw) or self.n >= RARE or self.suggestion is not None:
            return True
        return self.field == "dept" and self.raw.endswith(_DEPARTMENTS)


class Checked(msgspec.Struct, kw_only=True):
    """What a sample comes to."""

    feed: str = "<name>"  # of files: whose section its activities belong to
    messages: int = 0
    events: Counter[str] = msgspec.field(default_factory=Counter)  # event type → how many
    aside: Counter[tuple[str, str]] = msgspec.field(default_factory=Counter)  # (outcome, reason) → how many
    missing: Counter[str] = msgspec.field(default_factory=Counter)  # "event field" → how many
    unmapped: list[Unmapped] = []


class Check:
    """Takes a sample's messages one after the other."""

    def __init__(self, codes: Mapping[str, Mapping[str, str]], departments: Mapping[str, Department]) -> None:
        self._codes, self._departments = codes, departments
        self._found: Counter[tuple[str, str]] = Counter()
        self._told = Checked()

    def take(self, outcome: Outcome, asked: Asked, activity: str = "") -> None:
        """A message's outcome, the codes that were looked up for it, and the activity of its row."""
        self._told.messages += 1
        self._told.events.update(kind_of(event) for event in outcome.events)
        for event in outcome.events:
            self._told.missing.update(missing_fields(event))
        for kind, reason in (("ignored", outcome.ignored), ("malformed", outcome.malformed)):
            if reason:
                self._told.aside[kind, reason] += 1
        self._told.aside.update(("future", kind_of(event)) for event in outcome.future)
        flagged = _flagged(outcome.events)
        for field, raw in asked:
            if raw and self._is_unmapped(field, raw, flagged):
                self._found[field, raw] += 1
        if activity and outcome.ignored:
            self._found["activity", activity] += 1

    def result(self) -> Checked:
        """What was found, most first within a field."""
        ranked = sorted(self._found.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
        self._told.unmapped = [
            Unmapped(field=field, raw=raw, n=n, suggestion=self._suggestion(field, raw)) for (field, raw), n in ranked
        ]
        return self._told

    def _is_unmapped(self, field: str, raw: str, flagged: set[str]) -> bool:
        if field == "dept":
            ours = self._codes.get("dept", {}).get(raw) or (raw if plain(raw) else None)
            return ours is None or ours not in self._departments
        if field not in flagged and field not in _SILENT:
            return False
        return not any(translated(field, raw, legal, self._codes)[1] for legal in _legal(field) or (None,))

    def _suggestion(self, field: str, raw: str) -> str | None:
        if field == "activity":
            return event_named(raw)
        if field == "dept":
            return nearest(raw, {code: (each.zh, each.en) for code, each in self._departments.items()})
        known = {code for legal in _legal(field) for code in legal}
        named = {code: called(field, code) for code in sorted(known)}
        for told, ours in self._codes.get(field, {}).items():
            if ours:
                named[ours] = (*named.get(ours, ()), told)
        return nearest(raw, named)


def activity_of(message: RawMessage, column: str) -> str:
    """What a row of a long CSV says happened."""
    try:
        return msgspec.json.decode(message.body, type=Record).row.get(column, "") if column else ""
    except msgspec.MsgspecError:
        return ""


def _flagged(events: Iterable[Event]) -> set[str]:
    flags = (flag for event in events for flag in event.quality_flags)
    return {flag.removeprefix("unmapped:") for flag in flags if flag.startswith("unmapped:")}


@cache
def _legal(field: str) -> tuple[frozenset[str], ...]:
    """The sets of codes that a field may have, by the event types that have it."""
    kinds = [kind for kind in (*catalogue().values(), *Part.__subclasses__()) if field in kind.__struct_fields__]
    told = {codes for kind in kinds if (codes := legal_codes(kind, field))}
    return (*told, VISIT_CLASSES) if field == "visit_class" else tuple(told)
