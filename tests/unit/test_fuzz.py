"""A share of the fuzzing: whatever is sent, the framer and the reader say so and go on; all: `python -m tests.fuzz`."""

from __future__ import annotations

from random import Random

import pytest

from ingest.interpret import hl7
from tests.fuzz.mutations import Mutator, corpus
from tests.fuzz.target import BATCH, Wrong, batch


def test_whatever_is_sent_is_read_or_refused() -> None:
    messages = corpus()
    counts = sum((batch(messages, 20250303, number) for number in range(4)), batch(messages, 20250303, 4))
    assert counts["messages"] == 5 * BATCH
    assert (
        counts["read"] > counts["messages"] // 4 and counts["not HL7"] and counts["delimiters"] and counts["encoding"]
    )


def test_the_same_seed_sends_the_same_bytes() -> None:
    one, other, another = (Mutator(corpus(), Random(seed)) for seed in (7, 7, 8))
    sent = [[each.message() for _ in range(50)] for each in (one, other, another)]
    assert sent[0] == sent[1] != sent[2]


def test_what_crashes_is_found_and_says_which() -> None:
    def broken(_body: bytes) -> hl7.Message:
        raise ValueError("broken")

    with pytest.raises(Wrong, match="message 0: ValueError: broken"):
        batch(corpus(), 1, 0, broken)
