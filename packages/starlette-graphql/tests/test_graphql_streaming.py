"""A response that stays open: what is sent, what is closed, who is noticed."""

from __future__ import annotations

from typing import Any, AsyncGenerator, Callable, Dict, List, Optional

import anyio
import pytest

from starlette._graphql.outcome import Outcome
from starlette._graphql.streaming import Framing, OpenResponse, results_of
from starlette.background import BackgroundTask
from starlette.testing import Recorder, Script, exchange, http_scope
from starlette.types import Message

pytestmark = pytest.mark.anyio

OLD = {"version": "3.0", "spec_version": "2.3"}
NEW = {"version": "3.0", "spec_version": "2.4"}
GONE: Message = {"type": "http.disconnect"}

both_specs = pytest.mark.parametrize(
    "asgi", [pytest.param(OLD, id="2.3"), pytest.param(NEW, id="2.4")]
)


def frame(payload: Dict[str, Any]) -> bytes:
    if "odd" in payload:
        raise TypeError("not JSON")
    return repr(payload).encode()


FRAMING = Framing("text/x", first=b"<", frame=frame, last=b">", sign_of_life=b".")


class Source:
    """Results that wait for the test, and say what becomes of them."""

    def __init__(self, *payloads: Any, waits: bool = False) -> None:
        self.payloads = payloads
        self.waits = waits
        self.log: List[str] = []
        self.is_waiting = anyio.Event()

    async def events(self) -> AsyncGenerator[Any, None]:
        task = anyio.get_current_task().id
        try:
            for payload in self.payloads:
                if isinstance(payload, Exception):
                    raise payload
                yield payload
            if self.waits:
                self.is_waiting.set()
                await anyio.sleep_forever()
        finally:
            same = task == anyio.get_current_task().id
            self.log.append("closed" if same else "closed elsewhere")

    async def background(self) -> None:
        self.log.append("background")

    def unexpected(self, error: BaseException) -> List[str]:
        self.log.append(str(error))
        return ["unexpected"]

    def response(self, **kwargs: Any) -> OpenResponse:
        return OpenResponse(
            self.events(),
            FRAMING,
            unexpected=self.unexpected,
            background=BackgroundTask(self.background),
            **kwargs,
        )


@both_specs
async def test_results(asgi: Any) -> None:
    """
    Each is a message of its own, between what begins and what ends the body; then the
    source is closed, and the background tasks run.
    """
    source = Source({"a": 1}, {"b": 2})
    response = source.response(
        headers={"x-a": "1"}, more_headers=[(b"set-cookie", b"a=b")]
    )
    sent = await exchange(response, http_scope(asgi=asgi))

    assert sent.status == 200
    assert sent.raw_headers == [
        (b"x-a", b"1"),
        (b"content-type", b"text/x; charset=utf-8"),
        (b"set-cookie", b"a=b"),
    ]
    assert [part["body"] for part in sent.of_type("http.response.body")] == [
        b"<",
        b"{'a': 1}",
        b"{'b': 2}",
        b">",
    ]
    assert sent.is_complete
    assert source.log == ["closed", "background"]


async def test_without_background() -> None:
    """
    Nothing runs where there is nothing to run.
    """
    source = Source()
    response = OpenResponse(source.events(), FRAMING, unexpected=source.unexpected)
    sent = await exchange(response, http_scope())

    assert sent.body == b"<>"
    assert source.log == ["closed"]


async def test_head() -> None:
    """
    A client that wants no body gets none, and the source is closed unread.
    """
    source = Source({"a": 1}, waits=True)
    sent = await exchange(source.response(), http_scope("HEAD"))

    assert sent.headers["content-type"] == "text/x; charset=utf-8"
    assert sent.body == b""
    assert sent.is_complete
    assert source.log == ["background"]


