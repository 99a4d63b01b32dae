"""The dataset: the union of members files, whatever their order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fitbox_trainer.data.dataset import assemble, changed_members
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fitbox.errors import DatasetError


def write(path: Path, *members: tuple[str, dict[str, str]]) -> Path:
    """A members file of ids and coach texts."""
    lines: list[dict[str, Any]] = [
        {"member_id": member, "profile": {}, **({"targets": targets} if targets else {})}
        for member, targets in members
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


MEMBERS = st.lists(
    st.tuples(
        st.sampled_from("abcde"),
        st.sampled_from([{}, {"advice": "rest"}, {"advice": "move"}]),
    ),
    max_size=6,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=MEMBERS, second=MEMBERS)
def test_the_union_holds_each_member_once_in_any_order_of_files(
    tmp_path: Path, first: list[Any], second: list[Any]
) -> None:
    """A line with coach texts wins over one without; the digest depends on nothing but the content."""
    a, b = write(tmp_path / "a", *first), write(tmp_path / "b", *second)
    dataset = assemble([a, b], tmp_path / "out")
    assert assemble([b, a], tmp_path / "out") == dataset
    everybody = {member for member, _ in [*first, *second]}
    assert dataset.members == len(everybody)
    if everybody:
        text = (tmp_path / "out" / f"{dataset.digest}.jsonl").read_text()
        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["member_id"] for line in lines] == sorted(everybody)
        coached = {member for member, targets in [*first, *second] if targets}
        assert {line["member_id"] for line in lines if line.get("targets")} == coached


def test_new_coach_texts_make_another_dataset(tmp_path: Path) -> None:
    """The members are the same, what is to be learned is not."""
    plain = assemble([write(tmp_path / "a", ("ada", {}))], tmp_path)
    coached = assemble([write(tmp_path / "b", ("ada", {"advice": "rest"}))], tmp_path)
    assert plain.digest != coached.digest


def test_changes_count_additions_withdrawals_and_new_texts(tmp_path: Path) -> None:
    """Each side of a difference counts."""
    before = assemble([write(tmp_path / "a", ("a", {}), ("b", {}), ("c", {}))], tmp_path)
    after = assemble([write(tmp_path / "b", ("b", {}), ("c", {"advice": "x"}), ("d", {}))], tmp_path)
    paths = [tmp_path / f"{dataset.digest}.jsonl" for dataset in (before, after)]
    assert changed_members(paths[0], paths[1]) == 4  # a left, d came, c changed (out and in)
    assert changed_members(paths[0], paths[0]) == 0


def test_a_damaged_members_file_is_named(tmp_path: Path) -> None:
    """The message says what to do about it."""
    path = tmp_path / "broken.jsonl"
    path.write_text('{"member_id": 3}\n')
    with pytest.raises(DatasetError, match=r"broken\.jsonl"):
        assemble([path], tmp_path)
