"""TrainingClient: runs and data of the training daemon."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

import grpc

from fitbox.v1 import training_pb2, training_pb2_grpc
from fitbox_client.channel import (
    TRAINING,
    ConnectionSettings,
    call_metadata,
    channel_credentials,
    channel_options,
)
from fitbox_client.client import typed_errors

DEFAULT_ADDRESS = "127.0.0.1:50052"


class TrainingClient:
    """Calls to the daemon's TrainingService; returns its messages, raises FitBoxClientError."""

    def __init__(self, address: str = DEFAULT_ADDRESS, *, settings: ConnectionSettings | None = None) -> None:
        self.settings = settings or ConnectionSettings.from_environment(address)
        credentials = channel_credentials(self.settings)
        options = channel_options(self.settings, health_service=TRAINING)
        self._channel = (
            grpc.secure_channel(self.settings.address, credentials, options)
            if credentials
            else grpc.insecure_channel(self.settings.address, options)
        )
        self._stub = training_pb2_grpc.TrainingServiceStub(self._channel)

    def start(self, *, request_id: str = "", preset: str = "") -> training_pb2.Run:
        """Start a run; the same ``request_id`` starts one run only."""
        request = training_pb2.StartTrainingRequest(request_id=request_id, preset=preset)
        return self._call(self._stub.StartTraining, request).run  # type: ignore[no-any-return]

    def list_runs(self, *, page_size: int = 0, page_token: str = "") -> training_pb2.ListRunsResponse:
        """Runs, newest first."""
        request = training_pb2.ListRunsRequest(page_size=page_size, page_token=page_token)
        return self._call(self._stub.ListRuns, request)  # type: ignore[no-any-return]

    def cancel_run(self, run_id: str) -> training_pb2.Run:
        """Stop a run; what it trained is discarded."""
        return self._call(self._stub.CancelRun, training_pb2.CancelRunRequest(run_id=run_id)).run  # type: ignore[no-any-return]

    def watch_run(self, run_id: str) -> Iterator[training_pb2.Run]:
        """The run's state as it changes, until it ends; close the iterator to stop."""
        request = training_pb2.WatchRunRequest(run_id=run_id)
        call = self._stub.WatchRun(request, metadata=call_metadata(self.settings))
        try:
            with typed_errors():
                for event in call:
                    yield event.run
        finally:
            call.cancel()  # whoever stops early frees the daemon at once; a call that has ended ignores it

    def list_datasets(self, *, include_withdrawn: bool = False) -> training_pb2.ListDatasetsResponse:
        """Accepted and rejected files, with reasons, of every page; those that were deleted if asked for."""
        request = training_pb2.ListDatasetsRequest(include_withdrawn=include_withdrawn)
        listing = training_pb2.ListDatasetsResponse()
        while True:
            page = self._call(self._stub.ListDatasets, request)
            listing.datasets.extend(page.datasets)
            listing.dataset_digest, listing.members = page.dataset_digest, page.members
            if not page.next_page_token:
                return listing
            request.page_token = page.next_page_token

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, method: Any, request: Any) -> Any:
        with typed_errors():
            return method(
                request, timeout=self.settings.timeout_seconds, metadata=call_metadata(self.settings)
            )
