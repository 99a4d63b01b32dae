"""Working on a run: one step at a time, each leaving a state from which any later daemon goes on.

The stage in the ledger says what is next; nothing else is remembered. A stage is worked on by a child process
(preparing the base, training, evaluating) or in a thread (publishing), and each of those can be repeated
from its start: training resumes from its checkpoints, publishing recognises what it published.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from fitbox.errors import BaseModelError, ChildStartError, FitBoxError, LedgerError, TrainingError
from fitbox.registry import BaseModel, Registry
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.records import Run
from fitbox_trainer.daemon.run_inputs import RunInputs
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.daemon.threads import in_thread
from fitbox_trainer.release.base_model import base_name, prepared
from fitbox_trainer.release.publish import settle
from fitbox_trainer.run.children import Cause, Child, kill_left_behind
from fitbox_trainer.run.folder import RunFolder
from fitbox_trainer.run.progress import Progress, ProgressReader

MAX_BACKOFF_SECONDS = 600.0
SHORTAGE_BACKOFFS = 4
"""A run that found the disk full, or no process to be had, waits for this many times the first back-off, as
often as need be: nothing is wrong with the run."""
CANCELLED_REASON = "cancelled on request"
MIN_MICRO_TOKENS = 64
"""The least that a preset allows in one forward pass; with that little memory there is no run."""


class RunWorker:
    """Takes the current run one step further at each call of :meth:`step`; owns its child process."""

    def __init__(
        self,
        settings: TrainerSettings,
        ledger: Ledger,
        registry: Registry,
        hooks: Hooks,
        wake: Callable[[], None],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._registry = registry
        self._inputs = RunInputs(settings, registry)
        self._hooks = hooks
        self._wake = wake
        self._clock = clock
        self._child: Child | None = None
        self._waiter: asyncio.Task[None] | None = None
        self._reader: ProgressReader | None = None

    @property
    def progress(self) -> Progress:
        """The newest figures of the child at work."""
        return self._reader.latest if self._reader is not None else Progress()

    def run_dir(self, run: Run) -> Path:
        """The folder of a run."""
        return self._settings.work_dir / "runs" / run.run_id

    def folder(self, run: Run) -> RunFolder:
        """The same, with what lies in it."""
        return RunFolder(self.run_dir(run))

    async def recover(self) -> None:
        """Before the first step after a start: end what a killed daemon left running.

        Raises:
            OSError: the operating system does not let us look now.
        """
        run = self._ledger.current_run()
        if run is not None:
            await kill_left_behind(run.run_id)

    async def step(self, run: Run) -> None:
        """Start, follow or finish the run's present stage. Returns at once while a child works.

        Raises:
            OSError, LedgerError: the operating system or the disk refused something; the same step may be
                taken again.
        """
        if self._child is None and not run.cancel_requested and not self._is_due(run):
            return
        try:
            if run.cancel_requested:
                await self._cancel(run)
            elif run.stage is Stage.PREPARING:
                await self._prepare(run)
            elif run.stage is Stage.TRAINING:
                await self._train(run)
            elif run.stage is Stage.EVALUATING:
                await self._evaluate(run)
            elif run.stage is Stage.PUBLISHING:
                await self._publish(run)
        except LedgerError:
            raise  # of the daemon's disk, not of the run: it cannot even be written down
        except FitBoxError as error:
            if getattr(error, "passing", False):  # not readable or not to be had now
                self._hooks.trouble(f"{run.run_id} is {run.stage.lower()}", error)
                self._ledger.retry(run, reason=str(error), pause_seconds=self._shortage_pause(), counts=False)
                return
            # A preset, base model or dataset that cannot work; no attempt will mend it.
            self._end(run, Stage.FAILED, reason=str(error))

    async def stop(self) -> None:
        """Stop the child; its run stays where it is and goes on with the next daemon."""
        if self._child is not None:
            await self._child.stop()
        if self._waiter is not None:
            await self._waiter
        self._child = self._waiter = None

    async def _prepare(self, run: Run) -> None:
        """The base model must be there and intact before anything is trained on it."""
        base = None
        if self._child is None:
            try:
                base = await in_thread(self._verified_base)
            except BaseModelError as error:
                if getattr(error, "passing", False):
                    raise  # what cannot be read now need not be made again
        if base is not None:
            self.folder(run).write_config(self._inputs.config(run, base))
            self._advance(run, Stage.TRAINING)
            return
        models = str(self._settings.models)
        command = (*self._settings.prepare_command, self._settings.base_model, "--models", models)
        await self._with_child(run, command, Stage.PREPARING)

    def _verified_base(self) -> BaseModel:
        return prepared(self._settings.base_model, self._registry)

    async def _train(self, run: Run) -> None:
        if self._child is None and run.micro_batch_divisor > 1:
            config = self.folder(run).config()
            tokens = config.preset.batch.micro_tokens // run.micro_batch_divisor
            if tokens < MIN_MICRO_TOKENS:
                raise TrainingError(f"out of memory even with {tokens * 2} tokens in a forward pass")
            self.folder(run).write_config(config.model_copy(update={"micro_tokens": tokens}))
        command = (*self._settings.finetune_command, "--run-dir", str(self.run_dir(run)))
        await self._with_child(run, command, Stage.EVALUATING)

    async def _evaluate(self, run: Run) -> None:
        if self._child is None:
            self.folder(run).write_config(self._inputs.with_rivals(self.folder(run).config()))
        command = (*self._settings.evaluate_command, "--run-dir", str(self.run_dir(run)))
        await self._with_child(run, command, Stage.PUBLISHING)

    async def _with_child(self, run: Run, command: tuple[str, ...], following: Stage) -> None:
        """Have a child do the stage; ``following`` may be the stage itself, to look at its result again."""
        if self._child is None:
            await self._start(run, command)
            return
        if self._reader is not None:
            before = self._reader.latest
            if self._reader.read() != before:
                self._hooks.progressed(run, self._reader.latest)
        if self._child.returncode is None:
            return
        ending = self._child.ending(self.progress)
        await kill_left_behind(run.run_id)
        if ending.cause is not Cause.DONE:
            self._failed(run, ending.cause, ending.detail)
        elif following is run.stage:
            await self._retry_unless_mended(run)
        else:
            self._advance(run, following)
        # Only now: had the ledger's disk been full, the next step would look at the same ending again.
        await self.stop()

    async def _start(self, run: Run, command: tuple[str, ...]) -> None:
        attempt = self._ledger.start_attempt(run)
        # Evaluation and training report to the same file; what stands there already is an earlier child's.
        self._reader = self.folder(run).follow(from_end=True)
        try:
            self._child = await Child.start(
                command,
                run_id=run.run_id,
                log=self.folder(run).log(run.stage, attempt.number),
                nice=self._settings.nice,
                idle_time_only=self._settings.idle_time_only,
                threads=self._settings.threads,
                stop_grace_seconds=self._settings.stop_grace_seconds,
                max_memory_mib=self._settings.max_training_memory_mib
                if run.stage is Stage.TRAINING
                else None,
                private=run.stage is not Stage.PREPARING,  # base models are read by other users' servers
            )
        except ChildStartError as error:
            with contextlib.suppress(OSError):  # it may run although nobody can be told of its end
                await kill_left_behind(run.run_id)
            self._failed(run, Cause.NOT_STARTED, str(error), counts=not error.passing)
            return
        except OSError as error:  # no folder for its log
            self._failed(run, Cause.NOT_STARTED, str(error), counts=False)
            return
        self._waiter = asyncio.create_task(self._wake_at_end(self._child))

    async def _wake_at_end(self, child: Child) -> None:
        await child.wait()
        self._wake()

    async def _retry_unless_mended(self, run: Run) -> None:
        """The child says that it is done; a base that still cannot be used counts as a failure."""
        try:
            await in_thread(self._verified_base)
        except BaseModelError as error:
            self._failed(run, Cause.CRASHED, str(error))

    async def _publish(self, run: Run) -> None:
        self._ledger.start_attempt(run)
        base = self._registry.base_model(base_name(self._settings.base_model))
        folder, registry, gate = self.run_dir(run), self._registry, self._settings.gate
        outcome = await in_thread(partial(settle, run, folder, registry=registry, base=base, gate=gate))
        self._hooks.judged(run, outcome.decision)
        end = Stage.SUCCEEDED if outcome.version is not None else Stage.REJECTED
        self._end(run, end, reason=outcome.reason, version=outcome.version)

    async def _cancel(self, run: Run) -> None:
        await self.stop()
        await kill_left_behind(run.run_id)
        shutil.rmtree(self.run_dir(run) / "candidate", ignore_errors=True)
        self._end(run, Stage.CANCELLED, reason=CANCELLED_REASON)

    def _failed(self, run: Run, cause: Cause, detail: str, *, counts: bool = True) -> None:
        """Another attempt after a pause, or the end of the run; what does not count is tried for ever."""
        self._hooks.attempt_failed(run, cause, detail)
        smaller = cause is Cause.OUT_OF_MEMORY and run.stage is Stage.TRAINING
        reason = f"{cause.lower()}: {detail}"
        if cause is Cause.DISK_FULL or not counts:
            self._ledger.retry(run, reason=reason, pause_seconds=self._shortage_pause(), counts=False)
            return
        if cause is Cause.UNUSABLE_INPUT or run.failures + 1 >= self._settings.max_attempts:
            self._end(run, Stage.FAILED, reason=reason)
            return
        pause = min(MAX_BACKOFF_SECONDS, self._settings.backoff_seconds * 2**run.failures)
        self._ledger.retry(run, reason=reason, pause_seconds=pause, halve_micro_batch=smaller)

    def _is_due(self, run: Run) -> bool:
        """Whether its pause is over. A clock that was set back makes no pause longer than the longest."""
        left = run.not_before - self._clock()
        return left <= 0 or left > MAX_BACKOFF_SECONDS

    def _shortage_pause(self) -> float:
        return min(MAX_BACKOFF_SECONDS, self._settings.backoff_seconds * SHORTAGE_BACKOFFS)

    def _advance(self, run: Run, to: Stage) -> None:
        entered = self._ledger.advance(run, to)
        self._report(run, entered)

    def _end(self, run: Run, to: Stage, *, reason: str = "", version: str | None = None) -> None:
        ended = self._ledger.end(run, to, reason=reason, version=version)
        self._reader = None
        if to is not Stage.FAILED:  # what failed is kept whole for whoever looks into it
            shutil.rmtree(self.run_dir(run) / "checkpoints", ignore_errors=True)
        self._report(run, ended)

    def _report(self, before: Run, after: Run) -> None:
        self._hooks.stage_left(after, before.stage, after.stage_entered_at - before.stage_entered_at)
        self._hooks.stage_entered(after)
        self._wake()  # the next stage can begin at once
