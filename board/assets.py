"""The files of the page, held in memory with their ETags: what the browser has, it is not sent again."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

STATIC = Path(__file__).resolve().parent / "static"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """One file, plain and compressed."""

    content: bytes
    squeezed: bytes
    etag: str
    media_type: str


class Assets:
    """All files that a page may load, by their path under `static/`."""

    def __init__(self, folder: Path = STATIC) -> None:
        self.files = {
            path.relative_to(folder).as_posix(): _load(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES
        }
        together = "".join(f"{name}{asset.etag}" for name, asset in self.files.items())
        self.build = hashlib.sha256(together.encode()).hexdigest()[:12]

    async def serve(self, request: Request) -> Response:
        """A file, `304` when the viewer has it, `404` when there is none."""
        asset = self.files.get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        headers = {"etag": asset.etag, "cache-control": "no-cache", "vary": "accept-encoding"}
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        if takes_gzip(request):
            headers["content-encoding"] = "gzip"
            return Response(asset.squeezed, headers=headers, media_type=asset.media_type)
        return Response(asset.content, headers=headers, media_type=asset.media_type)


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Asset(content, gzip.compress(content, 9, mtime=0), etag, _TYPES[path.suffix])


def takes_gzip(request: Request) -> bool:
    """Whether the viewer reads gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")


def html(request: Request, content: str, status: int = 200) -> Response:
    """A page or a part of one; never cached, since every number has its time."""
    headers = {"cache-control": "no-store", "vary": "accept-encoding, cookie"}
    body = content.encode()
    if takes_gzip(request) and len(body) > 1024:
        headers["content-encoding"] = "gzip"
        body = gzip.compress(body, 4)
    return Response(body, status, headers, "text/html; charset=utf-8")
