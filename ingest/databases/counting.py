"""How the rows of a view are counted per department and hour, and which of them there are: the SQL of a reconciliation.

A database answers, for each department and hour, how many rows there are and the sum of a checksum of their keys and
versions. That sum is compared with what the same database answered before, never with one of ours: each engine may
write a key as it likes. Where it differs the keys of the hour are read, and those are compared. Pure.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from ingest.databases.lines import Line
from ingest.databases.statements import Column, Engine, Relation, Statement, bound, read_as, select, spelt
from ingest.positions import Mark


class Counted(NamedTuple):
    """Which columns of a view say when and where a row belongs, and the event that each of its rows tells once."""

    times: tuple[str, ...]  # the first of these that is a time decides
    dept: str = ""
    event_type: str = ""


COUNTED: dict[str, Counted] = {
    "v_schedule": Counted(("start_at", "session_date"), "dept_code"),
    "v_appointment": Counted(("booked_at",), "dept_code", "appointment.booked"),
    "v_register": Counted(("registered_at",), "dept_code", "registration.created"),
    "v_queue_call": Counted(("action_at",)),
    "v_queue_ticket": Counted(("joined_at",), "", "queue.joined"),
    "v_visit": Counted(("started_at",), "dept_code", "consultation.started"),
    "v_order": Counted(("ordered_at",), "ordering_dept", "order.placed"),
    "v_exam": Counted(("reported_at", "started_at", "scheduled_at")),
    "v_lab": Counted(("collected_at", "received_at", "reported_at")),
    "v_bill": Counted(("created_at",), "dept_code"),
    "v_payment": Counted(("paid_at",)),
    "v_prescription": Counted(("submitted_at",), "dept_code", "prescription.submitted"),
    "v_dispense": Counted(("prepared_at", "dispensed_at")),
    "v_ed": Counted(("arrived_at",)),
    "v_inpatient": Counted(("admitted_at", "requested_at"), "ward"),
    "v_followup": Counted(("done_at", "due_date")),
    "v_survey": Counted(("submitted_at", "sent_at")),
    "v_complaint": Counted(("received_at",), "dept_code", "complaint.received"),
}
_TIMES = ("date", "timestamp", "datetime", "smalldatetime")


class Place(NamedTuple):
    """A department's hour, as the database writes both: `2026-11-22 08`, `CARD`."""

    hour: str
    dept: str

    @property
    def day(self) -> str:
        """The date of the hour."""
        return self.hour[:10]


