"""Which column of a table is which: the visit, the patient, the activity, and the fields of the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.mapping.names import nearest
from ingest.mapping.table import Column, Table

# What a column is called that holds … A name that may mean two things stands where it is meant more often.
_VISIT = (
    "就诊号", "就诊流水号", "门诊号", "门诊流水号", "住院号", "急诊号", "流水号", "挂号序号", "visit", "visit id",
    "visit no", "visit number", "encounter", "encounter id", "case", "case id", "caseid", "case:concept:name",
    "admission id", "hadm id", "stay id", "episode",
)  # fmt: skip
_PATIENT = (
    "患者号", "患者id", "病人id", "病人号", "病历号", "病案号", "登记号", "卡号", "患者编号", "patient", "patient id",
    "mrn", "pid", "subject id", "medical record number", "id",
)  # fmt: skip
_ACTIVITY = (
    "活动", "步骤", "节点", "事件", "环节", "操作", "动作", "事件类型", "activity", "event", "step", "action",
    "concept:name", "event type", "task", "event name",
)  # fmt: skip
_FIELDS: dict[str, tuple[str, ...]] = {
    "dept_code": ("科室", "科室代码", "科室编码", "科室名称", "就诊科室", "dept", "department", "dept code"),
    "doctor_id": ("医生", "医师", "接诊医生", "医生工号", "doctor", "physician", "doctor id"),
    "age_band": ("年龄", "age"),
    "sex": ("性别", "sex", "gender"),
    "channel": ("渠道", "挂号渠道", "预约渠道", "channel", "source channel"),
    "amount": ("金额", "费用", "实收金额", "amount", "fee"),
    "visit_class": ("就诊类型", "就诊类别", "门急诊", "visit class", "patient class", "visit type"),
    "acuity": ("分诊级别", "病情分级", "分级", "acuity", "triage level", "esi"),
    "ticket_no": ("排队号", "号码", "票号", "ticket no", "queue number"),
    "window_id": ("窗口", "窗口号", "window", "counter"),
    "order_id": ("医嘱号", "申请单号", "检查单号", "order id", "order no"),
    "item_code": ("项目", "项目代码", "检查项目", "item", "item code", "test"),
    "bill_id": ("单据号", "账单号", "发票号", "bill id", "invoice"),
    "prescription_id": ("处方号", "prescription id", "rx id"),
}  # fmt: skip
_MOST_ACTIVITIES = 200  # a column with more different texts says something else


def visit_columns(table: Table, *, long: bool) -> list[str]:
    """The columns that together number visits: by name, else the first that could; each row a visit in a wide table."""
    named = [each for each in (_called(table, _VISIT), _called(table, _PATIENT)) if each]
    free = [c.name for c in table.columns if not c.is_time and c.kinds > 1 and len(c.values) == len(table.rows)]
    first = (named or free)[:1]
    if long or not first or table.is_unique(first):
        return first
    for other in (name for name in free if name not in first):
        if table.is_unique([*first, other]) and table.named(other).kinds * 2 < len(table.rows):
            return [other, *first]
    return first


def patient_column(table: Table) -> str:
    """The column that numbers patients; "" when none says so."""
    return _called(table, _PATIENT)


def activity_column(table: Table) -> str:
    """The column that says what happened; "" where a row is a case."""
    found = _called(table, _ACTIVITY)
    if found and not table.named(found).is_time and table.named(found).kinds <= _MOST_ACTIVITIES:
        return found
    return ""


def field_columns(table: Table, taken: Sequence[str]) -> dict[str, str]:
    """Field of the vocabulary → the column that holds it."""
    found: dict[str, str] = {}
    for column in table.columns:
        if column.name in taken or column.is_time or not column.values:
            continue
        field = nearest(column.name, _FIELDS)
        if field and field not in found:
            found[field] = column.name
    return found


def time_columns(table: Table) -> list[Column]:
    """The columns of times, as they stand."""
    return [column for column in table.columns if column.is_time]


def _called(table: Table, names: tuple[str, ...]) -> str:
    """The column that is called so, the one with the best name first; "" when there is none."""
    plain = {_plain(column.name): column.name for column in table.columns if column.values}
    return next((plain[_plain(name)] for name in names if _plain(name) in plain), "")


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())
