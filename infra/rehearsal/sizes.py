"""How large the rehearsal hospital is: a small clinic, a county hospital, a large hospital."""

from __future__ import annotations

from dataclasses import dataclass

# Department → (share of outpatients, minutes of a first consultation, chance of lab, of exam, of drugs).
DEPARTMENTS: dict[str, tuple[float, float, float, float, float]] = {
    "CARD": (0.16, 8.0, 0.45, 0.35, 0.65),
    "DERM": (0.14, 5.0, 0.15, 0.02, 0.80),
    "RESP": (0.12, 7.0, 0.45, 0.30, 0.70),
    "GAST": (0.11, 8.0, 0.40, 0.35, 0.60),
    "ORTH": (0.11, 7.0, 0.10, 0.60, 0.45),
    "PED": (0.12, 6.0, 0.45, 0.10, 0.75),
    "GYN": (0.10, 7.0, 0.40, 0.45, 0.45),
    "NEUR": (0.07, 9.0, 0.30, 0.45, 0.60),
    "OPHT": (0.07, 6.0, 0.05, 0.10, 0.60),
}
OPEN_S = (7 * 3600 + 1800, 12 * 3600)  # 07:30–12:00
REOPEN_S = (13 * 3600 + 1800, 17 * 3600 + 1800)  # 13:30–17:30
OVERTIME_S = 1800  # a session ends when its people are through, at most half an hour late


@dataclass(frozen=True)
class Size:
    """Visits a day, and what there is to serve them."""

    name: str
    outpatients: int
    emergencies: int
    departments: tuple[str, ...]
    registration: int
    cashier: int
    phlebotomy: int
    ultrasound: int
    imaging: int
    pharmacy: int
    ed_doctors: int
    beds: int  # of those who lie in them as the day begins

    def share(self, dept: str) -> float:
        """The department's part of the outpatients."""
        return DEPARTMENTS[dept][0] / sum(DEPARTMENTS[d][0] for d in self.departments)

    def rooms(self, dept: str) -> int:
        """Consultation rooms: enough that a morning's rush takes the morning to serve."""
        _, minutes, lab, exam, _ = DEPARTMENTS[dept]
        work = self.outpatients * self.share(dept) * (minutes + 1.5) * (1 + 0.55 * min(1.0, lab + exam))
        return max(1, round(work / (510 * 0.97)))


SIZES = {
    "clinic": Size("clinic", 130, 20, ("CARD", "DERM", "RESP"), 1, 1, 1, 1, 1, 1, 2, 9),
    "county": Size("county", 2700, 300, tuple(DEPARTMENTS), 8, 4, 6, 9, 7, 6, 8, 72),
    "large": Size("large", 13800, 1200, tuple(DEPARTMENTS), 40, 19, 28, 44, 35, 28, 30, 300),
}
