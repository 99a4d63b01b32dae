"""The loop of a run: which examples, at which learning rate, until when; and the record of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from fitbox.errors import TrainingError
from fitbox_trainer.data.examples import Encoded, ExampleSet
from fitbox_trainer.data.packing import deal, micro_batches, pack
from fitbox_trainer.finetune.checkpoint import Position
from fitbox_trainer.finetune.events import Progress
from fitbox_trainer.finetune.schedule import Pace, learning_rate_at
from fitbox_trainer.finetune.step import Stepper
from fitbox_trainer.run.presets import Preset


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
        """Whole lines, in order; a line torn by a crash is left out."""
        if not self._path.exists():
            return []
        lines = self._path.read_text("utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def cut(self, steps: int) -> None:
        """Keep the first ``steps`` steps."""
        if self._enabled:
            kept = [line for line in self.read() if line["step"] <= steps]
            partial = self._path.with_suffix(".partial")  # a crash must not cost the lines before it
            partial.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
            partial.replace(self._path)

    def append(self, line: dict[str, Any]) -> None:
        """Add one step."""
        if self._enabled:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


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
    progress: Progress
    log: StepLog
    save: Callable[[Position], None]
    checkpoint_seconds: float
    clock: Callable[[], float] = time.monotonic

    def run(self, pace: Pace, resumed: Position) -> LoopState:
        """Train from ``resumed`` until ``pace`` says it is over; the core of a run."""
        step, began = resumed.step, self.clock()
        tokens = completion_tokens = 0
        saved_at = began
        while not self._agreed(pace.is_over(step, self.clock())):
            started = self.clock()
            batch = [e for slot in self.order[step] if (e := self.examples.get(slot)) is not None]
            rate = self._learning_rate(pace, step, started)
            loss, norm = self._one_step(batch, rate)
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
                "learning_rate": rate,
                "gradient_norm": round(norm, 4),
                "tokens_per_second": round(tokens / (now - began), 1),
                "seconds_elapsed": round(elapsed, 2),
            }
            self.log.append(line)
            over = pace.is_over(step, now)
            self.progress.step(last=over, seconds_left=round(pace.seconds_left(step, now), 1), **line)
            if not over and self._agreed(now - saved_at >= self.checkpoint_seconds):
                self.save(Position(step, elapsed, resumed.fingerprint))
                self.progress.event("checkpoint", step=step)
                saved_at = self.clock()
        return LoopState(step, resumed.seconds_elapsed + self.clock() - began, tokens, completion_tokens)

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
        rate = learning_rate_at(pace.done(step, now), peak=peak, warmup_share=self.warmup_share)
        return self._from_first(rate)

    def _agreed(self, decision: bool) -> bool:
        """Clocks differ between processes, decisions must not: the first process decides."""
        return bool(self._from_first(float(decision)))

    def _from_first(self, value: float) -> float:
        if self.accelerator.num_processes == 1:
            return value
        import torch
        from accelerate.utils import broadcast

        return float(broadcast(torch.tensor([value], dtype=torch.float64, device=self.accelerator.device))[0])
