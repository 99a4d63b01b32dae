"""Requests that reuse an id, runs that are asked for again and again, files that change in one tick."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client.errors import FitBoxClientError, ServerOverloadedError, from_rpc_error
from fitbox_client.testing import ScriptedServer
from fitbox_client.training import TrainingClient
from fitbox_trainer.daemon.ledger import Ledger
from fitbox_trainer.daemon.server import TrainingServer
from fitbox_trainer.daemon.service import MAX_QUEUED_RUNS, TrainingService
from fitbox_trainer.daemon.watcher import Signature
from prometheus_client import CollectorRegistry

from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.rpc.tokens import TokenFile
from fitbox.v1 import training_pb2 as pb
from fitbox.v1 import training_pb2_grpc
from tests.scripted_training import Workshop


class Asked:
    """A daemon that answers calls and works on nothing."""

    def __init__(self, ledger: Ledger, stub: Any) -> None:
        self.ledger = ledger
        self.stub = stub

    async def start(self, caller: str = "", **fields: str) -> pb.Run | FitBoxClientError:
        """StartTraining, as a client of that name."""
        metadata = (("fitbox-client-id", caller),) if caller else ()
        try:
            reply = await self.stub.StartTraining(pb.StartTrainingRequest(**fields), metadata=metadata)
        except grpc.aio.AioRpcError as error:
            return from_rpc_error(error)
        run: pb.Run = reply.run
        return run


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[Asked]:
    """Without data."""
    workshop = Workshop(tmp_path)
    ledger = workshop.open_ledger()
    service = TrainingService(workshop.daemon(ledger), workshop.changes, workshop.settings)
    server = TrainingServer(service, workshop.settings, CollectorRegistry())
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield Asked(ledger, training_pb2_grpc.TrainingServiceStub(channel))
    await server.stop(0)
    ledger.close()


@pytest.fixture
def data(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accepted data, as far as the ledger knows."""
    monkeypatch.setattr(asked.ledger, "sources", lambda: {"members.csv": "0" * 64})


