"""The guest book, over a real socket: a layout, a form, and a message shown once."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Dict, Iterator

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent
DEADLINE = 60.0  # seconds; generous, because it is reached by failures alone


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    """The program, killed at the end if it still runs."""
    program = subprocess.Popen(
        [sys.executable, "-m", "examples.templates", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate(timeout=DEADLINE)


@pytest.fixture
def client(process: subprocess.Popen[str]) -> Iterator[httpx.Client]:
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found is not None
    with httpx.Client(
        base_url=found.group(), timeout=DEADLINE, trust_env=False
    ) as client:
        yield client


def filled(client: httpx.Client, **values: str) -> Dict[str, str]:
    """The form of the first page with these values, and with its token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert token is not None
    return {"csrf_token": token[1], **values}


def test_layout(client: httpx.Client) -> None:
    """
    The page stands in the layout, whose style has the nonce of the policy.
    """
    answer = client.get("/")

    nonce = re.search(r'<style nonce="([^"]+)">', answer.text)
    assert nonce is not None
    assert f"'nonce-{nonce[1]}'" in answer.headers["content-security-policy"]
    assert "<title>Guest book</title>" in answer.text
    assert f'<a href="{client.base_url}/">Guest book</a>' in answer.text
    assert "Nobody has signed yet." in answer.text


def test_entry(client: httpx.Client) -> None:
    """
    The form leads back to the page, which thanks once and shows the entry escaped.
    """
    form = filled(client, name="<b>", text="a & b")

    sent = client.post("/sign", data=form)
    thanked = client.get("/").text
    reloaded = client.get("/").text

    assert sent.status_code == 303
    assert sent.headers["location"] == f"{client.base_url}/"
    assert "Thank you for signing!" in thanked
    assert "Thank you for signing!" not in reloaded
    assert "<h2>&lt;b&gt;</h2><p>a &amp; b</p>" in reloaded


def test_form_that_is_not_accepted(client: httpx.Client) -> None:
    """
    It is shown again, with what was sent and what is wrong.
    """
    answer = client.post("/sign", data=filled(client, name='"', text=" "))

    assert answer.status_code == 422
    assert 'value="&#34;"' in answer.text
    assert answer.text.count('class="error"') == 1
    assert "1 to 200 characters, please." in answer.text


def test_form_without_the_token(client: httpx.Client) -> None:
    """
    What does not come from the page is refused.
    """
    answer = client.post("/sign", data={"name": "a", "text": "b"})

    assert answer.status_code == 403
    assert "Nobody has signed yet." in client.get("/").text


def test_message_of_somebody_else(client: httpx.Client) -> None:
    """
    A cookie that stands for no message shows none.
    """
    answer = client.get("/", headers={"cookie": "flash=<b>hello</b>"})

    assert "hello" not in answer.text
    assert "flash=" in answer.headers["set-cookie"]


def test_control_c_ends_the_program(
    process: subprocess.Popen[str], client: httpx.Client
) -> None:
    """
    Ctrl-C is a normal end: status 0, and nothing that looks like an error.
    """
    client.get("/").raise_for_status()
    client.close()
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=DEADLINE)

    assert (process.returncode, stderr) == (0, "")
