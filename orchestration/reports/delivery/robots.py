"""What the robots of WeCom, DingTalk and Feishu are told, and how each wants it signed. Pure.

DingTalk: base64 of HMAC-SHA-256 over "milliseconds\\nsecret" under the secret, in the address. Feishu: base64 of
HMAC-SHA-256 over nothing under "seconds\\nsecret", in the message. WeCom: the key in the address is all.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import msgspec

from orchestration.reports.delivery.parcel import Parcel, markdown_of

# Bytes of text that each takes; what is longer it refuses.
_WECOM, _DINGTALK, _FEISHU = 4000, 18_000, 18_000


class Message(msgspec.Struct, frozen=True):
    """A request's address and body, and which field of the answer is 0 when it was taken."""

    url: str
    body: bytes
    answered: str


def wecom(url: str, parcel: Parcel) -> Message:
    """A markdown message of a WeCom group robot."""
    return _message(url, {"msgtype": "markdown", "markdown": {"content": markdown_of(parcel, _WECOM)}}, "errcode")


def wecom_file(url: str, media_id: str) -> Message:
    """A file that was uploaded, shown in the group."""
    return _message(url, {"msgtype": "file", "file": {"media_id": media_id}}, "errcode")


def wecom_upload(url: str) -> str:
    """Where a WeCom robot takes files: beside where it takes messages, under the same key."""
    return url.replace("/webhook/send?", "/webhook/upload_media?", 1) + "&type=file"


def dingtalk(url: str, secret: str, at_ms: int, parcel: Parcel) -> Message:
    """A markdown message of a DingTalk robot."""
    if secret:
        signed = _sign(secret.encode(), f"{at_ms}\n{secret}".encode())
        url += ("&" if "?" in url else "?") + urlencode({"timestamp": at_ms, "sign": signed})
    told = {"title": parcel.title, "text": markdown_of(parcel, _DINGTALK)}
    return _message(url, {"msgtype": "markdown", "markdown": told}, "errcode")


def feishu(url: str, secret: str, at_ms: int, parcel: Parcel) -> Message:
    """A card of a Feishu robot."""
    seconds = at_ms // 1000
    signed = _sign(f"{seconds}\n{secret}".encode(), b"") if secret else ""
    text = markdown_of(parcel, _FEISHU).split("\n", 1)[1]  # the title stands in the card's head
    card = {
        "header": {"title": {"tag": "plain_text", "content": parcel.title}},
        "elements": [{"tag": "markdown", "content": text}],
    }
    signature = {"timestamp": str(seconds), "sign": signed} if secret else {}
    return _message(url, {**signature, "msg_type": "interactive", "card": card}, "code")


def _message(url: str, told: dict[str, Any], answered: str) -> Message:
    return Message(url, msgspec.json.encode(told), answered)


def _sign(key: bytes, text: bytes) -> str:
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
