"""The examples as commands: they print where they are, and end when they are told.

What the programs do is tested elsewhere.
"""

from __future__ import annotations

import socket

import httpx
import pytest

from tests.programs import DEADLINE, ROOT, address, interrupt, running

EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/__main__.py"))

every_example = pytest.mark.parametrize("name", EXAMPLES)


@every_example
def test_control_c(name: str) -> None:
    """
    The address that is printed has a page; Ctrl-C is a normal end, and says nothing.
    """
    headers = {"Accept": "text/html"}
    with running(name, "--port", "0") as process:
        with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
            page = client.get(address(process), headers=headers)
        status, _, stderr = interrupt(process)

    assert page.status_code == 200
    assert (status, stderr) == (0, "")


@every_example
def test_taken_port(name: str) -> None:
    """
    It ends the program with status 1 and one sentence, and no traceback.
    """
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(name, "--port", str(port)) as process:
            stdout, stderr = process.communicate(timeout=DEADLINE)

    message = f"Port {port} on 127.0.0.1 is taken: choose another with --port.\n"
    assert (process.returncode, stdout, stderr) == (1, "", message)
