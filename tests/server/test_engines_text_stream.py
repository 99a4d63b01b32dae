"""Token ids to text without half characters."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from fitbox_server.engines.text_stream import TextStream
from hypothesis import given
from hypothesis import strategies as st

from tests.examples import examples


def decode_bytes(ids: Sequence[int]) -> str:
    """A tokenizer at its hardest: every token is one byte."""
    return bytes(ids).decode(errors="replace")


def stream(data: Sequence[int], sizes: Sequence[int] = (1,)) -> list[str]:
    """Feed bytes in groups of the given sizes, repeated."""
    text, pieces, start, turn = TextStream(decode_bytes), [], 0, 0
    while start < len(data):
        end = start + sizes[turn % len(sizes)]
        window = text.push(data[start:end])
        pieces.append(text.take(decode_bytes(window), final=end >= len(data)))
        start, turn = end, turn + 1
    return pieces


@pytest.mark.slow
@examples(100)
@given(
    st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("é日😀"), min_size=1, max_size=120),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_the_pieces_of_any_text_join_to_the_text(text: str, sizes: list[int]) -> None:
    """Also where every character spans several tokens and the window moved on many times."""
    pieces = stream(text.encode(), sizes)
    assert "".join(pieces) == text


def test_a_character_appears_only_when_its_last_byte_did() -> None:
    """Four tokens make one emoji: three empty pieces, then the whole character."""
    assert stream("😀".encode()) == ["", "", "", "😀"]


def test_a_text_that_ends_inside_a_character_keeps_the_rest() -> None:
    """What was cut shows as U+FFFD at the end, never before it."""
    assert stream("a😀".encode()[:3]) == ["a", "", "\ufffd"]


def test_a_replacement_character_that_the_model_means_is_kept() -> None:
    """Held back for one token, then given out with what follows."""
    assert "".join(stream("a\ufffdb".encode())) == "a\ufffdb"
