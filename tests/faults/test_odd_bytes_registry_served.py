"""Odd bytes in ``models/``, and a folder that may not be written, as a client meets them."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fitbox_server.adapters import AdapterService
from structlog.testing import capture_logs

from fitbox.registry import AdapterVersion, Registry
from fitbox.v1 import adapter_pb2
from tests import fakes
from tests.broken_artefacts import edit_manifest
from tests.served import Served, error_of


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A server on the base model."""
    server = Served(tmp_path / "models")
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def odd_and_good(served: Served) -> tuple[Served, AdapterVersion, str]:
    """A server with one good version and one whose time and base are odd."""
    registry: Registry = served.registry
    odd, good = fakes.publish(registry, 1), fakes.publish(registry, 2)
    edit_manifest(odd.path, lambda manifest: manifest.update(created_at="yesterday", base_model="\ud800"))
    digest = hashlib.sha256((odd.path / "manifest.json").read_bytes()).hexdigest()
    return served, good, odd.path.rename(odd.path.parent / f"v000001-{digest[:8]}").name


async def test_one_odd_version_takes_no_list_from_anybody(
    odd_and_good: tuple[Served, AdapterVersion, str],
) -> None:
    """It is left out of lists, and asking for it says what is wrong."""
    served, good, odd = odd_and_good
    listing = await served.adapters.ListAdapters(adapter_pb2.ListAdaptersRequest())
    assert [adapter.version for adapter in listing.adapters] == [good.name]
    error = await error_of(served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=odd)))
    assert (error.reason, error.metadata["invalid"]) == ("ADAPTER_INVALID", "manifest_schema")
    watch = served.adapters.WatchAdapters(adapter_pb2.WatchAdaptersRequest())
    assert (await watch.read()).serving_version == "base"
    watch.cancel()


async def test_a_version_whose_records_are_too_large_for_a_message_is_still_told(served: Served) -> None:
    """They are left out; the rest is there."""
    registry: Registry = served.registry
    staging = fakes.write_staging(registry.root, 1)
    (staging / "evaluation.json").write_text(json.dumps({"a": "x" * (2 << 20)}))
    digest = registry.base_model(fakes.BASE_NAME).digest
    version = registry.publish(staging, metadata=fakes.metadata(digest, note="y" * (2 << 20)))
    reply = await served.adapters.GetAdapter(adapter_pb2.GetAdapterRequest(version=version.name))
    assert (reply.adapter.version, reply.evaluation_json, reply.training_metadata_json) == (
        version.name,
        "",
        "",
    )
    assert len(reply.files) == 4


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
async def test_a_registry_that_may_not_be_written_is_a_precondition_and_named_in_the_log(
    served: Served, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The usual mount for serving: calls go on, changes are refused, and only the log has the path."""
    version = fakes.publish(served.registry, 1)
    await served.adapters.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version=version.name))
    original = os.open

    def refuse(path: Any, *args: Any, **kwargs: Any) -> int:
        if str(path).endswith(".lock"):
            raise OSError(code, os.strerror(code), str(path))
        return original(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse)
    service = served.adapters
    for call in (
        lambda: service.ActivateAdapter(adapter_pb2.ActivateAdapterRequest(version="base")),
        lambda: service.RollbackAdapter(adapter_pb2.RollbackAdapterRequest()),
        lambda: service.PinAdapter(adapter_pb2.PinAdapterRequest(version=version.name)),
        lambda: service.UnpinAdapter(adapter_pb2.UnpinAdapterRequest()),
    ):
        with capture_logs() as logs:
            error = await error_of(call())
        assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "REGISTRY_UNUSABLE")
        assert str(served.registry.root) not in str(error)
        told = [entry for entry in logs if entry["event"] == "registry_unusable"]
        assert len(told) == 1
        assert str(served.registry.root) in told[0]["error"]
    assert (await served.advice()).provenance.adapter_version == version.name


async def test_a_list_is_answered_while_no_version_serves_and_reads_active_json_once(tmp_path: Path) -> None:
    """Whoever looks why nothing serves must see what there is."""
    registry = fakes.write_models(tmp_path / "models")
    versions = [fakes.publish(registry, seed) for seed in (1, 2, 3)]
    reads = 0

    class Counting(Registry):
        def active(self) -> Any:
            nonlocal reads
            reads += 1
            return super().active()

    class NothingServes:
        ready = False

        def states(self) -> dict[str, Any]:
            return {}

    service = AdapterService(Counting(registry.root), NothingServes(), None)  # type: ignore[arg-type]
    listing = await service.ListAdapters(adapter_pb2.ListAdaptersRequest(), None)
    assert [adapter.version for adapter in listing.adapters] == [each.name for each in reversed(versions)]
    assert (listing.serving_version, listing.active.version, reads) == ("", "base", 1)
