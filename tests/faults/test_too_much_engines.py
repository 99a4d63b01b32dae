"""Too much, in an engine worker: callers that bring a new grammar each, and members without end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fitbox_server.engines import compiling
from fitbox_server.engines.compiling import Turns
from fitbox_server.engines.protocol import RequestRefusedError
from fitbox_server.engines.scripted import ScriptedEngine

from fitbox.chat import Message
from fitbox.engine.types import EngineSpec, GenerationRequest
from fitbox.engine.wire import Cancel, Chunk, Done, Failed, Ping, Pong, Ready, Submit
from tests.engine_worker import Parent, serving

FREE = GenerationRequest((Message("user", "hello"),), 100)


def with_grammar(grammar: str, client: str = "") -> GenerationRequest:
    return replace(FREE, grammar=grammar, client=client)


class Compiler:
    """In place of an engine's: each grammar takes until it is let go, and fails where it says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self._known: set[str] = set()
        self._gates: dict[str, threading.Event] = {}
        self._news = threading.Condition()

    def knows(self, grammar: str) -> bool:
        return grammar in self._known

    def compile(self, grammar: str) -> None:
        with self._news:
            self.begun.append(grammar)
            self._news.notify_all()
        assert self._gate(grammar).wait(20)
        if grammar == "bad":
            raise RequestRefusedError("bad_grammar", "no root rule")
        self._known.add(grammar)

    def await_begun(self, grammar: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: grammar in self.begun, 20)

    def let_go(self, *grammars: str) -> None:
        for grammar in grammars:
            self._gate(grammar).set()

    def _gate(self, grammar: str) -> threading.Event:
        return self._gates.setdefault(grammar, threading.Event())


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Compiler]:
    compiler = Compiler()
    monkeypatch.setattr(ScriptedEngine, "knows", lambda engine, grammar: compiler.knows(grammar))
    monkeypatch.setattr(ScriptedEngine, "compile", lambda engine, grammar: compiler.compile(grammar))
    return compiler


@pytest.fixture
def parent(scripted_spec: EngineSpec, compiler: Compiler) -> Iterator[Parent]:
    """Of a worker that is ready."""
    with serving(scripted_spec) as (parent, _):
        assert isinstance(parent.read(), Ready)
        yield parent
        compiler.let_go(*compiler.begun)


def stats(parent: Parent) -> Pong:
    """After everything that was sent before has been taken."""
    parent.send(Ping(nonce=1))
    pong = parent.read_until(Pong)[-1]
    assert isinstance(pong, Pong)
    return pong


@pytest.mark.slow
def test_a_text_goes_on_while_a_grammar_is_compiled(scripted_spec: EngineSpec, compiler: Compiler) -> None:
    """To its last token, in the time of one compile."""
    with serving(scripted_spec, tokens="200", step_ms="1") as (parent, _):
        parent.read()
        parent.send(Submit(id=1, request=FREE), Submit(id=2, request=with_grammar("slow")))
        compiler.await_begun("slow")
        assert {frame.id for frame in parent.read_until(Done) if isinstance(frame, Chunk | Done)} == {1}
        compiler.let_go("slow")
        assert {frame.id for frame in parent.read_until(Done) if isinstance(frame, Chunk | Done)} == {2}


def test_callers_that_leave_are_not_compiled_for(parent: Parent, compiler: Compiler) -> None:
    """Of thirty that come and go while one grammar is compiled, none is begun; who stays is next."""
    parent.send(Submit(id=0, request=with_grammar("first", "attacker")))
    compiler.await_begun("first")
    parent.send(*(Submit(id=n, request=with_grammar(f"new {n}", "attacker")) for n in range(1, 31)))
    parent.send(Submit(id=99, request=with_grammar("honest", "member")))
    parent.send(*(Cancel(id=n) for n in range(31)))
    assert stats(parent).stats.waiting == 1
    compiler.let_go("first", "honest")
    assert isinstance(parent.read_until(Done)[-1], Done)
    assert compiler.begun == ["first", "honest"]


