"""A run from its folder to its candidate; the wiring of everything else in this package."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import torch
from accelerate import Accelerator
from transformers import AutoTokenizer

from fitbox.advice.vocabulary import FILE as VOCABULARY_FILE
from fitbox.advice.vocabulary import Vocabulary
from fitbox.chat import CHAT_DATE
from fitbox.durable import sha256_of
from fitbox.errors import ConfigurationError, DatasetError, TrainingError, UnusableFileError
from fitbox.files import read_object, to_json
from fitbox_trainer.data.ahead import first_uses, planned_ahead, processes_for
from fitbox_trainer.data.dataset import dataset_digest
from fitbox_trainer.data.examples import COACH, ExampleSet, read_members
from fitbox_trainer.data.packing import step_order
from fitbox_trainer.data.split import is_held_out
from fitbox_trainer.finetune import checkpoint, model
from fitbox_trainer.finetune.checkpoint import Position
from fitbox_trainer.finetune.loop import Loop, LoopState, StepLog
from fitbox_trainer.finetune.schedule import SAVING_SECONDS, Pace, warmup_share
from fitbox_trainer.finetune.step import Stepper
from fitbox_trainer.run import plots
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.runconfig import RunConfig, base_model_digest

MAX_METADATA_BYTES = 64 << 20
"""Learning rates are most of it, about 20 bytes a step."""

_BITS = {torch.bfloat16: "bfloat16", torch.float32: "float32"}


def run(folder: RunFolder, *, process_started: float) -> Path:
    """Do the run and return its candidate. Resumes from the newest complete checkpoint.

    Args:
        folder: The run's, with ``config.json``.
        process_started: ``time.monotonic()`` when this process began; a time budget counts from there.

    Raises:
        ConfigurationError, DatasetError: input that cannot be used.
        TrainingError: the loss is no longer a number.
        OSError: the disk refused; what was checkpointed by then is whole.
    """
    config = folder.config()
    preset = config.preset
    accelerator = _accelerator(preset.device)
    progress = folder.progress(enabled=accelerator.is_main_process)
    _use_threads(preset.threads, accelerator.num_processes)
    fingerprint = _fingerprint(config)
    if _is_trained(folder.candidate, fingerprint):  # killed after the work, before anybody was told
        progress.event("done", resumed=True)
        accelerator.end_training()
        return folder.candidate

    progress.stage("examples")
    tokenizer = AutoTokenizer.from_pretrained(config.base_model / "hf", local_files_only=True)
    examples, data_facts = training_examples(config, tokenizer)

    progress.stage("load", **data_facts)
    seed = config.resolved_seed
    origin = _origin(config)
    adapted = model.load_model(
        config.base_model, preset, accelerator.device, parent=config.starting_point, seed=seed
    )
    parameters = model.trainable(adapted)
    optimizer = model.make_optimizer(list(parameters.values()), preset.optimizer, accelerator.device)
    order = step_order(examples.task_names, batch=preset.batch.examples, epochs=preset.data.epochs, seed=seed)
    if config.learning_rates is not None:
        order = order[: len(config.learning_rates)]

    log = StepLog(folder.training_log, enabled=accelerator.is_main_process)
    resumed = checkpoint.resume(
        folder.checkpoints, fingerprint, parameters, optimizer, most_steps=len(log.read())
    ) or Position(0, 0.0, fingerprint)
    accelerator.wait_for_everyone()  # before the first process changes what the others look at
    log.cut(resumed.step)
    if resumed.step:
        progress.event("resumed", step=resumed.step)

    def save(position: Position) -> None:
        if accelerator.is_main_process:
            log.sync()
            checkpoint.save(folder.checkpoints, position, parameters, optimizer)
        accelerator.wait_for_everyone()

    now = time.monotonic()
    budget = config.resolved_budget
    pace = Pace(
        planned_steps=len(order),
        ends_at=None
        if budget is None
        else process_started + budget - SAVING_SECONDS - resumed.seconds_elapsed,
        began_at=now - resumed.seconds_elapsed,
    )
    loop = Loop(
        accelerator=accelerator,
        stepper=Stepper(
            accelerator,
            adapted,
            list(parameters.values()),
            optimizer,
            max_gradient_norm=preset.optimizer.max_gradient_norm,
        ),
        examples=examples,
        order=order,
        preset=preset,
        micro_tokens=config.micro_tokens or preset.batch.micro_tokens,
        pad_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
        warmup_share=warmup_share(
            steps=preset.optimizer.warmup_steps,
            share=preset.optimizer.warmup_share,
            planned_steps=len(order),
        ),
        learning_rates=config.learning_rates,
        progress=progress,
        log=log,
        save=save,
        checkpoint_seconds=preset.checkpoint_seconds,
        memory=partial(_memory, accelerator.device),
    )
    progress.stage("train", total_steps=len(order), **_gpu_memory(accelerator))
    with planned_ahead(examples, *_ahead(accelerator, order[resumed.step :])):
        done = loop.run(pace, resumed)
    if accelerator.is_main_process and (logged := len(log.read())) != done.steps:
        raise TrainingError(f"{folder.training_log} holds {logged} of {done.steps} steps")
    if not examples.built:
        raise DatasetError(
            f"no example to train on: {examples.too_long} of those asked for are longer than "
            f"data.max_length = {preset.data.max_length} tokens, to the others nothing can be recommended"
        )
    data_facts |= {
        "examples_seen": len(examples.built),
        "examples_too_long": examples.too_long,
        "examples_by_coach": sum(encoded.example.source == COACH for encoded in examples.built),
    }

    memory = _gpu_memory(accelerator)
    progress.stage("save")
    if accelerator.is_main_process:
        metadata = (
            {"fingerprint": fingerprint}
            | origin
            | _metadata(config, accelerator, adapted, parameters, data_facts, done, log.read())
            | memory
        )
        _write_candidate(folder, adapted, tokenizer, metadata, log, config.released)
        shutil.rmtree(folder.checkpoints, ignore_errors=True)
        progress.event("done", step=done.steps, seconds_elapsed=round(time.monotonic() - process_started, 2))
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return folder.candidate


def _ahead(accelerator: Accelerator, order: Sequence[Sequence[int]]) -> tuple[list[int], int]:
    """What this process will plan, and by how many processes beside it."""
    ranks = accelerator.num_processes
    gpu = accelerator.device.type == "cuda"
    here = max(1, min(ranks, torch.cuda.device_count())) if gpu else ranks
    count = processes_for(gpu=gpu, ranks=here, processors=os.cpu_count())
    return first_uses(order, rank=accelerator.process_index, ranks=ranks), count


def training_examples(config: RunConfig, tokenizer: Any) -> tuple[ExampleSet, dict[str, Any]]:
    """The examples of the members that are not held out, and who and how many they are.

    Raises:
        DatasetError: a file that is not one of members, or nobody left to train on.
    """
    data = config.preset.data
    members = read_members(config.members)
    kept = [member for member in members if not is_held_out(member.member_id, data.held_out_share)]
    if not kept:
        raise DatasetError(f"nobody to train on: {len(members)} members, all of them held out")
    examples = ExampleSet(kept, data.tasks, tokenizer, max_length=data.max_length, vocabulary=config.released)
    trained_on = {member.member_id for member in kept}
    held_out = [member.member_id for member in members if member.member_id not in trained_on]
    return examples, {
        "members": len(members),
        "held_out_members": len(held_out),
        "examples": len(examples),
        "training_ids_sha256": dataset_digest(trained_on),
        "held_out_ids_sha256": dataset_digest(held_out),
    }


def _origin(config: RunConfig) -> dict[str, Any]:
    """What training starts from, by digest: read now, since a version may be deleted while it trains."""
    start = config.starting_point
    return {
        "base_model_digest": base_model_digest(config.base_model),
        "starting_point": start.name if start else None,
        "starting_point_digest": sha256_of(start / "adapter_model.safetensors") if start else None,
        "members_files": {path.name: sha256_of(path) for path in config.members},
    }


def _accelerator(device: str) -> Accelerator:
    gpu = torch.cuda.is_available()
    if device == "cuda" and not gpu:
        raise ConfigurationError('the preset says device = "cuda", and there is no GPU here')
    # Without a GPU it must be told: else several processes would each take themselves for the only one.
    return Accelerator(cpu=device == "cpu" or not gpu)


def _gpu_memory(accelerator: Accelerator) -> dict[str, list[int]]:
    """MiB of tensors on each process's GPU, now and at most so far. All processes must ask, or none."""
    if accelerator.device.type != "cuda":
        return {}
    held = [torch.cuda.memory_allocated() >> 20, torch.cuda.max_memory_allocated() >> 20]
    each = accelerator.gather(torch.tensor([held], device=accelerator.device)).tolist()
    return {"gpu_mib": [now for now, _ in each], "gpu_peak_mib": [most for _, most in each]}


