"""What a site may say of its alerts: when somebody is told, who it is, and where to."""

from __future__ import annotations

from typing import Literal

import msgspec

Window = Literal["60m", "today", "now"]


class RuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [alerts.rules.<code>]: a rule of one's own, or where a KPI's own rule departs from its target."""

    on: bool = True  # false: nobody is told
    kpi: str | None = None  # default: the KPI called as the section
    by: str | None = None  # one incident for each value of this dimension; "" = the hospital as a whole
    where: dict[str, str] = {}  # only these rows: dimension = value
    but_not: tuple[str, ...] | None = None  # values of `by` that are passed over
    window: Window | None = None  # "60m" (the last hour and whoever waits now), "today" or "now"
    statistic: str | None = None  # p50, p90, mean, value, "share≤600" …; default: the target's
    direction: Literal["≤", "≥", "<", ">"] | None = None  # where it should be; default: the target's
    limit: float | None = None  # beyond it for `opens_after_s`: an incident; default: the target's value
    alarm: float | None = None  # far beyond: escalates; default: the target's alarm, else twice the limit
    clear: float | None = None  # well again only from here on; default: by `hysteresis`
    least_n: int | None = None  # fewer rows (finished and waiting) than this say nothing
    opens_after_s: int | None = None
    closes_after_s: int | None = None
    escalates_after_s: int | None = None
    who: tuple[str, ...] | None = None  # the roles that are told when it opens
    escalates_to: tuple[str, ...] | None = None  # the roles that are told when nobody acknowledged, or it is far over


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [alerts.webhook]: who else is told, over HTTP, signed as Standard Webhooks are."""

    url: str = ""  # empty: nobody. Incidents hold departments and figures, never a patient's data
    secret_file: str = ""  # the signing secret, base64 (24 bytes or more, `whsec_` may precede it), mode 600
    ca_file: str | None = None  # whom to trust besides the system's, PEM
    timeout_s: float = 5.0
    retry_s: float = 1.0  # the first pause after a failure; each is twice as long, up to a minute
    give_up_after_s: float = 3600.0  # what could not be told by then is shown as not delivered


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Section [alerts]: when an incident opens, escalates and closes, unless its rule says otherwise.

    Every live wait and deadline with a target has a rule of its own, every feed another: none need be written."""

    on: bool = True  # false: the KPIs' own rules are off; those of [alerts.rules] and the feeds' stay
    every_s: float = 2.0  # how often everything is looked at, real time
    opens_after_s: int = 300  # a limit is exceeded for so long before anybody is told
    closes_after_s: int = 300  # all is well for so long before it is over
    escalates_after_s: int = 900  # nobody has acknowledged it for so long
    hysteresis: float = 0.1  # well again only this share of the limit below it
    least_n: int = 5  # fewer people than this in the window say nothing
    who: tuple[str, ...] = ("门诊部 outpatient office",)
    escalates_to: tuple[str, ...] = ("总值班 duty manager",)
    feeds: bool = True  # a feed whose link is down, that is silent or late, is an incident too
    feed_opens_after_s: int = 60
    feed_closes_after_s: int = 60
    feed_who: tuple[str, ...] = ("信息科 IT",)
    weekends: bool = True  # false: Saturdays and Sundays are quiet as holidays are, but for make-up days
    keep_days: int = 90  # how long what is over stays in the list
    rules: dict[str, RuleSettings] = {}
    webhook: WebhookSettings = WebhookSettings()
