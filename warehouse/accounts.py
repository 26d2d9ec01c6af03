"""Who may speak to the embedded warehouse: its owner, that is HIS Pulse itself, and analysts, where there are any."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from typing import Protocol

import msgspec

from warehouse.analysts.gate import FUNCTIONS, Gate, NotAllowed
from warehouse.analysts.settings import AnalystSettings, limits, password_file
from warehouse.analysts.views import database_of
from warehouse.client import WarehouseSettings, password
from warehouse.statements import Reading, settings_statement

_DEFAULTS = {"max_execution_time": "600"}  # a client that gives up does not stop its query by itself
_DENIED = "Code: 497. DB::Exception: Not allowed: {why}. (ACCESS_DENIED)"

Ask = Callable[[str, str], str]  # a statement and a format → the whole answer


class Denied(Exception):
    """Somebody who is known asks for what is not for him."""


class Account(Protocol):
    """What somebody may do."""

    def settings(self, params: Iterable[tuple[str, str]], readonly: bool) -> str:
        """The settings of a request, as one SET."""

    def database(self, asked: str | None) -> str:
        """Which database unqualified names mean."""

    def check(self, reading: Reading | None, ask: Ask) -> None:
        """Raises Denied for a statement, or (None) an insert, that is not for him."""


class Owner:
    """May do everything."""

    def settings(self, params: Iterable[tuple[str, str]], readonly: bool) -> str:
        """As asked for."""
        return settings_statement(params, _DEFAULTS, readonly)

    def database(self, asked: str | None) -> str:
        """The one asked for."""
        return asked or "default"

    def check(self, reading: Reading | None, ask: Ask) -> None:
        """Nothing is refused."""


class Analyst:
    """May read the analysts' views, within limits that no request can change."""

    def __init__(self, settings: AnalystSettings, database: str) -> None:
        self._limits = limits(settings)
        self._database = database_of(database)
        self._gate: Gate | None = None

    def settings(self, params: Iterable[tuple[str, str]], readonly: bool) -> str:
        """The limits, and the query's own parameters."""
        del readonly  # always
        named = [(name, value) for name, value in params if name.startswith("param_")]
        return settings_statement(named, self._limits, readonly=True)

    def database(self, asked: str | None) -> str:
        """The analysts' own, whatever is asked for: elsewhere a bare name would mean what is not theirs."""
        del asked
        return self._database

    def check(self, reading: Reading | None, ask: Ask) -> None:
        """Raises Denied for all that is not reading the views."""
        try:
            if reading is None:
                raise NotAllowed("analysts read, they write nothing")
            if self._gate is None:
                rows = [msgspec.json.decode(line) for line in ask(FUNCTIONS, "JSONCompactEachRow").splitlines()]
                self._gate = Gate(self._database, rows)
            self._gate.check(reading.text, lambda text: ask(text, "TSVRaw"))
        except NotAllowed as error:
            raise Denied(_DENIED.format(why=error)) from None


class Accounts:
    """The accounts of one embedded warehouse. Raises Misconfigured when the owner's password cannot be read.

    The analysts' password is read each time: it is made, changed and taken away while the warehouse serves."""

    def __init__(self, settings: WarehouseSettings, analysts: AnalystSettings) -> None:
        self._user, self._password = settings.user, password(settings)
        self._analysts, self._analysts_file = analysts, password_file(analysts).resolve()
        self._owner, self._analyst = Owner(), Analyst(analysts, settings.database)

    def of(self, user: str, secret: str) -> Account | None:
        """Whose user and password these are; None when nobody's."""
        if _same(user, self._user) & _same(secret, self._password):
            return self._owner
        told = self._analysts_password()
        if told and _same(user, self._analysts.user) & _same(secret, told):
            return self._analyst
        return None

    def _analysts_password(self) -> str:
        try:
            return self._analysts_file.read_text("utf-8").strip()
        except OSError:
            return ""


def _same(told: str, kept: str) -> bool:
    return hmac.compare_digest(told.encode(), kept.encode())
