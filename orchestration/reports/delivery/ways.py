"""Takes a parcel the way that a delivery names."""

from __future__ import annotations

from orchestration.reports.delivery.folder import put
from orchestration.reports.delivery.http import call, tell_robot
from orchestration.reports.delivery.mail import post
from orchestration.reports.delivery.parcel import Parcel
from orchestration.reports.delivery.settings import (
    DeliverySettings,
    FolderSettings,
    MailSettings,
    RobotSettings,
    WebhookSettings,
)


def take(settings: DeliverySettings, parcel: Parcel) -> None:
    """Deliver. Raises Undelivered when the other side did not take it, Misconfigured for what the site got wrong."""
    match settings:
        case FolderSettings():
            put(settings, parcel)
        case MailSettings():
            post(settings, parcel)
        case WebhookSettings():
            call(settings, parcel)
        case RobotSettings():
            tell_robot(settings, parcel)
