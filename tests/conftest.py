"""Fixtures that several test packages share."""

from __future__ import annotations

import fcntl
import gc
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from fitbox.engine.types import EngineSpec
from tests.examples import USUAL

settings.load_profile(USUAL)
gc.disable()  # what collection makes stays; to look for garbage in it takes a second of seven


def pytest_collection_finish() -> None:
    """Garbage is collected from now on, and looked for among what the tests make alone."""
    gc.enable()
    gc.freeze()


FAST = "not slow and not integration"
_WHOLE_FILE = re.compile(r"^pytestmark = pytest\.mark\.(slow|integration)$", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Files that the fast tests have nothing in are not even imported: torch alone takes ten seconds."""
    if config.getoption("markexpr") != FAST or collection_path.suffix != ".py":
        return None
    return True if _WHOLE_FILE.search(collection_path.read_text("utf-8")) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In several processes, files that start others go first and fast ones last, so that what is left in the
    end, when one core has nothing more to do, is short. Needs ``--no-loadscope-reorder``."""
    if not hasattr(config, "workerinput"):
        return
    ranks: dict[Path, int] = {}
    for item in items:
        rank = sum((item.get_closest_marker("integration") is None, item.get_closest_marker("slow") is None))
        ranks[item.path] = min(ranks.get(item.path, 2), rank)
    items.sort(key=lambda item: ranks[item.path])


BASE_MODEL = "smollm2-135m-instruct"
MODELS = Path(__file__).parents[1] / "models"


@pytest.fixture(scope="session")
def base_model() -> Path:
    """The embedded base model, prepared on first use and kept in ``models/`` (about a minute).

    ``FITBOX_PREPARE=0`` skips the tests that need it instead.
    """
    folder = MODELS / "base" / BASE_MODEL
    if (folder / "manifest.json").is_file():
        return folder
    if os.environ.get("FITBOX_PREPARE") == "0":
        pytest.skip(f"needs {folder}; run `fitbox model prepare`")
    with (MODELS / ".prepare-for-tests").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one of the processes that run tests side by side
        if not (folder / "manifest.json").is_file():
            _prepare()
    return folder


def _prepare() -> None:
    """In a process of its own: the conversion imports torch, and several tests assert that nothing here
    does."""
    command = [sys.executable, "-m", "fitbox_client", "model", "prepare", "--models", str(MODELS)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if run.returncode != 0:
        pytest.fail(f"`fitbox model prepare` failed:\n{run.stdout[-2000:]}\n{run.stderr[-4000:]}")


@pytest.fixture
def scripted_spec(tmp_path: Path) -> EngineSpec:
    """A worker that needs no model; tests change single fields with ``dataclasses.replace``."""
    return EngineSpec(engine="scripted", base_model=tmp_path, adapter=None, adapter_version="base")
