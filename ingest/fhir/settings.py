"""Settings of a FHIR feed: one of three ways in, by what is set."""

from __future__ import annotations

from ingest.interpret.fhir import RESOURCES
from ingest.web.settings import HttpSettings

# What is asked for when the site names no resource types: all that we read, as far as the server has them.
ALL = tuple(RESOURCES)


class Settings(HttpSettings, frozen=True, kw_only=True):
    """Section [feeds.<name>] of kind "fhir": with base_url it polls a server, with paths it reads bulk export files
    (NDJSON), with neither it listens for bundles and subscription notifications at POST /fhir."""

    base_url: str | None = None  # of the server, e.g. "https://his.local/fhir"
    resources: tuple[str, ...] = ()  # types to ask for; default: all that we read and the server has
    poll_s: float = 5.0
    overlap_s: float = 60.0  # longer than a resource takes from its lastUpdated until a search finds it
    first_hours: float = 24.0  # how far back the very first poll goes
    page_size: int = 200
    max_page_bytes: int = 20_000_000
    max_asked_per_minute: int = 600  # requests to the server; then we wait
    timeout_s: float = 30.0
    ca_file: str | None = None  # whom to trust, PEM
    client_id: str | None = None  # SMART backend services: who we are …
    client_key_file: str | None = None  # … our private key, PEM (RSA or EC P-384) …
    client_key_id: str | None = None  # … and its name in the key set that the server knows
    token_url: str | None = None  # default: as the server's .well-known/smart-configuration says
    scope: str = "system/*.read"
    paths: tuple[str, ...] = ()  # files and folders of a bulk export
    follow_s: float = 0.0  # look for new and changed files this often; 0: read what is there, then end
