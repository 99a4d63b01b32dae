"""The whole loop, end to end: ``python -m demo --csv FILE``. The last line printed is one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Any

from fitbox_client import FitBoxClient, FitBoxClientError, Goal, Level, Profile, Sex
from fitbox_client.training import TrainingClient
from rich.markup import escape

from demo.caller import Caller
from demo.processes import DemoError, MemoryWatch, Process, left_running
from demo.screen import RunDisplay, console, metrics_table, side_by_side, timed
from fitbox.v1 import training_pb2

ROOT = Path(__file__).parent.parent
EMBEDDED = "smollm2-135m-instruct"
MEMBER = Profile(
    age_years=34,
    sex=Sex.FEMALE,
    weight_kg=78.0,
    height_cm=168.0,
    level=Level.INTERMEDIATE,
    goal=Goal.WEIGHT_LOSS,
    workout_days_per_week=3,
    session_minutes=45,
)
OTHERS = [
    MEMBER.model_copy(update={"age_years": age, "weight_kg": weight, "goal": goal})
    for age, weight, goal in ((22, 61.0, Goal.MUSCLE_GAIN), (47, 88.0, Goal.WEIGHT_LOSS), (63, 70.0, None))
]
TASKS = ("workout", "nutrition", "advice")
ENDED = {
    training_pb2.RUN_STAGE_SUCCEEDED,
    training_pb2.RUN_STAGE_REJECTED,
    training_pb2.RUN_STAGE_FAILED,
    training_pb2.RUN_STAGE_CANCELLED,
}
SERVER_METRICS = (
    "fitbox_active_adapter_info",
    "fitbox_generated_tokens_total",
    "fitbox_swaps_total",
    "grpc_server_handled_total",
)
TRAINER_METRICS = ("fitbox_trainer_runs_total", "fitbox_trainer_rows_total", "fitbox_trainer_files_total")


def main() -> int:
    """Run the demo. Returns the process's exit code."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--csv", type=Path, required=True, help="members to train on; copied, never changed")
    parser.add_argument("--preset", default="cpu-quick", help="a packaged preset, or a TOML file")
    parser.add_argument(
        "--base-model",
        type=Path,
        help="a prepared base (models/base/NAME), or a folder of a Llama-family model, to be prepared first; "
        "left out: the embedded default",
    )
    parser.add_argument("--timeout", type=float, default=900.0, help="seconds that a run may take")
    arguments = parser.parse_args()
    if not arguments.csv.is_file():
        console.print(f"no such file: {arguments.csv}; give one with: make demo CSV=path/to/members.csv")
        return 2
    seconds: dict[str, float] = {}
    start = time.monotonic()
    workspace = _workspace()
    console.print(f"workspace: {workspace}", highlight=False)
    try:
        with MemoryWatch() as memory:
            result = _loop(arguments, workspace, seconds)
    except (DemoError, FitBoxClientError, TimeoutError) as error:
        console.print(f"[red]the demo failed:[/] {escape(str(error))}", markup=True, highlight=False)
        result = {"ok": False, "error": str(error).splitlines()[0]}
    seconds["total"] = round(time.monotonic() - start, 1)
    console.rule("[bold]Where the time went", align="left")
    for step, value in seconds.items():
        console.print(f"{step:>24}  {value:7.1f} s", highlight=False)
    result |= {"phases": phases(workspace), "seconds": seconds, "peak_memory_mib": round(memory.peak_mib)}
    sys.stdout.write(json.dumps(result) + "\n")
    return 0 if result["ok"] else 1


def _loop(arguments: argparse.Namespace, workspace: Path, seconds: dict[str, float]) -> dict[str, Any]:
    data, models = workspace / "data", workspace / "models"
    csv: Path = arguments.csv
    with timed(seconds, "prepare_base_model", "Preparing the base model"):
        base = _prepare_base(models, arguments.base_model)
    processes: list[Process] = []
    try:
        with timed(seconds, "start_processes", "Starting the training daemon and the server"):
            # One after the other: on two cores, two imports at once would only slow both.
            common = ["--models", str(models), "--port", "0", "--metrics-port", "0", "--json"]
            serving = ["--model", base, "--feedback", str(data / "feedback")]
            server = Process("server", ["serve", *serving, *common], workspace / "server.log")
            processes.append(server.wait_until_ready(180))
            training = ["--data", str(data), "--preset", arguments.preset, "--base-model", base]
            trainer = Process("training daemon", ["train", *training, *common], workspace / "trainer.log")
            processes.append(trainer.wait_until_ready(120))
            console.print(f"server {server.ready['address']}, daemon {trainer.ready['address']}")
        with (
            FitBoxClient(server.ready["address"]) as client,
            TrainingClient(trainer.ready["address"]) as runs,
        ):
            with timed(seconds, "ask_before", "Asking the base model"):
                before = _ask(client)
            with (
                timed(seconds, "train_and_swap", f"Dropping {csv.name}; a client keeps calling"),
                Caller(server.ready["address"], OTHERS) as caller,
            ):
                _drop(csv, data)
                run = _follow(runs, timeout_seconds=arguments.timeout)
                console.print(f"run {run.run_id} on {run.members} members published {run.adapter_version}")
                caller.pause_seconds = 0.0
                answered = len(caller.versions)
                caller.wait_for(run.adapter_version, replies=6, timeout_seconds=120)
            with timed(seconds, "ask_after", "Asking again"):
                after = _ask(client)
            latency = _latency(client)
        for task in TASKS:
            console.print(side_by_side(before[task], after[task]))
        with timed(seconds, "scrape", "Scraping both metrics endpoints"):
            console.print(metrics_table("server", _scrape(server), SERVER_METRICS))
            console.print(metrics_table("training daemon", _scrape(trainer), TRAINER_METRICS))
        children = _descendants(processes)
    finally:
        with timed(seconds, "stop", "Stopping"):
            codes = {process.name: process.stop() for process in reversed(processes)}
    console.print(f"latency on a warm server: {latency}", highlight=False)
    alive = left_running(children)
    failed = len(caller.failures)
    for failure in caller.failures[:5]:
        console.print(f"[red]failed call:[/] {failure}")
    mixed = {reply.provenance.adapter_version for reply in after.values()} != {run.adapter_version}
    return {
        "ok": not failed and not alive and not mixed and not any(codes.values()),
        "before": _summary(before),
        "after": _summary(after),
        "calls_during_training": answered,
        "calls_during_swap": len(caller.versions) - answered,
        "failed_calls": failed,
        "exit_codes": codes,
        "left_running": alive,
        "latency_seconds": latency,
    }


