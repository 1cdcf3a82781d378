"""What ``with`` does: the lifespan, and the one event loop of its block."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from typing import Any, Callable, List, Optional

import anyio
import anyio.to_thread
import pytest

from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STARTED = {"type": "lifespan.startup.complete"}
ENDED = {"type": "lifespan.shutdown.complete"}


class Boom(Exception):
    """Raised by the applications that are meant to fail."""


class App:
    """An application with a lifespan; what it does otherwise is given."""

    def __init__(
        self,
        http: Optional[Callable[..., Any]] = None,
        started: Message = STARTED,
        start: Optional[Callable[[], Any]] = None,
        end: Optional[Callable[[], Any]] = None,
    ) -> None:
        self.http = http or PlainTextResponse("ok")
        self.started = started
        self.start, self.end = start, end
        self.log: List[str] = []
        self.states: List[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(scope, receive, send)
        else:
            self.states.append(scope["state"])
            await self.http(scope, receive, send)

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.log.append((await receive())["type"])
        scope["state"]["shared"] = "yes"
        if self.start is not None:
            await self.start()
        await send(self.started)
        self.log.append((await receive())["type"])
        if self.end is not None:
            await self.end()
        await send(ENDED)


async def fail() -> None:
    raise Boom


def test_lifespan_surrounds_the_block(backend: str) -> None:
    """
    The application is started when the block begins, and shut down at its end.
    """
    app = App()

    with TestClient(app, backend=backend) as client:
        during = list(app.log)
        client.get("/")
        client.get("/")

    assert during == ["lifespan.startup"]
    assert app.log == ["lifespan.startup", "lifespan.shutdown"]


def test_state_of_the_lifespan(backend: str) -> None:
    """
    Each request gets its own copy of the lifespan's state.
    """
    app = App()

    with TestClient(app, backend=backend) as client:
        client.get("/")
        state = client.app_state

    assert state == {"shared": "yes"}
    assert app.states == [state]
    assert app.states[0] is not state


def test_client_can_be_entered_again(backend: str) -> None:
    """
    One block after the other is fine; requests outside have no lifespan.
    """
    app = App()
    client = TestClient(app, backend=backend)

    for _ in range(2):
        with client:
            client.get("/")

    assert client.get("/").text == "ok"
    assert app.log == ["lifespan.startup", "lifespan.shutdown"] * 2


def test_second_with_is_refused() -> None:
    """
    A client within its own block cannot be entered.
    """
    with TestClient(App()) as client:
        with pytest.raises(RuntimeError, match="entered already"):
            client.__enter__()


def test_exit_without_enter_is_refused() -> None:
    """
    A client that was not entered cannot be left.
    """
    with pytest.raises(RuntimeError, match="not entered"):
        TestClient(App()).__exit__()


def test_startup_that_raises(backend: str) -> None:
    """
    The error of the startup is raised as it is, and the client is usable again.
    """
    client = TestClient(App(start=fail), backend=backend)

    with pytest.raises(Boom):
        client.__enter__()

    assert client.portal is None
    assert client.get("/").text == "ok"


def test_shutdown_that_raises(backend: str) -> None:
    """
    The error of the shutdown is raised where the block is left.
    """
    with pytest.raises(Boom):
        with TestClient(App(end=fail), backend=backend):
            pass


def sends(*messages: Message) -> ASGIApp:
    """Return an application that sends just these messages, then returns."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await receive()
            await send(message)

    return app


FAILED = {"type": "lifespan.startup.failed", "message": "no disk"}


@pytest.mark.parametrize(
    "app, error, match",
    [
        pytest.param(sends(FAILED), RuntimeError, "startup: no disk", id="failed"),
        pytest.param(sends(), AssertionError, "lifespan.startup.complete", id="silent"),
        pytest.param(sends(ENDED), AssertionError, "not due", id="out-of-turn"),
        pytest.param(
            sends(STARTED, {"type": "lifespan.shutdown.failed", "message": "full"}),
            RuntimeError,
            "shutdown: full",
            id="shutdown-failed",
        ),
        pytest.param(
            sends(STARTED), AssertionError, "lifespan.shutdown.complete", id="no-end"
        ),
    ],
)
def test_lifespan_that_goes_wrong(
    app: ASGIApp, error: Any, match: str, backend: str
) -> None:
    """
    What is wrong with the lifespan is named.
    """
    with pytest.raises(error, match=match):
        with TestClient(app, backend=backend):
            pass


def test_startup_that_takes_too_long(backend: str) -> None:
    """
    A startup that does not end is cancelled and reported.
    """
    client = TestClient(App(start=anyio.sleep_forever), backend=backend, max_wait=0.01)

    with pytest.raises(RuntimeError, match=r"startup took longer than 0.01 seconds"):
        client.__enter__()


def test_error_of_the_block_wins_nothing(backend: str) -> None:
    """
    The application is shut down after a test that failed, too.
    """
    app = App()

    with pytest.raises(ZeroDivisionError):
        with TestClient(app, backend=backend):
            1 / 0  # noqa: B018

    assert app.log[-1] == "lifespan.shutdown"


# --- the event loop of the block ----------------------------------------------


