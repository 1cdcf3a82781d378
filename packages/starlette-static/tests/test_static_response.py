"""Files that change while they are sent, and responses that are sent twice or never."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from pathlib import Path
from typing import Any, List

import pytest

from starlette import _worker_threads
from starlette.background import BackgroundTask
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.testing import Recorder, Script, exchange, http_scope
from starlette.types import Message, Scope

pytestmark = pytest.mark.anyio

SIZE = 2 * 1024 * 1024


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "large.bin").write_bytes(b"a" * SIZE)
    (tmp_path / "small.txt").write_bytes(b"small")
    return tmp_path


async def response_for(app: StaticFiles, path: str, **headers: str) -> Response:
    scope = http_scope("GET", f"/{path}", headers=headers)
    return await app.get_response(path, scope)


async def send_whole(response: Response, **headers: str) -> Recorder:
    return await exchange(response, http_scope("GET", "/", headers=headers))


def open_files() -> List[str]:
    """Return the files of this process that are open."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}"))
        except OSError:
            pass  # the one that lists them
    return found


async def test_file_that_shrinks(folder: Path) -> None:
    """
    The response ends as broken, and the file is closed.
    """
    app = StaticFiles(directory=folder)
    response = await response_for(app, "large.bin")
    os.truncate(folder / "large.bin", 1024 * 1024)
    recorder = Recorder()

    with pytest.raises(RuntimeError, match="became shorter"):
        await response(http_scope("GET", "/"), Script.http(), recorder)

    assert recorder.headers["content-length"] == str(SIZE)
    assert len(recorder.body) < SIZE
    assert not recorder.is_complete
    assert str(folder / "large.bin") not in open_files()