def _workspace() -> Path:
    """A fresh folder, so that the demo touches neither your data/ nor your models/."""
    parent = ROOT / ".work" / "demo"
    shutil.rmtree(parent, ignore_errors=True)
    (parent / "data").mkdir(parents=True)
    (parent / "models").mkdir()
    return parent


def _prepare_base(models: Path, given: Path | None) -> str:
    """Share the files of a prepared base model with the workspace; returns its name.

    The embedded default is prepared in the project's ``models/`` once, another model in the workspace.
    """
    if given is not None and (given / "manifest.json").is_file():
        name, prepared = given.absolute().name, given
    elif given is not None:
        _run_prepare(str(given), models)
        return given.absolute().name
    else:
        name = EMBEDDED
        _run_prepare(name, ROOT / "models")
        prepared = ROOT / "models" / "base" / name
    shutil.copytree(prepared, models / "base" / name, copy_function=_link_or_copy)
    return name


def _run_prepare(model: str, models: Path) -> None:
    command = [sys.executable, "-m", "fitbox_client", "model", "prepare", model, "--models", str(models)]
    if subprocess.run(command, check=False).returncode != 0:
        raise DemoError("the base model could not be prepared; see the lines above")


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)


def phases(workspace: Path) -> dict[str, float]:
    """Seconds of each stage that the children of the run told of, in order; without their start."""
    events = []
    for path in sorted(workspace.glob(".work/runs/*/progress.jsonl")):
        events += [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.endswith("}")]
    told = [event for event in events if event.get("event") in ("stage", "done", "error")]
    found: dict[str, float] = {}
    for event, following in pairwise(told):
        if event["event"] == "stage":
            name = event["stage"].replace(" ", "_")
            found[name] = round(found.get(name, 0.0) + following["time"] - event["time"], 1)
    return found


def _drop(csv: Path, data: Path) -> None:
    """Copy beside the watched folder, then rename: nobody who watches can see half of the file."""
    partial = data.with_name(f"{csv.name}.part")
    shutil.copyfile(csv, partial)
    partial.rename(data / csv.name)


def _ask(client: FitBoxClient) -> dict[str, Any]:
    replies = {
        "workout": client.recommend_workout(MEMBER),
        "nutrition": client.recommend_nutrition(MEMBER),
        "advice": client.recommend_advice(MEMBER),
    }
    for task, reply in replies.items():
        origin = reply.provenance
        first, last = origin.time_to_first_token_seconds, origin.elapsed_seconds
        figures = f"{origin.completion_tokens} tokens, first after {first:.2f} s, last after {last:.2f} s"
        console.print(
            f"{task:>10}: {origin.adapter_version}, {origin.source.lower()}, {figures}", highlight=False
        )
    return replies


def _latency(client: FitBoxClient) -> dict[str, float]:
    """Seconds a call takes on a warm, otherwise idle server, one call each."""
    result = {}
    for task in TASKS:
        start = time.monotonic()
        getattr(client, f"recommend_{task}")(OTHERS[0])
        result[task] = round(time.monotonic() - start, 2)
    return result


def _follow(runs: TrainingClient, timeout_seconds: float) -> training_pb2.Run:
    """Show the run that the dropped file starts, until it ends. Raises DemoError unless it published."""
    deadline = time.monotonic() + timeout_seconds
    with RunDisplay() as display:
        while time.monotonic() < deadline:
            listing = runs.list_runs(page_size=1)
            if listing.runs:
                for run in runs.watch_run(listing.runs[0].run_id):
                    display.update(run)
                    if run.progress.stage in ENDED:
                        if run.progress.stage != training_pb2.RUN_STAGE_SUCCEEDED:
                            raise DemoError(f"run {run.run_id} published nothing: {run.reason}")
                        return run
            refused = [
                item
                for item in runs.list_datasets().datasets
                if item.status == training_pb2.DATASET_STATUS_REJECTED
            ]
            if refused:
                raise DemoError(f"{refused[0].file_name} was rejected: {refused[0].reason}")
            time.sleep(0.5)
    raise DemoError(f"no adapter was published within {timeout_seconds:.0f} s")


def _scrape(process: Process) -> str:
    url = f"http://{process.ready['metrics']}/metrics"
    with urllib.request.urlopen(url, timeout=10) as reply:
        return str(reply.read().decode())


def _descendants(processes: list[Process]) -> list[int]:
    import psutil

    family = [psutil.Process(process.pid) for process in processes]
    return [member.pid for parent in family for member in [parent, *parent.children(recursive=True)]]


def _summary(replies: dict[str, Any]) -> dict[str, Any]:
    (version,) = {reply.provenance.adapter_version for reply in replies.values()}
    return {
        "adapter_version": version,
        "sources": {task: reply.provenance.source.value for task, reply in replies.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
