"""The registry: publish, activate, roll back, pin, and what a crash leaves."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest

from fitbox.errors import (
    AdapterInvalidError,
    AdapterNotFoundError,
    AdapterPinnedError,
    BaseModelError,
    RegistryError,
)
from fitbox.registry import Registry
from tests import fakes


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """A models folder with a base model and no version."""
    return fakes.write_models(tmp_path / "models")


def test_a_published_version_is_listed_with_what_it_came_from(registry: Registry) -> None:
    """The name holds the number and the digest's start, the rest comes from the metadata."""
    version = fakes.publish(registry)
    assert version.name == f"v000001-{version.digest[:8]}"
    assert version.dataset_digest == "d" * 64
    assert version.evaluation_score == 0.75
    assert registry.versions() == (version,)
    assert registry.get(version.name) == version
    registry.verify(version)


def test_publishing_does_not_activate(registry: Registry) -> None:
    """The gate decides; until then the base model serves."""
    fakes.publish(registry)
    assert registry.active().version is None
    with pytest.raises(AdapterNotFoundError):
        registry.get("active")


def test_activation_moves_the_link_and_remembers_the_previous_version(registry: Registry) -> None:
    """People and PeftModel.from_pretrained follow the link, FitBox follows active.json."""
    first, second = fakes.publish(registry, 1), fakes.publish(registry, 2)
    registry.activate(first.name, reason="first")
    state = registry.activate(second.name, reason="better")
    assert (state.version, state.previous, state.reason) == (second.name, first.name, "better")
    link = registry.root / "fitbox_model"
    assert not link.readlink().is_absolute()
    assert link.resolve() == second.path.resolve()
    assert registry.get("active") == second


def test_rollback_swaps_the_active_and_the_previous_version(registry: Registry) -> None:
    """Rolling back twice is where one started."""
    first, second = fakes.publish(registry, 1), fakes.publish(registry, 2)
    registry.activate(first.name, reason="first")
    registry.activate(second.name, reason="second")
    assert registry.rollback(reason="worse").version == first.name
    assert registry.rollback(reason="no, better").version == second.name


def test_rollback_of_the_first_version_returns_to_the_base_model(registry: Registry) -> None:
    """There is always something to serve."""
    version = fakes.publish(registry)
    registry.activate(version.name, reason="first")
    state = registry.rollback(reason="bad replies")
    assert (state.version, state.previous) == (None, version.name)
    assert not (registry.root / "fitbox_model").is_symlink()


def test_rollback_without_any_activation_is_refused(registry: Registry) -> None:
    """Nothing was ever activated, so there is nothing to go back to."""
    with pytest.raises(AdapterNotFoundError):
        registry.rollback(reason="why not")


def test_rollback_of_a_version_that_is_no_longer_active_changes_nothing(registry: Registry) -> None:
    """A server that saw a version fail must not undo what was activated meanwhile."""
    first, second = fakes.publish(registry, 1), fakes.publish(registry, 2)
    registry.activate(first.name, reason="first")
    registry.activate(second.name, reason="second")
    assert registry.rollback(reason="first failed", expected=first.name).version == second.name


def test_activating_the_active_version_again_keeps_previous_and_since(registry: Registry) -> None:
    """Repeating an activation, after a crash for instance, is harmless."""
    first, second = fakes.publish(registry, 1), fakes.publish(registry, 2)
    registry.activate(first.name, reason="first")
    before = registry.activate(second.name, reason="second")
    after = registry.activate(second.name, reason="again")
    assert (after.previous, after.since) == (before.previous, before.since)


def test_a_pinned_version_stays_until_it_is_unpinned(registry: Registry) -> None:
    """A pin holds against activation and rollback alike."""
    first, second = fakes.publish(registry, 1), fakes.publish(registry, 2)
    registry.activate(first.name, reason="first", pin=True)
    with pytest.raises(AdapterPinnedError):
        registry.activate(second.name, reason="newer")
    with pytest.raises(AdapterPinnedError):
        registry.rollback(reason="older")
    registry.unpin()
    assert registry.activate(second.name, reason="newer").version == second.name
    assert registry.pin().pinned


def test_the_base_model_can_be_activated_and_not_pinned(registry: Registry) -> None:
    """``base`` is a name like any other, without a folder."""
    version = fakes.publish(registry)
    registry.activate(version.name, reason="first")
    assert registry.activate("base", reason="compare").version is None
    with pytest.raises(AdapterNotFoundError):
        registry.pin()


def test_numbers_grow_even_after_the_newest_folder_was_deleted(registry: Registry) -> None:
    """A number that active.json still names is never given out again."""
    version = fakes.publish(registry)
    registry.activate(version.name, reason="first")
    version.path.rename(registry.root / "elsewhere")
    assert fakes.publish(registry, 2).number == 2


@pytest.mark.parametrize("name", ["v000009-00000000", "../base/tiny-llama", "", "active.json", "base"])
def test_unknown_names_are_not_found(registry: Registry, name: str) -> None:
    """Whatever a caller sends as a name, nothing outside adapters/ is looked at."""
    with pytest.raises(AdapterNotFoundError):
        registry.get(name)


def test_prunable_spares_the_newest_the_active_and_the_previous(registry: Registry) -> None:
    """Retention never deletes what serves or what a rollback needs."""
    versions = [fakes.publish(registry, seed) for seed in range(6)]
    registry.activate(versions[0].name, reason="a")
    registry.activate(versions[1].name, reason="b")
    assert registry.prunable(2) == (versions[2], versions[3])
    assert versions[5] not in registry.prunable(0)


