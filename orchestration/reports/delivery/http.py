"""Takes reports to webhooks and robots over HTTP. What the other side answers is not kept, only its number."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path, PurePath
from urllib.parse import quote

import httpx
import msgspec

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from ingest.signing import secret_of, signature
from orchestration.reports.delivery import robots
from orchestration.reports.delivery.parcel import Parcel, Undelivered
from orchestration.reports.delivery.settings import HttpSettings, RobotSettings, WebhookSettings, address_in, secret_in

logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines quote addresses, and those of robots are secrets

_JSON = {"content-type": "application/json; charset=utf-8", "user-agent": "his-pulse"}
_SHOWN = (".pdf", ".xlsx")  # files that a WeCom robot shows in its group


def call(settings: WebhookSettings, parcel: Parcel) -> None:
    """Post opening and figures as JSON, signed where there is a secret. Raises Undelivered, Misconfigured."""
    told = {
        "report": parcel.key, "lang": parcel.lang, "title": parcel.title, "subtitle": parcel.subtitle,
        "banner": parcel.banner, "points": [{"title": head, "said": said} for head, said in parcel.points],
        "figures": parcel.rows,
    }  # fmt: skip
    body, stamp = msgspec.json.encode(told), str(real_now_ms() // 1000)
    headers = {**_JSON, "webhook-id": f"report-{quote(parcel.key)}", "webhook-timestamp": stamp}
    if settings.secret_file:
        secret = secret_of(Path(settings.secret_file), "secret_file")
        headers["webhook-signature"] = "v1," + signature(secret, headers["webhook-id"], stamp, body).decode()
    with _client(settings) as client:
        _answer(client, address_in(settings.url_file), content=body, headers=headers)


def tell_robot(settings: RobotSettings, parcel: Parcel) -> None:
    """Tell a group's robot. Raises Undelivered, Misconfigured."""
    url = address_in(settings.url_file)
    secret = secret_in(settings.secret_file, "secret_file") if settings.secret_file else ""
    with _client(settings) as client:
        match settings.kind:
            case "dingtalk":
                _tell(client, robots.dingtalk(url, secret, real_now_ms(), parcel))
            case "feishu":
                _tell(client, robots.feishu(url, secret, real_now_ms(), parcel))
            case _:
                shown = {name: held for name, held in parcel.files.items() if PurePath(name).suffix in _SHOWN}
                # First all that may fail: what is tried again would else be told again.
                held_there = [_uploaded(client, url, name, content) for name, content in shown.items()]
                _tell(client, robots.wecom(url, parcel))
                for media_id in held_there:
                    _tell(client, robots.wecom_file(url, media_id))


def _uploaded(client: httpx.Client, url: str, name: str, content: bytes) -> str:
    answer = _answer(client, robots.wecom_upload(url), files={"media": (name, content)})
    said = _said(answer)
    if said.get("errcode") != 0:
        raise Undelivered(f"the robot took no file: errcode {said.get('errcode')}")
    return str(said.get("media_id"))


def _tell(client: httpx.Client, message: robots.Message) -> None:
    """A robot answers 200 also when it refuses: what counts is the number in its answer."""
    said = _said(_answer(client, message.url, content=message.body, headers=_JSON))
    if said.get(message.answered) != 0:
        raise Undelivered(f"the robot refused: {message.answered} {said.get(message.answered)}")


def _answer(
    client: httpx.Client,
    url: str,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    files: dict[str, tuple[str, bytes]] | None = None,
) -> httpx.Response:
    try:
        answer = client.post(url, content=content, headers=headers, files=files)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise Undelivered(type(error).__name__) from None
    if not answer.is_success:
        raise Undelivered(f"HTTP {answer.status_code}")
    return answer


def _said(answer: httpx.Response) -> dict[str, object]:
    try:
        return msgspec.json.decode(answer.content, type=dict[str, object])
    except msgspec.DecodeError:
        raise Undelivered("the answer is no JSON object") from None


def _client(settings: HttpSettings) -> httpx.Client:
    try:
        trust = ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise Misconfigured(f"ca_file {settings.ca_file} cannot be read ({type(error).__name__}).") from None
    try:
        return httpx.Client(timeout=settings.timeout_s, trust_env=False, verify=trust, proxy=settings.proxy or None)
    except (ValueError, httpx.InvalidURL):  # it may hold a password: not even quoted
        raise Misconfigured("proxy is no address of a proxy, such as http://proxy.local:3128.") from None
