"""The parts of the client that run the application, by themselves."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import warnings
from typing import Any, List

import anyio
import pytest

from starlette._testing.jobs import Job
from starlette._testing.loop_state import close_if_resting, has_nothing_to_do
from starlette._testing.loops import LoopRunner
from starlette._testing.portals import PortalRunner
from starlette._testing.where import in_event_loop
from starlette.responses import PlainTextResponse
from starlette.testclient import AsyncTestClient, TestClient
from starlette.types import Receive, Scope, Send


@pytest.mark.anyio
async def test_job_that_is_cancelled_before_it_begins() -> None:
    """
    It ends at the first thing that it waits for.
    """
    woken: List[str] = []
    job = Job(lambda: woken.append("woken"))
    job.cancel()
    await job.run(anyio.sleep_forever)

    assert job.is_done
    assert job.error is None
    assert woken == ["woken"]


@pytest.mark.anyio
async def test_job_that_is_cancelled_after_its_end() -> None:
    """
    Nothing happens.
    """
    job = Job(lambda: None)
    await job.run(anyio.sleep, 0)
    job.cancel()

    assert job.has_ended()
    assert job.take_error() is None


@pytest.mark.anyio
async def test_job_that_others_cancel() -> None:
    """
    The event loop sees the cancellation, and so does who waits.
    """
    job = Job(lambda: None)

    with anyio.CancelScope() as scope:
        scope.cancel()
        await job.run(anyio.sleep_forever)

    assert isinstance(job.error, anyio.get_cancelled_exc_class())


def test_event_loop_of_another_kind() -> None:
    """
    A loop that cannot be looked into is taken for busy.
    """
    unknown: Any = object()

    assert not has_nothing_to_do(unknown)


def test_event_loop_that_cannot_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    On such a loop requests are answered all the same.
    """
    monkeypatch.setattr("starlette._testing.loops.has_nothing_to_do", lambda *_: False)
    loops: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loops.append(asyncio.get_running_loop())
        await PlainTextResponse("ok")(scope, receive, send)

    client = TestClient(app)
    client.get("/")
    client.get("/")

    assert loops[0] is not loops[1]


def test_no_trio(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Where trio was never imported, it does not run.
    """
    monkeypatch.delitem(sys.modules, "trio", raising=False)

    assert not in_event_loop()


def test_unknown_backend() -> None:
    """
    A backend that does not exist is an error of the request, wherever it is made.
    """
    client = TestClient(PlainTextResponse("ok"), backend="unknown")

    async def test() -> None:
        client.get("/")

    with pytest.raises(LookupError):
        client.get("/")
    with pytest.raises(LookupError):
        anyio.run(test, backend="trio")


@pytest.mark.anyio
async def test_stream_that_is_closed_after_its_client() -> None:
    """
    Closing what the client has closed already does nothing.
    """
    app = PlainTextResponse("ok")
    client = AsyncTestClient(app)
    response = await client.send(client.build_request("GET", "/"), stream=True)
    stream: Any = response.stream
    await stream._stream.abandon()
    await response.aclose()

    assert client._asgi.in_use == []


def test_stream_that_is_closed_twice() -> None:
    """
    The second time nothing happens.
    """
    client = TestClient(PlainTextResponse("ok"))
    response = client.send(client.build_request("GET", "/"), stream=True)
    stream: Any = response.stream
    stream._stream.abandon()
    response.close()

    assert response.is_closed
    assert client._pool.in_use == []


def test_event_loop_that_runs_at_the_end() -> None:
    """
    It is closed when it rests, and left alone while it runs.
    """
    loop = asyncio.new_event_loop()
    loop.call_soon(close_if_resting, loop)
    loop.call_soon(loop.stop)
    loop.run_forever()
    survived = not loop.is_closed()
    close_if_resting(loop)

    assert survived
    assert loop.is_closed()


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_is_forgotten_outside_of_with(backend: str) -> None:
    """
    A stream and a session that are lost are reported, and their application ends.
    """
    log: List[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200})
        try:
            await anyio.sleep_forever()
        finally:
            log.append("ended")

    def forget() -> None:
        client = TestClient(app, backend=backend)
        client.send(client.build_request("GET", "/lost"), stream=True)
        client.websocket_connect("/forgotten").__enter__()

    # The thread of the event loop must not be the one that collects them.
    gc.disable()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            forget()
            gc.collect()
    finally:
        gc.enable()

    messages = sorted(str(warning.message) for warning in caught)
    assert [message for message in messages if "never closed" in message] == [
        "The WebSocket session of /forgotten was never closed.",
        "The response to GET http://testserver/lost was never closed.",
    ]
    assert log == ["ended", "ended"]


def test_thread_that_ends() -> None:
    """
    The event loop that a thread has kept for its next request is closed with it.
    """
    loops: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        loops.append(asyncio.get_running_loop())
        await PlainTextResponse("ok")(scope, receive, send)

    client = TestClient(app)
    thread = threading.Thread(target=lambda: [client.get("/"), client.get("/")])
    thread.start()
    thread.join()
    gc.collect()

    assert loops[0] is loops[1]
    assert loops[0].is_closed()


class StolenRunner(LoopRunner):
    """A runner whose loop another thread takes, just when it has been looked at."""

    is_stolen = False

    def _is_driven_here(self) -> bool:
        is_driven_here = super()._is_driven_here()
        if is_driven_here and not self.is_stolen:
            self.is_stolen = True
            thread = threading.Thread(target=self._move)
            thread.start()
            thread.join()
        return is_driven_here

    def check(self) -> None:
        """Have the loop refuse what another thread does to it."""
        self._loop.set_debug(True)


def test_loop_that_is_taken_before_a_job_is_started() -> None:
    """
    The job is handed to the thread that has the loop.
    """
    runner = StolenRunner()
    runner.check()
    job = runner.spawn(anyio.sleep, 0)

    assert runner.wait(job.has_ended, 60)
    assert runner.close() == []


def test_loop_that_is_taken_before_a_message_is_posted() -> None:
    """
    The message is handed to the thread that has the loop.
    """
    runner = StolenRunner()
    runner.check()
    threads: List[int] = []
    runner.post(lambda: threads.append(threading.get_ident()))

    assert runner.wait(lambda: threads, 60)
    assert threads != [threading.get_ident()]
    assert runner.close() == []


def test_loop_that_is_taken_before_it_goes_on() -> None:
    """
    It goes on in the other thread.
    """
    runner = StolenRunner()
    runner.is_stolen = True
    threads: List[int] = []
    runner.post(lambda: threads.append(threading.get_ident()))
    runner.is_stolen = False
    runner.settle()

    assert runner.wait(lambda: threads, 60)
    assert threads != [threading.get_ident()]
    assert runner.close() == []


def test_two_threads_start_jobs_at_once() -> None:
    """
    Both jobs are known, and cancelled at the end; the portal would wait for them.
    """

    class SlowToLookAt(Job):
        is_looked_at = False

        @property
        def is_done(self) -> bool:
            if not self.is_looked_at:  # pragma: no branch (once is enough)
                self.is_looked_at = True
                other.start()
                # Waits for this thread, as it should, or has been faster.
                other.join(0.05)
            return True

        @is_done.setter
        def is_done(self, value: bool) -> None: ...

    runner = PortalRunner.start("asyncio", {})
    other = threading.Thread(target=runner.spawn, args=(anyio.sleep_forever,))
    runner._jobs.append(SlowToLookAt(runner.wake))
    runner.spawn(anyio.sleep_forever)
    other.join()

    assert len(runner._jobs) == 2
    assert runner.close() == []
