"""What ``fitbox train`` shows: log lines, JSON lines, or a progress bar on a terminal."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol, Self, TextIO

import structlog

from fitbox.terminal import printable
from fitbox_trainer.daemon.hooks import Hooks
from fitbox_trainer.daemon.records import Content, FileStatus, Run
from fitbox_trainer.daemon.settings import TrainerSettings
from fitbox_trainer.daemon.stages import Stage
from fitbox_trainer.intake.report import ContentKind
from fitbox_trainer.run.progress import Progress

if TYPE_CHECKING:
    from fitbox_trainer.data.withdrawn import Withdrawn
    from fitbox_trainer.intake.report import ColumnDrift
    from fitbox_trainer.release.retention import Collected


class Say(Protocol):
    """Takes one event with its values."""

    def __call__(self, event: str, **values: Any) -> None: ...


class Display(Hooks):
    """Words for every event; where they go is up to ``say``."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._work = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Give the terminal back."""

    def started(self, settings: TrainerSettings, address: str, metrics: str) -> None:
        """The daemon answers calls at ``address``, and scrapes at ``metrics``."""
        self._work = str(settings.work_dir)
        self._say(
            "started",
            data=str(settings.data),
            models=str(settings.models),
            work=self._work,
            preset=settings.preset,
            address=address,
            metrics=metrics,
        )

    def logged(self, level: str, logger: str, message: str, fields: Mapping[str, Any]) -> None:
        """A part that knows nothing of displays logged something."""
        self._say(message, level=level, logger=logger, **fields)

    def file_read(self, name: str, content: Content, *, new: bool) -> None:
        values: dict[str, Any] = {
            "rows_accepted": content.rows_accepted,
            "rows_rejected": content.rows_rejected,
            "rows_duplicate": content.rows_duplicate,
        }
        if content.kind is ContentKind.FEEDBACK:
            values["kind"] = "feedback; kept, and not trained on yet"
        if content.rows_rejected:
            values["quarantine"] = f"{self._work}/quarantine/{content.digest}.csv"
        if content.status is not FileStatus.ACCEPTED or content.rows_rejected:
            values["report"] = f"{self._work}/reports/{content.digest}.json"
        if content.reason:
            values["reason"] = content.reason
        event = "file accepted" if content.status is FileStatus.ACCEPTED else "file rejected"
        self._say(event, file=name, new=new, **values)

    def file_refused(self, name: str, reason: str) -> None:
        self._say("entry not read", file=name, reason=reason)

    def file_withdrawn(self, name: str) -> None:
        self._say("file deleted; its members leave with the next run", file=name)

    def dataset_changed(self, digest: str, members: int) -> None:
        self._say("dataset", digest=digest[:12], members=members)

    def file_drifted(self, name: str, drift: Sequence[ColumnDrift]) -> None:
        notable = [column.sentence() for column in drift if column.is_notable]
        if notable:
            self._say("file differs from the active dataset", file=name, columns="; ".join(notable))

    def collected(self, collected: Collected) -> None:
        kinds = Counter(removal.kind.value for removal in collected.removed)
        removed = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())
        held = ", ".join(removal.path.name for removal in collected.kept)
        values = {"removed": removed, "in_use": held}
        mib = round(collected.size_bytes / 2**20, 1)
        self._say("old data deleted", **{k: v for k, v in values.items() if v}, mib=mib)

    def withdrawn_served(self, withdrawn: Withdrawn) -> None:
        if withdrawn.members:
            self._say(
                "withdrawn members are still in the active version",
                version=withdrawn.version,
                members=withdrawn.members,
                reason=withdrawn.reason,
            )

    def stage_entered(self, run: Run) -> None:
        values = {"version": run.version, "reason": run.reason}
        self._say(
            "run",
            run_id=run.run_id,
            stage=run.stage.lower(),
            **{name: value for name, value in values.items() if value},
        )

    def stage_left(self, run: Run, stage: Stage, seconds: float) -> None:
        self._say("stage done", run_id=run.run_id, stage=stage.lower(), seconds=round(seconds, 2))

    def attempt_failed(self, run: Run, cause: str, detail: str) -> None:
        self._say("attempt failed", run_id=run.run_id, stage=run.stage.lower(), cause=cause, detail=detail)

    def trouble(self, what: str, error: Exception) -> None:
        self._say("trouble; will be tried again", what=what, error=f"{type(error).__name__}: {error}")


class LogHandler(logging.Handler):
    """What the shared packages log through the standard library, as events of a display."""

    def __init__(self, display: Display) -> None:
        super().__init__(logging.INFO)
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        """See logging."""
        fields: dict[str, Any] = getattr(record, "fields", {})
        self._display.logged(record.levelname.lower(), record.name, record.getMessage(), fields)


@contextlib.contextmanager
def logging_to(display: Display) -> Iterator[None]:
    """Let a display show, while the body runs, what is logged in this process."""
    handler, ours = LogHandler(display), [logging.getLogger(name) for name in ("fitbox", "fitbox_trainer")]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in ours]
    for logger in ours:
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, (handlers, propagate, level) in zip(ours, before, strict=True):
            logger.handlers, logger.propagate = handlers, propagate
            logger.setLevel(level)


class JsonDisplay(Display):
    """One JSON object a line on standard output, progress included."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        super().__init__(self._print)
        self._out = out

    def progressed(self, run: Run, progress: Progress) -> None:
        self._print(
            "progress",
            run_id=run.run_id,
            stage=run.stage.lower(),
            activity=progress.activity,
            step=progress.step,
            total_steps=progress.total_steps,
            loss=progress.loss,
            learning_rate=progress.learning_rate,
            tokens_per_second=progress.tokens_per_second,
            seconds_left=progress.seconds_left,
        )

    def _print(self, event: str, **values: Any) -> None:
        self._out.write(json.dumps({"event": event, **values}) + "\n")  # ASCII alone
        self._out.flush()


class TerminalDisplay(Display):
    """Log lines above a live bar: stage, step, loss, tokens a second, time left."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as Bar

        self._console = Console(stderr=True)
        super().__init__(self._log)
        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            transient=True,
        )
        self._task = self._bar.add_task("idle", total=None, visible=False, figures="")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self._bar)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def stage_entered(self, run: Run) -> None:
        super().stage_entered(run)
        self._bar.reset(
            self._task,
            total=None,
            visible=not run.stage.is_end,
            description=run.stage.lower(),
            figures="",
        )

    def progressed(self, run: Run, progress: Progress) -> None:
        figures = f"loss {progress.loss:.3f}  {progress.tokens_per_second:.0f} tokens/s  "
        figures += f"{progress.seconds_left:.0f} s left"
        self._bar.update(
            self._task,
            completed=progress.step,
            total=progress.total_steps or None,
            description=f"{run.stage.lower()} {progress.activity}".strip(),
            figures=figures,
            visible=True,
        )

    def _log(self, event: str, **values: Any) -> None:
        from rich.markup import escape

        shown = "  ".join(
            f"[dim]{name}[/dim] {escape(printable(str(value)))}" for name, value in values.items()
        )
        self._console.print(f"[bold]{escape(event)}[/bold]  {shown}", highlight=False)


def _printable_values(
    logger: Any, method: str, values: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Names of files, and reasons that quote them, are other people's text."""
    return {name: printable(value) if isinstance(value, str) else value for name, value in values.items()}


def display_for(*, json: bool) -> Display:
    """The display that suits where the output goes."""
    if json:
        return JsonDisplay()
    if sys.stderr.isatty():
        return TerminalDisplay()
    log = structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _printable_values,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "event"]),
        ],
    )
    return Display(log.info)