@pytest.mark.usefixtures("data")
async def test_a_request_id_with_another_preset_is_refused(asked: Asked) -> None:
    """Whoever asked for the large preset must not be told of a run with the small one."""
    first, again = await asked.start(request_id="a"), await asked.start(request_id="a")
    assert isinstance(first, pb.Run)
    assert first == again
    other = await asked.start(request_id="a", preset="cpu-full")
    assert isinstance(other, FitBoxClientError)
    assert (other.code, other.reason) == (grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")


@pytest.mark.usefixtures("data")
async def test_a_request_id_of_one_caller_is_none_of_anothers(asked: Asked) -> None:
    """Two clients may count from one."""
    one, two = (
        await asked.start("one", request_id="1"),
        await asked.start("two", request_id="1", preset="cpu-full"),
    )
    assert isinstance(one, pb.Run)
    assert isinstance(two, pb.Run)
    assert one.run_id != two.run_id


@pytest.mark.usefixtures("data")
async def test_runs_that_wait_are_bounded(asked: Asked) -> None:
    """Each of them would take the machine for as long as the last."""
    for _ in range(MAX_QUEUED_RUNS):
        assert isinstance(await asked.start(), pb.Run)
    refusal = await asked.start()
    assert isinstance(refusal, ServerOverloadedError)
    assert (refusal.reason, refusal.retry_after_seconds) == ("OVERLOADED", 60.0)


@pytest.mark.parametrize(
    "preset", ["/etc/passwd", "../cpu-quick", "cpu-quick.toml", "./cpu-quick", "\x1b[2J"]
)
async def test_a_preset_is_asked_for_by_name_alone(
    asked: Asked, preset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No answer tells whether a file is there or what is in it."""
    (tmp_path / "cpu-quick.toml").write_text("password = 1")
    monkeypatch.chdir(tmp_path)
    answer = await asked.start(preset=preset)
    assert isinstance(answer, FitBoxClientError)
    assert answer.reason == "INVALID_FIELD"
    assert answer.message.startswith("preset: one of cpu-full, ")


@pytest.mark.slow
async def test_twenty_thousand_names_are_listed_in_pages(asked: Asked) -> None:
    """Those that are gone only to whoever asks for them."""
    fill(asked.ledger, 20_000)
    present = await asked.stub.ListDatasets(pb.ListDatasetsRequest())
    assert [dataset.file_name for dataset in present.datasets] == ["here.txt"]
    assert not present.next_page_token
    names: list[str] = []
    request = pb.ListDatasetsRequest(include_withdrawn=True)
    while True:
        page = await asked.stub.ListDatasets(request)
        assert page.ByteSize() < 1 << 19
        names += [dataset.file_name for dataset in page.datasets]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(names) == len(set(names)) == 20_001


@pytest.mark.slow
async def test_pages_end_where_their_bytes_do(asked: Asked) -> None:
    """A thousand long reasons are more than a message may have."""
    for n in range(200):
        asked.ledger.refuse_file(f"{n:04}", Signature(1, 1, n), "r" * 5000)
    page = await asked.stub.ListDatasets(pb.ListDatasetsRequest())
    assert page.ByteSize() < 1 << 19
    assert 0 < len(page.datasets) < 200
    assert page.next_page_token


def fill(ledger: Ledger, names: int) -> None:
    """So many names that are gone, in one transaction, and one that is there."""
    ledger.refuse_file("here.txt", Signature(1, 1, 0), "only files that end in .csv are read")
    with ledger._db.transaction():
        for n in range(names):
            ledger._db.execute(
                "INSERT INTO files SELECT ?, digest, 'WITHDRAWN', reason, size, mtime_ns, inode, changed_at "
                "FROM files WHERE name = 'here.txt'",
                (f"export-of-the-gym-{n:06d}.txt",),
            )


@pytest.fixture
def scripted() -> Iterator[ScriptedServer]:
    """A training daemon's stand-in."""
    with ScriptedServer() as server:
        yield server


def test_leaving_a_watch_ends_it_on_the_daemon(scripted: ScriptedServer) -> None:
    """Otherwise each look at a run would stay open until the program ends."""
    stopped = threading.Event()

    def endless(request: Any, context: Any) -> Iterator[pb.WatchRunResponse]:
        context.add_callback(stopped.set)
        while context.is_active():
            yield pb.WatchRunResponse()

    scripted.reply("WatchRun", endless)
    with TrainingClient(scripted.address) as client:
        watch = client.watch_run("r")
        next(watch)
        watch.close()  # type: ignore[attr-defined]  # a generator
        assert stopped.wait(30)


def test_every_page_of_the_datasets_reaches_the_caller(scripted: ScriptedServer) -> None:
    """The client asks until there is no more."""
    pages = {"": ("a", "1"), "1": ("b", "2"), "2": ("c", "")}

    def answer(request: pb.ListDatasetsRequest, context: Any) -> pb.ListDatasetsResponse:
        name, following = pages[request.page_token]
        return pb.ListDatasetsResponse(
            datasets=[pb.Dataset(file_name=name)], members=7, next_page_token=following
        )

    scripted.reply("ListDatasets", answer)
    with TrainingClient(scripted.address) as client:
        listing = client.list_datasets()
    assert ([d.file_name for d in listing.datasets], listing.members) == (["a", "b", "c"], 7)


def test_a_change_within_the_grain_of_the_files_clock_is_seen(tmp_path: Path) -> None:
    """A token that was revoked in the same tick, with a file of the same size, is revoked."""
    path = tmp_path / "tokens.txt"
    first = tokens.create(path, "one", frozenset({Scope.RECOMMEND}))
    other = tmp_path / "other.txt"
    second = tokens.create(other, "two", frozenset({Scope.RECOMMEND}))
    file = TokenFile(path)
    before = path.stat()
    path.write_bytes(other.read_bytes())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert file.find(first) is None
    assert file.find(second) is not None


def test_of_two_writers_of_a_token_file_none_undoes_the_others_work(tmp_path: Path) -> None:
    """A token that is made beside a revocation must not bring the revoked one back."""
    path = tmp_path / "tokens.txt"
    scope = frozenset({Scope.RECOMMEND})
    for n in range(8):
        tokens.create(path, f"old-{n}", scope)

    def in_threads(work: Callable[[int], object]) -> list[threading.Thread]:
        return [threading.Thread(target=work, args=(n,)) for n in range(8)]

    threads = in_threads(lambda n: tokens.revoke(path, f"old-{n}"))
    threads += in_threads(lambda n: tokens.create(path, f"new-{n}", scope))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {grant.name for grant in TokenFile(path).grants()} == {f"new-{n}" for n in range(8)}


async def test_calls_of_one_async_client_wait_their_turn_within_their_deadline() -> None:
    """See also the synchronous client's, which shares the settings."""
    from fitbox_client.errors import DeadlineError
    from fitbox_client.turns import AsyncTurns, Turns

    turns, threads = AsyncTurns(1), Turns(1)
    async with turns.taken(5.0) as left:
        assert 0 < left <= 5.0
        with pytest.raises(DeadlineError, match="max_calls"):
            async with turns.taken(0.01):
                pass
    with threads.taken(5.0), pytest.raises(DeadlineError, match="max_calls"), threads.taken(0.01):
        pass
    waiting = asyncio.gather(*(_hold(turns) for _ in range(20)))
    assert await waiting == [1] * 20


async def _hold(turns: Any) -> int:
    async with turns.taken(30.0):
        await asyncio.sleep(0)
        return 1
