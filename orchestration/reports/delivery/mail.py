"""Mails a report: its opening as text, its page as HTML where there is one, its files attached."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import PurePath

from ingest.clock import real_now_ms
from ingest.errors import Misconfigured
from orchestration.reports.delivery.parcel import Parcel, Undelivered, text_of
from orchestration.reports.delivery.settings import MailSettings, secret_in

_TYPES = {
    ".html": ("text", "html"),
    ".pdf": ("application", "pdf"),
    ".xlsx": ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".csv": ("text", "csv"),
    ".parquet": ("application", "vnd.apache.parquet"),
}


def letter(settings: MailSettings, parcel: Parcel, at_ms: int) -> EmailMessage:
    """The mail."""
    mail = EmailMessage()
    mail["Subject"] = f"{parcel.title} {parcel.subtitle}"
    mail["From"] = settings.sender
    mail["To"] = ", ".join(settings.to)
    mail["Date"] = formatdate(at_ms / 1000, localtime=False)
    mail["Message-ID"] = make_msgid(parcel.key, settings.sender.rpartition("@")[2] or "localhost")
    mail.set_content(text_of(parcel))
    for name, content in parcel.files.items():
        main, sub = _TYPES.get(PurePath(name).suffix, ("application", "octet-stream"))
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def post(settings: MailSettings, parcel: Parcel) -> None:
    """Send the mail. Raises Undelivered when the server does not take it, Misconfigured for unreadable files."""
    password = secret_in(settings.password_file, "password_file") if settings.password_file else ""
    context = _trust(settings)
    try:
        with _server(settings, context) as server:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user:
                server.login(settings.user, password)
            refused = server.send_message(letter(settings, parcel, real_now_ms()))
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"{type(error).__name__} {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:  # SMTP knows ASCII passwords only
        raise Undelivered(type(error).__name__) from None
    if refused:
        raise Undelivered(f"{len(refused)} of {len(settings.to)} addresses were refused")


def _server(settings: MailSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=settings.timeout_s, context=context)
    return smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_s)


def _trust(settings: MailSettings) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as error:
        raise Misconfigured(f"ca_file {settings.ca_file} cannot be read ({type(error).__name__}).") from None