class Counting:
    """Counts the rows of one view. `offset_min` is the hospital's from UTC, for times that know a zone."""

    def __init__(self, view: str, relation: Relation, time: str, dept: str, offset_min: int) -> None:
        self.view = view
        kept = ("src_pk", "row_ver", "is_deleted", time, dept)
        columns = {name: relation.columns[name] for name in dict.fromkeys(kept) if name in relation.columns}
        self.keys = relation._replace(columns=columns)
        self._time, self._dept = time, dept
        self._is_zoned = _is_zoned(relation.engine, relation.columns[time])
        self._zone = timezone(timedelta(minutes=offset_min))
        self._offset = f"{'-' if offset_min < 0 else '+'}{abs(offset_min) // 60:02d}:{abs(offset_min) % 60:02d}"

    def place_of(self, line: Line) -> Place | None:
        """Where a row belongs; None for one that has no time."""
        told = line.columns.get(self._time)
        if told is None:
            return None
        text = str(told)
        if self._is_zoned:
            try:
                text = datetime.fromisoformat(text).astimezone(self._zone).isoformat(" ")
            except ValueError:  # "infinity"
                return None
        return Place(text[:13].replace("T", " "), str(line.columns.get(self._dept) or "").strip())

    def totals(self, since: datetime, until: datetime, after: Mark | None) -> Statement:
        """Hour, department, number of rows, and the sum of the checksums of their keys and versions."""
        hour, dept = self._hour(), f"v.{spelt(self.keys, self._dept)}" if self._dept else ""
        where, values = self._within(since, until, after)
        told = f"{hour}, {dept or _NOTHING[self.keys.engine]}, count(*), sum({self._checksum()})"
        groups = f"{hour}, {dept}" if dept else hour
        return select(self.keys, f"{where} group by {groups}", values, None, told)

    def rows(self, since: datetime, until: datetime, after: Mark | None) -> Statement:
        """Key, version, time and department of every row between two times."""
        where, values = self._within(since, until, after)
        return select(self.keys, where, values, None)

    def _within(self, since: datetime, until: datetime, after: Mark | None) -> tuple[str, list[object]]:
        time = f"v.{spelt(self.keys, self._time)}"
        at, read = bound(self.keys, self._time)
        where = f" where {time} >= {at} and {time} < {at} and v.{spelt(self.keys, 'src_pk')} is not null"
        values: list[object] = [read(self._instant(each)) for each in (since, until)]
        if after is not None:
            version, read_version = bound(self.keys, "row_ver")
            where += f" and v.{spelt(self.keys, 'row_ver')} >= {version}"
            values.append(read_version(after.row_ver))
        return where, values

    def _instant(self, local: datetime) -> str:
        """A local time as the engine reads it for the column's type."""
        engine, kind = self.keys.engine, self.keys.columns[self._time].type
        text = f"{local:%Y-%m-%d %H:%M:%S}"
        if engine == "oracle" and kind != "date":
            text += ".000000000"
        if not self._is_zoned:
            return text
        return (text.replace(" ", "T") if engine == "sqlserver" else text) + self._offset

    def _hour(self) -> str:
        engine, column = self.keys.engine, f"v.{spelt(self.keys, self._time)}"
        if engine == "postgresql":
            local = f"{column} at time zone interval '{self._offset}'" if self._is_zoned else column
            return f"substr(cast({local} as text), 1, 13)"
        if engine == "mysql":
            return f"substr(cast({column} as char), 1, 13)"
        if engine == "sqlserver":
            local = f"switchoffset({column}, '{self._offset}')" if self._is_zoned else column
            return f"substring(convert(varchar(19), {local}, 120), 1, 13)"
        local = f"{column} at time zone '{self._offset}'" if self._is_zoned else column
        return f"to_char({local}, 'YYYY-MM-DD HH24')"

    def _checksum(self) -> str:
        engine = self.keys.engine
        key, version = (read_as(engine, self.keys.columns[name]).partition(" as ")[0] for name in ("src_pk", "row_ver"))
        if engine == "postgresql":
            return f"cast(cast('x' || substr(md5(concat({key}, '|', {version})), 1, 8) as bit(32)) as bigint)"
        if engine == "mysql":
            return f"crc32(concat_ws('|', {key}, {version}))"
        if engine == "sqlserver":
            return f"cast(substring(hashbytes('MD5', concat({key}, '|', {version})), 1, 4) as bigint)"
        return f"ora_hash({key} || '|' || {version})"


_NOTHING = {"postgresql": "''", "mysql": "''", "sqlserver": "''", "oracle": "null"}


def counting_of(view: str, relation: Relation, offset_min: int) -> Counting | None:
    """How a view is counted; None where no column of it is a time that the database can compare."""
    known = COUNTED.get(view, Counted(()))
    for name in known.times:
        if name in relation.columns and relation.columns[name].base.split(" ")[0].startswith(_TIMES):
            return Counting(view, relation, name, known.dept if known.dept in relation.columns else "", offset_min)
    return None


def _is_zoned(engine: Engine, column: Column) -> bool:
    """Whether a column's text carries an offset. MySQL's timestamps come in the session's zone, without one."""
    kind = column.type
    return engine != "mysql" and ("tz" in kind or "with time zone" in kind or kind.startswith("datetimeoffset"))
