"""The palette: numbers stand out at 7:1, every text at 4.5:1, in the light and in the dark."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parent.parent.parent / "board" / "static"
LIGHT, DARK = "board.css", "dark.css"

# Ink on paper, and how much contrast it must have: numbers 7, other text 4.5, marks and edges 3.
PAIRS = [
    ("ink", "paper", 7.0),
    ("soft", "paper", 7.0),
    ("stale-ink", "paper", 7.0),
    ("stale-ink", "hatch", 7.0),
    ("ink", "hatch", 7.0),
    ("soft", "hatch", 4.5),
    ("over-ink", "over-paper", 7.0),
    ("far-ink", "far-paper", 7.0),
    ("soft", "over-paper", 4.5),
    ("soft", "far-paper", 4.5),
    ("accent", "paper", 4.5),
    ("better", "paper", 4.5),
    ("over", "paper", 3.0),
    ("over", "over-paper", 3.0),
    ("far", "paper", 3.0),
    ("far", "far-paper", 3.0),
    *((("on-part"), f"part-{n}", 4.5) for n in (1, 2, 4, 5, 6)),
]


def palette(name: str) -> dict[str, str]:
    css = (STATIC / name).read_text("utf-8").split("}")[0]
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9A-Fa-f]{6});", css))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [LIGHT, DARK])
@pytest.mark.parametrize(("ink", "paper", "least"), PAIRS, ids=lambda part: str(part))
def test_contrast(name: str, ink: str, paper: str, least: float) -> None:
    colours = palette(name)
    assert contrast(colours[ink], colours[paper]) >= least


def test_light_and_dark_name_the_same_colours() -> None:
    assert palette(LIGHT).keys() == palette(DARK).keys()


def test_no_colour_stands_outside_the_palette() -> None:
    rules = "}".join((STATIC / LIGHT).read_text("utf-8").split("}")[1:])
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?=[\s;,)])", rules) == []
