"""``fitbox adapters`` and ``fitbox runs`` against a scripted server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from click.testing import Result
from fitbox_client import AsyncFitBoxClient, FitBoxClient
from fitbox_client.adapter_commands import adapters
from fitbox_client.command_line import EXIT_SERVER
from fitbox_client.run_commands import EXIT_NOT_SUCCEEDED, runs
from fitbox_client.testing import ScriptedServer
from typer.testing import CliRunner

from fitbox.v1 import adapter_pb2 as pb
from fitbox.v1 import training_pb2

OLD, NEW = "v000001-aaaaaaaa", "v000002-bbbbbbbb"
METADATA = {
    "run_id": "run-1",
    "preset": {"name": "cpu-quick"},
    "lora": {"rank": 8, "alpha": 16, "target_modules": ["q_proj"]},
    "data": {"held_out_members": 4},
    "provenance": {
        "sources": {"members.csv": "e" * 64},
        "members": 40,
        "parent": OLD,
        "git_commit": "c0ffee",
        "gate": {
            "promote": True,
            "reasons": [{"code": "note", "message": "a [b] remark"}],
            "figures": {"base": {"low": 0.51234}},
        },
    },
}
EVALUATION = {
    "n": 36,
    "arms": {
        "candidate": {"mean": 0.9, "quality_by_task": {"advice": 0.95}, "parse_rate": 1.0, "violations": 0},
        "base": {"mean": 0.1, "quality_by_task": {"advice": 0.05}, "parse_rate": 1.0, "violations": 0},
    },
    "against": {"base": {"difference": {"mean": 0.8, "low": 0.7, "high": 0.85}}},
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that says what a test tells it."""
    with ScriptedServer() as server:
        yield server


def run(app: Any, server: ScriptedServer, *arguments: str, option: str = "--server") -> Result:
    """One command on a wide terminal."""
    address = [option, server.address]
    return CliRunner().invoke(app, [*arguments, *address], env={"COLUMNS": "200"})


def details() -> pb.GetAdapterResponse:
    """Everything that is recorded about a version."""
    return pb.GetAdapterResponse(
        adapter=pb.Adapter(version=NEW, state="ADAPTER_STATE_ACTIVE", pinned=True, evaluation_score=0.9),
        training_metadata_json=json.dumps(METADATA),
        evaluation_json=json.dumps(EVALUATION),
        files=[pb.AdapterFile(path="adapter_model.safetensors", size_bytes=1234567, sha256="f" * 64)],
    )


def test_the_list_says_which_versions_a_pin_keeps_waiting(server: ScriptedServer) -> None:
    """With the reason of the pin, and what to do about it."""
    listing = pb.ListAdaptersResponse(
        adapters=[pb.Adapter(version=NEW), pb.Adapter(version=OLD, pinned=True)],
        serving_version=OLD,
        active=pb.ActiveAdapter(version=OLD, previous_version="base", pinned=True, reason="audit"),
    )
    server.reply("ListAdapters", listing)
    result = run(adapters, server, "list")
    assert result.exit_code == 0, result.output
    assert f"{OLD} is pinned (audit), so {NEW} is published but not activated" in result.output
    listing.active.pinned = False
    server.reply("ListAdapters", listing)
    assert "pinned (" not in run(adapters, server, "list").output


def test_show_prints_provenance_gate_evaluation_and_files(server: ScriptedServer) -> None:
    """In words, and with markup shown as it was written."""
    server.reply("GetAdapter", details())
    result = run(adapters, server, "show", NEW)
    assert result.exit_code == 0, result.output
    shown = (
        *(NEW, "active, pinned", "run-1", "cpu-quick", "members.csv", "e" * 64, OLD, "c0ffee", "8 / 16"),
        *("promoted", "a [b] remark", "base low", "0.5123", "+0.800 (+0.700 to +0.850)", "1,234,567"),
    )
    assert [text for text in shown if text not in result.output] == []


def test_show_as_json_is_one_object(server: ScriptedServer) -> None:
    """Records are objects, not texts inside texts."""
    server.reply("GetAdapter", details())
    shown = json.loads(run(adapters, server, "show", "--json").output)
    assert server.requests[-1][1].version == "active"
    assert shown["metadata"]["provenance"]["parent"] == OLD
    assert shown["evaluation"]["n"] == 36
    assert shown["files"][0]["size_bytes"] == 1234567


