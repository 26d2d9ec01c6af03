"""Settings of a feed that others send to over HTTP."""

from __future__ import annotations

from ingest.feeds import FeedSettings


class HttpSettings(FeedSettings, frozen=True, kw_only=True):
    """What [feeds.<name>] says of a feed that others send to over HTTP."""

    host: str = "127.0.0.1"  # another address only with TLS, or behind a proxy that has it
    port: int = 2580  # 0: any free one
    token_sha256: tuple[str, ...] = ()  # of the senders' bearer tokens; make one with: hispulse keys token
    signing_secret_files: tuple[str, ...] = ()  # each one sender's secret, for signed messages (Standard Webhooks)
    tls_cert_file: str | None = None
    tls_key_file: str | None = None
    tls_client_ca_file: str | None = None  # then senders must show a certificate of this authority
    behind_proxy: bool = False  # a proxy before us ends TLS: plain HTTP on another address than loopback is meant
    max_body_bytes: int = 8_000_000  # of a request, as sent and as unpacked
    max_records: int = 5_000  # of a request
    max_waiting: int = 20_000  # records taken and not yet durable; then senders are told to come back
    max_connections: int = 200
    max_records_per_minute: int = 1_200_000  # of one sender
    max_requests_per_minute: int = 6_000  # of one sender
    head_s: float = 10.0  # a connection that sends no complete request head for so long is closed
    body_s: float = 30.0  # a body that takes longer to arrive is refused
    answer_s: float = 30.0  # a sender waits at most so long for the broker, then is told to send again
