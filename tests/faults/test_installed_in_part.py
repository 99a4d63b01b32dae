"""Installed in part: each command of each install works, or names the extra that it needs, in one line."""

from __future__ import annotations

import importlib.metadata
import json
import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import installed
from tests.examples import thoroughly

pytestmark = pytest.mark.slow

COMMANDS = {
    "recommend": ["recommend", "advice", "--server", "127.0.0.1:9", "--profile-json", "profile.json"],
    "adapters": ["adapters", "list", "--server", "127.0.0.1:9"],
    "feedback": ["feedback", "list", "--server", "127.0.0.1:9"],
    "runs": ["runs", "list", "--daemon", "127.0.0.1:9"],
    "token": ["token", "list", "--file", "none.txt"],
    "serve": ["serve", "--models", "models", "--port", "0"],
    "train": ["train", "--once", "--data", "data", "--models", "models", "--port", "0"],
    "data": ["data", "check", "members.csv"],
    "model": ["model", "prepare", "--models", "models", "/nowhere"],
    "eval": ["eval", "--models", "models", "--profiles", "members.csv", "--arm", "planner", "--n", "1"],
    "gc": ["gc", "--models", "models"],
    "examine": ["examine", "planner", "--models", "models", "--profiles", "members.csv", "--n", "1"],
    "validate": ["validate", "--help"],
    "reproduce": ["runs", "reproduce", "active", "--models", "models"],
}
"""A call of each that ends soon: there is no server, no base model and hardly any data."""
NOT_NEEDED = {"torchvision", "triton", "llm", "llama-cpp-python"}
"""Asked for by packages of which no part that needs them is used."""
LOCKS = {"torch": "trainer", "openvino": "server"}
"""The lock of an extra that has none of its own."""
SERVER, TRAINER = {"serve"}, {"train", "data", "model", "eval", "examine", "gc", "reproduce"}
PROGRAM = """
import json, sys
from typer.testing import CliRunner
from fitbox_client.cli import build_app
found = {}
for name, arguments in json.loads(sys.argv[1]).items():
    result = CliRunner().invoke(build_app(), arguments)
    crashed = result.exception is not None and not isinstance(result.exception, SystemExit)
    crash = repr(result.exception) if crashed else ""
    found[name] = {"code": result.exit_code, "text": result.output, "crash": crash}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed.build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.mark.parametrize(
    ("locks", "absent"),
    [
        pytest.param(["client"], {"server": SERVER, "trainer": TRAINER}, id="the client alone"),
        pytest.param(["server"], {"trainer": TRAINER}, id="the server"),
        pytest.param(["trainer"], {"server": SERVER}, id="the trainer"),
        # The environment in which all other tests are run.
        thoroughly(["server", "trainer"], {}, id="both"),
    ],
)
def test_a_command_works_or_names_its_extra(
    wheel: Path, tmp_path: Path, locks: list[str], absent: dict[str, set[str]]
) -> None:
    """And nothing ends in a traceback, whatever is not there."""
    environment = installed.install(wheel, installed.locked(*locks), tmp_path / "venv")
    (tmp_path / "data").mkdir()
    (tmp_path / "members.csv").write_text("age,sex,weight_kg,height_cm\n30,female,60,170\n")
    (tmp_path / "profile.json").write_text(
        '{"age_years": 30, "sex": "female", "weight_kg": 60, "height_cm": 170}'
    )
    run = environment.run("-c", PROGRAM, json.dumps(COMMANDS), folder=tmp_path)
    assert run.returncode == 0, run.stderr[-3000:]
    found = json.loads(run.stdout.splitlines()[-1])
    assert set(found) == set(COMMANDS)
    for name, end in found.items():
        assert not end["crash"], (name, end)
        assert "Traceback" not in end["text"], (name, end)
        needed = next((extra for extra, commands in absent.items() if name in commands), None)
        if needed is None:
            assert "needs more" not in end["text"], (name, end)
        else:
            assert end["code"] == 1, (name, end)
            assert len(end["text"].strip().splitlines()) == 1
            assert f"pip install 'fitbox[{needed}]'" in end["text"]


@pytest.mark.parametrize("engine", ["torch", "openvino"])
def test_an_engine_whose_library_is_absent_names_its_extra(wheel: Path, tmp_path: Path, engine: str) -> None:
    """As the last words of its worker, which the server's error quotes; the server itself does without."""
    packages = [name for name in installed.locked("server") if not name.startswith("openvino")]
    environment = installed.install(wheel, packages, tmp_path / "venv")
    run = environment.run(
        "-c",
        "from pathlib import Path; from fitbox.engine.types import EngineSpec; from fitbox_server.engines."
        f"protocol import load; load(EngineSpec('{engine}', Path('.'), None, 'base'))",
        folder=tmp_path,
    )
    assert (
        f"the {engine} engine needs pip install 'fitbox[{engine}]' (No module named '{engine}" in run.stderr
    )
    run = environment.run(
        "-m", "fitbox_client", "serve", "--models", "models", "--port", "0", folder=tmp_path
    )
    assert "needs more" not in run.stderr
    assert "Traceback" not in run.stderr


def test_the_wheel_holds_what_is_no_code(wheel: Path) -> None:
    """Every file of the packages that git knows: presets, catalogs, the starting adapter, stubs and types."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, package in (
        ("fitbox", "fitbox"),
        ("server/fitbox_server", "fitbox_server"),
        ("trainer/fitbox_trainer", "fitbox_trainer"),
        ("client/fitbox_client", "fitbox_client"),
    ):
        source = installed.ROOT / folder
        files = {f"{package}/{path.relative_to(source)}" for path in source.rglob("*") if path.is_file()}
        assert {name for name in files if "__pycache__" not in name} <= names
    for wanted in (
        r"presets/.*\.toml",
        r"catalog/.*\.csv",
        r"adapter_model\.safetensors",
        r"v1/.*\.pyi",
    ):
        assert [name for name in names if re.search(wanted, name)], wanted


@pytest.mark.parametrize("lock", ["client", "server", "trainer"])
def test_a_lock_holds_all_that_its_packages_ask_for(lock: str) -> None:
    """Installed without dependencies, one that is not listed would be missed by whoever first imports it."""
    names = {_normal(name) for name in installed.locked(lock)}
    for name in names:
        asked = (Requirement(line) for line in importlib.metadata.requires(name) or ())
        needed = {
            _normal(one.name) for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})
        }
        needed = {one for one in needed if not one.startswith(("nvidia-", "cuda-"))}
        assert needed <= names | NOT_NEEDED, f"{name} needs {sorted(needed - names)}"


@pytest.mark.parametrize("extra", ["server", "openvino", "trainer", "torch"])
def test_an_extra_is_in_its_lock(extra: str) -> None:
    """And what it pins, the lock pins alike."""
    lock = installed.ROOT / "requirements" / f"{LOCKS.get(extra, extra)}.lock"
    pinned = dict(line.split("==") for line in lock.read_text().splitlines() if not line.startswith("#"))
    pinned = {_normal(name): version for name, version in pinned.items()}
    for wanted in map(Requirement, extras()[extra]):
        if wanted.name == "fitbox":  # another extra, which has its own turn
            continue
        assert wanted.specifier.contains(pinned[_normal(wanted.name)]), wanted


def extras() -> dict[str, list[str]]:
    import tomllib

    project = tomllib.loads((installed.ROOT / "pyproject.toml").read_text())["project"]
    found: dict[str, list[str]] = project["optional-dependencies"]
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