def test_a_version_without_records_can_still_be_shown(server: ScriptedServer) -> None:
    """An older or damaged version says what it has."""
    server.reply("GetAdapter", pb.GetAdapterResponse(adapter=pb.Adapter(version=OLD), evaluation_json="{"))
    result = run(adapters, server, "show", OLD)
    assert result.exit_code == 0, result.output
    assert OLD in result.output


def test_pin_and_unpin_ask_the_server(server: ScriptedServer) -> None:
    """With the version to guard and the reason."""
    server.reply("PinAdapter", pb.PinAdapterResponse(adapter=pb.Adapter(version=OLD, pinned=True)))
    server.reply("UnpinAdapter", pb.UnpinAdapterResponse(adapter=pb.Adapter(version=OLD)))
    assert f"{OLD} is pinned" in run(adapters, server, "pin", OLD, "--reason", "audit").output
    assert (server.requests[-1][1].version, server.requests[-1][1].reason) == (OLD, "audit")
    assert f"{OLD} is not pinned any more" in run(adapters, server, "unpin").output


def test_a_refused_call_says_what_to_do_and_has_an_exit_code(server: ScriptedServer) -> None:
    """No traceback."""
    server.reply("PinAdapter", lambda _, context: context.abort(grpc.StatusCode.FAILED_PRECONDITION, "why"))
    result = run(adapters, server, "pin")
    assert result.exit_code == EXIT_SERVER
    refused, advice = result.output.splitlines()
    assert refused == "fitbox: FAILED_PRECONDITION: why"
    assert advice.startswith("fitbox: what to do: change the state")


async def test_both_clients_know_every_adapter_call(server: ScriptedServer) -> None:
    """The same values from both."""
    server.reply("GetAdapter", details())
    server.reply("PinAdapter", pb.PinAdapterResponse(adapter=pb.Adapter(version=NEW, pinned=True)))
    server.reply("UnpinAdapter", pb.UnpinAdapterResponse(adapter=pb.Adapter(version=NEW)))
    with FitBoxClient(server.address) as client:
        seen = client.get_adapter(), client.pin_adapter(NEW), client.unpin_adapter()
    async with AsyncFitBoxClient(server.address) as client:
        assert seen == (
            await client.get_adapter(),
            await client.pin_adapter(NEW),
            await client.unpin_adapter(),
        )
    assert seen[1].pinned


def states(*stages: str, **values: Any) -> list[training_pb2.WatchRunResponse]:
    """A run in these stages, one after the other."""
    return [
        training_pb2.WatchRunResponse(
            run=training_pb2.Run(
                run_id="run-1",
                progress=training_pb2.RunProgress(
                    stage=f"RUN_STAGE_{stage}", step=2, total_steps=9, loss=0.5
                ),
                **values,
            )
        )
        for stage in stages
    ]


def test_watching_follows_the_current_run_to_its_end(server: ScriptedServer) -> None:
    """Without an id, the run at work; its end is told with version and reason."""
    going = [event.run for event in states("QUEUED", "TRAINING")]
    going[0].run_id = "run-2"
    server.reply("ListRuns", training_pb2.ListRunsResponse(runs=going))
    server.reply("WatchRun", states("TRAINING", "SUCCEEDED", adapter_version=NEW, reason="not activated"))
    result = run(runs, server, "watch", option="--daemon")
    assert result.exit_code == 0, result.output
    assert server.requests[-1][1].run_id == "run-1"
    assert f"succeeded: {NEW}, not activated" in result.output


def test_watching_a_run_that_fails_ends_with_an_error_code(server: ScriptedServer) -> None:
    """A script need not read the text; as JSON, each state is a line."""
    server.reply("WatchRun", states("TRAINING", "REJECTED", reason="worse"))
    result = run(runs, server, "watch", "run-1", "--json", option="--daemon")
    assert result.exit_code == EXIT_NOT_SUCCEEDED
    assert [json.loads(line)["reason"] for line in result.output.splitlines()] == ["worse", "worse"]


def test_the_list_of_runs_shows_how_far_they_are(server: ScriptedServer) -> None:
    """Step, loss and speed beside the stage."""
    server.reply("ListRuns", training_pb2.ListRunsResponse(runs=[e.run for e in states("TRAINING")]))
    server.reply("CancelRun", training_pb2.CancelRunResponse(run=states("CANCELLED")[0].run))
    assert "step 2/9" in run(runs, server, "list", option="--daemon").output
    assert "run-1: cancelled" in run(runs, server, "cancel", "run-1", option="--daemon").output
