"""Examples planned ahead in other processes: the same ones, no process left, the loop alone if need be."""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import psutil
import pytest
from fitbox_trainer.data import ahead
from fitbox_trainer.data.ahead import first_uses, planned_ahead, processes_for
from fitbox_trainer.data.examples import Encoded, ExampleSet
from fitbox_trainer.evaluation.synthetic import synthetic_members

from fitbox.tasks import TaskName


class Letters:
    """A tokenizer of letters, with a template that writes roles."""

    eos_token_id = 0

    def apply_chat_template(self, conversation: list[dict[str, str]], **kwargs: Any) -> Any:
        """Code points; an answer ends with the end token."""
        text = "".join(f"<{turn['role']}>{turn['content']}" for turn in conversation[:2])
        ids = [ord(letter) for letter in text + "<assistant>"]
        answers = [turn["content"] for turn in conversation if turn["role"] == "assistant"]
        return ids + [ord(letter) for answer in answers for letter in answer] + [0] * len(answers)


def examples(count: int = 3) -> ExampleSet:
    """Of made-up members."""
    return ExampleSet(synthetic_members(count), list(TaskName), Letters(), max_length=100_000)


def built(some: ExampleSet) -> list[Encoded | None]:
    """All of them."""
    return [some.get(slot) for slot in range(len(some))]


@pytest.mark.slow
@pytest.mark.integration
def test_what_is_planned_ahead_is_what_the_loop_would_plan() -> None:
    """Text by text, also for slots that nobody foresaw."""
    alone, beside = examples(), examples()
    with planned_ahead(beside, [4, 0, 1, 2], 2):
        assert built(beside) == built(alone)
    assert not multiprocessing.active_children()


def test_without_processes_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """On processors that train, planning ahead would only take turns with it."""
    monkeypatch.setattr(ahead, "ProcessPoolExecutor", None)
    with planned_ahead(examples(1), [0], 0):
        pass


@pytest.mark.slow
@pytest.mark.integration
def test_processes_that_are_killed_are_done_without() -> None:
    """The loop plans by itself from then on."""
    alone, beside = examples(), examples()
    with planned_ahead(beside, list(range(len(beside))), 1):
        assert beside.get(0) == alone.get(0)
        for child in multiprocessing.active_children():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            child.join()
        assert built(beside) == built(alone)


def test_a_process_that_cannot_be_started_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but time is lost."""

    def refuse(*arguments: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(ProcessPoolExecutor, "submit", refuse)
    alone, beside = examples(1), examples(1)
    with planned_ahead(beside, [0, 1, 2], 2):
        assert built(beside) == built(alone)


@pytest.mark.slow
@pytest.mark.integration
def test_processes_end_with_the_one_that_trains() -> None:
    """However it ends: killed, it cannot tell them."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    trainer = context.Process(target=_train, args=(theirs,))
    trainer.start()
    children = [psutil.Process(pid) for pid in ours.recv()]
    assert children
    trainer.kill()
    trainer.join()
    gone, alive = psutil.wait_procs(children, timeout=30)
    assert len(gone) == len(children)
    assert not alive


def _train(pipe: Any) -> None:
    some = examples(1)
    with planned_ahead(some, [0, 1, 2], 1):
        some.get(0)
        pipe.send([child.pid for child in multiprocessing.active_children()])
        pipe.recv()


@pytest.mark.parametrize(
    ("gpu", "ranks", "processors", "count"),
    [
        (False, 1, 64, 0),
        (True, 1, 16, 8),
        (True, 4, 16, 3),
        (True, 1, 1, 0),
        (True, 1, None, 0),
        (True, 2, 8, 3),
    ],
)
def test_processes_are_as_many_as_processors_are_free(
    gpu: bool, ranks: int, processors: int | None, count: int
) -> None:
    """One processor stays with each process that trains."""
    assert processes_for(gpu=gpu, ranks=ranks, processors=processors) == count


def test_each_rank_plans_its_share_of_what_a_step_uses_first() -> None:
    """As the loop divides it, so that nobody plans for another."""
    order = [[0, 1, 2, 1], [2, 3, 4], [0, 5]]
    assert first_uses(order, rank=0, ranks=2) == [0, 2, 3, 5]
    assert first_uses(order, rank=1, ranks=2) == [1, 4]
    assert first_uses(order, rank=0, ranks=1) == [0, 1, 2, 3, 4, 5]
