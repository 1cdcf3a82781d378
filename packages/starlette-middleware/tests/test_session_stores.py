"""Sessions on the server's side: the stores, and requests that run at the same time."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import threading
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import anyio
import pytest
from itsdangerous import TimestampSigner

from starlette.middleware.sessions import (
    FileStore,
    MemoryStore,
    SessionMiddleware,
    SessionStore,
)
from starlette.responses import JSONResponse
from starlette.testing import Recorder, Script, exchange, http_scope, websocket_scope
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

Session = Dict[str, Any]
Work = Callable[[Any], Any]


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> SessionStore:
    if request.param == "memory":
        return MemoryStore(clock=clock)
    return FileStore(tmp_path / "new" / "sessions", clock=clock)


class Client:
    """Keeps the cookie, and runs one piece of work for each request."""

    def __init__(self, store: Any, **options: Any) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            work, after = scope["extensions"]["work"]
            await done(work, scope["session"])
            await JSONResponse(None)(scope, receive, send)
            await done(after, scope["session"])

        async def done(work: Optional[Work], session: Any) -> None:
            result: Any = None if work is None else work(session)
            if hasattr(result, "__await__"):
                await result

        self.app = SessionMiddleware(app, "secret", store=store, **options)
        self.cookie = ""

    async def run(
        self, work: Optional[Work] = None, after: Optional[Work] = None
    ) -> Recorder:
        headers = {"cookie": f"session={self.cookie}"} if self.cookie else {}
        scope = http_scope(headers=headers, extensions={"work": (work, after)})
        recorder = await exchange(self.app, scope)
        for line in recorder.headers.getlist("set-cookie"):
            found = re.match("session=([^;]*); ", line)
            assert found is not None
            self.cookie = "" if found.group(1) == "null" else found.group(1)
        return recorder

    async def values(self) -> Session:
        found: List[Session] = []
        await self.run(lambda s: found.append(dict(s)))
        return found[0]

    @property
    def id(self) -> str:
        return b64decode(TimestampSigner("secret").unsign(self.cookie)).decode()


def setting(**values: Any) -> Work:
    return lambda session: session.update(values)


async def test_store_keeps_bytes(store: SessionStore) -> None:
    """
    What was set is there until it is deleted.
    """
    assert await store.get("a") is None
    assert await store.set("a", b"1", 60, replaces=None)
    assert await store.get("a") == b"1"
    assert await store.set("a", b"2", 60, replaces=b"1")
    assert await store.get("a") == b"2"

    await store.delete("a")
    await store.delete("a")

    assert await store.get("a") is None


async def test_store_compares(store: SessionStore) -> None:
    """
    Nothing is set where something else is, or nothing is, than the caller knows.
    """
    await store.set("a", b"1", 60, replaces=None)

    assert not await store.set("a", b"2", 60, replaces=None)
    assert not await store.set("a", b"2", 60, replaces=b"0")
    assert not await store.set("b", b"2", 60, replaces=b"1")
    assert await store.get("a") == b"1"
    assert await store.get("b") is None


async def test_store_forgets(store: SessionStore, clock: Clock) -> None:
    """
    A session ends with its time to live, unless that is renewed.
    """
    await store.set("a", b"1", 60, replaces=None)
    await store.set("b", b"2", 60, replaces=None)
    clock.now += 59
    await store.renew("b", 60)
    await store.renew("c", 60)
    clock.now += 1

    assert await store.get("a") is None
    assert await store.get("b") == b"2"
    assert await store.get("c") is None
    assert await store.set("a", b"3", 60, replaces=None)


async def test_ids_that_are_no_names_of_files(store: SessionStore) -> None:
    """
    An id leads nowhere but to its own session.
    """
    for session_id in ("../a", "/etc/passwd", "a\0b", "A", "a" * 5000, "\ud800"):
        assert await store.set(session_id, b"1", 60, replaces=None)
    assert await store.get("a") is None


async def test_memory_is_bounded(clock: Clock) -> None:
    """
    Beyond the limit, the session that was written longest ago goes.
    """
    store = MemoryStore(max_sessions=2, clock=clock)
    await store.set("a", b"1", 60, replaces=None)
    await store.set("b", b"1", 60, replaces=None)
    await store.set("a", b"2", 60, replaces=b"1")
    await store.set("c", b"1", 60, replaces=None)

    assert len(store) == 2
    assert await store.get("b") is None
    assert await store.get("a") == b"2"


async def test_full_memory_and_a_session_that_changes(clock: Clock) -> None:
    """
    Nobody has to go for it.
    """
    store = MemoryStore(max_sessions=2, clock=clock)
    await store.set("a", b"1", 60, replaces=None)
    await store.set("b", b"1", 60, replaces=None)
    await store.set("b", b"2", 60, replaces=b"1")

    assert await store.get("a") == b"1"
    assert await store.get("b") == b"2"


async def test_memory_of_sessions_that_have_ended(clock: Clock) -> None:
    """
    They go although nobody asks for them.
    """
    store = MemoryStore(clock=clock)
    for number in range(10):
        await store.set(f"{number}", b"", 60, replaces=None)
    clock.now += 60
    for number in range(10, 30):
        await store.set(f"{number}", b"", 60, replaces=None)

    assert len(store) == 20


async def test_files_of_sessions_that_have_ended(clock: Clock, tmp_path: Path) -> None:
    """
    They go with a later write; what else is in the folder stays.
    """
    store = FileStore(tmp_path, clock=clock)
    other = tmp_path / "other.txt"
    other.write_text("")
    os.utime(other, (0, 0))
    await store.set("a", b"1", 60, replaces=None)
    await store.set("b", b"1", 1000, replaces=None)
    clock.now += 600
    await store.set("c", b"1", 60, replaces=None)

    assert len(list(tmp_path.glob("*.session"))) == 2
    assert other.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of POSIX")
async def test_files_are_private(tmp_path: Path) -> None:
    """
    Nobody else can read them, and their names are not the ids.
    """
    folder = tmp_path / "sessions"
    await FileStore(folder).set("some-id", b"1", 60, replaces=None)
    (file,) = folder.glob("*.session")

    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert "some-id" not in file.name


async def test_two_stores_on_one_folder(tmp_path: Path) -> None:
    """
    Of many that set at the same time, one after the other succeeds.
    """
    stores = [FileStore(tmp_path), FileStore(tmp_path)]

    async def count(store: FileStore) -> None:
        for _ in range(10):
            while True:
                data = await store.get("n")
                number = str(int(data or b"0") + 1).encode()
                if await store.set("n", number, 60, replaces=data):
                    break

    async with anyio.create_task_group() as group:
        for store in stores:
            group.start_soon(count, store)

    assert await stores[0].get("n") == b"20"


async def test_session_in_a_store(store: SessionStore) -> None:
    """
    The cookie holds an id; the values stay here, and come back.
    """
    client = Client(store)
    await client.run(setting(user="ada"))
    stored = await store.get(client.id)

    assert stored is not None
    assert json.loads(stored) == {"user": "ada"}
    assert await client.values() == {"user": "ada"}


async def test_session_that_is_only_read_from_a_store(store: SessionStore) -> None:
    """
    Nothing is written, and no cookie set.
    """
    client = Client(store)
    await client.run(setting(a=[1]))
    touched = await client.run(lambda s: s.get("a"))
    untouched = await client.run()

    assert "set-cookie" not in touched.headers
    assert touched.headers["vary"] == "Cookie"
    assert "set-cookie" not in untouched.headers
    assert "vary" not in untouched.headers


async def test_id_that_is_not_in_the_store(store: SessionStore) -> None:
    """
    It is not used again, even if it is signed: an attacker may know it.
    """
    client = Client(store)
    await client.run(setting(a=1))
    known = client.id
    await store.delete(known)

    assert await client.values() == {}

    await client.run(setting(b=2))

    assert client.id != known
    assert await client.values() == {"b": 2}


async def test_cookie_that_holds_no_id(store: SessionStore) -> None:
    """
    The cookie of a session without a store is an empty session.
    """
    client = Client(store)
    client.cookie = TimestampSigner("secret").sign(b64encode(b'{"a": 1}')).decode()

    assert await client.values() == {}


async def test_values_in_a_store_that_cannot_be_read(store: SessionStore) -> None:
    """
    The session is empty, and can be used.
    """
    client = Client(store)
    await client.run(setting(a=1))
    stored = await store.get(client.id)
    await store.set(client.id, b"\xff", 60, replaces=stored)

    assert await client.values() == {}

    await client.run(setting(b=2))

    assert await client.values() == {"b": 2}


async def test_cleared_session(store: SessionStore) -> None:
    """
    It ends in the store, and its cookie is removed.
    """
    client = Client(store)
    await client.run(setting(a=1))
    ended = client.id
    recorder = await client.run(lambda s: s.clear())

    assert await store.get(ended) is None
    assert client.cookie == ""
    assert "session=null" in recorder.headers["set-cookie"]


async def test_clearing_what_is_not_there(store: SessionStore) -> None:
    """
    There is no session, and no cookie to remove.
    """
    recorder = await Client(store).run(lambda s: s.clear())

    assert "set-cookie" not in recorder.headers


async def test_cleared_and_filled_session(store: SessionStore) -> None:
    """
    What is set after ``clear()`` is another session, under another id.
    """
    client = Client(store)
    await client.run(setting(a=1))
    before = client.id
    await client.run(lambda s: s.clear() or s.update(b=2))

    assert client.id != before
    assert await store.get(before) is None
    assert await client.values() == {"b": 2}


async def test_regenerated_session(store: SessionStore) -> None:
    """
    The values stay, and the old id is worth nothing.
    """
    client = Client(store)
    await client.run(setting(cart=[1]))
    before = client.id
    await client.run(lambda s: s.regenerate() or s.update(user="ada"))

    assert client.id != before
    assert await store.get(before) is None
    assert await client.values() == {"cart": [1], "user": "ada"}


async def test_regenerated_session_that_has_ended_meanwhile(
    store: SessionStore,
) -> None:
    """
    Only what this request has set goes into the new one.
    """
    client = Client(store)
    await client.run(setting(a=1))

    async def work(session: Any) -> None:
        session["b"] = 2
        session.regenerate()
        await store.delete(client.id)

    await client.run(work)

    assert await client.values() == {"b": 2}


async def test_concurrent_changes(store: SessionStore) -> None:
    """
    Changes of different keys are all kept; of one key, the later one.
    """
    client = Client(store)
    await client.run(setting(a=1, b=1, c=[1], d=1))

    async def slow(session: Any) -> None:
        session["a"] = 2
        session["c"].append(2)
        await client.run(lambda s: s.update(b=2, e=1, a=3) or s.pop("d"))

    await client.run(slow)

    assert await client.values() == {"a": 2, "b": 2, "c": [1, 2], "e": 1}


async def test_session_that_is_emptied_while_another_request_fills_it(
    store: SessionStore,
) -> None:
    """
    Removing the last key one knows of does not end what others have begun.
    """
    client = Client(store)
    await client.run(setting(flash="hello"))

    async def slow(session: Any) -> None:
        del session["flash"]
        await client.run(setting(cart=[1]))

    await client.run(slow)

    assert await client.values() == {"cart": [1]}


async def test_session_that_ends_while_another_request_uses_it(
    store: SessionStore,
) -> None:
    """
    It stays ended: who has logged out is not logged in by a request that was slower.
    """
    client = Client(store)
    await client.run(setting(user="ada"))
    ended = client.id

    async def slow(session: Any) -> None:
        session["cart"] = [1]
        await client.run(lambda s: s.clear())

    await client.run(slow)

    assert await store.get(ended) is None
    assert client.cookie == ""


@pytest.mark.parametrize("rolling", [False, True])
@pytest.mark.parametrize("change", [None, setting(cart=[1])])
async def test_session_that_is_regenerated_while_another_request_uses_it(
    store: SessionStore, change: Optional[Work], rolling: bool
) -> None:
    """
    The slower one leaves the new cookie alone: who has logged in stays so.
    """
    client = Client(store, rolling=rolling)
    await client.run(setting(flash="hello"))

    async def slow(session: Any) -> None:
        if change is not None:
            change(session)
        await client.run(lambda s: s.regenerate() or s.update(user="ada"))

    recorder = await client.run(slow)

    assert "set-cookie" not in recorder.headers
    assert await client.values() == {"flash": "hello", "user": "ada"}


async def test_many_requests_at_the_same_time(store: SessionStore) -> None:
    """
    None of them loses anything.
    """
    client = Client(store)
    await client.run(setting(a=1))
    arrived: List[int] = []
    all_here = anyio.Event()

    def slow(number: int) -> Work:
        async def work(session: Any) -> None:
            session[f"key{number}"] = number
            arrived.append(number)
            if len(arrived) == 8:
                all_here.set()
            await all_here.wait()

        return work

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(client.run, slow(number))

    assert await client.values() == {"a": 1, **{f"key{n}": n for n in range(8)}}


async def test_changes_after_the_response(store: SessionStore) -> None:
    """
    What a background task changes is kept, if the client has the id already.
    """
    client = Client(store)
    await client.run(setting(a=1), setting(b=2))

    assert await client.values() == {"a": 1, "b": 2}

    await client.run(None, lambda s: s.clear())

    assert await client.values() == {}


async def test_first_changes_after_the_response(store: SessionStore) -> None:
    """
    There is no way to tell the client an id.
    """
    client = Client(store)
    await client.run(None, setting(a=1))

    assert client.cookie == ""


async def test_rolling_session_in_a_store(store: SessionStore, clock: Clock) -> None:
    """
    Every response renews the session and its cookie.
    """
    client = Client(store, rolling=True, max_age=60)
    await client.run(setting(a=1))
    clock.now += 40
    recorder = await client.run()
    clock.now += 40

    assert "set-cookie" in recorder.headers
    assert await client.values() == {"a": 1}
    assert "set-cookie" not in (await Client(store, rolling=True).run()).headers


async def test_session_without_max_age(store: SessionStore, clock: Clock) -> None:
    """
    The store does not keep for ever what ends with the browser.
    """
    client = Client(store, max_age=None)
    await client.run(setting(a=1))

    assert await client.values() == {"a": 1}

    clock.now += 14 * 24 * 60 * 60

    assert await client.values() == {}


async def test_websocket_session_in_a_store(store: SessionStore) -> None:
    """
    What changes before the handshake, and until the end, is kept.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"]["a"] = 1
        await send({"type": "websocket.accept"})
        scope["session"]["b"] = 2
        await send({"type": "websocket.close", "code": 1000})

    middleware = SessionMiddleware(app, "secret", store=store)
    recorder = await exchange(middleware, websocket_scope(), Script.websocket())
    client = Client(store)
    line = dict(recorder.messages[0]["headers"])[b"set-cookie"].decode()
    client.cookie = line.partition(";")[0].partition("=")[2]

    assert await client.values() == {"a": 1, "b": 2}


