"""The frames between a process and its engine worker."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest, Sampling
from fitbox.engine.wire import (
    MAX_FRAME_BYTES,
    Cancel,
    Chunk,
    Done,
    Failed,
    Frame,
    FrameDecoder,
    Ping,
    Pong,
    Ready,
    Submit,
    WorkerStats,
    decode_spec,
    encode,
    encode_spec,
)
from fitbox.errors import EngineError
from tests.examples import examples

# No lone surrogates: they are no text, and JSON in UTF-8 cannot carry them.
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
counts = st.integers(0, 10**6)
seconds = st.floats(0, 1e6)
samplings = st.builds(Sampling, temperature=st.floats(0, 2), top_p=st.floats(0.01, 1), seed=counts)
requests = st.builds(
    GenerationRequest,
    messages=st.lists(st.builds(Message, role=texts, content=texts), max_size=3).map(tuple),
    max_new_tokens=counts,
    grammar=st.none() | texts,
    sampling=samplings,
)
frames = st.one_of(
    st.builds(Submit, id=counts, request=requests),
    st.builds(Cancel, id=counts),
    st.builds(Ping, nonce=counts),
    st.builds(Ready, protocol=counts, engine=texts, pid=counts, load_seconds=seconds, context_tokens=counts),
    st.builds(Chunk, id=counts, text=texts, tokens=counts),
    st.builds(
        Done,
        id=counts,
        finish_reason=st.sampled_from(FinishReason),
        prompt_tokens=counts,
        completion_tokens=counts,
        ttft_seconds=seconds,
        total_seconds=seconds,
    ),
    st.builds(Failed, id=counts, code=texts, message=texts),
    st.builds(Pong, nonce=counts, stats=st.builds(WorkerStats, running=counts, waiting=counts)),
)


@examples(60)
@given(st.lists(frames, max_size=5), st.data())
def test_frames_survive_the_wire_however_the_bytes_are_split(sent: list[Frame], data: st.DataObject) -> None:
    """A stream socket may deliver any number of bytes at a time."""
    stream = b"".join(encode(frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    decoder = FrameDecoder()
    received = [
        frame
        for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        for frame in decoder.feed(stream[start:end])
    ]
    assert received == sent


@pytest.mark.parametrize(
    "body",
    [b"{}", b"not json", b'{"type": "unknown"}', b'{"type": "cancel", "id": "x"}', b"\xff\xfe"],
)
def test_bytes_that_are_no_frame_are_refused(body: bytes) -> None:
    """A stream that is out of step must end, not be guessed at."""
    with pytest.raises(EngineError, match="not a frame"):
        FrameDecoder().feed(struct.pack(">I", len(body)) + body)


def test_an_absurd_length_is_refused_before_anything_is_buffered_for_it() -> None:
    """Four wrong bytes must not make the reader wait for gigabytes."""
    with pytest.raises(EngineError, match="at most"):
        FrameDecoder().feed(struct.pack(">I", MAX_FRAME_BYTES + 1))


def test_a_broken_frame_is_reported_without_its_content() -> None:
    """Frames hold prompts, and the message goes into a log."""
    body = b'{"type": "submit", "id": 1, "request": {"messages": "canary"}}'
    with pytest.raises(EngineError) as caught:
        FrameDecoder().feed(struct.pack(">I", len(body)) + body)
    assert "canary" not in str(caught.value)


def test_a_spec_survives_the_command_line() -> None:
    """Paths and options included."""
    spec = EngineSpec(
        engine="openvino",
        base_model=Path("/models/base/mödel"),
        adapter=Path("/models/adapters/v000001-00000000"),
        adapter_version="v000001-00000000",
        threads=2,
        nice=10,
        options=(("prefix_caching", "false"),),
    )
    assert decode_spec(encode_spec(spec)) == spec


def test_a_spec_that_is_none_is_refused() -> None:
    """The worker says so instead of failing somewhere later."""
    with pytest.raises(EngineError, match="not an engine spec"):
        decode_spec("{}")
