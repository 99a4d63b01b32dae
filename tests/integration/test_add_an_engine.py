"""A new engine is its module and one line: in a copy of the source, and through a server to a reply."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc.aio
import pytest
from fitbox_client.convert import profile_to_proto

from fitbox.v1 import plan_pb2, recommendation_pb2, recommendation_pb2_grpc
from tests import fakes

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
MODULE = '''
from fitbox_server.engines.options import Options
from fitbox_server.engines.scripted import ScriptedEngine


class EchoEngine(ScriptedEngine):
    """Advice, loudly or not; everything else as the scripted engine does it."""

    def __init__(self, spec):
        super().__init__(spec)
        self._texts = "advice"
        self.name = "echo 7" + ("!" if Options(spec).flag("loud", default=False) else "")
'''
LINE = """EngineKind(
        "echo", "fitbox_server.engines.echo:EchoEngine", "fitbox", options=("loud", *_SCRIPTED_OPTIONS)
    ),"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a server imports, with an engine more."""
    tree = tmp_path_factory.mktemp("tree")
    for package in ("fitbox", "server/fitbox_server", "client/fitbox_client"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tree / Path(package).name, ignore=ignore)
    (tree / "fitbox_server" / "engines" / "echo.py").write_text(MODULE)
    kinds = tree / "fitbox" / "engine" / "kinds.py"
    table, before, after = kinds.read_text().rpartition("KINDS: tuple[EngineKind, ...] = (\n")
    kinds.write_text(f"{table}{before}    {LINE}\n{after}")
    return tree


def fitbox(tree: Path, *arguments: str) -> tuple[str, ...]:
    """The command, from the copy: its folder is the first place where Python looks for a module."""
    return (sys.executable, "-m", "fitbox_client", *arguments)


def test_the_command_line_offers_it(tree: Path) -> None:
    """And refuses what there is not."""
    run = subprocess.run(
        fitbox(tree, "serve", "--engine", "nothing"),
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert run.returncode == 2
    assert "echo" in run.stderr


async def test_it_serves(tree: Path, tmp_path: Path) -> None:
    """Its worker is found, takes its own option, and the reply names it."""
    models = fakes.write_models(tmp_path / "models").root
    where = ("--models", str(models), "--model", fakes.BASE_NAME, "--port", "0", "--metrics-port", "0")
    engine = ("--engine", "echo", "--engine-option", "loud=true")
    process = await asyncio.create_subprocess_exec(
        *fitbox(tree, "serve", *where, *engine, "--json", "--log-level", "error"),
        cwd=tree,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            address = json.loads(await process.stdout.readline())["address"]
        async with grpc.aio.insecure_channel(address) as channel:
            stub = recommendation_pb2_grpc.RecommendationServiceStub(channel)
            request = recommendation_pb2.RecommendAdviceRequest(profile=profile_to_proto(fakes.MEMBER))
            reply = await stub.RecommendAdvice(request, timeout=60)
        assert reply.provenance.engine == "echo 7!"
        assert reply.provenance.source == plan_pb2.PLAN_SOURCE_MODEL
    finally:
        process.terminate()
        await process.wait()
