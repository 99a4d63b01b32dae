"""``fitbox runs reproduce``. Nothing heavy is imported until it runs."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fitbox.errors import FitBoxError

if TYPE_CHECKING:
    from fitbox_trainer.reproduce.whole import Reproduction
    from fitbox_trainer.run.progress import Progress

EXIT_DIFFERENT = 1
EXIT_IMPOSSIBLE = 2


def reproduce(
    version: Annotated[str, typer.Argument(help="name of a version, or 'active'")],
    models: Annotated[Path | None, typer.Option(help="the registry")] = None,
    work: Annotated[Path | None, typer.Option(help="the daemon's folder, with the datasets")] = None,
    keep: Annotated[Path | None, typer.Option(help="folder to train in, which then stays")] = None,
    anyway: Annotated[bool, typer.Option("--anyway", help="go on with other libraries than then")] = False,
    json: Annotated[bool, typer.Option("--json", help="one line of JSON instead of text")] = False,
) -> None:
    """Train a version again from its record, and compare: the same bytes, or within rounding.

    Exit code 0: identical, or within the tolerance where the same bytes cannot be expected; 1: different; 2:
    it cannot be repeated here, with the reason.
    """
    from fitbox_trainer.daemon.settings import TrainerSettings
    from fitbox_trainer.reproduce.compare import Verdict
    from fitbox_trainer.reproduce.whole import reproduce as reproduce_version

    given: dict[str, Any] = {"models": models, "work": work}
    settings = TrainerSettings(**{name: path for name, path in given.items() if path is not None})
    try:
        found = reproduce_version(
            version,
            models=settings.models,
            work=settings.work_dir,
            keep=keep,
            anyway=anyway,
            tell=_silent if json else _Steps().tell,
        )
    except (FitBoxError, OSError) as error:
        typer.echo(f"fitbox runs reproduce: {error}", err=True)
        raise typer.Exit(EXIT_IMPOSSIBLE) from None
    typer.echo(json_module.dumps(found.to_dict()) if json else _in_words(found))
    if found.comparison.verdict is Verdict.DIFFERENT:
        raise typer.Exit(EXIT_DIFFERENT)


def _silent(_: Progress) -> None:
    pass


class _Steps:
    """A line each time about a tenth of the training is done."""

    def __init__(self) -> None:
        self._told = 0

    def tell(self, progress: Progress) -> None:
        """Print it if it is time."""
        tenth = 10 * progress.step // max(progress.total_steps, 1)
        if progress.step and tenth > self._told:
            self._told = tenth
            typer.echo(
                f"step {progress.step}/{progress.total_steps}  loss {progress.loss:.3f}  "
                f"{progress.seconds_left:.0f} s left"
            )


def _in_words(found: Reproduction) -> str:
    from fitbox_trainer.reproduce.compare import TOLERANCE

    comparison = found.comparison
    lines = [f"{found.version}: {comparison.verdict.replace('_', ' ')}"]
    if comparison.digest == comparison.digest_again:
        lines.append(f"  weights {comparison.digest}")
    else:
        lines.append(f"  weights {comparison.digest[:16]}..., again {comparison.digest_again[:16]}...")
        lines.append(
            f"  losses differ by {comparison.loss_distance:.2%}, what the adapter adds to the base by "
            f"{comparison.update_distance:.1%}"
        )
        if comparison.exact:
            lines.append("  a training on a CPU in float32 should give the same bytes")
        if comparison.first_loss_distance > TOLERANCE.first_loss:
            lines.append(
                "  even the first step's loss differs: the code makes other examples of the data now"
            )
    lines += [f"  {remark}" for remark in found.remarks]
    return "\n".join(lines)
