"""A site's code maps that remember which codes were looked up in them."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping

from ingest.settings import Site

Asked = set[tuple[str, str]]  # (field, code as sent)


class HeardCodes(Mapping[str, Mapping[str, str]]):
    """The maps of a site; every look-up of a code of a field is noted."""

    def __init__(self, codes: Mapping[str, Mapping[str, str]]) -> None:
        self._codes = codes
        self._asked: Asked = set()

    def __getitem__(self, field: str) -> Mapping[str, str]:
        return _Heard(field, self._codes.get(field, {}), self._asked)

    def __contains__(self, field: object) -> bool:
        return field in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def taken(self) -> Asked:
        """What was asked since the last time."""
        asked = set(self._asked)
        self._asked.clear()
        return asked


class _Heard(Mapping[str, str]):
    """One field's map."""

    def __init__(self, field: str, codes: Mapping[str, str], asked: Asked) -> None:
        self._field, self._codes, self._asked = field, codes, asked

    def __getitem__(self, raw: str) -> str:
        self._asked.add((self._field, raw))
        return self._codes[raw]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


def listening(site: Site) -> tuple[Site, HeardCodes]:
    """The same site with maps that listen."""
    heard, copied = HeardCodes(site.codes), copy.copy(site)
    vars(copied)["codes"] = heard  # where the property keeps what it has read once
    return copied, heard