class Refusing(MemoryStore):
    """Never keeps what was there before."""

    async def set(
        self, session_id: str, data: bytes, ttl: int, *, replaces: Optional[bytes]
    ) -> bool:
        if replaces is not None:
            return False
        return await super().set(session_id, data, ttl, replaces=None)


async def test_store_that_does_not_compare() -> None:
    """
    The request fails, instead of asking for ever.
    """
    client = Client(Refusing())
    await client.run(setting(a=1))

    with pytest.raises(RuntimeError, match=r"Refusing.set\(\) has refused"):
        await client.run(setting(a=2))


async def test_store_by_name(tmp_path: Path) -> None:
    """
    The stores of this distribution have names.
    """
    memory, file = Client("memory"), Client(f"file:{tmp_path}/x")

    assert isinstance(memory.app.store, MemoryStore)
    assert isinstance(file.app.store, FileStore)
    assert file.app.store.folder == tmp_path / "x"


async def test_store_of_another_distribution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    It is found by its entry point, and made from the text.
    """
    (tmp_path / "some_store.py").write_text(
        "from starlette.middleware.sessions import MemoryStore\n"
        "def make(url):\n"
        "    store = MemoryStore()\n"
        "    store.url = url\n"
        "    return store\n"
    )
    info = tmp_path / "some_store-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: some-store\nVersion: 1\n"
    )
    (info / "entry_points.txt").write_text(
        "[starlette.session_stores]\nsome = some_store:make\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    made: Any = Client("some://place").app.store

    assert made.url == "some://place"


def test_wrong_stores() -> None:
    """
    They are refused at once.
    """
    with pytest.raises(TypeError, match="has no get, set, delete, renew"):
        Client(object())
    with pytest.raises(ValueError, match="`max_sessions` must be"):
        MemoryStore(max_sessions=0)
    with pytest.raises(ValueError, match="`folder` must be"):
        FileStore("")


def test_two_event_loops_write_to_memory_at_once() -> None:
    """
    One of them is refused, as where they share one loop.
    """
    written: List[bool] = []
    looks: List[str] = []

    def write(data: bytes) -> None:
        written.append(asyncio.run(store.set("id", data, 60, replaces=b"old")))

    def slow_clock() -> float:
        if threading.current_thread() is first and not looks:
            looks.append("first")
            second.start()
            # Waits for this thread, as it should, or has been faster.
            second.join(0.05)
        return 0.0

    store = MemoryStore(clock=slow_clock)
    first = threading.Thread(target=write, args=(b"first",))
    second = threading.Thread(target=write, args=(b"second",))
    asyncio.run(store.set("id", b"old", 60, replaces=None))
    first.start()
    first.join(60)
    second.join(60)

    assert sorted(written) == [False, True]
    assert asyncio.run(store.get("id")) == b"first"
