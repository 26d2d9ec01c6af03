"""What a form sends, and whether it is one of ours."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request

MOST_BYTES = 4096


async def fields(request: Request, *names: str) -> list[str]:
    """The fields of a form; empty ones when it is longer than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return [""] * len(names)
    told = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return [told.get(name, [""])[0] for name in names]


def is_from_here(request: Request) -> bool:
    """Whether a page of ours sends it: a page elsewhere must not act for whoever is logged in, or sits here."""
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
