"""The raw log: every message as it came, compressed and sealed to the site's public key.

A HIS cannot be asked again, so what a connector takes is kept before it is acknowledged. Connectors can write the log
and cannot read it: no running process needs the private key. A dead letter is a reason and a raw offset.

Messages are encrypted with a key that a few thousand of them share and that lies beside each, sealed to the public key:
sealing every message by itself would cost more than reading it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
import zstandard
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.utils import random

from ingest.connector import RawMessage
from ingest.errors import Malformed, Misconfigured
from ingest.privacy import keys_directory, write_secret
from ingest.topics import RAW

PUBLIC_KEY_FILE = "raw.public"
PRIVATE_KEY_FILE = "raw.private"
_SHARE_A_KEY = 4_096  # messages; a process forgets its key after so many


class RawRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Value of a record on `his.raw.v1` (MessagePack): a header in the clear, the message sealed."""

    feed: str
    received_at: int  # hospital time, UTC ms
    media_type: str
    key: bytes  # of this message and its neighbours, sealed to the site's public key
    sealed: bytes  # compressed, encrypted with that key
    fault: str = ""  # "reason: place" where the connector knew the message to be malformed; no mapping mends that


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Value of a record on `his.deadletter.v1` (JSON): why, and where the message lies. Never content."""

    feed: str
    reason: str  # "reason: place"
    received_at: int
    event_type: str | None = None  # set when one event of the message was put aside, not the whole message
    topic: str = RAW
    partition: int | None = None  # None: the message could not be kept (too long)
    offset: int | None = None
    settled_at: int | None = None  # hospital time, UTC ms; set when reading the message again no longer fails


class Sealer:
    """Seals messages to the site's public key."""

    def __init__(self, public_key: PublicKey) -> None:
        self._to_site = SealedBox(public_key)
        self._zstd = zstandard.ZstdCompressor(level=3)
        self._left = 0

    def seal(self, feed: str, message: RawMessage) -> bytes:
        """The record's value."""
        if not self._left:
            self._take_new_key()
        self._left -= 1
        return msgspec.msgpack.encode(
            RawRecord(
                feed=feed,
                received_at=message.received_at,
                media_type=message.media_type,
                key=self._sealed_key,
                sealed=bytes(self._box.encrypt(self._zstd.compress(message.body))),
                fault=message.fault,
            )
        )

    def _take_new_key(self) -> None:
        key = random(SecretBox.KEY_SIZE)
        self._box, self._sealed_key, self._left = SecretBox(key), bytes(self._to_site.encrypt(key)), _SHARE_A_KEY


def unseal(value: bytes, private_key: PrivateKey) -> tuple[str, RawMessage]:
    """(feed, message) of a record of the raw log; for people who hold the private key. Raises Malformed."""
    try:
        record = msgspec.msgpack.decode(value, type=RawRecord)
        key = SealedBox(private_key).decrypt(record.key)
        body = zstandard.ZstdDecompressor().decompress(SecretBox(key).decrypt(record.sealed))
    except (msgspec.MsgspecError, CryptoError, zstandard.ZstdError) as error:
        raise Malformed(f"not a raw record under this key: {type(error).__name__}") from None
    return record.feed, RawMessage(
        body=body, media_type=record.media_type, received_at=record.received_at, fault=record.fault
    )


def feed_of(value: bytes) -> str:
    """The feed of a record of the raw log; "" of what is none. It is in the clear."""
    try:
        return msgspec.msgpack.decode(value, type=RawRecord).feed
    except msgspec.MsgspecError:
        return ""


def create_raw_keys(directory: Path) -> Path:
    """Make the pair of the raw log, the private half readable by its owner only. An existing pair stays.

    The private half comes first and alone decides: a public half that a crash kept from being written follows from it.
    """
    public, private = directory / PUBLIC_KEY_FILE, directory / PRIVATE_KEY_FILE
    if not public.exists():
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            write_secret(private, f"{bytes(PrivateKey.generate()).hex()}\n".encode())
        half = f"{bytes(load_private_key(private).public_key).hex()}\n"
        with suppress(FileExistsError):  # whoever was first wrote the same
            write_secret(public, half.encode())
            public.chmod(0o644)  # connectors may run as somebody else
    return public


def load_public_key(directory: Path | None = None) -> PublicKey:
    """The key to which messages are sealed. Raises Misconfigured."""
    path = (directory or keys_directory()) / PUBLIC_KEY_FILE
    return PublicKey(_hex(path))


def load_private_key(path: Path) -> PrivateKey:
    """The key that opens the raw log; wherever the hospital keeps it. Raises Misconfigured."""
    return PrivateKey(_hex(path))


def _hex(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except FileNotFoundError:
        raise Misconfigured(f"No key at {path}; make the site's keys with: hispulse keys create.") from None
    except (ValueError, OSError) as error:
        raise Misconfigured(f"The key at {path} cannot be read ({type(error).__name__}).") from None
    if len(key) != 32:
        raise Misconfigured(f"The key at {path} is not 32 bytes long.")
    return key
