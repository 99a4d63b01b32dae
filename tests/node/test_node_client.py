"""A client in another language: Node.js calls a server, from the .proto files and through reflection."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.served import Served

HERE = Path(__file__).parent
PROTOS = HERE.parents[1] / "protos"


async def test_a_node_client_speaks_the_whole_api(tmp_path: Path) -> None:
    """Unary calls, both kinds of streams and rich errors, the same both ways of learning the API."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules").is_dir():
        pytest.skip("needs Node.js 18 and its packages: npm ci --prefix tests/node")
    served = Served(tmp_path / "models")
    await served.start()
    try:
        process = await asyncio.create_subprocess_exec(
            *(node, str(HERE / "call_server.js"), served.ready.result().address, str(PROTOS)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(240):
                printed, complaints = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
    finally:
        await served.close()
    assert process.returncode == 0, complaints.decode()
    result = json.loads(printed)
    assert {"fitbox.v1.RecommendationService", "fitbox.v1.AdapterService"} <= set(result["services"])
    for seen in (result["files"], result["reflection"]):
        assert (seen["request_id"], seen["source"], seen["serving"]) == ("node", "PLAN_SOURCE_MODEL", "base")
        assert seen["exercises"] > 0
        assert abs(seen["kcal_ratio"] - 1) <= 0.02
        assert seen["stream"][:-1] == ["text_delta"] * (len(seen["stream"]) - 1)
        assert (seen["stream"][-1], seen["tips"] > 0) == ("result", True)
        kinds = {"WORKOUT": "workout", "NUTRITION": "nutrition", "ADVICE": "advice"}
        assert seen["outcomes"] == {**kinds, "bad": "error"}
        assert seen["invalid"]["code"] == "INVALID_ARGUMENT"
        assert seen["invalid"]["reasons"] == ["INVALID_REQUEST"]
        assert set(seen["invalid"]["fields"]) == {"profile.age_years", "profile.sex"}
        assert (seen["unknown"]["code"], seen["unknown"]["reasons"]) == ("NOT_FOUND", ["ADAPTER_NOT_FOUND"])
