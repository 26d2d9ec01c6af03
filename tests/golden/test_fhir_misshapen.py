"""Whatever is in the place of a FHIR resource, it is told, ignored or refused; never is it a crash."""

from __future__ import annotations

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import Ignored, Malformed
from ingest.events import encode
from ingest.interpret.fhir import interpret_fhir
from tests.golden.fhir_resources import FHIR_SOURCE, HEARD_AT, at, found
from tests.golden.fhir_stories import ALL, STORIES

_ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["entered-in-error", "2025", at("09:00")]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["reference", "identifier", "coding", "code", "period", "value"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", STORIES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_misshapen_resources_are_told_ignored_or_refused_and_never_a_crash(name: str, data: st.DataObject) -> None:
    said = copy.deepcopy(STORIES[name][0])
    for element in data.draw(st.lists(st.sampled_from(sorted(set(said) - {"resourceType"})), min_size=1, max_size=3)):
        said[element] = data.draw(_ANY)
    try:
        events = interpret_fhir(found(said, known=ALL), FHIR_SOURCE, HEARD_AT)
    except (Ignored, Malformed):
        return
    assert events == interpret_fhir(found(said, known=ALL), FHIR_SOURCE, HEARD_AT)
    assert "张".encode() not in b"".join(encode(event) for event in events)
