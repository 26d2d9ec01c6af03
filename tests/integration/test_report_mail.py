"""Mailing a report to a server that wants TLS and a login."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography import x509

from orchestration.reports.day import day_report
from orchestration.reports.delivery.mail import post
from orchestration.reports.delivery.parcel import Parcel, Undelivered, parcel_of
from orchestration.reports.delivery.settings import MailSettings
from tests.conftest import free_port
from tests.integration.certificates import Authority
from tests.post_office import USER, MailRoom
from tests.unit.report_facts import full_day

pytestmark = pytest.mark.services

PARCEL: Parcel = parcel_of(day_report(full_day(), "zh"), {"day.pdf": b"%PDF-1.4"})


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[tuple[MailRoom, MailSettings]]:
    """A mail server whose certificate the hospital's own authority vouches for, and settings that fit it."""
    authority = Authority(tmp_path, "authority")
    shown = authority.vouch("mail", x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.cert, shown.key)
    room = MailRoom(context)
    (tmp_path / "password").write_text(USER[1], "utf-8")
    settings = MailSettings(
        kind="mail", host="127.0.0.1", port=room.port, sender="pulse@h.local", to=("a@h.local",), user=USER[0],
        password_file=str(tmp_path / "password"), ca_file=str(authority.cert),
    )  # fmt: skip
    yield room, settings
    room.close()


def test_a_mail_goes_encrypted_and_signed_in(strict: tuple[MailRoom, MailSettings]) -> None:
    room, settings = strict
    post(settings, PARCEL)
    [(recipients, mail)] = room.mails
    assert recipients == ["a@h.local"]
    [attached] = mail.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("application/pdf", "day.pdf")


def test_a_wrong_password_is_said_and_not_told(strict: tuple[MailRoom, MailSettings], tmp_path: Path) -> None:
    room, settings = strict
    (tmp_path / "password").write_text("wrong sesame", "utf-8")
    with pytest.raises(Undelivered) as error:
        post(settings, PARCEL)
    assert str(error.value) == "SMTPAuthenticationError 535"
    assert room.mails == []


def test_a_password_that_smtp_has_no_letters_for_is_said_and_not_told(
    strict: tuple[MailRoom, MailSettings], tmp_path: Path
) -> None:
    room, settings = strict
    (tmp_path / "password").write_text("芝麻开门", "utf-8")
    with pytest.raises(Undelivered) as error:
        post(settings, PARCEL)
    assert str(error.value) == "UnicodeEncodeError"
    assert room.mails == []


def test_a_server_that_nobody_vouches_for_gets_nothing(strict: tuple[MailRoom, MailSettings]) -> None:
    room, settings = strict
    with pytest.raises(Undelivered, match="SSLCertVerificationError"):
        post(msgspec.structs.replace(settings, ca_file=""), PARCEL)
    assert room.mails == []


def test_a_server_that_is_away_is_said(strict: tuple[MailRoom, MailSettings]) -> None:
    _, settings = strict
    with pytest.raises(Undelivered, match="ConnectionRefusedError"):
        post(msgspec.structs.replace(settings, port=free_port()), PARCEL)
