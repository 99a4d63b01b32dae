"""The loop of a run: which examples, at which learning rate, until when; and the record of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from fitbox.durable import replace_file, sync
from fitbox.errors import TrainingError, UnusableFileError
from fitbox.files import parse_object
from fitbox_trainer.data.examples import Encoded, ExampleSet
from fitbox_trainer.data.packing import deal, micro_batches, pack
from fitbox_trainer.finetune.checkpoint import Position
from fitbox_trainer.finetune.schedule import Pace, learning_rate_at
from fitbox_trainer.finetune.step import Stepper
from fitbox_trainer.run.presets import Preset
from fitbox_trainer.run.progress import ProgressWriter


@dataclass(frozen=True)
class LoopState:
    """What a finished (or resumed) loop has done."""

    steps: int
    seconds: float
    tokens: int
    completion_tokens: int


class StepLog:
    """``training_log.jsonl``: one line a step; a resumed run drops the lines after its checkpoint."""

    def __init__(self, path: Path, *, enabled: bool) -> None:
        self._path = path
        self._enabled = enabled

    def read(self) -> list[dict[str, Any]]:
        """The steps from the first on, in order; what a crash tore, and all that follows it, is left out."""
        try:
            lines = self._path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        steps: list[dict[str, Any]] = []
        for number, line in enumerate(lines, start=1):
            try:
                step = parse_object(line, self._path, nan=True)
            except UnusableFileError:
                break
            if step.get("step") != number:
                break
            steps.append(step)
        return steps

    def cut(self, steps: int) -> None:
        """Keep the first ``steps`` steps. Raises OSError."""
        if self._enabled and self._path.exists():
            kept = "".join(json.dumps(line) + "\n" for line in self.read()[:steps])
            replace_file(self._path, kept.encode(), private=True)

    def append(self, line: dict[str, Any]) -> None:
        """Add one step. Raises OSError."""
        if self._enabled:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def sync(self) -> None:
        """Let what was added reach the disk, before a checkpoint says that so many steps are done."""
        if self._enabled and self._path.exists():
            sync(self._path)


@dataclass(frozen=True)
class Decision:
    """What all processes do next. The first one decides, by its own clock: others' clocks differ, and a
    process that stopped alone would leave the others waiting for it in the next exchange."""

    step: int
    """Steps done."""
    over: bool
    """Whether to stop here."""
    save: bool
    """Whether to save a checkpoint here."""
    rate: float
    """Learning rate of the next step."""


@dataclass(frozen=True)
class Loop:
    """Everything the loop needs, wired up by ``run.py``."""

    accelerator: Accelerator
    stepper: Stepper
    examples: ExampleSet
    order: Sequence[Sequence[int]]
    preset: Preset
    micro_tokens: int
    pad_id: int
    warmup_share: float
    learning_rates: Sequence[float] | None
    """Given for a replay: exactly these."""
    progress: ProgressWriter
    log: StepLog
    save: Callable[[Position], None]
    checkpoint_seconds: float
    memory: Callable[[], Mapping[str, int]] = dict
    """What is held now, for whoever watches."""
    clock: Callable[[], float] = time.monotonic

    def run(self, pace: Pace, resumed: Position) -> LoopState:
        """Train from ``resumed`` until ``pace`` says it is over; the core of a run."""
        step, began = resumed.step, self.clock()
        tokens = completion_tokens = 0
        saved_at = now = began
        following = self._decided(pace, step, now, now - saved_at)
        while not following.over:
            started = self.clock()
            batch = self._batch(self.order[step])
            loss, norm = self._one_step(batch, following.rate)
            step += 1
            now = self.clock()
            pace.step_seconds.append(now - started)
            tokens += sum(len(example.token_ids) for example in batch)
            completion_tokens += sum(example.completion_tokens for example in batch)
            elapsed = resumed.seconds_elapsed + now - began
            line = {
                "step": step,
                "total_steps": pace.total_steps(step, now),
                "loss": round(loss, 5),
                "learning_rate": following.rate,
                "gradient_norm": round(norm, 4),
                "tokens_per_second": round(tokens / max(now - began, 1e-9), 1),
                "seconds_elapsed": round(elapsed, 2),
            }
            self.log.append(line)
            following = self._decided(pace, step, now, now - saved_at)
            seconds_left = round(pace.seconds_left(step, now), 1)
            self.progress.step(last=following.over, seconds_left=seconds_left, **line, **self.memory())
            if following.save:
                self.save(Position(step, elapsed, resumed.fingerprint))
                self.progress.event("checkpoint", step=step)
                saved_at = self.clock()
        return LoopState(step, resumed.seconds_elapsed + self.clock() - began, tokens, completion_tokens)

    def _batch(self, slots: Sequence[int]) -> list[Encoded]:
        """The examples of a step. Several processes plan those that are new together, each a part of them:
        planning one takes about as long as a GPU takes to learn it."""
        processes = self.accelerator.num_processes
        if processes > 1 and (missing := self.examples.missing(slots)):
            from accelerate.utils import gather_object

            process, before = self.accelerator.process_index, self.examples.too_long
            mine = {slot: self.examples.get(slot) for slot in missing[process::processes]}
            for number, built in enumerate(gather_object([(mine, self.examples.too_long - before)])):
                if number != process:
                    self.examples.take(*built)
        return [example for slot in slots if (example := self.examples.get(slot)) is not None]

    def _decided(self, pace: Pace, step: int, now: float, unsaved_seconds: float) -> Decision:
        """The first process's decision after ``step`` steps: one message to all."""
        over = pace.is_over(step, now)
        save = not over and unsaved_seconds >= self.checkpoint_seconds
        rate = 0.0 if over else self._learning_rate(pace, step, now)
        ours = Decision(step, over, save, rate)
        if self.accelerator.num_processes == 1:
            return ours
        import torch
        from accelerate.utils import broadcast

        message = torch.tensor([step, over, save, rate], dtype=torch.float64, device=self.accelerator.device)
        first = broadcast(message).tolist()
        if first[0] != step:
            raise TrainingError(f"one process is at step {step}, the first at step {first[0]:.0f}")
        return Decision(step, bool(first[1]), bool(first[2]), first[3])

    def _one_step(self, batch: Sequence[Encoded], rate: float) -> tuple[float, float]:
        if not batch:
            return 0.0, 0.0  # nothing can be recommended to any of these members
        shares = deal(batch, self.accelerator.num_processes)
        groups = [micro_batches(share, self.micro_tokens) for share in shares]
        mine = groups[self.accelerator.process_index]
        # Over a sharded base all processes run as many passes as the busiest; who has none left runs one of
        # the first process's again, which counts nothing.
        idle = max(map(len, groups)) - len(mine) if self.preset.shard_base else 0
        mine = mine + [groups[0][0]] * idle
        rows = [pack(g, bucket_tokens=self.preset.batch.bucket_tokens, pad_id=self.pad_id) for g in mine]
        completion_tokens = sum(example.completion_tokens for example in batch)
        loss, norm = self.stepper.run(rows, completion_tokens, rate, idle)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingError(
                f"the loss or its gradient is not a number (loss {loss}, gradient norm {norm})"
            )
        return loss, norm

    def _learning_rate(self, pace: Pace, step: int, now: float) -> float:
        if self.learning_rates is not None:
            return self.learning_rates[step]
        peak = self.preset.optimizer.learning_rate
        return learning_rate_at(pace.done(step, now), peak=peak, warmup_share=self.warmup_share)
