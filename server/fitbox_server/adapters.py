"""AdapterService: which version serves, and the changes of it."""

# ruff: noqa: N802 - gRPC names the methods

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import structlog

from fitbox.errors import EngineDiedError, RegistryError, UnusableFileError
from fitbox.files import read_file
from fitbox.registry import BASE_VERSION, ActiveState, AdapterVersion, Registry
from fitbox.rpc.request_ids import IdempotencyCache
from fitbox.shown import shown
from fitbox.v1 import adapter_pb2, adapter_pb2_grpc
from fitbox_server import replies
from fitbox_server.active import Serving
from fitbox_server.requests import check_request_id
from fitbox_server.versions import Change, VersionState

MAX_LISTED = 1000
"""Versions in one list, the newest; more would not fit into a message."""
MAX_RECORD_BYTES = 1 << 20
"""Of each record in a reply, which a client takes up to 4 MiB of; a larger one is left out."""
_MAX_REASON = 500

T = TypeVar("T")
_log = structlog.get_logger(__name__)


class AdapterService(adapter_pb2_grpc.AdapterServiceServicer):
    """Changes go through the registry, which every server and the trainer share; then this server follows."""

    def __init__(self, registry: Registry, serving: Serving, idempotency: IdempotencyCache) -> None:
        self._registry = registry
        self._serving = serving
        self._idempotency = idempotency

    async def ListAdapters(
        self, request: adapter_pb2.ListAdaptersRequest, context: Any
    ) -> adapter_pb2.ListAdaptersResponse:
        """Published versions, newest first."""
        versions, active = await self._registry_call(
            lambda: (self._registry.versions()[-MAX_LISTED:], self._registry.active())
        )
        return adapter_pb2.ListAdaptersResponse(
            adapters=[self._message(version, active) for version in reversed(versions)],
            serving_version=self._serving_version(),
            active=_active(active),
        )

    async def GetAdapter(
        self, request: adapter_pb2.GetAdapterRequest, context: Any
    ) -> adapter_pb2.GetAdapterResponse:
        """One version, with its training and evaluation records and its files."""
        version = await self._registry_call(partial(self._registry.get, request.version))
        active = await self._registry_call(self._registry.active)
        evaluation = await asyncio.to_thread(_read_evaluation, version)
        files = await self._registry_call(partial(self._registry.files, version))
        metadata = json.dumps(dict(version.metadata))
        return adapter_pb2.GetAdapterResponse(
            adapter=self._message(version, active),
            training_metadata_json=metadata if len(metadata) <= MAX_RECORD_BYTES else "",
            evaluation_json=evaluation,
            files=[
                adapter_pb2.AdapterFile(path=path, size_bytes=entry.bytes, sha256=entry.sha256)
                for path, entry in sorted(files.items())
            ],
        )

    async def ActivateAdapter(
        self, request: adapter_pb2.ActivateAdapterRequest, context: Any
    ) -> adapter_pb2.ActivateAdapterResponse:
        """Verifies, loads and switches to a version, or to ``base``; returns once it serves."""
        check_request_id(request.request_id)

        async def make() -> adapter_pb2.ActivateAdapterResponse:
            reason = request.reason or "activated through the API"
            pin = True if request.pin else None
            change = partial(self._registry.activate, request.version, reason=reason, pin=pin)
            await self._registry_call(change)
            await self._serving.settle(request.version)
            return adapter_pb2.ActivateAdapterResponse(adapter=await self._adapter(request.version))

        return await self._idempotency.reply("ActivateAdapter", request, make)

    async def RollbackAdapter(
        self, request: adapter_pb2.RollbackAdapterRequest, context: Any
    ) -> adapter_pb2.RollbackAdapterResponse:
        """Switches back to the previous version; returns once it serves."""
        check_request_id(request.request_id)

        async def make() -> adapter_pb2.RollbackAdapterResponse:
            reason = request.reason or "rolled back through the API"
            state = await self._registry_call(partial(self._registry.rollback, reason=reason))
            name = state.version or BASE_VERSION
            await self._serving.settle(name)
            return adapter_pb2.RollbackAdapterResponse(adapter=await self._adapter(name))

        return await self._idempotency.reply("RollbackAdapter", request, make)

    async def PinAdapter(
        self, request: adapter_pb2.PinAdapterRequest, context: Any
    ) -> adapter_pb2.PinAdapterResponse:
        """Keeps the active version, whatever the trainer publishes."""
        check_request_id(request.request_id)

        async def make() -> adapter_pb2.PinAdapterResponse:
            expected = request.version if request.version not in ("", "active") else None
            reason = request.reason or "pinned through the API"
            state = await self._registry_call(partial(self._registry.pin, reason=reason, expected=expected))
            return adapter_pb2.PinAdapterResponse(adapter=await self._adapter(state.version or BASE_VERSION))

        return await self._idempotency.reply("PinAdapter", request, make)

    async def UnpinAdapter(
        self, request: adapter_pb2.UnpinAdapterRequest, context: Any
    ) -> adapter_pb2.UnpinAdapterResponse:
        """Lets other versions be activated again."""
        check_request_id(request.request_id)

        async def make() -> adapter_pb2.UnpinAdapterResponse:
            reason = request.reason or "unpinned through the API"
            state = await self._registry_call(partial(self._registry.unpin, reason=reason))
            name = state.version or BASE_VERSION
            return adapter_pb2.UnpinAdapterResponse(adapter=await self._adapter(name))

        return await self._idempotency.reply("UnpinAdapter", request, make)

    async def WatchAdapters(
        self, request: adapter_pb2.WatchAdaptersRequest, context: Any
    ) -> AsyncIterator[adapter_pb2.WatchAdaptersResponse]:
        """The current state at once, then each change; ends when the server stops or the reader lags."""
        with self._serving.changes.watch() as queue:
            for change in self._serving.states().values():
                yield await self._change(change)
            while (news := await queue.get()) is not None:
                yield await self._change(news)

    async def _change(self, change: Change) -> adapter_pb2.WatchAdaptersResponse:
        adapter = await self._adapter(change.version)
        adapter.state = replies.adapter_state(change.state)
        adapter.reason = shown(change.reason, _MAX_REASON)
        return adapter_pb2.WatchAdaptersResponse(adapter=adapter, serving_version=self._serving_version())

    async def _adapter(self, name: str) -> adapter_pb2.Adapter:
        """A version's message, also for the base model and for a folder that cannot be read any more."""
        try:
            version, active = await asyncio.to_thread(
                lambda: (self._registry.get(name), self._registry.active())
            )
        except RegistryError:
            change = self._serving.states().get(name, Change(name, VersionState.PUBLISHED))
            return adapter_pb2.Adapter(
                version=shown(name),
                state=replies.adapter_state(change.state),
                reason=shown(change.reason, _MAX_REASON),
            )
        return self._message(version, active)

    def _message(self, version: AdapterVersion, active: ActiveState) -> adapter_pb2.Adapter:
        change = self._serving.states().get(version.name, Change(version.name, VersionState.PUBLISHED))
        return adapter_pb2.Adapter(
            version=version.name,
            digest=version.digest,
            state=replies.adapter_state(change.state),
            created_at=replies.timestamp(datetime.fromisoformat(version.created_at)),
            base_model=version.base_model,
            dataset_digest=version.dataset_digest,
            evaluation_score=version.evaluation_score,
            pinned=active.pinned and active.version == version.name,
            reason=shown(change.reason, _MAX_REASON),
        )

    def _serving_version(self) -> str:
        """The version that new requests go to; empty while none serves."""
        if not self._serving.ready:
            return ""
        try:
            return self._serving.serving.version
        except EngineDiedError:
            return ""

    async def _registry_call(self, call: Callable[[], T]) -> T:
        """Read or change files in a thread. The path of a folder that cannot be used goes to the log, for the
        caller is not told."""
        try:
            return await asyncio.to_thread(call)
        except RegistryError as error:
            if type(error) is RegistryError:
                _log.error("registry_unusable", error=str(error))
            raise


def _active(state: ActiveState) -> adapter_pb2.ActiveAdapter:
    return adapter_pb2.ActiveAdapter(
        version=state.version or BASE_VERSION,
        previous_version=state.previous or BASE_VERSION,
        since=replies.timestamp(datetime.fromisoformat(state.since)) if state.since else None,
        reason=state.reason,
        pinned=state.pinned,
    )


def _read_evaluation(version: AdapterVersion) -> str:
    """``evaluation.json``, or empty where the version has none that a message could hold."""
    try:
        return read_file(version.path / "evaluation.json", max_bytes=MAX_RECORD_BYTES).decode()
    except (UnusableFileError, UnicodeDecodeError):
        return ""
