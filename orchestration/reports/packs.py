"""The regulator packs as code: which official indicators there are, and which KPI is each. Pure.

An indicator's number is the one in its source (specification 11): 国办发〔2019〕4号 (G4), the emergency quality
indicators of 2015 (ED15), the patient experience indicators of 2023 (EXP), and of others CMS OP and the NHS standard.
"""

from __future__ import annotations

import msgspec

from orchestration.reports.figures import Pair
from streams.kpis import catalogue
from streams.kpis.kpi import Kpi


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """One set of indicators. `sources` begins with the official one; `missing` says which of it nobody can measure."""

    code: str
    title: Pair
    basis: Pair
    sources: tuple[str, ...]
    groups: tuple[str, ...] = ()  # of the catalogue, where a source speaks of others too
    missing: tuple[tuple[str, Pair, Pair], ...] = ()  # number, name, why


_NOT_IN_EVENTS: Pair = ("HIS 事件中没有此项数据", "the HIS tells nothing of it")
PACKS: dict[str, Pack] = {
    pack.code: pack
    for pack in (
        Pack(
            code="outpatient",
            title=("门诊质量指标", "Outpatient quality indicators"),
            basis=("国办发〔2019〕4号，三级公立医院绩效考核", "Performance of public tertiary hospitals (2019, no. 4)"),
            sources=("G4", "LBTC"),
            groups=("A", "B", "C"),
        ),
        Pack(
            code="emergency",
            title=("急诊医疗质量控制指标", "Emergency quality indicators"),
            basis=("急诊专业医疗质量控制指标（2015 年版）", "Quality control indicators of emergency medicine (2015)"),
            sources=("ED15", "CMS", "NHS4", "LW2"),
            groups=("G",),
            missing=(
                ("ED15-1", ("急诊科医患比", "doctors per emergency patient"), _NOT_IN_EVENTS),
                ("ED15-2", ("急诊科护患比", "nurses per emergency patient"), _NOT_IN_EVENTS),
                ("ED15-3", ("急诊各级患者比例", "patients by acuity"), ("见各级人次，未列为指标", "told as volumes")),
            ),
        ),
        Pack(
            code="experience",
            title=("改善就医感受提升患者体验评估指标", "Patient experience indicators"),
            basis=("改善就医感受提升患者体验评估指标（试行），2023", "Patient experience indicators (trial), 2023"),
            sources=("EXP",),
            missing=(
                (
                    "EXP-2",
                    ("号源下放比例", "slots handed down to primary care"),
                    ("号源池去向未由来源告知", "feeds do not tell where slots went"),
                ),
            ),
        ),
    )
}


class Indicator(msgspec.Struct, frozen=True, order=True):
    """An official indicator: its source's place among the pack's, its number there, and the KPI that it is."""

    place: int
    number: str
    kpi: str


def indicators_of(pack: Pack) -> list[Indicator]:
    """The indicators of a pack, the official ones first: the KPIs that name its sources."""
    found = []
    for kpi in catalogue().values():
        named = [(place, code) for code in kpi.source for place, of in enumerate(pack.sources) if _is_of(code, of)]
        if named and kpi.mode != "L" and (not pack.groups or kpi.group in pack.groups):
            place, code = min(named)
            found.append(Indicator(place, code, kpi.code))
    return sorted(found, key=lambda each: (each.place, _numbered(each.number), each.kpi))


def _is_of(code: str, source: str) -> bool:
    return code == source or code.startswith(f"{source}-") or (source == "CMS" and code.startswith("CMS"))


def _numbered(code: str) -> tuple[int, str]:
    last = code.rpartition("-")[2]
    return (int(last), code) if last.isdigit() else (999, code)


def definition(kpi: Kpi) -> Pair:
    """How an indicator is worked out here, in a sentence."""
    return kpi.formula_zh, kpi.formula_en
