"""Sessions in cookies, and what a session is to a program."""

from __future__ import annotations

import copy
import importlib
import json
import pickle
import re
import sys
from base64 import b64decode, b64encode
from typing import Any, Callable, Dict, List, Optional

import pytest
from itsdangerous import TimestampSigner

import starlette.middleware.sessions as sessions
from starlette.applications import Starlette
from starlette.datastructures import Secret
from starlette.middleware.sessions import (
    Session,
    SessionMiddleware,
    SessionTooLarge,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Receive, Scope, Send

pytestmark = pytest.mark.anyio

Work = Callable[[Dict[str, Any]], Any]


class OldSigner(TimestampSigner):
    """Signs an hour ago."""

    def get_timestamp(self) -> int:
        return super().get_timestamp() - 3600


def signed(values: Any, key: str = "secret", signer: Any = TimestampSigner) -> str:
    """Return the value of a cookie as Starlette 0.47.3 makes it."""
    return str(signer(key).sign(b64encode(json.dumps(values).encode())).decode())


def app_that(work: Optional[Work] = None) -> ASGIApp:
    """Return an application that does something to its session, and shows it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        shown = None
        if work is not None:
            work(scope["session"])
            shown = dict(scope["session"])
        await JSONResponse(shown)(scope, receive, send)

    return app


def with_cookie(value: Optional[str], name: str = "session") -> Scope:
    headers = {} if value is None else {"cookie": f"{name}={value}"}
    return http_scope(headers=headers)


async def run(
    work: Optional[Work] = None, cookie: Optional[str] = None, **options: Any
) -> Recorder:
    options.setdefault("secret_key", "secret")
    app = SessionMiddleware(app_that(work), **options)
    return await exchange(app, with_cookie(cookie))


def set_cookies(recorder: Recorder) -> List[str]:
    return recorder.headers.getlist("set-cookie")


def cookie_of(recorder: Recorder, name: str = "session") -> str:
    (line,) = set_cookies(recorder)
    found = re.match(rf"{name}=([^;]*); ", line)
    assert found is not None
    return found.group(1)


def look(session: Dict[str, Any]) -> None:
    session.get("a")


def put(session: Dict[str, Any]) -> None:
    session["b"] = 2


async def test_values_come_back() -> None:
    """
    What one request puts into the session, the next one finds.
    """
    first = await run(lambda s: s.update(user="ada", cart=[1, 2]))
    second = await run(look, cookie_of(first))

    assert json.loads(second.body) == {"user": "ada", "cart": [1, 2]}


async def test_attributes_of_the_cookie_by_default() -> None:
    """
    The cookie lasts two weeks, for the whole host, hidden from scripts.
    """
    (line,) = set_cookies(await run(put))

    assert line.partition("; ")[2] == (
        "path=/; Max-Age=1209600; httponly; samesite=lax"
    )


async def test_attributes_of_the_cookie_as_asked_for() -> None:
    """
    Every option shows in the cookie.
    """
    recorder = await run(
        put,
        session_cookie="id",
        max_age=60,
        path="/app",
        same_site="none",
        https_only=True,
        domain="example.org",
        partitioned=True,
    )
    (line,) = set_cookies(recorder)

    assert line.startswith("id=")
    assert line.partition("; ")[2] == (
        "path=/app; Max-Age=60; httponly; samesite=none; secure; "
        "domain=example.org; partitioned"
    )


async def test_cookie_of_the_known_middleware() -> None:
    """
    A cookie that Starlette 0.47.3 has made is read.
    """
    cookie = "eyJhIjogIjEifQ==.awOUEw.MIQxx7rfIhoD4QqTQGhrRJjuaZ0"
    recorder = await run(look, cookie, max_age=None)

    assert json.loads(recorder.body) == {"a": "1"}


async def test_cookie_for_the_known_middleware() -> None:
    """
    The cookie is JSON in base64, signed by a plain ``TimestampSigner``.
    """
    cookie = cookie_of(await run(lambda s: s.update(a="é", b=[None])))
    text = b64decode(TimestampSigner("secret").unsign(cookie, max_age=60))

    assert json.loads(text) == {"a": "é", "b": [None]}


async def test_untouched_session() -> None:
    """
    Nobody looked, so the response depends on no cookie and sets none.
    """
    recorder = await run(None, signed({"a": 1}))

    assert set_cookies(recorder) == []
    assert "vary" not in recorder.headers


async def test_session_that_is_only_read() -> None:
    """
    The response says that it depends on cookies, and sets none.
    """
    recorder = await run(look, signed({"a": 1}))

    assert set_cookies(recorder) == []
    assert recorder.headers["vary"] == "Cookie"
    assert json.loads(recorder.body) == {"a": 1}


async def test_vary_is_added_to() -> None:
    """
    Fields that the application names stay; a response is not changed itself.
    """
    response = PlainTextResponse("", headers={"vary": "Accept"})

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        look(scope["session"])
        await response(scope, receive, send)

    middleware = SessionMiddleware(app, "secret")
    recorder = await exchange(middleware, http_scope())

    assert recorder.headers["vary"] == "Accept, Cookie"
    assert response.headers["vary"] == "Accept"


async def test_change_inside_of_a_value() -> None:
    """
    A list or dict that changes in itself is noticed, in a cookie of either writing.
    """
    for cookie in (
        signed({"cart": [1]}),
        cookie_of(await run(lambda s: s.update(cart=[1]))),
    ):
        recorder = await run(lambda s: s["cart"].append(2), cookie)
        again = await run(look, cookie_of(recorder))

        assert json.loads(again.body) == {"cart": [1, 2]}


async def test_values_that_could_change_but_did_not() -> None:
    """
    Reading is not changing, in a cookie of either writing.
    """
    for cookie in (
        signed({"cart": [1]}),
        cookie_of(await run(lambda s: s.update(cart=[1]))),
    ):
        assert set_cookies(await run(lambda s: s["cart"], cookie)) == []


async def test_change_between_values_that_compare_equal() -> None:
    """
    1 becomes True inside of a value: not the same.
    """

    def change(session: Dict[str, Any]) -> None:
        session["x"]["y"] = True

    recorder = await run(change, signed({"x": {"y": 1}}))

    assert json.loads((await run(look, cookie_of(recorder))).body) == {"x": {"y": True}}


async def test_emptied_session_removes_the_cookie() -> None:
    """
    The cookie is removed with the attributes that it was set with.
    """
    recorder = await run(lambda s: s.pop("a"), signed({"a": 1}), domain="example.org")

    assert set_cookies(recorder) == [
        "session=null; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; "
        "httponly; samesite=lax; domain=example.org"
    ]


async def test_clearing_what_is_empty() -> None:
    """
    There is no cookie to remove.
    """
    assert set_cookies(await run(lambda s: s.clear())) == []


@pytest.mark.parametrize(
    "cookie",
    [
        pytest.param("", id="empty"),
        pytest.param("null", id="removed"),
        pytest.param("....", id="dots"),
        pytest.param(signed({"a": 1}, "other"), id="other key"),
        pytest.param(signed({"a": 1})[1:], id="text cut"),
        pytest.param(signed({"a": 1})[:-1], id="signature cut"),
        pytest.param(signed({"a": 1}, signer=OldSigner), id="too old"),
        pytest.param(signed({"a": "x" * 4000}), id="too large"),
        pytest.param(TimestampSigner("secret").sign("%%%").decode(), id="no base64"),
        pytest.param(TimestampSigner("secret").sign("e30").decode(), id="bad padding"),
        pytest.param(TimestampSigner("secret").sign("bm8=").decode(), id="no JSON"),
        pytest.param(
            TimestampSigner("secret").sign(b64encode(b"[" * 2000)).decode(),
            id="nested",
        ),
        pytest.param(signed([1]), id="no object"),
        pytest.param('"\\777"', id="bad escape"),
        pytest.param("\xff\x00", id="bytes"),
    ],
)
async def test_cookie_that_cannot_be_read(cookie: str) -> None:
    """
    Whatever is wrong with it, the session is empty, and can be used.
    """
    recorder = await run(put, cookie, max_age=60)

    assert json.loads(recorder.body) == {"b": 2}
    assert json.loads((await run(look, cookie_of(recorder))).body) == {"b": 2}


async def test_cookie_among_others() -> None:
    """
    The cookie is found by its whole name, in any header, quoted or not.
    """
    headers = [
        ("cookie", "xsession=1; session=wrong"),
        ("accept", "session=2"),
        ("cookie", f'a=session; session="{signed({"a": 1})}"; b=2'),
    ]
    middleware = SessionMiddleware(app_that(look), "secret")
    recorder = await exchange(middleware, http_scope(headers=headers))

    assert json.loads(recorder.body) == {"a": 1}


async def test_max_age_of_none() -> None:
    """
    The cookie has no age of its own, and any age is accepted.
    """
    (line,) = set_cookies(await run(put, max_age=None))
    recorder = await run(look, signed({"a": 1}, signer=OldSigner), max_age=None)

    assert "Max-Age" not in line
    assert json.loads(recorder.body) == {"a": 1}


async def test_max_age_of_zero() -> None:
    """
    The session ends with its response.
    """
    first = await run(put, max_age=0)

    assert "Max-Age=0" in set_cookies(first)[0]
    assert json.loads((await run(look, cookie_of(first), max_age=0)).body) == {}


async def test_rolling_session() -> None:
    """
    Every response renews a session that has something in it, read or not.
    """
    old = signed({"a": 1})
    untouched = await run(None, old, rolling=True)

    assert json.loads((await run(look, cookie_of(untouched))).body) == {"a": 1}
    assert len(set_cookies(await run(look, old, rolling=True))) == 1
    assert set_cookies(await run(None, None, rolling=True)) == []


async def test_several_keys() -> None:
    """
    The first key signs, and all of them verify.
    """
    keys = ["new", Secret("old")]
    recorder = await run(put, signed({"a": 1}, "old"), secret_key=keys)
    cookie = cookie_of(recorder)

    assert json.loads(recorder.body) == {"a": 1, "b": 2}
    assert TimestampSigner("new").validate(cookie)
    assert json.loads((await run(look, cookie, secret_key=keys)).body) == {
        "a": 1,
        "b": 2,
    }


async def test_signer_is_an_itsdangerous_signer() -> None:
    """
    Programs sign, verify and derive with the signer of the middleware.
    """
    signer = SessionMiddleware(app_that(), "secret").signer
    plain = TimestampSigner("secret")

    assert isinstance(signer, TimestampSigner)
    assert signer.unsign(plain.sign("x"), max_age=60) == b"x"
    assert plain.unsign(signer.sign("x")) == b"x"
    assert signer.unsign(plain.sign("x").decode(), return_timestamp=True)[0] == b"x"
    assert signer.derive_key("other") == TimestampSigner("other").derive_key()


async def test_oversize_session() -> None:
    """
    The error names the size and the limit, before anything is sent.
    """
    with pytest.raises(SessionTooLarge, match="4096") as caught:
        await run(lambda s: s.update(a="x" * 4000))

    assert caught.value.size > caught.value.limit == 4096
    assert str(caught.value.size) in str(caught.value)


async def test_oversize_session_in_an_application() -> None:
    """
    Nothing has been sent when the error comes, so that a handler can answer it.
    """

    async def endpoint(request: Request) -> Response:
        request.session["a"] = "x" * 4000
        return PlainTextResponse("")

    async def too_large(request: Request, exc: Exception) -> Response:
        request.session.clear()
        return PlainTextResponse("too large", 400)

    handlers: List[Any] = [{SessionTooLarge: too_large}, {}]
    answers: List[Any] = []
    for handler in handlers:
        app = Starlette(routes=[Route("/", endpoint)], exception_handlers=handler)
        app.add_middleware(SessionMiddleware, secret_key="secret")
        recorder = Recorder()
        try:
            await app(http_scope(), Script.http(), recorder)
        except SessionTooLarge:
            answers.append("raised")
        answers.append((recorder.status, recorder.headers.getlist("set-cookie")))

    assert answers == [(400, []), "raised", (500, [])]


async def test_value_that_json_has_not() -> None:
    """
    The error is that of the encoder.
    """
    with pytest.raises(TypeError, match="not JSON serializable"):
        await run(lambda s: s.update(a=object()))


async def test_values_that_only_python_reads_as_json() -> None:
    """
    Infinity and lone surrogates come back as they were.
    """
    values = {"a": float("inf"), "b": "\ud800"}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found = repr(dict(scope["session"]))
        scope["session"].update(values)
        await PlainTextResponse(found)(scope, receive, send)

    middleware = SessionMiddleware(app, "secret")
    first = await exchange(middleware, http_scope())
    again = await exchange(middleware, with_cookie(cookie_of(first)))

    assert again.body.decode() == repr(values)


async def test_session_put_in_place_of_the_session() -> None:
    """
    A program that sets ``scope["session"]`` has set the session.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"] = {"c": 3}
        await JSONResponse(None)(scope, receive, send)

    middleware = SessionMiddleware(app, "secret")
    recorder = await exchange(middleware, with_cookie(signed({"a": 1})))

    assert json.loads((await run(look, cookie_of(recorder))).body) == {"c": 3}


async def test_session_taken_out_of_the_scope() -> None:
    """
    Nothing has changed.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope["session"]
        await JSONResponse(None)(scope, receive, send)

    middleware = SessionMiddleware(app, "secret")
    recorder = await exchange(middleware, with_cookie(signed({"a": 1})))

    assert set_cookies(recorder) == []


@pytest.mark.parametrize("store", [None, "memory"])
async def test_application_with_sessions_inside(store: Optional[str]) -> None:
    """
    Its session is its own, and does not leak into the one outside.
    """
    inner = SessionMiddleware(app_that(put), "inner", session_cookie="inner")
    outer = SessionMiddleware(inner, "secret", store=store)
    recorder = await exchange(outer, with_cookie(signed({"a": 1})))

    assert json.loads(recorder.body) == {"b": 2}
    assert cookie_of(recorder, "inner")


async def test_session_marked_as_modified() -> None:
    """
    It is written although nothing was read or set.
    """
    recorder = await run(lambda s: setattr(s, "modified", True), signed({"a": 1}))

    assert len(set_cookies(recorder)) == 1


async def test_regenerated_session_in_a_cookie() -> None:
    """
    The cookie is signed anew, with the same values.
    """
    recorder = await run(lambda s: s.regenerate(), signed({"a": 1}))  # type: ignore[attr-defined]

    assert json.loads((await run(look, cookie_of(recorder))).body) == {"a": 1}


async def test_session_of_a_request() -> None:
    """
    ``request.session`` is a dict also to code that asks no method of it.
    """

    async def endpoint(request: Request) -> Response:
        session = request.session
        assert request.session is session
        assert type(session) is Session
        return PlainTextResponse(repr([*map(repr, (dict.__len__(session), session))]))

    app = Starlette(routes=[Route("/", endpoint)])
    app.add_middleware(SessionMiddleware, secret_key="secret")
    recorder = await exchange(app, with_cookie(signed({"a": 1})))

    assert recorder.body == b"""['1', "{'a': 1}"]"""
    assert recorder.headers["vary"] == "Cookie"


async def test_websocket_session() -> None:
    """
    The handshake's answer carries the cookie, and says nothing of caches.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"]["n"] = scope["session"].get("n", 0) + 1
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 1000})

    middleware = SessionMiddleware(app, "secret")
    scope = websocket_scope(headers={"cookie": f"session={signed({'n': 1})}"})
    recorder = await exchange(middleware, scope, Script.websocket())
    ((name, line),) = recorder.messages[0]["headers"]
    cookie = line.decode().partition(";")[0].partition("=")[2]

    assert name == b"set-cookie"
    assert json.loads((await run(look, cookie)).body) == {"n": 2}