def _memory(device: torch.device) -> dict[str, int]:
    """Bytes of this process in RAM, and of tensors on its GPU."""
    held = torch.cuda.memory_allocated() if device.type == "cuda" else 0
    return {"memory_bytes": psutil.Process().memory_info().rss, "device_bytes": held}


def _use_threads(threads: int | None, processes: int) -> None:
    if threads is None:
        requested = os.environ.get("OMP_NUM_THREADS", "")
        available = int(requested) if requested.isdigit() else len(os.sched_getaffinity(0))
        threads = max(1, available // processes)
    torch.set_num_threads(threads)


def _is_trained(candidate: Path, fingerprint: str) -> bool:
    """Whether the candidate, which is whole or not there, is of this very run."""
    try:
        metadata = read_object(candidate / "training_metadata.json", max_bytes=MAX_METADATA_BYTES)
    except UnusableFileError:
        return False
    return bool(metadata.get("fingerprint") == fingerprint)


def _fingerprint(config: RunConfig) -> str:
    """Identity of a run for resuming: what is trained, on what, in which order. Files are read in pieces."""
    digest = hashlib.sha256()
    digest.update(config.preset.model_dump_json().encode())
    digest.update(f"{config.resolved_seed}/{config.base_model.name}/{config.starting_point}".encode())
    digest.update(to_json(config.vocabulary))
    for path in config.members:
        digest.update(sha256_of(path).encode())
    return digest.hexdigest()


def _metadata(
    config: RunConfig,
    accelerator: Accelerator,
    adapted: Any,
    parameters: dict[str, torch.nn.Parameter],
    data_facts: dict[str, Any],
    done: LoopState,
    log: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """``training_metadata.json``: all that is needed to repeat the run and to read its result."""
    preset = config.preset
    lora = adapted.peft_config["default"]
    layers = Counter(
        type(module.get_base_layer()).__name__
        for module in adapted.modules()
        if hasattr(module, "get_base_layer")
    )
    return {
        "run_id": config.run_id,
        "base_model": config.base_model.name,
        "preset": preset.model_dump(mode="json"),
        "seed": config.resolved_seed,
        "chat_date": CHAT_DATE,
        "lora": {"rank": lora.r, "alpha": lora.lora_alpha, "target_modules": sorted(lora.target_modules)},
        "trainable_parameters": sum(p.numel() for p in parameters.values()),
        "adapted_layers": dict(layers),
        "compute_dtype": _BITS[model.compute_dtype(preset.quantization.compute, accelerator.device)],
        "device": accelerator.device.type,
        "processes": accelerator.num_processes,
        "threads": torch.get_num_threads(),
        "data": data_facts,
        "steps": done.steps,
        "training_seconds": round(done.seconds, 2),
        "trained_tokens": done.tokens,
        "trained_completion_tokens": done.completion_tokens,
        "final_loss": log[-1]["loss"] if log else None,
        "learning_rates": [line["learning_rate"] for line in log],
        "versions": _versions(),
    }


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers", "peft", "bitsandbytes", "accelerate")}


def _write_candidate(
    folder: RunFolder,
    adapted: Any,
    tokenizer: Any,
    metadata: dict[str, Any],
    log: StepLog,
    vocabulary: Vocabulary,
) -> None:
    """Build the folder beside its place and move it there, so that a candidate is whole or not there."""
    staging = folder.path / "candidate.partial"
    shutil.rmtree(staging, ignore_errors=True)
    # Embeddings are never trained here; left to guess, PEFT asks the model hub whether they changed.
    adapted.save_pretrained(staging, safe_serialization=True, save_embedding_layers=False)
    (staging / "README.md").unlink(missing_ok=True)  # an empty model card of peft's
    _name_base(staging / "adapter_config.json", metadata["base_model"])
    tokenizer.save_pretrained(staging)
    (staging / "training_metadata.json").write_text(json.dumps(metadata, indent=2) + "\n", encoding="utf-8")
    if vocabulary.sentences:  # whoever serves the version needs them to let it speak as it was taught
        (staging / VOCABULARY_FILE).write_bytes(vocabulary.to_json())
    lines = log.read()
    (staging / "training_log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    plots.plot_loss(lines, staging / "loss.png")
    folder.put_candidate(staging)


def _name_base(path: Path, name: str) -> None:
    """Name the base model instead of the folder it was loaded from, which says nothing on another machine."""
    values = json.loads(path.read_text("utf-8"))
    values["base_model_name_or_path"] = name
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