async def which_thread(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(str(threading.get_ident()))(scope, receive, send)


def test_idle_application_needs_no_thread() -> None:
    """
    As long as nothing goes on by itself, the test's thread runs the application.
    """
    with TestClient(App(http=which_thread)) as client:
        threads = {client.get("/").text for _ in range(3)}

    assert threads == {str(threading.get_ident())}


def test_portal_is_there_within_the_block(backend: str) -> None:
    """
    The portal calls into the event loop that the requests run on.
    """

    async def loop_id() -> int:
        return threading.get_ident()

    with TestClient(App(http=which_thread), backend=backend) as client:
        portal = client.portal
        assert portal is not None
        thread = portal.call(loop_id)
        answered_in = client.get("/").text

    assert answered_in == str(thread)
    assert thread != threading.get_ident()
    assert client.portal is None


def test_background_task_goes_on_between_requests(backend: str) -> None:
    """
    What the lifespan has started runs while the test does something else.
    """
    ticked = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await PlainTextResponse("ok")(scope, receive, send)
            return
        async with anyio.create_task_group() as tg:
            tg.start_soon(tick)
            await receive()
            await send(STARTED)
            await receive()
            tg.cancel_scope.cancel()
        await send(ENDED)

    async def tick() -> None:
        await anyio.sleep(0.01)
        ticked.set()
        await anyio.sleep_forever()

    with TestClient(app, backend=backend) as client:
        assert ticked.wait(60)
        assert client.get("/").text == "ok"


def test_task_of_a_request_goes_on() -> None:
    """
    A task that a request has started runs on within the block.
    """
    done = threading.Event()
    tasks: List[Any] = []

    async def later() -> None:
        await asyncio.sleep(0.01)
        done.set()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not tasks:
            tasks.append(asyncio.create_task(later()))
        await PlainTextResponse("ok")(scope, receive, send)

    with TestClient(App(http=app)) as client:
        client.get("/")
        assert done.wait(60)
        assert client.get("/").text == "ok"


def test_busy_task_gets_a_thread() -> None:
    """
    An application that never rests does not hold up the test.
    """
    turns: List[int] = []

    async def spin() -> None:
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    tasks: List[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        tasks.append(asyncio.create_task(spin()))
        await PlainTextResponse("ok")(scope, receive, send)
        await receive()

    with pytest.warns(ResourceWarning, match="spin"):
        with TestClient(App(http=app)) as client:
            assert client.get("/").text == "ok"

    assert turns


def test_several_threads_share_the_block(backend: str) -> None:
    """
    Requests of several threads meet on one event loop.
    """
    waiting: List[str] = []
    both: List[anyio.Event] = []

    async def meet(scope: Scope, receive: Receive, send: Send) -> None:
        waiting.append(scope["path"])
        if len(waiting) == 1:
            both.append(anyio.Event())
            await both[0].wait()
        else:
            both[0].set()
        await PlainTextResponse(scope["path"])(scope, receive, send)

    with TestClient(App(http=meet), backend=backend) as client:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda path: client.get(path).text, ["/a", "/b"]))

    assert answers == ["/a", "/b"]


def test_other_thread_asks_while_the_test_waits() -> None:
    """
    A thread that comes in between takes the event loop over; the test waits on.
    """
    entered = threading.Event()
    event: List[anyio.Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/wait":
            event.append(anyio.Event())
            entered.set()
            await event[0].wait()
        else:
            event[0].set()
        await PlainTextResponse(scope["path"])(scope, receive, send)

    with TestClient(App(http=app)) as client:

        def ask() -> str:
            entered.wait(60)
            return client.get("/go").text

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask)
            waited = client.get("/wait").text

    assert (waited, asked.result()) == ("/wait", "/go")


def test_block_inside_a_running_event_loop(backend: str) -> None:
    """
    A client can be entered in an async test; the application gets its own thread.
    """
    app = App(http=which_thread)

    async def test() -> str:
        with TestClient(app, backend=backend) as client:
            return client.get("/").text

    threads = {anyio.run(test, backend="asyncio"), anyio.run(test, backend="trio")}

    assert str(threading.get_ident()) not in threads
    assert app.log == ["lifespan.startup", "lifespan.shutdown"] * 2


def test_block_is_used_by_async_code() -> None:
    """
    A client that was entered outside can be used, and left, inside an event loop.
    """
    client = TestClient(App())
    client.__enter__()

    async def test() -> str:
        text = client.get("/").text
        client.__exit__()
        return text

    assert anyio.run(test) == "ok"


def test_sync_code_in_a_worker_thread(backend: str) -> None:
    """
    Worker threads are available, and requests may come from them.
    """
    clients: List[TestClient] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        text = "inner"
        if scope["path"] == "/outer":
            inner = await anyio.to_thread.run_sync(clients[0].get, "/inner")
            text = inner.text
        await PlainTextResponse(text)(scope, receive, send)

    with TestClient(App(http=app), backend=backend) as client:
        clients.append(client)
        text = client.get("/outer").text

    assert text == "inner"


def test_portal_factory_of_a_client(backend: str) -> None:
    """
    Extensions that ask for a portal get that of the block, or a new one.
    """
    client = TestClient(App(), backend=backend)

    with client._portal_factory() as outside:
        outside.call(anyio.sleep, 0)
    with client, client._portal_factory() as inside:
        assert inside is client.portal

    assert inside is not outside


def test_app_state_can_be_set() -> None:
    """
    A test may give requests a state without a lifespan.
    """
    app = App()
    client = TestClient(app)
    client.app_state = {"mine": 1}
    client.get("/")

    assert app.states == [{"mine": 1}]