def test_a_rejected_candidate_is_kept_apart_with_its_reasons(registry: Registry) -> None:
    """It may be broken; it is kept to be looked at, never listed as a version."""
    staging = fakes.write_staging(registry.root)
    (staging / "adapter_model.safetensors").write_bytes(b"torn")
    folder = registry.reject(staging, {**fakes.metadata("0" * 64), "gate": ["worse than the champion"]})
    assert folder.parent == registry.root / "rejected"
    assert json.loads((folder / "training_metadata.json").read_text())["gate"] == ["worse than the champion"]
    assert not staging.exists()
    assert registry.versions() == ()


def test_active_json_that_names_a_path_is_refused(registry: Registry) -> None:
    """Nothing that a file says may lead out of adapters/."""
    state = {"version": "../../etc", "previous": None, "since": "", "reason": "", "pinned": False}
    (registry.root / "active.json").write_text(json.dumps(state))
    with pytest.raises(RegistryError, match="which is no version"):
        registry.active()


def test_active_json_that_is_torn_is_an_error_and_not_the_base_model(registry: Registry) -> None:
    """Serving the base model because a file is damaged would be a silent downgrade."""
    (registry.root / "active.json").write_text('{"version": ')
    with pytest.raises(RegistryError):
        registry.active()


def test_a_damaged_base_model_is_refused_also_after_it_was_once_intact(registry: Registry) -> None:
    """The cached verdict holds only while size and time of change do."""
    base = registry.base_model(fakes.BASE_NAME)
    registry.verify_base(base)
    registry.verify_base(base)
    weights = base.path / "hf" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    os.utime(weights, ns=(1, 1))
    with pytest.raises(BaseModelError, match="altered"):
        registry.verify_base(base)
    weights.unlink()
    with pytest.raises(BaseModelError, match="missing"):
        registry.verify_base(base)


@pytest.mark.parametrize("name", ["none-such", "../adapters", ""])
def test_a_base_model_that_is_not_there_is_named(registry: Registry, name: str) -> None:
    """The error says which command prepares it."""
    with pytest.raises(BaseModelError):
        registry.base_model(name)


class Crash(BaseException):
    """The process ends here; nothing that catches Exception may see it."""


OS_STEPS = ("fsync", "rename", "replace", "symlink")


def crash_at(monkeypatch: pytest.MonkeyPatch, step: int) -> list[str]:
    """Let the ``step``-th durable operation not happen, as if the power failed just before it."""
    done: list[str] = []

    def wrap(name: str) -> None:
        original = getattr(os, name)

        def operation(*args: object, **kwargs: object) -> object:
            if len(done) == step:
                raise Crash
            done.append(name)
            return original(*args, **kwargs)

        monkeypatch.setattr(os, name, operation)

    for name in OS_STEPS:
        wrap(name)
    return done


def steps_of_publish_and_activate(root: Path) -> int:
    """How many durable operations a publish and an activation take."""
    registry = fakes.write_models(root)
    with pytest.MonkeyPatch.context() as patch:
        done = crash_at(patch, 1_000_000)
        registry.activate(fakes.publish(registry).name, reason="count")
    return len(done)


@pytest.mark.slow
def test_a_crash_before_any_durable_step_leaves_the_old_state_or_the_new_one(tmp_path: Path) -> None:
    """Power fails before each fsync, rename, replace and symlink in turn; the next attempt always
    succeeds."""
    steps = steps_of_publish_and_activate(tmp_path / "count")
    assert steps > 10
    for step in range(steps):
        registry = fakes.write_models(tmp_path / f"models{step}")
        old = fakes.publish(registry, 1)
        registry.activate(old.name, reason="old")
        with pytest.MonkeyPatch.context() as patch:
            crash_at(patch, step)
            with pytest.raises(Crash):
                registry.activate(fakes.publish(registry, 2).name, reason="new")

        survivor = Registry(registry.root)
        for version in survivor.versions():
            survivor.verify(version)
        state = survivor.active()
        survivor.verify(survivor.get("active"))
        assert state.version == old.name or state.previous == old.name
        new = fakes.publish(survivor, 3)
        assert survivor.activate(new.name, reason="again").version == new.name
        assert (survivor.root / "fitbox_model").resolve() == new.path.resolve()


def publish_in_a_process(root: str, seed: int) -> str:
    """A writer of its own."""
    registry = Registry(Path(root))
    version = fakes.publish(registry, seed)
    registry.activate(version.name, reason=str(seed))
    return version.name


@pytest.mark.slow
def test_writers_in_several_processes_never_share_a_number(registry: Registry) -> None:
    """The lock serialises them; every version is whole and one of them is active."""
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        names = pool.starmap(publish_in_a_process, [(str(registry.root), seed) for seed in range(9)])
    assert len({name.partition("-")[0] for name in names}) == 9
    assert [version.number for version in registry.versions()] == list(range(1, 10))
    assert registry.active().version in names


def test_a_staging_folder_that_cannot_be_loaded_is_never_published(registry: Registry) -> None:
    """It stays where it is, and nothing new is listed."""
    staging = fakes.write_staging(registry.root)
    (staging / "adapter_model.safetensors").write_bytes(b"torn")
    digest = registry.base_model(fakes.BASE_NAME).digest
    with pytest.raises(AdapterInvalidError) as caught:
        registry.publish(staging, metadata=fakes.metadata(digest))
    assert caught.value.reason == "weights_format"
    assert staging.is_dir()
    assert registry.versions() == ()


def test_metadata_must_name_where_an_adapter_comes_from(registry: Registry) -> None:
    """A version that cannot be traced is not published."""
    with pytest.raises(AdapterInvalidError) as caught:
        registry.publish(fakes.write_staging(registry.root), metadata={"base_model": fakes.BASE_NAME})
    assert caught.value.reason == "metadata_incomplete"
