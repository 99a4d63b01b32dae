"""What the gate refuses, all the way: a trained adapter, the real evaluation with a worker process that
answers as the bad model would, publishing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fitbox_server.engines.scripted import prompt_digest
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Dataset
from fitbox_trainer.daemon.settings import GateSettings
from fitbox_trainer.data.examples import Member, read_members
from fitbox_trainer.data.split import seed_of
from fitbox_trainer.evaluation import __main__ as evaluation
from fitbox_trainer.evaluation import decode
from fitbox_trainer.evaluation.__main__ import unseen_members
from fitbox_trainer.evaluation.items import Item, held_out, make_items
from fitbox_trainer.evaluation.synthetic import synthetic_members
from fitbox_trainer.finetune import __main__ as finetune
from fitbox_trainer.release.publish import Outcome, golden_versions, settle
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.presets import load_preset
from safetensors.torch import load_file, save_file

from fitbox.engine.process import EngineProcess
from fitbox.engine.types import EngineSpec
from fitbox.errors import EngineStartError, PlanTextError
from fitbox.profile import Language
from fitbox.registry import Registry
from tests.tiny_llama import write_members, write_tiny_base

pytestmark = pytest.mark.integration

MEMBERS = 12
"""Evaluated, most of them made up; three plans each."""

_PLANNED: dict[Any, str] = {}
"""Planning takes most of the time here, and several tests ask for the same plans."""

Answer = Callable[[Item], str]


def expert(item: Item) -> str:
    """A model that learnt everything."""
    key = item.member.member_id, item.task.name
    if key not in _PLANNED:
        _PLANNED[key] = str(item.task.render(item.task.plan(item.constraints, 7)))
    return _PLANNED[key]


def chance(item: Item) -> str:
    """A model that learnt nothing: what the grammar lets through."""
    seed = seed_of(item.member.member_id, f"untrained {item.task.name}")
    return str(item.task.render(item.task.random(item.constraints, seed)))


def shuffled(item: Item) -> str:
    """A model trained on targets that were dealt out anew: it writes good plans, for somebody else.

    As in decoding, the grammar has the last word: what this member must not be given becomes chance.
    """
    others = make_items(synthetic_members(MEMBERS))
    same_task = [other for other in others if other.task.name is item.task.name]
    text = expert(same_task[seed_of(item.member.member_id, "dealt") % len(same_task)])
    try:
        item.task.parse(text, item.constraints)
    except PlanTextError:
        return chance(item)
    return text


class Shop:
    """A registry with a tiny base, one finished training, and as many evaluations as a test wants."""

    def __init__(self, root: Path, trained: Path) -> None:
        self.root = root
        self.registry = Registry(root / "models")
        shutil.copytree(trained.parent / "tiny", self.registry.root / "base" / "tiny")
        self.base = self.registry.base_model("tiny")
        self._trained = trained
        self._ledger = Ledger(root / "ledger.sqlite3")
        self._runs = 0

    def run(self, name: str = "run", *, held_out_share: float = 0.1, members: int = MEMBERS) -> Path:
        """A run folder with the trained candidate, ready to be evaluated."""
        folder = self.root / "runs" / name
        shutil.copytree(self._trained, folder)
        config = json.loads((folder / "config.json").read_text())
        config["preset"]["data"]["held_out_share"] = held_out_share
        config["preset"]["evaluation"] |= {"members": members, "engine": "scripted", "likelihood": False}
        config["base_model"] = str(self.base.path)
        config["golden_versions"] = [str(v.path) for v in golden_versions(self.registry, self.base.digest)]
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    def take(self, evaluated: Path) -> Path:
        """A run folder that was evaluated before."""
        return Path(shutil.copytree(evaluated, self.root / "runs" / "run"))

    def champion(self, run: Path) -> None:
        """Let the evaluation compare with a version that serves already."""
        champion = self.root / "champion"
        shutil.copytree(run / "candidate", champion)
        with (champion / "adapter_config.json").open("a") as file:
            file.write("\n")  # equal adapters would be decoded once
        config = json.loads((run / "config.json").read_text())
        (run / "config.json").write_text(json.dumps(config | {"champion_adapter": str(champion)}))

    def settle(self, run: Path) -> Outcome:
        """Gate and publishing."""
        self._runs += 1
        record = self._ledger.create_run("cpu-quick", dataset=Dataset("d" * 64, 3), sources={"a.csv": "e"})
        # A run of its own each time: settling one run twice publishes once.
        record = replace(record, run_id=f"{run.name}-{self._runs}")
        return settle(record, run, registry=self.registry, base=self.base, gate=GateSettings())

    def close(self) -> None:
        """Give the ledger back."""
        self._ledger.close()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a candidate of three real steps; the base beside it is called ``tiny``."""
    root = tmp_path_factory.mktemp("trained")
    base = write_tiny_base(root / "tiny")
    folder = root / "run"
    folder.mkdir()
    write_members(folder / "members.jsonl", 60, apart=True)
    preset = load_preset("cpu-quick").model_dump(mode="json")
    preset |= {"time_budget_seconds": None, "threads": 1, "device": "cpu"}
    preset["quantization"] |= {"compute": "float32"}
    preset["lora"] |= {"rank": 2, "alpha": 4}
    preset["batch"] |= {"examples": 2}
    preset["data"] |= {"epochs": 3 * 2 / 162, "max_length": 4096}
    config = {"preset": preset, "base_model": str(base), "members": ["members.jsonl"]}
    (folder / "config.json").write_text(json.dumps(config))
    assert finetune.main(["--run-dir", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory, trained: Path) -> Path:
    """The run folder, evaluated with a model that answers well, beside a champion that does too."""
    shop = Shop(tmp_path_factory.mktemp("sound"), trained)
    run = shop.run()
    shop.champion(run)
    evaluate(run, candidate=expert, base=chance, champion=expert)
    shop.close()
    return run


@pytest.fixture
def shop(tmp_path: Path, trained: Path) -> Any:
    """Closed after the test."""
    made = Shop(tmp_path, trained)
    yield made
    made.close()


def evaluate(run: Path, **answers: Answer) -> dict[str, Any]:
    """The real evaluation, with worker processes whose versions answer as they are told."""
    path = run / "replies.json"
    replies = {
        f"{version}/{prompt_digest(tuple(item.task.messages(item.constraints)))}": answer(item)
        for item in make_items(asked(run))
        for version, answer in answers.items()
    }
    path.write_text(json.dumps(replies))
    real = EngineProcess.start

    async def start(spec: EngineSpec, *, timeout_seconds: float) -> EngineProcess:
        scripted = replace(spec, options=(("replies_file", str(path)),))
        return await real(scripted, timeout_seconds=timeout_seconds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decode.EngineProcess, "start", start)
        assert evaluation.main(["--run-dir", str(run)]) == 0
    found: dict[str, Any] = json.loads((run / "candidate" / "evaluation.json").read_text())
    return found


def asked(run: Path) -> Sequence[Member]:
    """Whom the evaluation of a run may ask about."""
    config = RunFolder(run).config()
    share, count = config.preset.data.held_out_share, config.preset.evaluation.members
    members = read_members(config.members)
    return {
        m.member_id: m for m in (*unseen_members(members, count, share), *held_out(members, share))
    }.values()


def refused(outcome: Outcome) -> set[str]:
    """Why; a refused candidate is no version."""
    assert outcome.version is None
    assert outcome.reason == outcome.decision.summary
    return {reason.code for reason in outcome.decision.reasons}


def test_a_sound_candidate_becomes_a_version(shop: Shop, sound: Path) -> None:
    """Without this, the refusals below would prove nothing."""
    run = shop.take(sound)
    outcome = shop.settle(run)
    assert outcome.version is not None, outcome.reason
    assert shop.registry.active().version == outcome.version


def test_a_version_says_where_it_comes_from(shop: Shop, sound: Path) -> None:
    """Files, members and their split, configuration, base, libraries, parent, seed, gate, commit."""
    outcome = shop.settle(shop.take(sound))
    assert outcome.version is not None, outcome.reason
    record = shop.registry.get(outcome.version).metadata
    provenance = record["provenance"]
    assert provenance["sources"] == {"a.csv": "e"}
    assert record["dataset_digest"] == "d" * 64
    assert record["members_files"].keys() == {"members.jsonl"}
    assert {"training_ids_sha256", "held_out_ids_sha256", "held_out_members"} <= record["data"].keys()
    assert record["preset"]["data"]["held_out_share"] == 0.1
    assert provenance["config"]["members"] == ["members.jsonl"]
    assert record["base_model_digest"] == shop.base.digest
    assert {"torch", "peft", "bitsandbytes", "numpy"} <= provenance["libraries"].keys()
    assert (provenance["parent"], provenance["seed"]) == (None, 42)
    assert len(record["learning_rates"]) == record["steps"] == 3
    assert provenance["gate"]["promote"] is True
    assert provenance["gate"]["figures"]["gain_over_base_lower"] > 0
    assert "git_commit" in provenance


def test_a_candidate_trained_on_shuffled_targets_is_refused(shop: Shop) -> None:
    """Whole, allowed plans, better than the base and than chance, but not as good as what serves."""
    run = shop.run()
    shop.champion(run)
    found = evaluate(run, candidate=shuffled, base=chance, champion=expert)
    assert found["parse_rate"] == 1
    assert found["against"]["base"]["difference"]["low"] > 0
    assert "worse_than_champion" in refused(shop.settle(run))


def test_a_candidate_with_weights_that_are_no_numbers_is_refused(shop: Shop, sound: Path) -> None:
    """However its texts came about; the refusal is kept on disk with its reasons."""
    run = shop.take(sound)
    weights = run / "candidate" / "adapter_model.safetensors"
    tensors = load_file(weights)
    tensors[next(iter(tensors))][0, 0] = torch.nan
    save_file(tensors, weights)
    assert refused(shop.settle(run)) == {"weights_not_finite"}
    (kept,) = shop.registry.rejected()
    gate = json.loads((kept / "training_metadata.json").read_text())["provenance"]["gate"]
    assert [reason["code"] for reason in gate["reasons"]] == ["weights_not_finite"]
    assert shop.registry.versions() == ()


def test_a_candidate_of_another_base_model_is_refused(shop: Shop, sound: Path) -> None:
    """Its shapes fit, so any engine would load it; only the digest tells."""
    run = shop.take(sound)
    path = shop.base.path / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"digest": "0" * 64}))
    shop.base = shop.registry.base_model("tiny")
    assert refused(shop.settle(run)) == {"base_mismatch"}


