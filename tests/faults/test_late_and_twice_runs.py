"""Several processes of one run whose clocks differ, and clocks that jump."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import accelerate.utils
import pytest
import torch
from fitbox_trainer.daemon.runs import MAX_BACKOFF_SECONDS, RunWorker
from fitbox_trainer.finetune.checkpoint import Position
from fitbox_trainer.finetune.loop import Loop, StepLog
from fitbox_trainer.finetune.schedule import Pace
from fitbox_trainer.run.presets import load_named
from fitbox_trainer.run.progress import ProgressWriter

from fitbox.errors import TrainingError

pytestmark = pytest.mark.slow


class Exchange:
    """What broadcasts of several processes are: all meet, and the first one's message counts."""

    def __init__(self, processes: int) -> None:
        self._barrier = threading.Barrier(processes, timeout=10)
        self._message: torch.Tensor | None = None
        self.own = threading.local()

    def broadcast(self, message: torch.Tensor) -> torch.Tensor:
        self.own.count += 1
        if self.own.index == 0:
            self._message = message.clone()
        self._barrier.wait()
        assert self._message is not None
        found = self._message
        self._barrier.wait()  # nobody writes the next one before all have read this
        return found


@dataclass
class Member:
    """One process of a run: its clock, and what it did."""

    index: int
    clock: Callable[[], float]
    steps: int = 0
    saved: list[int] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    exchanges: int = 0
    error: BaseException | None = None


def train_together(
    monkeypatch: pytest.MonkeyPatch, folder: Path, members: list[Member], *, start: tuple[int, ...] = ()
) -> None:
    """Each member's loop in a thread of its own, with a budget of 50 s and a checkpoint each 8 s."""
    exchange = Exchange(len(members))
    monkeypatch.setattr(accelerate.utils, "broadcast", exchange.broadcast)
    preset = load_named("cpu-quick")

    def work(member: Member) -> None:
        exchange.own.index, exchange.own.count = member.index, 0

        def step(rows: Any, tokens: int, rate: float, idle: int) -> tuple[float, float]:
            member.steps += 1
            member.rates.append(rate)
            exchange.broadcast(torch.zeros(1))  # as gradients are summed
            return 1.0, 1.0

        loop = Loop(
            accelerator=SimpleNamespace(
                num_processes=len(members), process_index=member.index, device=torch.device("cpu")
            ),  # type: ignore[arg-type]
            stepper=SimpleNamespace(run=step),  # type: ignore[arg-type]
            examples=SimpleNamespace(get=lambda slot: None, missing=lambda slots: []),  # type: ignore[arg-type]
            order=[[0]] * 1000,
            preset=preset,
            micro_tokens=64,
            pad_id=0,
            warmup_share=0.1,
            learning_rates=None,
            progress=ProgressWriter(folder / "progress.jsonl", enabled=False),
            log=StepLog(folder / "log", enabled=False),
            save=lambda position: member.saved.append(position.step),
            checkpoint_seconds=8.0,
            clock=member.clock,
        )
        monkeypatch.setattr(Loop, "_one_step", lambda self, batch, rate: self.stepper.run([], 1, rate, 0))
        pace = Pace(planned_steps=1000, ends_at=50.0, began_at=0.0)
        first = start[member.index] if start else 0
        try:
            loop.run(pace, Position(first, 0.0, "f"))
        except (TrainingError, threading.BrokenBarrierError) as error:
            member.error = error
            exchange._barrier.abort()
        member.exchanges = exchange.own.count

    threads = [threading.Thread(target=work, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def ticking(step: float, begin: float = 0.0) -> Callable[[], float]:
    """A clock that advances by ``step`` each time it is read."""
    now = [begin]

    def read() -> float:
        now[0] += step
        return now[0]

    return read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ticking(1.0), ticking(1.3)),
        (ticking(1.3), ticking(1.0)),
        (ticking(1.0), ticking(1.0, 0.001)),
        (ticking(1.0), ticking(1.0, 1e6)),
        (ticking(1.0), ticking(-1.0)),
    ],
    ids=["a faster one", "a slower one", "a thousandth apart", "days ahead", "one that runs back"],
)
def test_processes_with_a_time_budget_stop_and_save_together_whatever_their_clocks_say(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, one: Callable[[], float], other: Callable[[], float]
) -> None:
    """The first one's clock decides for all; none waits for another in an exchange that never comes."""
    members = [Member(0, one), Member(1, other)]
    train_together(monkeypatch, tmp_path, members)
    first, second = members
    assert (first.error, second.error) == (None, None)
    assert first.steps == second.steps > 5
    assert first.saved == second.saved != []
    assert first.rates == second.rates
    assert first.exchanges == second.exchanges


@pytest.mark.parametrize("processes", [4, 8])
def test_many_processes_with_a_time_budget_stop_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, processes: int
) -> None:
    """Each with a clock of its own, some by days and some faster or slower."""
    members = [Member(i, ticking(1.0 + 0.2 * (i % 3), 10.0**i if i else 0.0)) for i in range(processes)]
    train_together(monkeypatch, tmp_path, members)
    assert all(member.error is None for member in members)
    assert len({(member.steps, *member.saved, *member.rates, member.exchanges) for member in members}) == 1
    assert members[0].steps > 5


def test_processes_that_resumed_at_different_steps_say_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Instead of summing gradients of different steps, or waiting for ever."""
    members = [Member(0, ticking(1.0)), Member(1, ticking(1.0))]
    train_together(monkeypatch, tmp_path, members, start=(4, 3))
    assert any(isinstance(member.error, TrainingError) for member in members)
    assert all(member.error is not None for member in members)


@pytest.mark.parametrize(
    ("now", "not_before", "due"),
    [
        (1000.0, 999.0, True),
        (1000.0, 1015.0, False),
        (1000.0, 1000.0 + MAX_BACKOFF_SECONDS, False),
        (1000.0, 90_000.0, True),
        (0.0, 1.7e9, True),
    ],
)
def test_a_clock_that_was_set_back_delays_no_run_for_longer_than_a_pause(
    now: float, not_before: float, due: bool
) -> None:
    """An attempt was to wait fifteen seconds; the clock was a day ahead then."""
    worker = object.__new__(RunWorker)
    worker._clock = lambda: now
    assert worker._is_due(SimpleNamespace(not_before=not_before)) is due  # type: ignore[arg-type]
