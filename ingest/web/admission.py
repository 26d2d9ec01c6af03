"""Lets a request in: who sends it, whether there was not too much of it, and its body as bytes."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request

from ingest.web.body import read_body, unpacked
from ingest.web.pace import Pace
from ingest.web.problem import Problem
from ingest.web.senders import Senders
from ingest.web.settings import HttpSettings


class Admission:
    """The door of one feed."""

    def __init__(self, feed: str, settings: HttpSettings, path: str) -> None:
        self._settings = settings
        self._senders = Senders(settings.token_sha256, settings.signing_secret_files, f"{path}, [feeds.{feed}]")
        self._requests = Pace(settings.max_requests_per_minute)
        self._records = Pace(settings.max_records_per_minute)

    async def admit(self, request: Request, *, may_be_empty: bool = False) -> tuple[str, bytes]:
        """(sender, body without its encoding). A stranger's body is not read, unless it says that it is signed.
        Raises Problem."""
        settings = self._settings
        sender = self._senders.who(request.headers)
        if sender is not None:
            self._requests.take(sender, 1)
        sent = await read_body(request, settings.max_body_bytes, settings.body_s)
        if sender is None:
            sender = self._senders.signed_by(request.headers, sent)
            self._requests.take(sender, 1)
        body = unpacked(sent, request.headers.get("content-encoding", "").strip().lower(), settings.max_body_bytes)
        if not may_be_empty and not body.strip():
            raise Problem(HTTPStatus.BAD_REQUEST, "The body is empty.")
        return sender, body

    def count(self, sender: str, records: int) -> None:
        """Count a sender's records. Raises Problem when they are too many a minute."""
        self._records.take(sender, records)
