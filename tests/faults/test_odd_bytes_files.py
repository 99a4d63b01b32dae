"""Odd bytes, where a file or JSON is read: one kind of error, never another exception and never a wait."""

from __future__ import annotations

import errno
import json
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from fitbox import files
from fitbox.errors import UnusableFileError
from fitbox.files import FileFault
from tests.examples import examples


class Point(BaseModel):
    """A form to read."""

    x: int
    name: str
    share: float | None = None


NOT_JSON = {
    "nothing that is JSON": b"hello",
    "two values": b"{} {}",
    "bytes that are not UTF-8": b'{"a": "\xff"}',
    "UTF-16": "{}".encode("utf-16"),
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested lists without an end": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "one level too many": b"[" * (files.MAX_DEPTH + 2) + b"]" * (files.MAX_DEPTH + 2),
    "NaN": b'{"a": NaN}',
    "infinity": b'{"a": -Infinity}',
    "a number that overflows": b'{"a": 1e999}',
    "a number of 4,000 digits": b"9" * 4000,
    "a number of 10,000 digits": b"9" * 10_000,
    "a number beyond 64 bits": str(2**64).encode(),
    "a name twice": b'{"a": 1, "a": 2}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "a lone surrogate in a name": b'{"\\udfff": 1}',
    "a control character in a text": b'"a\nb"',
    "NUL": b"\0\0\0\0",
}
TORN = {
    "empty": b"",
    "white space": b" \n",
    "half an object": b'{"a": ',
    "half a text": b'{"a": "bc',
    "a key": b'{"a"',
}


@pytest.mark.parametrize("content", NOT_JSON.values(), ids=NOT_JSON)
def test_json_that_no_honest_writer_makes_is_refused_for_good(tmp_path: Path, content: bytes) -> None:
    """Whatever it is, the error names the file, can be printed, and does not say that it may pass."""
    path = tmp_path / "values.json"
    path.write_bytes(content)
    with pytest.raises(UnusableFileError) as caught:
        files.read_json(path, max_bytes=1 << 20)
    assert caught.value.reason in (FileFault.NOT_JSON, FileFault.FORM)
    assert not caught.value.passing
    assert str(path) in str(caught.value)
    str(caught.value).encode()
    assert len(str(caught.value)) < 2 * files.MAX_SHOWN + len(str(path))


@pytest.mark.parametrize("content", TORN.values(), ids=TORN)
def test_json_that_ends_too_early_may_be_whole_later(tmp_path: Path, content: bytes) -> None:
    """A copy that is under way looks like this."""
    (tmp_path / "values.json").write_bytes(content)
    with pytest.raises(UnusableFileError) as caught:
        files.read_json(tmp_path / "values.json", max_bytes=1 << 20)
    assert (caught.value.reason, caught.value.passing) == (FileFault.TORN, True)


@pytest.mark.slow
@given(
    st.binary(max_size=200) | st.text(alphabet='{}[]":,\\ud80019eE+-.ntrf \n', max_size=60).map(str.encode)
)
@examples(400)
def test_any_bytes_are_a_value_or_one_kind_of_error(content: bytes) -> None:
    """What is accepted can be written again, and means the same."""
    try:
        values = files.parse_json(content, "somewhere")
    except UnusableFileError as error:
        str(error).encode()
    else:
        assert json.loads(files.to_json(values)) == values


@pytest.mark.slow
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**63), 2**64 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
        ),
        max_leaves=20,
    )
)
@examples(200)
def test_what_we_write_is_read_again(values: object) -> None:
    """The bounds refuse nothing that FitBox writes."""
    assert files.parse_json(files.to_json(values), "somewhere") == values


