"""``python -m fitbox_trainer.validator.probe``: builds the model of a preset as training does, looks at what
was built, takes a few training steps, and measures memory and time.

A process of its own: what it measures is the difference to itself before the model, and nothing that ran
before it is left in memory. Peak memory is the resident set on a CPU (``VmHWM`` of proc(5), reset through
``clear_refs`` once the model is loaded), what the CUDA allocator gave out on a GPU. The model's own memory is
the sum of its tensors.
"""

from __future__ import annotations

import os

# As in training; it must be said before torch loads its OpenMP library.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import argparse
import contextlib
import ctypes
import gc
import hashlib
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from transformers import AutoTokenizer

from fitbox_trainer.data.examples import Encoded, ExampleSet
from fitbox_trainer.data.packing import micro_batches, pack, step_order
from fitbox_trainer.finetune import model as finetune_model
from fitbox_trainer.finetune.run import training_examples
from fitbox_trainer.finetune.step import Stepper
from fitbox_trainer.run.presets import Preset, parse_preset
from fitbox_trainer.run.runconfig import RunConfig, shipped_adapter

_MIB = 2**20


def probe(base_model: Path, preset: Preset, members: Path, steps: int) -> dict[str, Any]:
    """Build, inspect, train ``steps`` timed steps (after one untimed), inspect again."""
    accelerator = Accelerator(cpu=preset.device == "cpu")
    device = accelerator.device
    torch.set_num_threads(preset.threads or len(os.sched_getaffinity(0)))
    tokenizer = AutoTokenizer.from_pretrained(base_model / "hf", local_files_only=True)
    config = RunConfig(preset=preset, base_model=base_model, members=(members,))
    examples, _ = training_examples(config, tokenizer)
    batches = list(_batches(examples, preset, steps + 1))
    memory = _Memory(device)
    parent = shipped_adapter(base_model) if preset.start == "shipped" else None
    model = finetune_model.load_model(base_model, preset, device, parent=parent, seed=preset.seed)
    parameters = finetune_model.trainable(model)
    optimizer = finetune_model.make_optimizer(list(parameters.values()), preset.optimizer, device)
    memory.model_is_loaded()
    inspection = inspect(model, parameters)
    base_before, adapter_before = _fingerprints(model, parameters)
    stepper = Stepper(
        accelerator,
        model,
        list(parameters.values()),
        optimizer,
        max_gradient_norm=preset.optimizer.max_gradient_norm,
    )
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    watched = _GradientWatch(parameters)
    seconds, losses, tokens = [], [], 0
    for number, batch in enumerate(batches):
        rows = [
            pack(group, bucket_tokens=preset.batch.bucket_tokens, pad_id=pad)
            for group in micro_batches(batch, preset.batch.micro_tokens)
        ]
        started = time.perf_counter()
        loss, _ = stepper.run(
            rows, sum(example.completion_tokens for example in batch), preset.optimizer.learning_rate / 10
        )
        _wait_for(device)
        if number == 0:
            watched.stop()
        else:
            seconds.append(time.perf_counter() - started)
            tokens += sum(len(example.token_ids) for example in batch)
        losses.append(loss)
    base_after, adapter_after = _fingerprints(model, parameters)
    inspection |= {
        "gradients": watched.seen,
        "base_unchanged": base_before == base_after,
        "adapter_changed": adapter_before != adapter_after,
        "optimizer": type(optimizer).__name__,
        "optimizer_state": _state_types(optimizer),
    }
    return {
        "inspection": inspection,
        "measurement": {
            "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
            "threads": torch.get_num_threads(),
            "step_seconds": [round(value, 4) for value in seconds],
            "tokens_per_step": tokens / max(len(seconds), 1),
            "losses": [round(value, 5) for value in losses],
            "model_mib": round(_tensor_bytes(model) / _MIB, 1),
            **memory.figures(),
        },
    }


def _batches(examples: ExampleSet, preset: Preset, count: int) -> Iterator[list[Encoded]]:
    """The first batches of a run that hold anything, the same for every preset with this seed."""
    order = step_order(
        examples.task_names, batch=preset.batch.examples, epochs=preset.data.epochs, seed=preset.seed
    )
    found = 0
    for slots in order * count:  # a tiny data set is gone through again
        batch = [example for slot in slots if (example := examples.get(slot)) is not None]
        if batch:
            yield batch
            found += 1
        if found == count:
            return


