"""The training daemon's server stands behind the same door."""

from __future__ import annotations

from pathlib import Path

import grpc
import grpc.aio
from fitbox_trainer.daemon.server import TrainingServer
from fitbox_trainer.daemon.service import TrainingService
from prometheus_client import CollectorRegistry

from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.v1 import training_pb2, training_pb2_grpc
from tests import certificates
from tests.rpc.echo import outcome
from tests.scripted_training import Workshop


async def test_training_asks_for_its_own_scope_over_tls(tmp_path: Path) -> None:
    """A token for recommendations opens nothing here."""
    workshop = Workshop(tmp_path)
    pair, path = certificates.make(tmp_path, "daemon"), tmp_path / "tokens.txt"
    trainer = tokens.create(path, "operator", frozenset({Scope.TRAIN}))
    reader = tokens.create(path, "app", frozenset({Scope.RECOMMEND, Scope.ADMIN}))
    settings = workshop.settings.model_copy(
        update={"tls_certificate": pair.certificate, "tls_key": pair.key, "tokens_file": path}
    )
    ledger = workshop.open_ledger()
    service = TrainingService(workshop.daemon(ledger), workshop.changes, settings)
    server = TrainingServer(service, settings, CollectorRegistry())
    await server.start()
    credentials = grpc.ssl_channel_credentials(pair.pem)
    async with grpc.aio.secure_channel(f"localhost:{server.port}", credentials) as channel:
        stub = training_pb2_grpc.TrainingServiceStub(channel)
        results = {}
        for name, token in {"trainer": trainer, "reader": reader, "nobody": None}.items():
            metadata = () if token is None else (("authorization", f"Bearer {token}"),)
            results[name] = await outcome(stub.ListRuns(training_pb2.ListRunsRequest(), metadata=metadata))
    await server.stop(0)
    ledger.close()
    assert isinstance(results["trainer"], training_pb2.ListRunsResponse)
    assert (results["reader"].reason, results["nobody"].reason) == ("SCOPE_MISSING", "TOKEN_MISSING")
