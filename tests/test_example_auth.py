"""The example of logging in, driven as a browser and as a program would."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Iterator

import argon2
import pytest

from examples.auth.app import create_app
from starlette.applications import Starlette
from starlette.authentication import PasswordHasher
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

USER = {"name": "ada", "password": "lovelace"}


def cheap_app(folder: Path, password: str = "lovelace") -> Starlette:
    """The application, with hashes that cost little."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    database = str(folder / "users.db")
    return create_app(database, "secret", {"ada": password}, PasswordHasher(hasher))


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[TestClient]:
    """A browser that has not logged in."""
    with TestClient(cheap_app(tmp_path)) as client:
        yield client


@pytest.fixture
def user(browser: TestClient) -> TestClient:
    """The same browser, after logging in."""
    assert browser.post("/login", data=USER).status_code == 200
    return browser


def test_a_protected_page(browser: TestClient) -> None:
    """
    It leads to the login page, and from there back to where one wanted to go.
    """
    page = browser.get("/?x=1")
    assert page.url.path == "/login"
    assert 'name="next" value="http://testserver/?x=1"' in page.text

    target = page.url.params["next"]
    answer = browser.post("/login", data={**USER, "next": target})

    assert answer.url == "http://testserver/?x=1"
    assert "Hello, ada!" in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "ada"},
        {"name": "ada", "password": "Lovelace"},
        {"name": "eve", "password": "lovelace"},
    ],
)
def test_a_wrong_login(browser: TestClient, data: Dict[str, str]) -> None:
    """
    It is refused in the same words, whatever is wrong, and leaves nobody logged in.
    """
    answer = browser.post("/login", data=data)

    assert answer.status_code == 403
    assert "That is not right." in answer.text
    assert browser.get("/").url.path == "/login"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "http://testserver//evil.example/",
        "http://testserver/\\evil.example/",
        "http://testserver@evil.example/",
        "http://testserver/\t/evil.example/",
        "http://testserver[",
        "javascript:alert(1)",
    ],
)
def test_a_target_on_another_site(browser: TestClient, target: str) -> None:
    """
    Nobody is sent there after logging in.
    """
    data = {**USER, "next": target}
    answer = browser.post("/login", data=data, follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_a_target_with_markup(browser: TestClient) -> None:
    """
    It stays text in the form.
    """
    page = browser.get("/login", params={"next": '"><script>'})

    assert "<script>" not in page.text


def test_logging_in_renews_the_session(user: TestClient) -> None:
    """
    The cookie from before is nobody's.
    """
    before = user.cookies["session"]

    user.post("/login", data=USER)
    assert user.cookies["session"] != before

    user.cookies.clear()
    user.cookies.set("session", before)
    assert user.get("/").url.path == "/login"


def test_logging_out(user: TestClient) -> None:
    """
    The page is closed again, also for who kept a copy of the cookie.
    """
    copy = user.cookies["session"]

    assert user.post("/logout").url.path == "/login"
    assert user.get("/").url.path == "/login"

    user.cookies.clear()
    user.cookies.set("session", copy)
    assert user.get("/").url.path == "/login"


def test_a_tampered_cookie(user: TestClient) -> None:
    """
    It is nobody's.
    """
    cookie = user.cookies["session"]
    user.cookies.clear()
    user.cookies.set("session", cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB"))

    assert user.get("/").url.path == "/login"


def test_a_token(user: TestClient) -> None:
    """
    Who is logged in gets one, and a program uses it without a cookie.
    """
    token = user.post("/api/tokens").json()["token"]
    user.cookies.clear()

    answer = user.get("/api/me", headers={"authorization": f"Bearer {token}"})
    wrong = user.get("/api/me", headers={"authorization": f"Bearer {token}x"})

    assert answer.json() == {"name": "ada"}
    assert wrong.status_code == 401


@pytest.mark.parametrize("path", ["/api/me", "/api/tokens", "/api/nothing"])
def test_the_api_without_a_token(browser: TestClient, path: str) -> None:
    """
    All of it is closed, and the challenge names what opens it.
    """
    answer = browser.get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == (
        'Cookie realm="site", Bearer realm="api"'
    )


def test_a_websocket(user: TestClient) -> None:
    """
    It knows who is logged in.
    """
    with user.websocket_connect("/greetings") as websocket:
        assert websocket.receive_text() == "Hello, ada!"


def test_a_websocket_of_nobody(browser: TestClient) -> None:
    """
    It is closed before it is accepted.
    """
    with pytest.raises(WebSocketDisconnect):
        with browser.websocket_connect("/greetings"):
            pass  # pragma: no cover (it is not opened)


def test_a_user_who_is_there_already(tmp_path: Path) -> None:
    """
    The password in the database stays.
    """
    with TestClient(cheap_app(tmp_path)):
        pass

    with TestClient(cheap_app(tmp_path, "other")) as client:
        assert client.post("/login", data=USER).status_code == 200