async def test_lifespan_passes_by() -> None:
    """
    A lifespan has no session.
    """
    seen: List[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    await exchange(
        SessionMiddleware(app, "secret"), lifespan_scope(), Script.lifespan()
    )

    assert "session" not in seen[0]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"secret_key": ""}, "`secret_key` must be"),
        ({"secret_key": []}, "`secret_key` must be"),
        ({"secret_key": ["a", ""]}, "`secret_key` must be"),
        ({"session_cookie": "a b"}, "`session_cookie` must be a token"),
        ({"max_age": -1}, "`max_age` must be a number of seconds, 0 or more"),
        ({"path": "/; domain=evil"}, "`path` must be"),
        ({"domain": "a;b"}, "`domain` must be"),
        ({"same_site": "some"}, "`same_site` must be"),
        ({"partitioned": True}, "`https_only` must be True"),
        ({"store": "memory", "max_age": 0}, "1 or more with a `store`"),
        ({"store": "nosuch"}, "`store` must be one of memory, file"),
    ],
)
def test_wrong_options(options: Dict[str, Any], message: str) -> None:
    """
    They are refused at once, by name.
    """
    with pytest.raises(ValueError, match=message):
        SessionMiddleware(app_that(), **{"secret_key": "secret", **options})


@pytest.fixture
def not_yet_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module is as if nobody had imported it, and after the test as before."""
    for name in ("sessions", "_session_signer"):
        monkeypatch.delitem(sys.modules, f"starlette.middleware.{name}")


@pytest.mark.usefixtures("not_yet_imported")
def test_without_itsdangerous(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The module cannot be imported, and the error says what to install.
    """
    monkeypatch.setitem(sys.modules, "itsdangerous", None)

    with pytest.raises(
        ModuleNotFoundError, match=r"starlette-middleware\[sessions\]"
    ) as caught:
        importlib.import_module("starlette.middleware.sessions")

    assert caught.value.name == "itsdangerous"


