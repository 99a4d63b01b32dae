"""What every call goes through between gRPC and a servicer, in one place for every service of both processes.

A call gets a place, its caller a name; its request is read and decoded in time, its handler runs in time, and
each reply is taken in time. Whatever is raised on the way ends the call with a rich status
(:mod:`fitbox.rpc.error_table`), never as UNKNOWN with Python's text: also for a request that is no message,
a reply that is too large, and a client that does not read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

import grpc
import grpc.aio

from fitbox.errors import ConfigurationError, LedgerError, RegistryError, UnusableFileError
from fitbox.rpc.auth import STANDS
from fitbox.rpc.call_context import CallContext
from fitbox.rpc.callers import CALLER, caller_name
from fitbox.rpc.error_table import from_error
from fitbox.rpc.handlers import RawHandler, Refusal, behaviour_of
from fitbox.rpc.limits import DEFAULT_LIMITS, CallLimits
from fitbox.rpc.rooms import RETRY_SECONDS, Room, SlowReaders
from fitbox.rpc.status import RefusedError, overloaded

RECHECK_SECONDS = 5.0
"""How often a stream's token is looked up again: one that was revoked ends its streams."""
_ABORT_SECONDS = 1.0
"""How long a client that does not read has to begin, to be told why its call ends."""
_TELLING = RegistryError | ConfigurationError | LedgerError | UnusableFileError | OSError
"""What cannot quote a member, only files."""
_log = logging.getLogger(__name__)


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Put it after the metrics, which then see the status that this makes, and before the tokens."""

    def __init__(self, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self.places = Room(limits.calls, "calls")
        self.streams = Room(limits.streams, "streams of this caller or server")
        self._streams_of: Counter[str] = Counter()
        self._slow = SlowReaders()
        self._made: dict[str, RawHandler] = {}

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """A handler around the one that ``continuation`` finds."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = handler_call_details.method
        made = self._made.get(method)
        if made is not None and made.stands_for is handler:
            return made
        if isinstance(handler, Refusal):
            return RawHandler(handler, self._refusing(handler, method))
        made = RawHandler(handler, self._guarded(handler, method))
        self._made[method] = made  # as many as there are methods
        return made

    def _guarded(self, handler: Any, method: str) -> Any:
        behaviour = behaviour_of(handler)
        is_stream = handler.request_streaming or method.rpartition("/")[2].startswith("Watch")
        seconds = self._limits.stream_seconds if is_stream else self._limits.call_seconds

        async def run(context: Any, work: Callable[[Any, CallContext], Awaitable[Any]]) -> Any:
            call = CallContext(context, handler, self._limits)
            limit: asyncio.Timeout | None = None
            try:
                visit = self._enter(call)
                async with asyncio.timeout(self._limits.request_seconds) as limit:
                    request = call.requests() if handler.request_streaming else await call.first()
                    limit.reschedule(asyncio.get_running_loop().time() + seconds)
                    if not is_stream:
                        result = await work(request, call)
                    else:
                        with self._seat(call), _rechecked(call, limit):
                            result = await work(request, call)
                visit.replied(self._limits.write_seconds)
            except (asyncio.CancelledError, grpc.aio.AbortError):
                raise
            except Exception as error:  # noqa: BLE001 - the outermost frame of a call; it is logged and reported
                ours = limit is not None and limit.expired() and isinstance(error, TimeoutError)
                await self._abort(call.late(is_stream=is_stream) if ours else error, call, method)
            else:
                return result

        async def one(_: Any, context: Any) -> bytes:
            async def work(request: Any, call: CallContext) -> bytes:
                return call.encoded(await behaviour(request, call))

            reply: bytes = await run(context, work)
            return reply

        async def many(_: Any, context: Any) -> None:
            async def work(request: Any, call: CallContext) -> None:
                responses = behaviour(request, call)
                if not hasattr(responses, "__aiter__"):
                    await responses
                    return
                async with contextlib.aclosing(responses):
                    async for response in responses:
                        await call.write(response)

            await run(context, work)

        return many if handler.response_streaming else one

    def _refusing(self, refusal: Refusal, method: str) -> Any:
        async def refuse(_: Any, context: Any) -> Any:
            await self._abort(
                RefusedError(refusal.status), CallContext(context, refusal, self._limits), method
            )

        return refuse

    def _enter(self, call: CallContext) -> _Visit:
        connection = call.connection
        self._slow.check(connection)
        self.places.enter(connection)
        CALLER.set(caller_name(call.grpc))
        return _Visit(self.places, self._slow, connection)

    @contextlib.contextmanager
    def _seat(self, call: CallContext) -> Any:
        """Room for a call that may stay open with nothing to do."""
        connection, caller = call.connection, CALLER.get()
        if self._streams_of[connection] >= self._limits.streams_per_connection:
            raise overloaded("too many streams are open on this connection", RETRY_SECONDS)
        self.streams.enter(caller)
        self._streams_of[connection] += 1
        try:
            yield
        finally:
            self.streams.leave(caller)
            self._streams_of[connection] -= 1
            if not self._streams_of[connection]:
                del self._streams_of[connection]

    async def _abort(self, error: Exception, call: CallContext, method: str) -> NoReturn:
        status = from_error(error)
        if status.code is grpc.StatusCode.INTERNAL:
            _report(error, method)
        if not call.slow:
            await call.abort(status.code, status.text, status.trailers())
            raise AssertionError("abort always raises")
        self._slow.dropped(call.connection)
        _log.warning("call_dropped method=%s: its client reads nothing", method)
        # The status waits behind the messages that the client does not take.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ABORT_SECONDS):
                await call.abort(status.code, status.text, status.trailers())
        raise asyncio.CancelledError


class _Visit:
    """One call's place, given back when gRPC's task for it ends: when the reply is on its way, or lost."""

    def __init__(self, places: Room, slow: SlowReaders, connection: str) -> None:
        self._slow = slow
        self._connection = connection
        self._timer: asyncio.TimerHandle | None = None
        task = asyncio.current_task()
        assert task is not None, "handlers run in a task"  # noqa: S101
        self._task = task
        task.add_done_callback(lambda _: self._left(places))

    def replied(self, seconds: float) -> None:
        """The reply was handed to gRPC, which now waits for the client to take it."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._slow.dropped(self._connection)
        self._task.cancel()

    def _left(self, places: Room) -> None:
        places.leave(self._connection)
        if self._timer is not None:
            self._timer.cancel()


@contextlib.contextmanager
def _rechecked(call: CallContext, limit: asyncio.Timeout) -> Any:
    """While the body runs, end it once the call's token is revoked."""
    stands = STANDS.get()
    if stands is None:
        yield
        return

    async def look() -> None:
        while stands():  # noqa: ASYNC110 - nothing announces that a file changed
            await asyncio.sleep(RECHECK_SECONDS)
        call.revoked = True
        limit.reschedule(asyncio.get_running_loop().time())

    looking = asyncio.create_task(look())
    try:
        yield
    finally:
        looking.cancel()


def _report(error: Exception, method: str) -> None:
    """Log a fault of the server: type and place; its message only where it cannot quote a member."""
    told = isinstance(error, _TELLING)
    frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)[-8:]]
    values = {
        "method": method,
        "error": type(error).__name__,
        "message": str(error) if told else "",
        "frames": frames,
    }
    _log.error("call_failed", extra={"fields": values})