@pytest.mark.slow
@given(
    st.dictionaries(
        st.text(max_size=3),
        st.text(max_size=5) | st.sampled_from([True, False, None, 1.5, -2.25e-30, 10**18, [[], {}]]),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
    st.data(),
)
@examples(400)
def test_every_start_of_an_object_is_torn_wherever_the_copy_stands(
    values: object, ascii_only: bool, data: st.DataObject
) -> None:
    """Cut in a number, a word, an escape or a character of several bytes: it may still become whole."""
    content = json.dumps(values, ensure_ascii=ascii_only).encode("utf-8", "replace")
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(UnusableFileError) as caught:
        files.parse_json(content[:cut], "somewhere")
    assert caught.value.passing


def test_numbers_that_json_does_not_have_are_written_as_null_and_read_only_on_request() -> None:
    """A score that is not finite must neither break a file for other readers nor be lost to the gate."""
    assert files.to_json({"b": float("nan"), "a": [float("inf"), 1.5]}, indent=None) == (
        b'{"a": [null, 1.5], "b": null}\n'
    )
    values = files.parse_object(b'{"a": NaN, "b": 1e999}', "somewhere", nan=True)
    assert str(values["a"]) == "nan"


@pytest.mark.parametrize(
    "content",
    [
        b'{"x": "1", "name": "a"}',
        b'{"x": true, "name": "a"}',
        b'{"x": 1.0, "name": "a"}',
        b'{"x": 1}',
        b"[]",
        b"1",
        b'{"x": 1, "name": null}',
        b'{"x": 1, "name": "a", "share": "0.5"}',
        b'{"x": 1, "name": ["a"]}',
    ],
)
def test_a_form_is_read_strictly(tmp_path: Path, content: bytes) -> None:
    """Nothing is taken for another type in silence; the error names the field."""
    path = tmp_path / "point.json"
    path.write_bytes(content)
    with pytest.raises(UnusableFileError) as caught:
        files.read_model(path, Point, max_bytes=1000)
    assert (caught.value.reason, caught.value.passing) == (FileFault.FORM, False)
    path.write_bytes(b'{"x": 1, "name": "a", "share": 1, "more": 2}')
    assert files.read_model(path, Point, max_bytes=1000) == Point(x=1, name="a", share=1.0)


def make(path: Path, kind: str) -> None:
    """Something that is no regular file, at ``path``."""
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))
        case "link":
            path.with_suffix(".target").write_text("{}")
            path.symlink_to(path.with_suffix(".target"))
        case "broken link":
            path.symlink_to(path.with_suffix(".none"))
        case "link to itself":
            path.symlink_to(path)
        case "link to a device":
            path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    "kind", ["folder", "pipe", "socket", "link", "broken link", "link to itself", "link to a device"]
)
def test_only_a_regular_file_is_read_and_nobody_is_waited_for(tmp_path: Path, kind: str) -> None:
    """A pipe without a writer would wait for ever, a device would never end."""
    path = tmp_path / "values.json"
    make(path, kind)
    with pytest.raises(UnusableFileError) as caught:
        files.read_file(path, max_bytes=100)
    assert caught.value.reason == (FileFault.SYMLINK if "link" in kind else FileFault.NOT_A_FILE)
    assert not caught.value.passing


@pytest.mark.parametrize("kind", ["link", "broken link", "link to itself", "link to a device"])
def test_a_link_is_followed_where_asked_and_still_only_to_a_regular_file(tmp_path: Path, kind: str) -> None:
    """Mounted secrets are links."""
    path = tmp_path / "values.json"
    make(path, kind)
    if kind == "link":
        assert files.read_file(path, max_bytes=100, links=True) == b"{}"
        return
    with pytest.raises(UnusableFileError):
        files.read_file(path, max_bytes=100, links=True)


def test_devices_are_refused_without_being_opened() -> None:
    """Opening one can already do something."""
    for device in (Path("/dev/zero"), Path("/dev/null"), Path("/dev/full")):
        with pytest.raises(UnusableFileError, match="not a regular file"):
            files.read_file(device, max_bytes=100)


def test_a_file_of_one_byte_more_is_refused_without_reading_the_rest(tmp_path: Path) -> None:
    """A sparse file of a terabyte costs nothing."""
    path = tmp_path / "huge"
    path.touch()
    os.truncate(path, 1 << 40)
    with pytest.raises(UnusableFileError) as caught:
        files.read_file(path, max_bytes=1000)
    assert caught.value.reason == FileFault.TOO_LARGE
    os.truncate(path, 1000)
    assert len(files.read_file(path, max_bytes=1000)) == 1000


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 300])
def test_a_name_that_no_file_can_have_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    """Names come out of files that others wrote."""
    with pytest.raises(UnusableFileError) as caught:
        files.read_file(tmp_path / name, max_bytes=10)
    assert caught.value.reason == FileFault.NAME
    str(caught.value).encode()


REFUSALS = {
    errno.EMFILE: FileFault.UNREADABLE,
    errno.ENFILE: FileFault.UNREADABLE,
    errno.ENOMEM: FileFault.UNREADABLE,
    errno.EIO: FileFault.UNREADABLE,
    errno.ESTALE: FileFault.UNREADABLE,
    errno.EACCES: FileFault.DENIED,
    errno.ENOENT: FileFault.MISSING,
}


@pytest.mark.parametrize("code", REFUSALS, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["stat", "open", "fstat"])
def test_what_the_system_refuses_names_the_path_and_may_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """The caller never meets an OSError, and knows that it may try again."""
    path = tmp_path / "values.json"
    path.write_text("{}")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(UnusableFileError) as caught:
            files.read_file(path, max_bytes=10)
    assert (caught.value.reason, caught.value.passing) == (REFUSALS[code], True)
    assert str(path) in str(caught.value)
    assert files.read_json(path, max_bytes=10) == {}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("plain é 漢", "plain é 漢"),
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("a\nb", r"a\nb"),
        ("\ud800", r"\ud800"),
        ("\u202e", r"\u202e"),
        ("\udce9", r"\xe9"),
        ("\x9b", r"\x9b"),
        ("x" * 300, "x" * 100 + "..." + "x" * 100),
    ],
)
def test_somebody_elses_text_is_shown_without_acting(text: str, safe: str) -> None:
    """Escape sequences, line breaks, half characters and sheer length stay out of logs and replies."""
    assert files.shown(text) == safe
