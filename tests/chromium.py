"""Headless Chromium, driven over the DevTools protocol.

As little as a test of a page needs: go somewhere, wait until something is there,
click it as a user does.  The browser has a profile of its own, which is gone after
the test, and is ended by its process id.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

from websockets.sync.client import ClientConnection, connect

__all__ = ("DEADLINE", "EXECUTABLE", "Page", "browse")

EXECUTABLE: Optional[str] = shutil.which("chromium")
DEADLINE = 60.0  # seconds; generous, because it is reached by failures alone

OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --log-level=3 --remote-debugging-port=0"
).split()

# Resolves as soon as the expression is true, and looks after every change.
_UNTIL = """new Promise((resolve) => {
  const look = () => (%s) && (observer.disconnect(), resolve(true));
  const observer = new MutationObserver(look);
  observer.observe(document, { subtree: true, childList: true, attributes: true });
  look();
})"""


class Page:
    """One tab.

    Attributes:
        events: What the browser has told of it, in order.
    """

    def __init__(self, connection: ClientConnection) -> None:
        self.events: List[Dict[str, Any]] = []
        self._connection = connection
        self._number = 0
        self._session: Optional[str] = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def watch_workers(self) -> None:
        """Have the browser tell of the workers of this page, from their beginning."""
        self.call(
            "Target.setAutoAttach",
            autoAttach=True,
            waitForDebuggerOnStart=True,
            flatten=True,
        )

    def call(self, method: str, **params: Any) -> Dict[str, Any]:
        """Call a method of the protocol, and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        self._connection.send(json.dumps(message))
        while True:
            answer = self._receive()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: Dict[str, Any] = answer["result"]
                return result

    def open(self, url: str) -> None:
        """Go to *url*, and wait until the page and what it names are loaded."""
        del self.events[:]
        self.call("Page.navigate", url=url)
        self.receive_until(lambda: bool(self.told("Page.loadEventFired")))

    def receive_until(self, look: Callable[[], bool]) -> None:
        """Hear what the browser tells, until what it has told is enough."""
        while not look():
            self._receive()

    def told(self, method: str) -> List[Dict[str, Any]]:
        """Return what the events of this name say."""
        return [e["params"] for e in self.events if e["method"] == method]

    def evaluate(self, expression: str) -> Any:
        """Return the value of a JavaScript expression, or of its promise."""
        answer = self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            timeout=DEADLINE * 1000,
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        assert self.evaluate(_UNTIL % expression)

    def click(self, selector: str) -> None:
        """Click the middle of an element, with the mouse."""
        box = self.evaluate(
            f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, **where)

    def _receive(self) -> Dict[str, Any]:
        message: Dict[str, Any] = json.loads(self._connection.recv(DEADLINE))
        if "method" in message:
            self.events.append(message)
            if message["method"] == "Target.attachedToTarget" and self._session:
                self._watch(message["params"]["sessionId"])
        return message

    def _watch(self, session: str) -> None:
        for method in ("Network", "Log", "Runtime"):
            self._tell(session, f"{method}.enable")
        self._tell(session, "Runtime.runIfWaitingForDebugger")

    def _tell(self, session: str, method: str) -> None:
        # Its answer is passed over: nobody waits for it.
        message = {"id": -1, "method": method, "sessionId": session}
        self._connection.send(json.dumps(message))


@contextlib.contextmanager
def browse(profile: Path) -> Iterator[Page]:
    """Start Chromium with a new profile, and end it."""
    assert EXECUTABLE is not None
    command = [EXECUTABLE, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        with connect(
            _address(process), max_size=None, compression=None, open_timeout=DEADLINE
        ) as connection:
            page = Page(connection)
            yield page
            page._session = None
            page.call("Browser.close")
        process.wait(DEADLINE)
    finally:
        process.kill()
        process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    for line in process.stderr:
        _, found, address = line.partition("DevTools listening on ")
        if found:
            return address.strip()
    raise AssertionError("Chromium ended.")  # pragma: no cover (it is broken)
