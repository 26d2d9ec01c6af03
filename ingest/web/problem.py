"""What a sender is told when something is wrong: problem details (RFC 9457), naming places and never content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 100


class Problem(Exception):
    """A request that is refused as a whole."""

    def __init__(self, status: int, detail: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.retry_after_s = status, detail, retry_after_s

    def headers(self) -> dict[str, str]:
        """The headers that go with it."""
        headers = {} if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["www-authenticate"] = "Bearer"
        return headers

    def response(self) -> Response:
        """As the sender gets it."""
        return problem(self.status, self.detail, self.headers())


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """A problem's response; `more` are members of our own, or a type of our own."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **more,
    }
    return Response(msgspec.json.encode(said), status, dict(headers or {}), MEDIA_TYPE)


def refused_records(refused: Mapping[int, str], records: int) -> Response:
    """Some records were refused, the others are durable. Each error says which record, where in it, and why."""
    errors = [_error(number, refused[number], records) for number in sorted(refused)[:_MOST_ERRORS]]
    whole = records == 1 and refused[0].startswith("not JSON: body")
    return problem(
        HTTPStatus.BAD_REQUEST if whole else HTTPStatus.UNPROCESSABLE_ENTITY,
        "The body is not JSON." if whole else f"{len(refused)} of {records} records refused; the others are taken.",
        type="about:blank" if whole else "/#refused-records",
        accepted=records - len(refused),
        refused=len(refused),
        errors=errors,
    )


def _error(number: int, reason: str, records: int) -> dict[str, Any]:
    what, _, place = reason.partition(": ")
    return {"record": number, "pointer": _pointer(number, place, records), "detail": what, "field": place}


def _pointer(number: int, place: str, records: int) -> str:
    """A JSON pointer to a place such as `slots[2].start`; of a lone record without the record's number."""
    steps = re.findall(r"[^.\[\]]+", place) if place not in ("body", "event", "line") else []
    return "".join(f"/{step}" for step in ([] if records == 1 else [str(number)]) + steps)
