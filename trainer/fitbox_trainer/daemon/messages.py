"""Records of the ledger as the API shows them."""

from __future__ import annotations

from pathlib import Path

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from fitbox.rpc.status import cut
from fitbox.v1 import training_pb2 as pb
from fitbox_trainer.daemon.records import FileRecord, Run
from fitbox_trainer.run.progress import Progress

MAX_REASON_BYTES = 2048
"""A reason may quote a file or the end of a child's log."""


def run_message(run: Run, progress: Progress) -> pb.Run:
    """A run, with what its child reported last."""
    return pb.Run(
        run_id=run.run_id,
        progress=pb.RunProgress(
            stage=pb.RunStage.Value(f"RUN_STAGE_{run.stage}"),
            step=progress.step,
            total_steps=progress.total_steps,
            loss=progress.loss,
            learning_rate=progress.learning_rate,
            tokens_per_second=progress.tokens_per_second,
            time_left=_duration(progress.seconds_left),
        ),
        preset=cut(run.preset, MAX_REASON_BYTES),
        dataset_digest=run.dataset_digest,
        members=run.members,
        created_at=_timestamp(run.created_at),
        finished_at=None if run.finished_at is None else _timestamp(run.finished_at),
        adapter_version=run.version or "",
        reason=cut(run.reason, MAX_REASON_BYTES),
    )


def dataset_message(record: FileRecord, work_dir: Path) -> pb.Dataset:
    """A file; where rows were set aside, with the path of their copy."""
    content = record.content
    reason = record.reason
    if content is not None and content.rows_rejected:
        copy = work_dir.absolute() / "quarantine" / f"{content.digest}.csv"
        note = f"{content.rows_rejected} rows were set aside with their reasons: {copy}"
        reason = f"{reason}; {note}" if reason else note
    return pb.Dataset(
        file_name=record.name.encode(errors="backslashreplace").decode(),
        digest=content.digest if content else "",
        status=pb.DatasetStatus.Value(f"DATASET_STATUS_{record.status}"),
        rows_accepted=content.rows_accepted if content else 0,
        rows_rejected=content.rows_rejected if content else 0,
        rows_duplicate=content.rows_duplicate if content else 0,
        reason=cut(reason, MAX_REASON_BYTES),
        ingested_at=_timestamp(record.changed_at),
    )


def _timestamp(unix_seconds: float) -> Timestamp:
    stamp = Timestamp()
    stamp.FromMicroseconds(round(unix_seconds * 1e6))
    return stamp


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromMilliseconds(round(seconds * 1e3))
    return duration