async def test_source_that_fails() -> None:
    """
    Its error is the last result, and the response is complete.
    """
    source = Source({"a": 1}, ValueError("secret"))
    sent = await exchange(source.response(), http_scope())

    assert sent.body == b"<{'a': 1}{'errors': ['unexpected']}>"
    assert sent.is_complete
    assert source.log == ["closed", "secret", "background"]


async def test_result_that_cannot_be_written() -> None:
    """
    It is the last one, and the source is closed.
    """
    source = Source({"odd": 1}, {"a": 1})
    sent = await exchange(source.response(), http_scope())

    assert sent.body == b"<{'errors': ['unexpected']}>"
    assert sent.is_complete
    assert source.log == ["not JSON", "closed", "background"]


@both_specs
async def test_client_that_goes_while_the_source_is_quiet(asgi: Any) -> None:
    """
    The source is cancelled where it waits, in the task of the request.
    """
    source = Source({"a": 1}, waits=True)
    script = Script.http()
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(source.response(), http_scope(asgi=asgi), script, recorder)
        await source.is_waiting.wait()
        script.add(GONE)

    assert recorder.body == b"<{'a': 1}"
    assert not recorder.is_complete
    assert source.log == ["closed", "background"]


class Wire:
    """A ``send`` that the client reads from when the test lets it."""

    def __init__(self, after: int, error: Optional[Exception] = None) -> None:
        self.bodies: List[bytes] = []
        self.after = after
        self.error = error
        self.is_full = anyio.Event()
        self.gate = anyio.Event()

    async def __call__(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            return
        if len(self.bodies) >= self.after:
            self.is_full.set()
            await self.gate.wait()
            if self.error is not None:
                raise self.error
        self.bodies.append(message["body"])


async def run(
    response: OpenResponse, script: Script, wire: Wire, then: Callable[[], Any]
) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), script, wire)
        await wire.is_full.wait()
        await anyio.wait_all_tasks_blocked()
        await then()


async def test_client_that_goes_while_something_is_sent() -> None:
    """
    The source is closed where it has stopped.
    """
    source = Source({"a": 1}, {"b": 2})
    script = Script.http()

    async def leave() -> None:
        script.add(GONE)

    await run(source.response(), script, Wire(after=1), leave)

    assert source.log == ["closed", "background"]


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_client_that_cannot_be_reached(after: int) -> None:
    """
    The response ends, without an error.
    """
    source = Source({"a": 1}, {"b": 2})
    wire = Wire(after, OSError("gone"))

    async def give_up() -> None:
        wire.gate.set()

    await run(source.response(), Script.http(), wire, give_up)

    assert len(wire.bodies) == after
    assert source.log == (["closed", "background"] if after else ["background"])


async def test_client_that_does_not_read() -> None:
    """
    The source waits for it.
    """
    produced: List[int] = []

    async def flood() -> AsyncGenerator[Any, None]:
        for number in range(1000):
            produced.append(number)
            yield {}

    wire = Wire(after=3)
    response = OpenResponse(flood(), FRAMING, unexpected=repr)
    counts: List[int] = []

    async def look() -> None:
        counts.append(len(produced))
        wire.gate.set()

    await run(response, Script.http(), wire, look)

    assert counts == [3]
    assert len(produced) == 1000


async def test_source_that_never_waits() -> None:
    """
    Others get their turn, so that it is noticed when the client goes.
    """
    script = Script.http()
    bodies: List[bytes] = []

    async def flood() -> AsyncGenerator[Any, None]:
        while True:
            yield {}

    async def send(message: Message) -> None:
        bodies.append(message.get("body", b""))
        if len(bodies) == 5:
            script.add(GONE)

    response = OpenResponse(flood(), FRAMING, unexpected=repr)
    await response(http_scope(), script, send)

    assert 5 <= len(bodies) < 100


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_source_that_awaits_something_when_it_is_cancelled() -> None:
    """
    What a ``finally`` awaits is awaited, as in any task of asyncio.
    """
    log: List[str] = []
    is_waiting = anyio.Event()
    script = Script.http()

    async def polite() -> AsyncGenerator[Any, None]:
        try:
            yield {}
            is_waiting.set()
            await anyio.sleep_forever()
        finally:
            await anyio.lowlevel.checkpoint()
            log.append("closed")

    response = OpenResponse(polite(), FRAMING, unexpected=repr)
    async with anyio.create_task_group() as group:
        group.start_soon(response, http_scope(), script, Recorder())
        await is_waiting.wait()
        script.add(GONE)

    assert log == ["closed"]


