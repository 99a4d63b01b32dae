"""Who may see what a run wrote of members, and for how long."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fitbox_trainer.data.examples import Member
from fitbox_trainer.evaluation import texts
from fitbox_trainer.evaluation.decode import Decoded, Text, requests_for
from fitbox_trainer.evaluation.items import make_items
from fitbox_trainer.evaluation.run import held_out_nll
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.evaluation.texts import TextCache, forget_withdrawn, texts_folder

from fitbox.engine.types import EngineSpec, GenerationRequest
from tests.scripted_training import Workshop


@pytest.fixture(params=[0o022, 0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Whatever the daemon was started with."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.integration
@pytest.mark.usefixtures("umask")
async def test_only_the_daemons_user_may_look_into_a_run(tmp_path: Path) -> None:
    """Its folder, config, progress, logs and candidate, whoever wrote them: the daemon or its children."""
    workshop = Workshop(tmp_path)
    for path in (adapter := workshop.script_dir / "adapter", *adapter.iterdir()):  # copied with its modes
        path.chmod(0o700 if path.is_dir() else 0o600)
    workshop.put("a.csv", "ann", "bob")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    ledger.close()
    runs = workshop.settings.work_dir / "runs"
    found = [path for path in runs.rglob("*") if path != runs]
    assert {"config.json", "progress.jsonl", "logs", "candidate"} <= {path.name for path in found}
    open_to_others = [path for path in found if stat.S_IMODE(path.lstat().st_mode) & 0o077]
    assert open_to_others == []


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where decodings of three sets of members are kept: one and two, two and three, and made-up ones."""
    (tmp_path / "manifest.json").write_text("{}")

    async def fake(_: EngineSpec, asked: list[GenerationRequest]) -> Decoded:
        return Decoded(tuple(Text("t", True, 1, 0.1) for _ in asked), 1.0)

    monkeypatch.setattr(texts, "decode", fake)
    runs = tmp_path / "runs"
    cache = TextCache(texts_folder(runs), {"one", "two", "three"})
    for number, members in enumerate(({"one", "two"}, {"two", "three"}, {"made up"})):
        spec = EngineSpec("scripted", tmp_path, None, "base", options=(("n", str(number)),))
        cache.decode(spec, requests_for(make_items(synthetic_members(1))), members)
    return runs


def dataset(path: Path, *members: str) -> Path:
    """A dataset of these members."""
    path.write_text("".join(json.dumps({"member_id": member, "profile": {}}) + "\n" for member in members))
    return path


@pytest.mark.slow
def test_texts_of_members_are_private(cache_folder: Path) -> None:
    """Plans that were decoded for single members."""
    files = list(texts_folder(cache_folder).iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(texts_folder(cache_folder).stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("left", "kept"),
    [(("one", "two", "three"), 3), (("one", "two"), 2), (("two",), 1), ((), 1)],
)
def test_whoever_is_withdrawn_leaves_the_texts_of_evaluations(
    cache_folder: Path, tmp_path: Path, left: tuple[str, ...], kept: int
) -> None:
    """Every file with a text of theirs goes; who was made up may stay."""
    gone = forget_withdrawn(cache_folder, dataset(tmp_path / "d.jsonl", *left) if left else None)
    assert gone == 3 - kept
    assert len(list(texts_folder(cache_folder).iterdir())) == kept


def test_what_does_not_say_whose_it_is_goes(cache_folder: Path, tmp_path: Path) -> None:
    """Files from before, torn ones, and what a killed writer left."""
    folder = texts_folder(cache_folder)
    (folder / "old.json").write_text('{"texts": [], "seconds": 1.0}')
    (folder / "torn.json").write_text('{"members": ["one"')
    (folder / ".writing-x").write_text("half")
    assert forget_withdrawn(cache_folder, dataset(tmp_path / "d.jsonl", "one", "two", "three")) == 3


@pytest.mark.integration
async def test_the_daemon_forgets_texts_as_soon_as_a_file_is_withdrawn(tmp_path: Path) -> None:
    """Though no run is due for so few changes, and nobody else would look at them."""
    workshop = Workshop(tmp_path, min_changed_members=10)
    workshop.put("a.csv", "ann", "bob")
    workshop.put("b.csv", "cid")
    ledger = workshop.open_ledger()
    await workshop.settle(ledger)
    folder = texts_folder(workshop.settings.work_dir / "runs")
    folder.mkdir(parents=True)
    (folder / "1.json").write_text('{"members": ["ann"], "texts": [], "seconds": 1}')
    (folder / "2.json").write_text('{"members": ["cid"], "texts": [], "seconds": 1}')
    (workshop.data / "b.csv").unlink()
    await workshop.settle(ledger)
    ledger.close()
    assert [path.name for path in folder.iterdir()] == ["1.json"]


def test_a_text_that_is_too_large_is_not_kept(cache_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is decoded again each time: what is kept has a bound, in number and in bytes."""
    monkeypatch.setattr(texts, "MAX_BYTES", 100)
    before = sorted(texts_folder(cache_folder).iterdir())
    cache = TextCache(texts_folder(cache_folder), {"one"})
    spec = EngineSpec("scripted", cache_folder.parent, None, "base", options=(("n", "9"),))
    assert cache.decode(spec, requests_for(make_items(synthetic_members(1))), {"one"}).whole
    assert sorted(texts_folder(cache_folder).iterdir()) == before


@pytest.mark.slow
def test_measuring_the_likelihood_leaves_no_file_of_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They go through a pipe; there is nothing that a kill could leave behind."""
    asked = {}

    def run(command: list[str], **options: object) -> object:
        asked.update(options, command=command)
        return type("Done", (), {"returncode": 0, "stdout": '{"nll": 1.5}\n'})

    monkeypatch.setattr("fitbox_trainer.evaluation.run.subprocess.run", run)
    members: tuple[Member, ...] = synthetic_members(2)
    assert held_out_nll(tmp_path, None, members) == 1.5
    assert "/dev/stdin" in asked["command"]
    assert [json.loads(line)["member_id"] for line in str(asked["input"]).splitlines()] == [
        member.member_id for member in members
    ]