@pytest.mark.usefixtures("not_yet_imported")
def test_with_an_itsdangerous_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What it misses itself is not blamed on it.
    """
    monkeypatch.setitem(sys.modules, "itsdangerous.encoding", None)

    with pytest.raises(ModuleNotFoundError, match="encoding"):
        importlib.import_module("starlette.middleware.sessions")


def test_names_of_the_module() -> None:
    """
    All of them are there, at home in the public module; others are an error.
    """
    for name in sessions.__all__:
        assert getattr(sessions, name).__module__ == "starlette.middleware.sessions"
    with pytest.raises(AttributeError, match="nosuch"):
        sessions.nosuch  # type: ignore[attr-defined]  # noqa: B018


changes: List[Any] = [
    pytest.param(lambda s: s.__setitem__("b", 2), id="set"),
    pytest.param(lambda s: s.__delitem__("a"), id="delete"),
    pytest.param(lambda s: s.clear(), id="clear"),
    pytest.param(lambda s: s.pop("a"), id="pop"),
    pytest.param(lambda s: s.popitem(), id="popitem"),
    pytest.param(lambda s: s.setdefault("b", 2), id="setdefault"),
    pytest.param(lambda s: s.update(b=2), id="update"),
    pytest.param(lambda s: s.__ior__({"b": 2}), id="ior"),
    pytest.param(lambda s: s.regenerate(), id="regenerate"),
]


@pytest.mark.parametrize("change", changes)
def test_changes(change: Callable[[Session], Any]) -> None:
    """
    Every way of changing a session marks it.
    """
    session = Session(a=1)
    change(session)

    assert session.modified


@pytest.mark.parametrize("change", changes)
async def test_changes_at_first_use(change: Callable[[Any], Any]) -> None:
    """
    Every way of changing a session reads it first.
    """
    seen: List[Any] = []

    def work(session: Dict[str, Any]) -> None:
        change(session)
        seen.append(session)

    expected = Session(a=1, c=3)
    change(expected)
    await run(work, signed({"a": 1, "c": 3}))

    assert seen[0] == expected
    assert seen[0].accessed
    assert seen[0].modified


@pytest.mark.parametrize(
    "question, answer",
    [
        pytest.param(lambda s: s["a"], 1, id="getitem"),
        pytest.param(lambda s: s.get("a"), 1, id="get"),
        pytest.param(lambda s: "a" in s, True, id="contains"),
        pytest.param(lambda s: list(s), ["a"], id="iter"),
        pytest.param(len, 1, id="len"),
        pytest.param(bool, True, id="bool"),
        pytest.param(lambda s: list(s.keys()), ["a"], id="keys"),
        pytest.param(lambda s: list(s.values()), [1], id="values"),
        pytest.param(lambda s: list(s.items()), [("a", 1)], id="items"),
        pytest.param(lambda s: s.copy(), {"a": 1}, id="copy"),
        pytest.param(lambda s: {"a": 1} == s, True, id="eq"),  # noqa: SIM300
        pytest.param(lambda s: s != {"a": 1}, False, id="ne"),
        pytest.param(lambda s: dict(s), {"a": 1}, id="dict"),
        pytest.param(lambda s: {**s}, {"a": 1}, id="unpacking"),
        pytest.param(lambda s: list(reversed(s)), ["a"], id="reversed"),
        pytest.param(repr, "{'a': 1}", id="repr"),
        pytest.param(copy.deepcopy, {"a": 1}, id="deepcopy"),
        pytest.param(copy.copy, {"a": 1}, id="shallow copy"),
        pytest.param(lambda s: pickle.loads(pickle.dumps(s)), {"a": 1}, id="pickle"),
        pytest.param(lambda s: s.pop("b", 5), 5, id="pop of nothing"),
        pytest.param(lambda s: s.setdefault("a", 5), 1, id="setdefault of something"),
    ],
)
async def test_questions_at_first_use(
    question: Callable[[Any], Any], answer: Any
) -> None:
    """
    Every way of reading a session reads it, and does not mark it as modified.
    """
    seen: List[Any] = []

    def work(session: Dict[str, Any]) -> None:
        assert not session.accessed  # type: ignore[attr-defined]
        seen.append(question(session))
        assert session.accessed  # type: ignore[attr-defined]
        assert not session.modified  # type: ignore[attr-defined]

    await run(work, signed({"a": 1}))

    assert seen == [answer]


@pytest.mark.parametrize("flag, is_written", [("modified", True), ("accessed", False)])
async def test_flags_set_on_a_session_that_was_not_read(
    flag: str, is_written: bool
) -> None:
    """
    One that is marked as modified is written; either way it counts as read.
    """
    seen: List[Any] = []

    def work(session: Any) -> None:
        setattr(session, flag, True)
        seen.append(session)

    recorder = await run(work, signed({"a": 1}))

    assert seen[0].accessed
    assert bool(set_cookies(recorder)) is is_written
    assert recorder.headers["vary"] == "Cookie"
    assert json.loads(recorder.body) == {"a": 1}


def test_failed_changes() -> None:
    """
    What raises has changed nothing.
    """
    session = Session()
    with pytest.raises(KeyError):
        del session["a"]
    with pytest.raises(KeyError):
        session.pop("a")
    with pytest.raises(KeyError):
        session.popitem()

    assert not session.modified
