"""The life of a run: its stages, and which may follow which."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a run is. The first five happen in this order; the last four are ends."""

    QUEUED = "QUEUED"
    """Waiting for its turn; its dataset is fixed when the turn comes."""
    PREPARING = "PREPARING"
    """Fixing the dataset, preparing the base model, writing the run folder."""
    TRAINING = "TRAINING"
    """A child process fine-tunes; it resumes from its newest complete checkpoint."""
    EVALUATING = "EVALUATING"
    """A child process compares the candidate with base, random plans, planner and champion."""
    PUBLISHING = "PUBLISHING"
    """The gate decides; a good candidate becomes a version and is activated."""
    SUCCEEDED = "SUCCEEDED"
    """Published, and activated unless the active version is pinned."""
    REJECTED = "REJECTED"
    """Trained, but the gate refused the candidate; it is kept with the reasons."""
    FAILED = "FAILED"
    """A stage failed too often, or in a way that trying again cannot mend."""
    CANCELLED = "CANCELLED"
    """Stopped on request; what it trained is discarded."""

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return not FOLLOWERS[self]


FOLLOWERS: dict[Stage, frozenset[Stage]] = {
    Stage.QUEUED: frozenset({Stage.PREPARING, Stage.FAILED, Stage.CANCELLED}),
    Stage.PREPARING: frozenset({Stage.TRAINING, Stage.FAILED, Stage.CANCELLED}),
    Stage.TRAINING: frozenset({Stage.EVALUATING, Stage.FAILED, Stage.CANCELLED}),
    Stage.EVALUATING: frozenset({Stage.PUBLISHING, Stage.FAILED, Stage.CANCELLED}),
    Stage.PUBLISHING: frozenset({Stage.SUCCEEDED, Stage.REJECTED, Stage.FAILED, Stage.CANCELLED}),
    Stage.SUCCEEDED: frozenset(),
    Stage.REJECTED: frozenset(),
    Stage.FAILED: frozenset(),
    Stage.CANCELLED: frozenset(),
}

ENDS = tuple(stage for stage in Stage if stage.is_end)
