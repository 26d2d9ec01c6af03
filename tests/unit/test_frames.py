"""MLLP frames out of a stream of bytes, however it is cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.interpret.frames import Frame, Frames

MESSAGES = st.lists(st.binary(min_size=1, max_size=40).map(lambda b: b.replace(b"\x0b", b"?").replace(b"\x1c", b"?")))


@given(MESSAGES, st.integers(1, 7))
def test_messages_come_out_as_they_went_in_however_the_stream_is_cut(messages: list[bytes], size: int) -> None:
    stream = b"".join(b"\x0b" + message + b"\x1c\r" for message in messages)
    frames = Frames(1000)
    out = [frame for at in range(0, len(stream), size) for frame in frames.feed(stream[at : at + size])]
    assert out == [Frame(message) for message in messages]
    assert frames.end() is None


@given(st.binary(max_size=300), st.integers(1, 9))
def test_nothing_grows_without_end_and_nothing_is_dropped_in_silence(noise: bytes, size: int) -> None:
    frames = Frames(20)
    out = [frame for at in range(0, len(noise), size) for frame in frames.feed(noise[at : at + size])]
    rest = frames.end()
    assert all(len(frame.body) <= 20 for frame in [*out, *([rest] if rest else [])])
    if noise.strip(b"\x0b\x1c\r\n\t \x00"):
        assert out or rest


def test_a_message_too_long_keeps_its_beginning_and_the_next_one_flows() -> None:
    frames = Frames(5)
    assert list(frames.feed(b"\x0b123456789\x1c\r\x0bok\x1c\r")) == [Frame(b"12345", "too long: frame"), Frame(b"ok")]


def test_an_end_block_without_its_carriage_return_ends_the_message() -> None:
    assert list(Frames(99).feed(b"\x0bone\x1c\x0btwo\x1c\n")) == [Frame(b"one"), Frame(b"two")]
