"""Packing: several examples end to end in one row, each seeing only itself.

A row is one sequence of fixed length: token ids, positions that restart with every example, and the
boundaries of the examples, which attention respects (``finetune/attention.py``). Padding is a last segment
of its own, so it touches nothing. Loss is taken only at the positions that predict a completion token.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from fitbox.tasks import TaskName
from fitbox_trainer.data.examples import Encoded


@dataclass(frozen=True)
class Row:
    """One packed row of ``len(token_ids)`` tokens."""

    token_ids: tuple[int, ...]
    positions: tuple[int, ...]
    boundaries: tuple[int, ...]
    """Cumulative lengths of the segments, from 0 to the length of the row; padding is the last segment."""
    predicting: tuple[int, ...]
    """Indices whose next token is a completion token."""
    labels: tuple[int, ...]
    """That next token, for each index of ``predicting``."""
    real_tokens: int
    """Tokens that are not padding."""


def pack(examples: Sequence[Encoded], *, bucket_tokens: int, pad_id: int) -> Row:
    """One row of all the examples, padded to a multiple of ``bucket_tokens``."""
    token_ids: list[int] = []
    positions: list[int] = []
    boundaries = [0]
    predicting: list[int] = []
    labels: list[int] = []
    for example in examples:
        start = len(token_ids)
        token_ids += example.token_ids
        positions += range(len(example.token_ids))
        predicting += range(start + example.prompt_tokens - 1, start + len(example.token_ids) - 1)
        labels += example.token_ids[example.prompt_tokens :]
        boundaries.append(len(token_ids))
    real = len(token_ids)
    padding = -real % bucket_tokens
    if padding:
        token_ids += [pad_id] * padding
        positions += range(padding)
        boundaries.append(len(token_ids))
    return Row(tuple(token_ids), tuple(positions), tuple(boundaries), tuple(predicting), tuple(labels), real)


def deal(examples: Sequence[Encoded], processes: int) -> list[list[Encoded]]:
    """A step's examples over processes, so that their tokens are about even (longest first, to the least
    laden).
    """
    shares: list[list[Encoded]] = [[] for _ in range(processes)]
    tokens = [0] * processes
    for example in sorted(examples, key=lambda e: len(e.token_ids), reverse=True):
        least = tokens.index(min(tokens))
        shares[least].append(example)
        tokens[least] += len(example.token_ids)
    return shares


def micro_batches(examples: Sequence[Encoded], micro_tokens: int) -> list[list[Encoded]]:
    """Distribute a step's examples over rows of at most ``micro_tokens`` (first fit, longest first).

    An example longer than that gets a row of its own.
    """
    rows: list[list[Encoded]] = []
    used: list[int] = []
    for example in sorted(examples, key=lambda e: len(e.token_ids), reverse=True):
        length = len(example.token_ids)
        for index, tokens in enumerate(used):
            if tokens + length <= micro_tokens:
                rows[index].append(example)
                used[index] += length
                break
        else:
            rows.append([example])
            used.append(length)
    return rows


def step_order(tasks: Sequence[TaskName], *, batch: int, epochs: float, seed: int) -> list[list[int]]:
    """Slots of the examples of every step.

    Each epoch is a new shuffle, with the tasks interleaved in proportion to their number, so that every
    step (and so every prefix of the run that a time budget may allow) sees the tasks alike. A last
    incomplete batch is dropped unless it is the only one.

    Args:
        tasks: The task of every slot.
        batch: Examples a step.
        epochs: Passes over all slots; may be a fraction.
        seed: Of the shuffles.
    """
    by_task: dict[TaskName, list[int]] = defaultdict(list)
    for slot, name in enumerate(tasks):
        by_task[name].append(slot)
    total = round(len(tasks) * epochs)
    order: list[int] = []
    epoch = 0
    while len(order) < total:
        rng = random.Random(f"{seed}/{epoch}")
        placed: list[tuple[float, TaskName, int]] = []
        for name, slots in sorted(by_task.items()):
            shuffled = rng.sample(slots, len(slots))
            placed += [((place + 0.5) / len(shuffled), name, slot) for place, slot in enumerate(shuffled)]
        order += [slot for _, _, slot in sorted(placed)]
        epoch += 1
    order = order[:total]
    steps = [order[start : start + batch] for start in range(0, len(order), batch)]
    if len(steps) > 1 and len(steps[-1]) < batch:
        steps.pop()
    return steps
