"""Invented patients with Chinese names, among them the four characters whose GB18030 bytes look like HL7 delimiters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Literal

from infra.rehearsal.facts import Person
from infra.rehearsal.hospital import Hospital

_FAMILY = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任"
    "姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严覃武戚莫孔向汤"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂香玉萍红玲芬燕彬珅昞玘皛宇浩轩子涵梓豪欣怡晨曦佳琪思"
    "远建国志华文博雅婷春梅冬雪海波"
)


def person(rng: Random, number: str, day: date, *, child: bool = False) -> Person:
    """A patient of the day. `child` gives somebody under 14."""
    age = rng.randint(0, 13) if child else min(97, max(14, round(rng.gauss(52, 19))))
    birth = day - timedelta(days=age * 365 + rng.randint(1, 364))
    name = rng.choice(_FAMILY) + "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2))))
    sex: Literal["f", "m"] = "f" if rng.random() < 0.5 else "m"
    return Person(number=number, name=name, sex=sex, birth=birth.isoformat(), group=_group(rng, age, sex))


def _group(rng: Random, age: int, sex: str) -> str:
    if age < 14:
        return "child"
    if age >= 65:
        return "elderly"
    if sex == "f" and age < 42 and rng.random() < 0.06:
        return "pregnant"
    return rng.choices(("normal", "disabled", "veteran"), (0.95, 0.03, 0.02))[0]


def regular(hospital: Hospital, number: int) -> Person:
    """Somebody with a chronic disease, who comes every day that is rehearsed; enrolled as the year began."""
    rng = Random(f"regular {number}")
    who = person(rng, f"R{number:06d}", date(2024, 1, 1))
    january = date(hospital.day.year - (hospital.day.month == 1), 1, 2)
    enrolled_s = datetime.combine(january, datetime.min.time()) - datetime.combine(hospital.day, datetime.min.time())
    disease = rng.choice(("hypertension", "diabetes", "copd"))
    hospital.note_at(
        hospital.at(enrolled_s.total_seconds() + 9 * 3600), "chronic.enrolled", "", patient_id=who.number,
        programme_id=f"PR{disease[:3].upper()}", disease=disease,
    )  # fmt: skip
    return who
