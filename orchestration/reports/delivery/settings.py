"""What a site says of its deliveries. Addresses of robots and passwords are secrets: the site names files of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from ingest.errors import Misconfigured
from ingest.settings import Site
from orchestration.reports.settings import Format
from orchestration.reports.writing import Language

Kind = Literal["folder", "mail", "webhook", "wecom", "dingtalk", "feishu"]
ReportKind = Literal["day", "week", "month"]


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """What [deliveries.<name>] of any kind has: which reports, of whom, in which language and formats."""

    kind: Kind
    reports: tuple[ReportKind, ...] = ("day",)
    departments: tuple[str, ...] = ()  # week and month as feedback to these; none: of the whole hospital
    lang: Language = "zh"
    formats: tuple[Format, ...] = ("html",)


class FolderSettings(DeliverySettings, frozen=True, kw_only=True):
    """Section [deliveries.<name>] with kind = "folder": files are put there."""

    path: str


class MailSettings(DeliverySettings, frozen=True, kw_only=True):
    """Section [deliveries.<name>] with kind = "mail": the opening as text, the files attached."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_file: str = ""
    ca_file: str = ""  # of a mail server with a certificate of the hospital's own
    timeout_s: float = 30.0


class HttpSettings(DeliverySettings, frozen=True, kw_only=True):
    """What [deliveries.<name>] that speak HTTP have: webhooks and robots."""

    url_file: str  # a file that holds the address: whoever knows it can write there
    secret_file: str = ""  # what messages are signed with, where the other side asks for that
    ca_file: str = ""
    proxy: str = ""
    timeout_s: float = 30.0


class WebhookSettings(HttpSettings, frozen=True, kw_only=True):
    """Section [deliveries.<name>] with kind = "webhook": the figures as JSON, signed (Standard Webhooks)."""


class RobotSettings(HttpSettings, frozen=True, kw_only=True):
    """Section [deliveries.<name>] with kind = "wecom", "dingtalk" or "feishu": the opening as a message to a group."""


_KINDS: dict[Kind, type[DeliverySettings]] = {
    "folder": FolderSettings,
    "mail": MailSettings,
    "webhook": WebhookSettings,
    "wecom": RobotSettings,
    "dingtalk": RobotSettings,
    "feishu": RobotSettings,
}


def deliveries(site: Site) -> dict[str, DeliverySettings]:
    """Every delivery of a site by its name. Raises Misconfigured."""
    found = {}
    for name in site.names("deliveries"):
        kind = site.section(f"deliveries.{name}", DeliverySettings).kind
        found[name] = site.whole(f"deliveries.{name}", _KINDS[kind])
    return found


def secret_in(path: str, what: str) -> str:
    """What a file of a secret holds. Raises Misconfigured naming the file, never what it holds."""
    try:
        held = Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{what} {path} cannot be read ({type(error).__name__}).") from None
    if not held:
        raise Misconfigured(f"{what} {path} is empty.")
    return held


def address_in(path: str) -> str:
    """The address in a file. Raises Misconfigured."""
    address = secret_in(path, "url_file")
    asked = urlsplit(address)
    if asked.scheme not in ("http", "https") or not asked.netloc:
        raise Misconfigured(f"url_file {path} holds no whole address, such as https://robot.local/hook.")
    return address
