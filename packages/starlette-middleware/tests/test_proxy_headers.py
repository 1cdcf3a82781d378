"""What is believed of what proxies say, and what is not."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest

from starlette.middleware.proxy_headers import ProxyHeadersMiddleware
from starlette.requests import Request
from starlette.testing import (
    Recorder,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import Receive, Scope, Send

pytestmark = pytest.mark.anyio

PROXY = ("10.0.0.1", 1000)
ALL = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-prefix")
Headers = List[Tuple[str, str]]


async def seen_by_app(
    *headers: Tuple[str, str],
    believed: Tuple[str, ...] = ALL,
    scope: Optional[Scope] = None,
    client: Optional[Tuple[str, int]] = PROXY,
    trusted: Tuple[str, ...] = ("10.0.0.0/8", "fd00::/8"),
) -> Tuple[Scope, Recorder]:
    seen: List[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    middleware = ProxyHeadersMiddleware(app, trusted_proxies=trusted, headers=believed)
    if scope is None:
        scope = http_scope(headers=[("host", "inner"), *headers], client=client)
    recorder = await exchange(middleware, scope)
    return (seen or [{}])[0], recorder


async def client_of(*headers: Tuple[str, str], **options: Any) -> Any:
    scope, _ = await seen_by_app(*headers, **options)
    return scope["client"]


@pytest.mark.parametrize(
    "value, client",
    [
        ("1.2.3.4", ("1.2.3.4", 0)),
        ("1.2.3.4:567", ("1.2.3.4", 567)),
        ("2001:db8::1", ("2001:db8::1", 0)),
        ("[2001:DB8::1]", ("2001:db8::1", 0)),
        ("[2001:db8::1]:567", ("2001:db8::1", 567)),
        ("6.6.6.6, 1.2.3.4", ("1.2.3.4", 0)),
        ("6.6.6.6, 1.2.3.4, 10.0.0.2", ("1.2.3.4", 0)),
        ("6.6.6.6,1.2.3.4 ,10.0.0.2,fd00::1", ("1.2.3.4", 0)),
        ("10.0.0.3, 10.0.0.2", ("10.0.0.3", 0)),
        ("1.2.3.4, ::ffff:10.0.0.2", ("1.2.3.4", 0)),
        ("1.2.3.4, unknown", PROXY),
        ("1.2.3.4, unknown, 10.0.0.2", ("10.0.0.2", 0)),
        ("", PROXY),
        (",,", PROXY),
        ("1.2.3.4.5", PROXY),
        ("1.2.3.4:567890", PROXY),
        ("example.org", PROXY),
        ("fe80::1%eth0", PROXY),
        ("6.6.6.6, 1.2.3.4, fd00::1%<b>", PROXY),
        ("\xff", PROXY),
    ],
)
async def test_x_forwarded_for(value: str, client: Tuple[str, int]) -> None:
    """
    The client is the last address that is not a trusted proxy's.
    """
    assert await client_of(("x-forwarded-for", value)) == client


async def test_several_lines() -> None:
    """
    They are one list, in their order.
    """
    lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "1.2.3.4, 10.0.0.2")]

    assert await client_of(*lines) == ("1.2.3.4", 0)


@pytest.mark.parametrize(
    "client, trusted, is_believed",
    [
        (PROXY, ("10.0.0.1",), True),
        (PROXY, ("10.0.0.2",), False),
        (PROXY, (), False),
        (PROXY, ("unix",), False),
        (None, ("unix",), True),
        (None, ("10.0.0.0/8",), False),
        (("::ffff:10.0.0.1", 1), ("10.0.0.0/8",), True),
        (("::1", 1), ("::1", "10.0.0.0/8"), True),
        (("fd00::1", 1), ("10.0.0.0/8",), False),
        (("testclient", 1), ("0.0.0.0/0", "::/0"), False),
    ],
)
async def test_peers(client: Any, trusted: Tuple[str, ...], is_believed: bool) -> None:
    """
    Only what a trusted peer says is believed.
    """
    headers = [(name, "1.2.3.4") for name in ALL]
    found = await client_of(*headers, client=client, trusted=trusted)

    assert found == (("1.2.3.4", 0) if is_believed else client)


async def test_request_without_headers() -> None:
    """
    Nothing changes.
    """
    before = http_scope(client=PROXY)
    scope, _ = await seen_by_app(scope=dict(before))

    assert scope == before


async def test_headers_that_are_not_believed() -> None:
    """
    What proxies may let through from clients has no effect.
    """
    headers = [(name, "1.2.3.4") for name in (*ALL, "forwarded")]
    scope, _ = await seen_by_app(
        *headers, believed=("x-forwarded-proto",), client=PROXY
    )

    assert scope["client"] == PROXY
    assert scope["scheme"] == "http"
    assert Request(scope).headers["host"] == "inner"
    assert scope["path"] == "/"


@pytest.mark.parametrize(
    "hops, value, scheme",
    [
        ("1.2.3.4", "https", "https"),
        ("1.2.3.4", "HTTPS", "https"),
        ("1.2.3.4", "wss", "https"),
        ("1.2.3.4", "http, https", "https"),
        ("1.2.3.4", "https, http", "http"),
        ("1.2.3.4, 10.0.0.2", "https, http", "https"),
        ("1.2.3.4, 10.0.0.2", "http, https, http", "https"),
        ("1.2.3.4, 10.0.0.2", "https", "https"),
        ("1.2.3.4", "ftp", "http"),
        ("1.2.3.4", "", "http"),
    ],
)
async def test_x_forwarded_proto(hops: str, value: str, scheme: str) -> None:
    """
    The scheme is what the outermost trusted proxy has said.
    """
    headers = [("x-forwarded-for", hops), ("x-forwarded-proto", value)]
    scope, _ = await seen_by_app(*headers)

    assert scope["scheme"] == scheme


async def test_scheme_without_addresses() -> None:
    """
    It is what the peer has said.
    """
    scope, _ = await seen_by_app(("x-forwarded-proto", "http, https"))

    assert scope["scheme"] == "https"


@pytest.mark.parametrize("value", ["https", "wss"])
async def test_scheme_of_a_websocket(value: str) -> None:
    """
    It is ``ws`` or ``wss``.
    """
    scope = websocket_scope(headers={"x-forwarded-proto": value}, client=PROXY)
    seen, _ = await seen_by_app(scope=scope)

    assert seen["scheme"] == "wss"


@pytest.mark.parametrize(
    "value, host",
    [
        ("example.org", "example.org"),
        ("example.org:8080", "example.org:8080"),
        ("[::1]:8080", "[::1]:8080"),
        ("evil.org, example.org", "example.org"),
        ("example.org/path", "inner"),
        ("user@example.org", "inner"),
        ("a b", "inner"),
        ("", "inner"),
    ],
)
async def test_x_forwarded_host(value: str, host: str) -> None:
    """
    It takes the place of the ``Host`` header, if it is a host.
    """
    before = http_scope(
        headers=[("host", "inner"), ("x-forwarded-host", value)], client=PROXY
    )
    headers = before["headers"]
    kept = list(headers)
    scope, _ = await seen_by_app(scope=before)

    assert Request(scope).headers.getlist("host") == [host]
    assert headers == kept


@pytest.mark.parametrize(
    "value, prefix",
    [
        ("/api", "/api"),
        ("/api/", "/api"),
        ("/a/b-c.d", "/a/b-c.d"),
        ("/", ""),
        ("", ""),
        ("api", ""),
        ("//evil.org", ""),
        ("/a/../b", ""),
        ("/a/..", ""),
        ("/.", ""),
        ("/a%2fb", ""),
        ("/a?b", ""),
        ("/a\xff", ""),
    ],
)
async def test_x_forwarded_prefix(value: str, prefix: str) -> None:
    """
    It goes before the path and the root path, if it is a plain path.
    """
    scope = http_scope(
        path="/root/é",
        headers={"x-forwarded-prefix": value},
        client=PROXY,
        root_path="/root",
    )
    seen, _ = await seen_by_app(scope=scope)

    assert seen["path"] == prefix + "/root/é"
    assert seen["raw_path"] == prefix.encode() + b"/root/%C3%A9"
    assert seen["root_path"] == prefix + "/root"


async def test_prefix_without_raw_path() -> None:
    """
    Servers need not give one.
    """
    scope = http_scope(headers={"x-forwarded-prefix": "/a"}, client=PROXY)
    del scope["raw_path"]
    seen, _ = await seen_by_app(scope=scope)

    assert seen["path"] == "/a/"
    assert "raw_path" not in seen


@pytest.mark.parametrize(
    "lines, client",
    [
        (["for=1.2.3.4"], ("1.2.3.4", 0)),
        (["For=1.2.3.4; proto=http ;by=10.0.0.1"], ("1.2.3.4", 0)),
        (['for="[2001:db8::1]:567"'], ("2001:db8::1", 567)),
        (['for="1.2.3\\.4:567"'], ("1.2.3.4", 567)),
        (["for=6.6.6.6, for=1.2.3.4 , for=10.0.0.2"], ("1.2.3.4", 0)),
        (["for=6.6.6.6", "for=1.2.3.4", "for=10.0.0.2"], ("1.2.3.4", 0)),
        (['for="6.6.6.6', "for=1.2.3.4"], ("1.2.3.4", 0)),
        (["for=1.2.3.4,, ,for=10.0.0.2,"], ("1.2.3.4", 0)),
        (["for=1.2.3.4, for=_hidden"], PROXY),
        (["for=1.2.3.4, for=unknown, for=10.0.0.2"], ("10.0.0.2", 0)),
        (["for=1.2.3.4, proto=https"], PROXY),
        (["for=10.0.0.3, for=10.0.0.2"], ("10.0.0.3", 0)),
        ([""], PROXY),
    ],
)
async def test_forwarded(lines: List[str], client: Tuple[str, int]) -> None:
    """
    RFC 7239: the client is the last node that is not a trusted proxy's.
    """
    headers = [("forwarded", line) for line in lines]

    assert await client_of(*headers, believed=("forwarded",)) == client


async def test_all_of_forwarded() -> None:
    """
    Scheme and host are what the same proxy has said.
    """
    value = (
        "for=6.6.6.6;host=evil.org;proto=http, "
        'for=1.2.3.4;host="example.org:8080";proto=https, '
        "for=10.0.0.2;host=middle;proto=http"
    )
    scope, _ = await seen_by_app(("forwarded", value), believed=("Forwarded",))

    assert str(Request(scope).url) == "https://example.org:8080/"


@pytest.mark.parametrize(
    "value",
    [
        'for="1.2.3.4',
        "for",
        "for=",
        "for=1.2.3.4 for=1.2.3.5",
        "for=1.2.3.4;for=1.2.3.5",
        "for=[::1]",
        "=1",
        '\xff="1"',
        'for="evil, for=1.2.3.4',
    ],
)
async def test_malformed_forwarded(value: str) -> None:
    """
    The request is refused: who sends it must not pass for the proxy.
    """
    scope, recorder = await seen_by_app(("forwarded", value), believed=("forwarded",))

    assert scope == {}
    assert recorder.status == 400


async def test_malformed_forwarded_of_a_websocket() -> None:
    """
    It is closed before it is accepted.
    """
    scope = websocket_scope(headers={"forwarded": "for"}, client=PROXY)
    seen, recorder = await seen_by_app(scope=scope, believed=("forwarded",))

    assert seen == {}
    assert recorder.close_code == 1008


async def test_lifespan_passes_by() -> None:
    """
    It has no client.
    """
    scope, _ = await seen_by_app(scope=lifespan_scope())

    assert scope["type"] == "lifespan"


@pytest.mark.parametrize(
    "options, message",
    [
        ({"trusted_proxies": "10.0.0.0/8"}, "`trusted_proxies` must be a list"),
        ({"trusted_proxies": ["*"]}, "`trusted_proxies` must be addresses"),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "`trusted_proxies` must be addresses"),
        ({"headers": "forwarded"}, "`headers` must be a list"),
        ({"headers": []}, "`headers` must be a list"),
        ({"headers": ["x-real-ip"]}, "`headers` must be a list"),
        (
            {"headers": ["forwarded", "x-forwarded-for"]},
            "`headers` must be 'forwarded'",
        ),
    ],
)
def test_wrong_options(options: Dict[str, Any], message: str) -> None:
    """
    They are refused at once, by name.
    """
    with pytest.raises(ValueError, match=message):
        ProxyHeadersMiddleware(seen_by_app, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "host, proto, port, expected",
    [
        ("example.org", "https", "8443", "example.org:8443"),
        ("example.org", "https", "443", "example.org"),
        ("example.org", "https", "80", "example.org:80"),
        ("example.org", "http", "80", "example.org"),
        ("example.org", "http", "08080", "example.org:8080"),
        ("[2001:db8::1]", "https", "8443", "[2001:db8::1]:8443"),
        ("example.org:9000", "https", "443", "example.org:9000"),
        ("example.org", "https", "8443, 443", "example.org"),
        ("example.org", "https", "0", "example.org"),
        ("example.org", "https", "65536", "example.org"),
        ("example.org", "https", "123456", "example.org"),
        ("example.org", "https", "-1", "example.org"),
        ("example.org", "https", "\u00b2", "example.org"),
        ("example.org", "https", "x", "example.org"),
        ("example.org", "https", "", "example.org"),
    ],
)
async def test_x_forwarded_port(
    host: str, proto: str, port: str, expected: str
) -> None:
    """
    It completes a host that names no port, where it is not the scheme's own.
    """
    scope, _ = await seen_by_app(
        ("x-forwarded-proto", proto),
        ("x-forwarded-host", host),
        ("x-forwarded-port", port),
        believed=(*ALL, "x-forwarded-port"),
    )

    assert Request(scope).headers.getlist("host") == [expected]


async def test_x_forwarded_port_beside_the_host_of_the_request() -> None:
    """
    That one is completed; a WebSocket's scheme has a port of its own as well.
    """
    sent = [("host", "example.org"), ("x-forwarded-port", "444")]
    scopes = [
        http_scope(headers=sent, client=PROXY),
        websocket_scope(headers=sent, client=PROXY, scheme="wss"),
        websocket_scope(headers=[*sent[:1], ("x-forwarded-port", "80")], client=PROXY),
        http_scope(headers=sent[1:], client=PROXY),
        http_scope(headers=[*sent, ("host", "b")], client=PROXY),
    ]
    found = []
    for scope in scopes:
        seen, _ = await seen_by_app(scope=scope, believed=("x-forwarded-port",))
        found.append([value for name, value in seen["headers"] if name == b"host"])

    assert found == [
        [b"example.org:444"],
        [b"example.org:444"],
        [b"example.org"],
        [],
        [b"example.org", b"b"],
    ]