async def test_server_that_fails() -> None:
    """
    An error of ``send`` that does not speak of the client is raised; the source is
    closed before.
    """
    source = Source({"a": 1})
    recorder = Recorder(error=KeyError("a bug"), after=2)

    with pytest.raises(KeyError, match="a bug"):
        await source.response()(http_scope(), Script.http(), recorder)

    assert source.log == ["closed"]


async def test_server_that_goes() -> None:
    """
    The source is cancelled with the task of the request.
    """
    source = Source(waits=True)
    with anyio.CancelScope() as scope:

        async def cancel() -> None:
            await source.is_waiting.wait()
            scope.cancel()

        async with anyio.create_task_group() as group:
            group.start_soon(cancel)
            await source.response()(http_scope(), Script.http(), Recorder())

    assert scope.cancelled_caught
    assert source.log == ["closed"]


async def test_signs_of_life() -> None:
    """
    They are sent while there is silence, and none comes before the body or after it.
    """
    source = Source({"a": 1}, waits=True)
    script = Script.http()
    recorder = Recorder()
    async with anyio.create_task_group() as group:
        group.start_soon(
            source.response(keep_alive=1e-3), http_scope(), script, recorder
        )
        await recorder.wait_for("http.response.body", 5)
        script.add(GONE)

    assert recorder.body.startswith(b"<{'a': 1}...")


async def test_signs_of_life_before_the_body() -> None:
    """
    None is sent before the response has started, however long that takes.
    """
    source = Source({"a": 1})
    messages: List[Message] = []

    async def send(message: Message) -> None:
        if not messages:
            await anyio.sleep(2e-2)
        messages.append(message)

    response = source.response(keep_alive=1e-3)
    await response(http_scope(), Script.http(), send)

    assert messages[0]["type"] == "http.response.start"
    assert messages[1]["body"] == b"<"
    assert messages[-1]["body"] == b">"


async def test_sign_of_life_that_nobody_takes() -> None:
    """
    The one who was to send it gives up; the source is closed when that is known.
    """
    source = Source({"a": 1}, waits=True)
    script = Script.http()
    wire = Wire(2, OSError("gone"))

    async def give_up() -> None:
        wire.gate.set()
        await anyio.wait_all_tasks_blocked()
        script.add(GONE)

    await run(source.response(keep_alive=1e-3), script, wire, give_up)

    assert wire.bodies == [b"<", b"{'a': 1}"]
    assert source.log == ["closed", "background"]


async def test_results_of_one() -> None:
    """
    An outcome that has one result has that.
    """
    outcome = Outcome("query", "executed", {"data": 1})

    assert [payload async for payload in results_of(outcome)] == [{"data": 1}]


async def test_results_of_many() -> None:
    """
    An outcome that has many has those.
    """
    source = Source({"a": 1}, {"b": 2})
    events: Any = source.events()
    outcome = Outcome("subscription", "executed", None, events)

    assert [payload async for payload in results_of(outcome)] == [{"a": 1}, {"b": 2}]
    assert source.log == ["closed"]


async def test_results_that_nobody_wants() -> None:
    """
    They are closed.
    """
    source = Source({"a": 1}, {"b": 2})
    events: Any = source.events()
    results: Any = results_of(Outcome("subscription", "executed", None, events))
    first = await results.__anext__()
    await results.aclose()

    assert first == {"a": 1}
    assert source.log == ["closed"]
