"""Identity ends at the door: pseudonyms that need the key, keys that show themselves nowhere."""

from __future__ import annotations

import copy
import pickle
import re
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from ingest.connector import RawMessage
from ingest.errors import Malformed, Misconfigured
from ingest.privacy import Pseudonyms, SiteKey, create_site_key, load_site_key
from ingest.raw import Sealer, create_raw_keys, load_private_key, load_public_key, unseal

SECRET = bytes(range(32))
ONE, OTHER = Pseudonyms(SiteKey(SECRET)), Pseudonyms(SiteKey(b"x" * 32))


def test_a_number_has_one_pseudonym_of_32_hex_digits() -> None:
    pseudonym = ONE.of("visit", "H001", "HIS", "10042")
    assert re.fullmatch(r"[0-9a-f]{32}", pseudonym)
    assert pseudonym == Pseudonyms(SiteKey(SECRET)).of("visit", "H001", "HIS", "10042")


def test_another_key_kind_facility_authority_or_day_gives_another_pseudonym() -> None:
    told = {
        ONE.of("visit", "H001", "HIS", "10042"),
        OTHER.of("visit", "H001", "HIS", "10042"),
        ONE.of("ticket", "H001", "HIS", "10042"),
        ONE.of("visit", "H002", "HIS", "10042"),
        ONE.of("visit", "H001", "LIS", "10042"),
        ONE.of("visit", "H001", "HIS", "10042", "2025-03-03"),
        ONE.staff("10042"),
        Pseudonyms(SiteKey(SECRET, version=2)).of("visit", "H001", "HIS", "10042"),
    }
    assert len(told) == 8


def test_a_patient_is_the_same_in_every_facility() -> None:
    assert ONE.of("patient", "H001", "EMPI", "77") == ONE.of("patient", "H002", "EMPI", "77")


@given(st.tuples(st.text(max_size=5), st.text(max_size=5)), st.tuples(st.text(max_size=5), st.text(max_size=5)))
def test_two_numbers_never_share_a_pseudonym_by_where_they_are_cut(a: tuple[str, str], b: tuple[str, str]) -> None:
    assert (ONE.of("visit", "H", *a) == ONE.of("visit", "H", *b)) == (a == b)


def test_the_key_shows_itself_nowhere() -> None:
    key = SiteKey(SECRET)
    assert SECRET.hex() not in repr(key) + str(key) + repr(ONE) + repr(vars(ONE))
    for copying in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            copying(key)


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    path = create_site_key(tmp_path / "keys")
    made = path.read_bytes()
    assert create_site_key(tmp_path / "keys").read_bytes() == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_site_key(tmp_path / "keys").version == 1


def test_a_key_that_is_missing_open_or_broken_is_one_sentence_without_the_key(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="make one with: hispulse keys create"):
        load_site_key(tmp_path)
    path = create_site_key(tmp_path)
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        load_site_key(tmp_path)
    path.chmod(0o600)
    path.write_text(f"1 {'zz' * 32}")
    with pytest.raises(Misconfigured) as broken:
        load_site_key(tmp_path)
    assert "zz" not in "".join(traceback.format_exception(broken.value))


def test_a_pair_of_keys_that_was_only_half_made_is_completed(tmp_path: Path) -> None:
    made = create_raw_keys(tmp_path).read_bytes()
    private = (tmp_path / "raw.private").read_bytes()
    (tmp_path / "raw.public").unlink()  # as a crash between the two files leaves it
    assert create_raw_keys(tmp_path).read_bytes() == made
    assert (tmp_path / "raw.private").read_bytes() == private
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw.private", "raw.public"]


def test_a_private_half_that_the_hospital_took_away_is_not_made_anew(tmp_path: Path) -> None:
    made = create_raw_keys(tmp_path).read_bytes()
    (tmp_path / "raw.private").unlink()
    assert create_raw_keys(tmp_path).read_bytes() == made
    assert not (tmp_path / "raw.private").exists()


def test_many_who_make_the_keys_at_once_get_one_pair(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as at_once:
        halves = {path.read_bytes() for path in at_once.map(create_raw_keys, [tmp_path] * 40)}
    assert halves == {f"{bytes(load_private_key(tmp_path / 'raw.private').public_key).hex()}\n".encode()}


def test_a_sealed_message_opens_with_the_private_key_only(tmp_path: Path) -> None:
    create_raw_keys(tmp_path)
    message = RawMessage(body="张三|MSH".encode("gb18030"), media_type="application/hl7-v2", received_at=7)
    sealed = Sealer(load_public_key(tmp_path)).seal("his", message)
    assert message.body not in sealed
    assert unseal(sealed, load_private_key(tmp_path / "raw.private")) == ("his", message)
    with pytest.raises(Malformed, match="not a raw record under this key"):
        unseal(sealed, PrivateKey.generate())
