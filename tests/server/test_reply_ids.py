"""The id of a reply: opens to what it was made of, and to nothing else."""

from __future__ import annotations

import base64
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from fitbox_server.feedback.reply_ids import MOST_CHARACTERS, load_keys
from hypothesis import given, settings
from hypothesis import strategies as st

from fitbox.errors import ConfigurationError, ReplyIdError, ReplyIdExpiredError
from fitbox.feedback.plans import served_of
from fitbox.profile import Profile
from fitbox.task import TaskName
from tests.feedback_made import KEY, NOW, OTHER_KEY, eaten, named, reply_ids, week, week_id
from tests.strategies import profiles


@settings(max_examples=30)
@given(profiles(), st.integers(0, 2**63 - 1))
def test_an_id_opens_to_what_it_was_made_of(profile: Profile, seed: int) -> None:
    """Every field of every member comes back."""
    reply, served = named(profile=profile, seed=seed), served_of(week())
    opened = reply_ids().open(reply_ids().seal(reply, served))
    assert (opened.reply, opened.served) == (reply, served)


def test_a_day_of_eating_and_an_advice_have_ids_too() -> None:
    """An advice without items."""
    for task, served in ((TaskName.NUTRITION, served_of(eaten())), (TaskName.ADVICE, None)):
        assert reply_ids().open(reply_ids().seal(named(task), served)).served == served


def test_equal_replies_have_equal_ids() -> None:
    """So a reply that is kept, and one that is made again at the same moment, name the same."""
    assert week_id() == week_id()
    assert week_id() != week_id(seed=8)


def test_an_id_says_nothing_to_whoever_reads_it() -> None:
    """Neither the version nor anything of the member can be read from it."""
    text = base64.urlsafe_b64decode(week_id()[3:] + "==")
    assert b"v000007" not in text
    assert b"FEMALE" not in text


@given(st.integers(0, 10_000), st.sampled_from("AB-_9"))
@settings(max_examples=60)
def test_an_id_that_was_altered_does_not_open(position: int, letter: str) -> None:
    """Whatever letter of it."""
    made = week_id()
    position %= len(made)
    altered = made[:position] + letter + made[position + 1 :]
    if altered != made:
        with pytest.raises(ReplyIdError):
            reply_ids().open(altered)


@pytest.mark.parametrize("text", ["", "r1.", "r1.!!!!", "r2.AAAA", "v000007-3f9a1c2b", "r1." + "A" * 60, "é"])
def test_what_is_no_id_does_not_open(text: str) -> None:
    """Whatever it is."""
    with pytest.raises(ReplyIdError):
        reply_ids().open(text)


def test_an_id_that_is_too_long_is_not_looked_at() -> None:
    """It would take time that grows with it."""
    with pytest.raises(ReplyIdError):
        reply_ids().open("r1." + "A" * MOST_CHARACTERS)


def test_an_id_of_a_foreign_server_does_not_open() -> None:
    """Another key."""
    with pytest.raises(ReplyIdError, match="another key"):
        reply_ids(OTHER_KEY).open(week_id())


def test_a_key_that_was_replaced_opens_what_it_sealed() -> None:
    """The first key of a file seals; the others open."""
    assert reply_ids(OTHER_KEY, KEY).open(week_id()).reply == named()


def test_an_id_has_a_life() -> None:
    """Counted from its reply."""
    late = NOW + timedelta(days=60)
    with pytest.raises(ReplyIdExpiredError, match="60 days"):
        reply_ids(now=late).open(week_id())
    assert reply_ids(now=NOW + timedelta(days=58)).open(week_id())


def test_a_clock_that_was_put_back_makes_no_id_invalid() -> None:
    """A reply of the future is as good as new."""
    assert reply_ids(now=NOW - timedelta(days=30)).open(week_id())


def test_an_id_of_an_ordinary_member_is_short() -> None:
    """It travels in every reply and every event."""
    assert len(week_id()) < 1500


def test_the_key_is_made_once_and_for_nobody_else_to_read(tmp_path: Path) -> None:
    """Every start after it has the same."""
    path = tmp_path / "feedback" / ".reply-key"
    keys = load_keys(path)
    assert load_keys(path) == keys
    assert len(keys[0]) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe", base64.b64encode(bytes(32))])
def test_a_file_that_is_no_key_file_is_an_error(tmp_path: Path, content: bytes) -> None:
    """Never a weak key in silence."""
    path = tmp_path / ".reply-key"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="no key file"):
        load_keys(path)