def inspect(model: Any, parameters: dict[str, torch.nn.Parameter]) -> dict[str, Any]:
    """What was built: every linear layer by name and type, the adapter's pairs, what trains, what is kept
    how."""
    layers: dict[str, Counter[str]] = {}
    adapters: dict[str, dict[str, Any]] = {}
    quantisation: Counter[str] = Counter()
    for name, module in model.named_modules():
        leaf = name.removesuffix(".base_layer").rpartition(".")[2]
        if hasattr(module, "lora_A") and "default" in module.lora_A:
            pair = module.lora_A["default"].weight
            entry = adapters.setdefault(leaf, {"layers": 0, "ranks": [], "scalings": [], "types": []})
            entry["layers"] += 1
            for key, value in (
                ("ranks", pair.shape[0]),
                ("scalings", float(module.scaling["default"])),
                ("types", str(pair.dtype).removeprefix("torch.")),
            ):
                if value not in entry[key]:
                    entry[key].append(value)
        elif isinstance(module, torch.nn.Linear) and ".lora_" not in name:
            layers.setdefault(leaf, Counter())[type(module).__name__] += 1
            state = getattr(module.weight, "quant_state", None)
            if state is not None:
                nested = "double" if getattr(state, "nested", False) else "single"
                quantisation[f"{state.quant_type}, {nested}, blocks of {state.blocksize}"] += 1
    total = sum(_logical_size(parameter) for parameter in model.parameters())
    decoders = [module for module in model.modules() if hasattr(module, "gradient_checkpointing")]
    return {
        "decoder_layers": int(model.config.num_hidden_layers),
        "linear_layers": {name: dict(kinds) for name, kinds in layers.items()},
        "quantisation": dict(quantisation),
        "adapters": adapters,
        "trainable_parameters": sum(parameter.numel() for parameter in parameters.values()),
        "total_parameters": total,
        "trainable_outside_adapter": [name for name in parameters if ".lora_" not in name],
        "gradient_checkpointing": any(bool(module.gradient_checkpointing) for module in decoders),
    }


class _GradientWatch:
    """Looks at the gradient of every B matrix as it is accumulated; A's are zero while B is."""

    def __init__(self, parameters: dict[str, torch.nn.Parameter]) -> None:
        self.seen = {"matrices": 0, "with_gradient": 0, "not_finite": 0}
        chosen = {name: p for name, p in parameters.items() if ".lora_B." in name}
        self.seen["matrices"] = len(chosen)
        self._touched: set[str] = set()
        self._handles = [
            parameter.register_post_accumulate_grad_hook(self._look(name))
            for name, parameter in chosen.items()
        ]

    def _look(self, name: str) -> Any:
        def look(parameter: torch.nn.Parameter) -> None:
            gradient = parameter.grad
            if gradient is None:
                return
            self.seen["not_finite"] += int(not bool(torch.isfinite(gradient).all()))
            if name not in self._touched and bool(gradient.any()):
                self._touched.add(name)
                self.seen["with_gradient"] = len(self._touched)

        return look

    def stop(self) -> None:
        """No more looking, so that it costs the timed steps nothing."""
        for handle in self._handles:
            handle.remove()


class _Memory:
    """Memory of the model and of the steps, without what the libraries took before."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"
        self._resettable = False
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
        self._before = self._now()
        self._loaded = self._before

    def model_is_loaded(self) -> None:
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # what loading took and gave back is not the model's
        self._loaded = self._now()
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
            return
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")  # resets VmHWM
            self._resettable = True

    def figures(self) -> dict[str, Any]:
        if self._cuda:
            peak, what = torch.cuda.max_memory_allocated() / _MIB, "CUDA allocator"
        elif self._resettable:
            peak, what = _status_mib("VmHWM"), "resident set"
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            what = "resident set, loading included"
        return {
            "memory_of": what,
            "resident_after_loading_mib": round(self._loaded - self._before, 1),
            "peak_mib": round(peak - self._before, 1),
        }

    def _now(self) -> float:
        return torch.cuda.memory_allocated() / _MIB if self._cuda else _status_mib("VmRSS")


def _status_mib(field: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {field}")


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def _fingerprints(model: Any, parameters: dict[str, torch.nn.Parameter]) -> tuple[str, str]:
    """Hashes of a few frozen tensors and of the adapter."""
    frozen = [p for name, p in model.named_parameters() if name not in parameters]
    return _hash(frozen[:: max(1, len(frozen) // 8)]), _hash(list(parameters.values()))


def _tensor_bytes(model: Any) -> int:
    """Bytes of every tensor that the model holds, constants of the quantisation included, each once.

    Resident memory cannot tell: weights that lie in a file as they are used are mapped, and not there yet.
    """
    sizes: dict[int, int] = {}

    def add(tensor: Any) -> None:
        if torch.is_tensor(tensor) and tensor.numel():
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()

    for tensor in (*model.parameters(), *model.buffers()):
        add(tensor)
        state = getattr(tensor, "quant_state", None)
        for part in (state, getattr(state, "state2", None)):
            for name in ("absmax", "code", "offset"):
                add(getattr(part, name, None))
    return sum(sizes.values())


def _hash(tensors: Sequence[torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _logical_size(parameter: torch.nn.Parameter) -> int:
    state = getattr(parameter, "quant_state", None)
    return int(torch.Size(state.shape).numel()) if state is not None else parameter.numel()


def _state_types(optimizer: Any) -> dict[str, int]:
    """How many tensors of the optimizer's state are of which type; scalars left out."""
    kinds: Counter[str] = Counter()
    for state in optimizer.state.values():
        for value in state.values():
            if torch.is_tensor(value) and value.numel() > 4096:
                kinds[str(value.dtype).removeprefix("torch.")] += 1
    return dict(kinds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read a request, write a result. Exit codes as a training run's."""
    parser = argparse.ArgumentParser(prog="fitbox_trainer.validator.probe")
    parser.add_argument("--request", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args(arguments)
    request = json.loads(options.request.read_text("utf-8"))
    found = probe(
        Path(request["base_model"]),
        parse_preset(request["preset"]),
        Path(request["members"]),
        int(request["steps"]),
    )
    options.result.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
