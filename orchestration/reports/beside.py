"""One department beside the others: its figures, the hospital's, its place among departments, and its period before."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from orchestration.reports.document import Cell, Column, Item, Mark, Points, Table
from orchestration.reports.facts import Facts
from orchestration.reports.figures import Figure, better_down
from orchestration.reports.matters import GAUGES
from orchestration.reports.sentences import aside, counted
from orchestration.reports.tables import marked, trust_cell
from orchestration.reports.words import say
from orchestration.reports.writing import Language, amount, number, signed, target_text, title, with_statistic

APART = 1.25  # how many times the hospital's value stands out
_MOST = 5


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A department's figure, the hospital's, that of the period before, and its place from the highest value."""

    figure: Figure
    whole: Figure | None
    before: Figure | None
    place: int
    places: int

    @property
    def ratio(self) -> float | None:
        """Of the hospital's value."""
        whole = self.whole.value if self.whole else None
        return self.figure.value / whole if whole and self.figure.value is not None else None

    @property
    def is_better(self) -> bool | None:
        """Than the hospital; None where nobody says which way is better, or both are alike."""
        down, ratio = better_down(self.figure.kpi, self.figure.target), self.ratio
        return None if down is None or ratio is None or ratio == 1 else (ratio < 1) == down


def compared(facts: Facts, dept: str) -> Iterator[Beside]:
    """Every figure of a department, as the catalogue has them."""
    for figure in facts.figures:
        if (figure.dim, figure.part) != ("dept", dept) or not (figure.n or figure.excluded or figure.waiting):
            continue
        others = [f for f in facts.figures if f.kpi.code == figure.kpi.code and f.dim == "dept" and f.value is not None]
        higher = sum((f.value or 0.0) > (figure.value or 0.0) for f in others)
        code = figure.kpi.code
        before = (f for f in facts.before if f.kpi.code == code and (f.dim, f.part) == ("dept", dept))
        yield Beside(
            figure=figure,
            whole=facts.whole(code),
            before=next(before, None),
            place=higher + 1,
            places=len(others),
        )


def against_whole(facts: Facts, dept: str, lang: Language) -> Points:
    """Where the department stands far from the hospital, the worst first."""
    far = [b for b in compared(facts, dept) if _stands_out(b)]
    ordered = sorted(far, key=lambda b: (b.is_better is not False, -_distance(b), b.figure.kpi.code))
    items = tuple(_item(each, lang) for each in ordered[:_MOST])
    return Points(say(lang, "against_whole"), items, say(lang, "none_against"))


def _stands_out(beside: Beside) -> bool:
    told = beside.is_better is not None and not beside.figure.is_few and beside.places > 1
    told = told and beside.figure.kpi.group != GAUGES
    return told and _distance(beside) >= APART


def _distance(beside: Beside) -> float:
    ratio = beside.ratio or 0.0
    return max(ratio, 1 / ratio) if ratio else float("inf")


def _item(beside: Beside, lang: Language) -> Item:
    figure, whole = beside.figure, beside.whole
    shown = f"{title(figure.kpi, lang)} {with_statistic(figure, lang)}{aside(counted(figure, lang), lang)}"
    of_whole = amount(whole.value if whole else None, figure.kpi, lang)
    low_first = beside.is_better if better_down(figure.kpi, figure.target) else not beside.is_better
    rank = beside.places - beside.place + 1 if low_first else beside.place
    ways = [say(lang, "low"), say(lang, "high")] if low_first else [say(lang, "high"), say(lang, "low")]
    said = say(lang, "against", shown=shown, whole=of_whole, rank=rank, n=beside.places, way=ways[0], other=ways[1])
    return Item(said, "", "better" if beside.is_better else "worse")


def beside_table(facts: Facts, dept: str, lang: Language) -> Table:
    """Every figure of the department beside the hospital's and the period before."""
    heads = (("figure", False, 23), ("value", True, 14), ("n_head", True, 7), ("hospital_value", True, 8),
             ("rank", True, 8), ("before_value", True, 8), ("change", True, 8), ("target", False, 13))  # fmt: skip
    columns = tuple(Column(say(lang, head), is_number, share) for head, is_number, share in heads)
    rows = tuple(_row(each, lang) for each in compared(facts, dept))
    return Table(say(lang, "dept_figures"), (*columns, Column(say(lang, "trust"), share=11)), rows)


def _row(beside: Beside, lang: Language) -> tuple[Cell, ...]:
    figure, kpi = beside.figure, beside.figure.kpi
    whole = beside.whole.value if beside.whole else None
    before = beside.before.value if beside.before else None
    by = figure.value - before if before is not None and figure.value is not None else None
    place = say(lang, "place_of", rank=beside.place, n=beside.places) if figure.value is not None else ""
    return (
        Cell(title(kpi, lang)),
        Cell(with_statistic(figure, lang), figure.value, marked(figure)),
        Cell(number(figure.n, 0), figure.n),
        Cell(number(whole) if whole is not None else "", whole),
        Cell(place, mark="quiet"),
        Cell(number(before) if before is not None else "", before),
        change_cell(figure, by),
        Cell(target_text(figure.target, kpi, lang), mark="quiet"),
        trust_cell(figure, lang),
    )


def change_cell(figure: Figure, by: float | None) -> Cell:
    """A difference with its sign; its colour is that of control charts, not of any difference, so it has none here."""
    mark: Mark = "quiet" if figure.is_few else ""
    return Cell("" if by is None else signed(by), by, mark)