def test_who_waits_for_a_grammar_is_served_in_turn_with_the_others(
    parent: Parent, compiler: Compiler
) -> None:
    """Thirty of one client do not go before the one of another."""
    parent.send(Submit(id=0, request=with_grammar("new 0", "many")))
    compiler.await_begun("new 0")
    parent.send(*(Submit(id=n, request=with_grammar(f"new {n}", "many")) for n in range(1, 31)))
    parent.send(Submit(id=99, request=with_grammar("honest", "one")))
    stats(parent)
    compiler.let_go("honest", *(f"new {n}" for n in range(31)))
    while True:
        frame = parent.read_until(Done)[-1]
        if isinstance(frame, Done) and frame.id == 99:
            break
    assert "honest" in compiler.begun[:3]


def test_a_stream_of_known_requests_leaves_room_for_a_grammar(parent: Parent, compiler: Compiler) -> None:
    """Somebody joins in each step, and still the grammar is compiled before they have all been served."""
    compiler.let_go("new")
    parent.send(Submit(id=0, request=FREE), Submit(id=1, request=with_grammar("new")))
    ended: list[int] = []
    number = 2
    while 1 not in ended:
        parent.send(Submit(id=number, request=FREE))
        number += 1
        frame = parent.read_until(Done)[-1]
        assert isinstance(frame, Done)
        ended.append(frame.id)
        assert number < 50, "the grammar starved"


def test_a_grammar_that_does_not_compile_fails_alone(parent: Parent, compiler: Compiler) -> None:
    """With the parser's words; the next one of the same client is served."""
    compiler.let_go("bad", "good")
    parent.send(Submit(id=1, request=with_grammar("bad")), Submit(id=2, request=with_grammar("good")))
    frames = parent.read_until(Done)
    assert frames[0] == Failed(id=1, code="bad_grammar", message="no root rule")
    assert isinstance(frames[-1], Done)


def test_a_system_without_a_thread_to_give_fails_one_request(
    parent: Parent, compiler: Compiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As EAGAIN makes it; the worker goes on, and the next grammar is compiled when it has passed."""
    compiler.let_go("first", "second")

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        parent.send(Submit(id=1, request=with_grammar("first")))
        assert parent.read() == Failed(id=1, code="no_thread", message="try again later")
    parent.send(Submit(id=2, request=with_grammar("second")))
    assert isinstance(parent.read_until(Done)[-1], Done)


def test_a_worker_tells_what_compiling_cost(scripted_spec: EngineSpec) -> None:
    """Each request its own, and the worker the sum; a grammar that is known costs nothing."""
    with serving(scripted_spec, compile_ms="5") as (parent, _):
        parent.read()
        parent.send(Submit(id=1, request=with_grammar("a")))
        first = parent.read_until(Done)[-1]
        parent.send(Submit(id=2, request=with_grammar("a")))
        second = parent.read_until(Done)[-1]
        assert isinstance(first, Done)
        assert isinstance(second, Done)
        assert 0.005 <= first.compile_seconds <= first.total_seconds
        assert second.compile_seconds == 0
        found = stats(parent).stats
        assert (found.compiling, found.waiting) == (0, 0)
        assert found.compile_seconds == pytest.approx(first.compile_seconds)


def test_a_client_whose_call_was_cancelled_has_paid_for_its_compile() -> None:
    """Its next grammar comes after that of a client that had fewer seconds."""
    turns = Turns()
    turns.push("cheap", 1)
    turns.push("dear", 2)
    assert turns.pop() == ("cheap", 1)
    turns.charge("cheap", 0.1)
    assert turns.pop() == ("dear", 2)
    turns.charge("dear", 0.9)
    turns.push("dear", 3)
    turns.push("cheap", 4)
    turns.push("new", 5)
    assert [turns.pop() for _ in range(3)] == [("new", 5), ("cheap", 4), ("dear", 3)]


def test_who_was_away_has_saved_nothing_up() -> None:
    """It gets one turn as anybody who comes now, not all the seconds that it did not use."""
    turns = Turns()
    for number in range(5):
        turns.push("busy", number)
        turns.pop()
        turns.charge("busy", 1.0)
    for number in range(10, 14):
        turns.push("away", number)
    turns.push("busy", 20)
    order = []
    while turns:
        client, _ = turns.pop()
        turns.charge(client, 1.0)
        order.append(client)
    assert "busy" in order[:3]


def test_no_more_clients_are_remembered_than_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are the caller's to choose, so there is no end of them."""
    monkeypatch.setattr(compiling, "_DEBTORS", 10)
    turns = Turns()
    for number in range(1000):
        turns.push(f"client {number}", number)
        turns.charge(*((turns.pop()[0]), 0.01))
    assert len(turns._had) == 10
