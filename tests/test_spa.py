"""The single-page example, as a browser sees it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import httpx
import pytest

from tests.chromium import DEADLINE, EXECUTABLE, browse

ROOT = Path(__file__).resolve().parent.parent
IMMUTABLE = "public, max-age=31536000, immutable"

pytestmark = pytest.mark.timeout(600)


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The example in a process of its own; gives its address."""
    command = [sys.executable, "-m", "examples.spa", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split(" at ")[1].split(" ")[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running() as address:
        yield address


def test_what_is_served(address: str) -> None:
    """
    Built files are for ever, the page is asked for each time, and what is neither a
    file nor a page is missing.
    """
    page = {"accept": "text/html"}
    scripts = [p.name for p in (ROOT / "examples/spa/site/assets").glob("*.js")]
    with httpx.Client(base_url=address, timeout=DEADLINE) as client:
        assert client.get("/").headers["cache-control"] == "no-cache"
        assert client.get("/notes/1", headers=page).text == client.get("/").text
        for name in scripts:
            answer = client.get(f"/assets/{name}")
            assert answer.headers["cache-control"] == IMMUTABLE
        missing = ("/assets/gone-12345678.js", "/.vite/manifest.json", "/notes/1")
        assert [client.get(path).status_code for path in missing] == [404] * 3
        assert client.get("/api/nothing", headers=page).status_code == 404
        assert client.get("/api/notes/3").status_code == 404
    assert len(scripts) == 2


@pytest.mark.skipif(EXECUTABLE is None, reason="needs Debian's package chromium")
def test_clicked_through(address: str, tmp_path: Path) -> None:
    """
    Every route is reached by clicks, by the history and by its address, and nothing
    fails on the way.
    """
    heading = "document.querySelector('h1')?.textContent"
    with browse(tmp_path) as page:
        page.open(address)
        page.wait_until(f"{heading} === 'Home'")
        loaded = {
            r["response"]["url"][len(address) :]: r["response"]["status"]
            for r in page.told("Network.responseReceived")
        }

        page.click("nav a[href='/notes']")
        page.wait_until(f"{heading} === 'Notes' && document.querySelector('li')")
        assert page.evaluate("location.pathname") == "/notes"
        assert page.evaluate("document.querySelectorAll('li').length") == 2
        current = "document.querySelector('nav a[aria-current]')"
        assert page.evaluate(f"getComputedStyle({current}).color") == "rgb(34, 187, 85)"

        page.click("li a")
        page.wait_until(f"{heading} === 'Note 1'")
        text = "document.querySelector('main').lastChild.textContent"
        assert page.evaluate(text) == "Buy <b>bread</b>"

        page.evaluate("history.back()")
        page.wait_until(f"{heading} === 'Notes'")
        page.click("nav a[href='/people/ada.lovelace']")
        page.wait_until(f"{heading} === 'Person'")
        page.click("nav a[href='/about']")
        page.wait_until(f"{heading} === 'About'")

        for path, title in {
            "/notes/2": "Note 2",
            "/people/ada.lovelace": "Person",
            "/no/such/page": "Not found",
        }.items():
            page.open(address + path)
            page.wait_until(f"{heading} === '{title}'")
            assert page.told("Log.entryAdded") == []
            assert page.told("Runtime.exceptionThrown") == []

        assert page.evaluate("fetch('/gone.js').then((r) => r.status)") == 404
    assert set(loaded.values()) == {200}
    assert len([url for url in loaded if url.startswith("/assets/")]) >= 3