@pytest.mark.parametrize("name", ["small.txt", "large.bin"])
async def test_file_that_shrinks_while_it_is_found(
    folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Nothing is sent of a file that is shorter than it was a moment ago.
    """
    path = folder / name
    app = StaticFiles(directory=folder)
    prepare = app._finder._prepare

    def shrink_and_prepare(*args: Any) -> Any:
        os.truncate(path, 1)
        return prepare(*args)

    monkeypatch.setattr(app._finder, "_prepare", shrink_and_prepare)
    recorder = Recorder()

    with pytest.raises(RuntimeError, match="became shorter"):
        await app(http_scope("GET", f"/{name}"), Script.http(), recorder)

    assert recorder.messages == []
    assert str(path) not in open_files()


async def test_file_that_grows(folder: Path) -> None:
    """
    It is sent to the length that was announced.
    """
    response = await response_for(StaticFiles(directory=folder), "large.bin")
    with open(folder / "large.bin", "ab") as file:
        file.write(b"more")

    answer = await send_whole(response)

    assert answer.body == b"a" * SIZE
    assert answer.is_complete


@pytest.mark.parametrize("name, size", [("small.txt", 5), ("large.bin", SIZE)])
async def test_file_that_vanishes(folder: Path, name: str, size: int) -> None:
    """
    It was open, and is sent.
    """
    response = await response_for(StaticFiles(directory=folder), name)
    (folder / name).unlink()

    answer = await send_whole(response)

    assert len(answer.body) == size
    assert answer.is_complete


async def test_file_that_is_replaced(folder: Path) -> None:
    """
    What is sent is all of the file that was found.
    """
    response = await response_for(StaticFiles(directory=folder), "large.bin")
    (folder / "new").write_bytes(b"b" * SIZE)
    os.replace(folder / "new", folder / "large.bin")

    assert (await send_whole(response)).body == b"a" * SIZE


@pytest.mark.parametrize("name, size", [("small.txt", 5), ("large.bin", SIZE)])
async def test_sent_twice(folder: Path, name: str, size: int) -> None:
    """
    A response can be sent again.
    """
    response = await response_for(StaticFiles(directory=folder), name)

    for _ in range(2):
        answer = await send_whole(response)

        assert len(answer.body) == size
        assert answer.is_complete


async def test_sent_again_when_it_leads_out(folder: Path, tmp_path: Path) -> None:
    """
    The second time it is found anew, by the same rules.
    """
    (folder / "files").mkdir()
    os.rename(folder / "large.bin", folder / "files" / "large.bin")
    response = await response_for(StaticFiles(directory=folder / "files"), "large.bin")
    await send_whole(response)
    os.rename(folder / "files" / "large.bin", folder / "large.bin")
    (folder / "files" / "large.bin").symlink_to("../large.bin")

    with pytest.raises(RuntimeError, match="does not exist"):
        await send_whole(response)


async def test_never_sent(folder: Path) -> None:
    """
    What a program drops does not stay open.
    """
    app = StaticFiles(directory=folder)
    response = await response_for(app, "large.bin")
    ranged = await response_for(app, "large.bin", range="bytes=0-0")
    assert str(folder / "large.bin") in open_files()

    del response, ranged

    assert str(folder / "large.bin") not in open_files()


async def test_range(folder: Path) -> None:
    """
    It is read from the file that was found.
    """
    spec = "bytes=0-1,1000000-1000001"
    app = StaticFiles(directory=folder)
    response = await response_for(app, "large.bin", range=spec)
    (folder / "large.bin").unlink()

    answer = await send_whole(response, range=spec)

    assert answer.status == 206
    assert answer.body.count(b"\r\naa\r\n") == 2
    assert not [name for name in open_files() if "large.bin" in name]


async def test_range_that_is_refused(folder: Path) -> None:
    """
    The file is closed all the same.
    """
    app = StaticFiles(directory=folder)

    answer = await exchange(
        app, http_scope("GET", "/large.bin", headers={"range": "bytes=x"})
    )

    assert answer.status == 400
    assert str(folder / "large.bin") not in open_files()


async def test_client_that_goes(folder: Path) -> None:
    """
    The file is closed when it cannot be sent.
    """
    app = StaticFiles(directory=folder)
    recorder = Recorder(error=OSError("gone"), after=3)

    with pytest.raises(OSError, match="gone"):
        await app(http_scope("GET", "/large.bin"), Script.http(), recorder)

    assert str(folder / "large.bin") not in open_files()


@pytest.mark.parametrize("name", ["small.txt", "large.bin"])
async def test_background(folder: Path, name: str) -> None:
    """
    A task that a program puts on the response runs after it.
    """
    log: List[Any] = []

    class Own(StaticFiles):
        async def get_response(self, path: str, scope: Scope) -> Response:
            response = await super().get_response(path, scope)
            response.background = BackgroundTask(log.append, "task")
            return response

    async def send(message: Message) -> None:
        if not message.get("more_body", message["type"] != "http.response.body"):
            log.append("sent")

    await Own(directory=folder)(http_scope("GET", f"/{name}"), Script.http(), send)

    assert log == ["sent", "task"]


async def test_coded_form_sent_for_a_range(folder: Path) -> None:
    """
    A sibling that was found for one request is sent whole for another.
    """
    (folder / "large.bin.gz").write_bytes(b"z" * 100_000)
    app = StaticFiles(directory=folder, precompressed=True)
    scope = http_scope("GET", "/", headers={"accept-encoding": "gzip"})
    response = await app.get_response("large.bin", scope)
    await send_whole(response)

    answer = await send_whole(response, range="bytes=0-1")

    assert (answer.status, answer.body) == (200, b"z" * 100_000)


def test_request_that_is_cancelled_while_a_thread_finds_its_file(folder: Path) -> None:
    """
    What the thread has opened for nobody does not stay open.
    """
    app = StaticFiles(directory=folder)
    has_found, goes_on = threading.Event(), threading.Event()
    find = app._finder.find

    def find_and_wait(path: str, request: Any) -> Any:
        found = find(path, request)
        has_found.set()
        goes_on.wait(60)
        return found

    async def main() -> None:
        app._finder.find = find_and_wait  # type: ignore[method-assign]
        task = asyncio.ensure_future(response_for(app, "large.bin"))
        while not has_found.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    gc.disable()
    try:
        asyncio.run(main())
        was_open = str(folder / "large.bin") in open_files()
        goes_on.set()
        _worker_threads._finish()
        is_open = str(folder / "large.bin") in open_files()
    finally:
        gc.enable()

    assert was_open
    assert not is_open