def test_a_candidate_that_collapses_on_one_slice_is_refused(shop: Shop) -> None:
    """Better than the champion over all members, useless to those who speak French."""

    def french(item: Item) -> bool:
        return item.member.profile.language is Language.FR

    run = shop.run(members=2 * MEMBERS)  # a bound over few French members is wide
    shop.champion(run)
    found = evaluate(
        run,
        candidate=lambda item: chance(item) if french(item) else expert(item),
        base=chance,
        champion=lambda item: expert(item) if french(item) else chance(item),
    )
    assert found["against"]["champion"]["difference"]["mean"] > 0
    outcome = shop.settle(run)
    assert refused(outcome) == {"slice_collapsed"}
    assert "language=fr" in outcome.reason


def test_a_candidate_that_forgets_what_an_earlier_version_could_is_refused(shop: Shop) -> None:
    """It does well on whom it is asked about now, and badly on an earlier version's golden set."""
    first = shop.run("first", held_out_share=0.4, members=12)
    evaluate(first, candidate=expert, base=chance)
    version = shop.settle(first).version
    second = shop.run("second", held_out_share=0.4, members=5)
    config = RunFolder(second).config()
    asked_now = {member.member_id for member in unseen_members(read_members(config.members), 5, 0.4)}
    found = evaluate(
        second,
        candidate=lambda item: expert(item) if item.member.member_id in asked_now else chance(item),
        base=chance,
    )
    golden = found["golden"][version]
    assert len(set(golden["members"])) == 12
    assert not set(golden["members"]) <= asked_now
    assert refused(shop.settle(second)) == {"forgets"}


def test_a_candidate_that_the_engine_does_not_load_is_refused_and_kept(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the same engine loads the base; where it does not, the run is tried again."""
    run = shop.run()
    real = EngineProcess.start

    def loads(*names: str) -> None:
        async def start(spec: EngineSpec, *, timeout_seconds: float) -> EngineProcess:
            if spec.adapter_version not in names:
                raise EngineStartError("scripted: tensor of an unknown shape")
            return await real(spec, timeout_seconds=timeout_seconds)

        monkeypatch.setattr(decode.EngineProcess, "start", start)

    loads()
    assert evaluation.main(["--run-dir", str(run)]) == 1
    loads("base")
    assert evaluation.main(["--run-dir", str(run)]) == 0
    assert refused(shop.settle(run)) == {"does_not_load"}
    assert len(shop.registry.rejected()) == 1
