"""URLs: of requests, from text, and of routes."""

from __future__ import annotations

from typing import Any, Dict, Optional
from urllib.parse import unquote
from urllib.parse import urlsplit as split

import pytest

from starlette.datastructures import URL, URLPath, urlsplit


def url_of(host: Optional[bytes] = None, **scope: Any) -> URL:
    """The URL of a request; without a ``Host`` unless one is given."""
    return URL(
        scope={
            "type": "http",
            "scheme": "http",
            "server": ("server", 80),
            "path": "/path",
            "query_string": b"",
            "headers": [(b"accept", b"*/*")] + ([(b"host", host)] if host else []),
            **scope,
        }
    )


@pytest.mark.parametrize(
    "scope, url",
    [
        ({}, "http://server/path"),
        ({"query_string": b"a=1&b"}, "http://server/path?a=1&b"),
        ({"server": ("server", 8000)}, "http://server:8000/path"),
        ({"scheme": "https"}, "https://server:80/path"),
        ({"scheme": "https", "server": ("server", 443)}, "https://server/path"),
        ({"scheme": "ws"}, "ws://server/path"),
        ({"scheme": "wss", "server": ("server", 443)}, "wss://server/path"),
        ({"server": ("::1", 8000)}, "http://[::1]:8000/path"),
        ({"server": ("[::1]", 80)}, "http://[::1]/path"),
        ({"server": ("server", None)}, "http://server/path"),
        ({"server": ("/run/app.sock", None)}, "/path"),
        ({"server": None}, "/path"),
        ({"root_path": "/root", "path": "/root/path"}, "http://server/root/path"),
        ({"path": ""}, "http://server"),
        ({"path": "*"}, "http://server/*"),
    ],
)
def test_url_of_a_request(scope: Dict[str, Any], url: str) -> None:
    """
    It is built from what the scope says; default ports are left out.
    """
    assert url_of(**scope) == url


def test_a_scope_may_leave_out_what_is_optional() -> None:
    """
    Scheme, server and query have defaults.
    """
    assert URL(scope={"path": "/x", "headers": []}) == "/x"
    assert URL(scope={"path": "/x", "headers": [(b"host", b"h")]}) == "http://h/x"


@pytest.mark.parametrize(
    "host",
    [
        *(b"example.org", b"example.org:8080", b"EXAMPLE.org", b"a_b~c.d-e", b"x:"),
        *(b"127.0.0.1:80", b"[::1]", b"[2001:db8::1]:443", b"[::ffff:1.2.3.4]"),
        *(b"localhost:0", b"localhost:65535"),
    ],
)
def test_a_well_formed_host_is_used_as_it_is(host: bytes) -> None:
    """
    It goes before the address of the server.
    """
    assert url_of(host) == f"http://{host.decode()}/path"


@pytest.mark.parametrize(
    "host",
    [
        *(b"a/b", b"a?b", b"a#b", b"a\\b", b"user@a", b"user:pw@a", b"a b", b"a\tb"),
        *(b"evil/?", b"evil#", b"evil/admin", b"@evil", b"a%2Fb", b"<a>", b"a\x00"),
        *(b"::1", b"[::1", b"[::1]x", b"[:::]", b"[1:2]", b"[v1.x]", b"[]", b"]"),
        *(
            b"a:b",
            b"a:99999",
            b"a:123456",
            b"a:-1",
            b"a:1:2",
            b":80",
            b" ",
            b"\xff\xfe",
        ),
        b"a" * 300,
    ],
)
def test_a_malformed_host_moves_nothing(host: bytes) -> None:
    """
    The server's address stands in for it, and the path stays the request's.
    """
    url = url_of(host, query_string=b"q=1")

    assert url == "http://server/path?q=1"
    assert (url.path, url.query) == ("/path", "q=1")
    assert url.port is None

    assert url_of(host, server=None) == "/path"


def test_an_empty_host_counts_as_none() -> None:
    """
    The server's address stands in for it.
    """
    assert url_of(headers=[(b"host", b"")]) == "http://server/path"


def test_the_first_host_counts() -> None:
    """
    A second one has no say, not even beside one that is malformed.
    """
    for first, netloc in ((b"one", "one"), (b"/", "server")):
        url = url_of(headers=[(b"host", first), (b"host", b"two")])

        assert url.netloc == netloc


@pytest.mark.parametrize(
    "path, encoded",
    [
        ("/a b", "/a%20b"),
        ("/é€", "/%C3%A9%E2%82%AC"),
        ("/a?b", "/a%3Fb"),
        ("/a#b", "/a%23b"),
        ("/100%", "/100%25"),
        ("/a%20b", "/a%2520b"),
        ('/a\\b"<>', "/a%5Cb%22%3C%3E"),
        ("/a\r\n\t\0", "/a%0D%0A%09%00"),
        ("/!$&'()*+,;=:@-._~", "/!$&'()*+,;=:@-._~"),
        ("//evil/x", "//evil/x"),
        ("path", "/path"),
        ("@evil/", "/@evil/"),
        (".evil", "/.evil"),
        (":1@evil", "/:1@evil"),
    ],
)
def test_the_path_is_percent_encoded(path: str, encoded: str) -> None:
    """
    It swallows no query, moves no authority and decodes to what it was.
    """
    url = url_of(b"host", path=path, query_string=b"q")

    assert url == f"http://host{encoded}?q"
    assert url.path == encoded
    assert unquote(url.path).lstrip("/") == path.lstrip("/")
    assert split(str(url))[:4] == ("http", "host", encoded, "q")


def test_half_a_surrogate_pair_in_a_path_is_encoded() -> None:
    """
    A server may decode what is not UTF-8 to such.
    """
    assert url_of(path="/\udcff") == "http://server/%ED%B3%BF"


def test_a_path_without_a_host_does_not_become_one() -> None:
    """
    As text it cannot be taken for the address of another server.
    """
    url = url_of(server=None, path="//evil/x")

    assert url.path == "//evil/x"
    assert url == "/.//evil/x"
    assert split(str(url)).netloc == ""


@pytest.mark.parametrize(
    "query, encoded",
    [
        (b"a=\xff\xfe", "a=%FF%FE"),
        ("a=é".encode(), "a=%C3%A9"),
        (b"a=1#b", "a=1%23b"),
        (b"a b\r\n", "a%20b%0D%0A"),
        (b"a=%zz&[]{}|", "a=%zz&[]{}|"),
    ],
)
def test_the_query_is_made_ascii(query: bytes, encoded: str) -> None:
    """
    Any bytes will do; what may stand in a query stays.
    """
    url = url_of(query_string=query)

    assert url.query == encoded
    assert split(str(url)).query == encoded


def test_parts_of_a_url() -> None:
    """
    They are there under the names of ``urlsplit``.
    """
    url = URL("https://user:pw@[::1]:8080/a;b?x=1#f")

    assert url.components == split(str(url)) == urlsplit(str(url))
    assert (url.scheme, url.netloc) == ("https", "user:pw@[::1]:8080")
    assert (url.path, url.query, url.fragment) == ("/a;b", "x=1", "f")
    assert (url.username, url.password) == ("user", "pw")
    assert (url.hostname, url.port) == ("::1", 8080)


def test_parts_of_the_url_of_a_request_are_known_without_parsing() -> None:
    """
    They are the same under every name.
    """
    url = url_of(b"EXAMPLE.org:8080", query_string=b"q")

    assert url.components == ("http", "EXAMPLE.org:8080", "/path", "q", "")
    assert (url.hostname, url.port) == ("example.org", 8080)
    assert url.username is url.password is None


@pytest.mark.parametrize(
    "scheme, is_secure",
    [("https", True), ("wss", True), ("http", False), ("ws", False), ("", False)],
)
def test_secure_schemes(scheme: str, is_secure: bool) -> None:
    """
    Those that encrypt.
    """
    assert URL(scheme=scheme, netloc="h").is_secure is is_secure


def test_parts_that_cannot_be_had_raise_when_asked_for() -> None:
    """
    Making and showing such a URL is no error.
    """
    assert repr(URL("http://[::1/")) == "URL('http://[::1/')"
    with pytest.raises(ValueError, match="Invalid IPv6 URL"):
        URL("http://[::1/").path  # noqa: B018
    with pytest.raises(ValueError, match="Port"):
        URL("http://h:abc/").port  # noqa: B018


def test_equality_is_of_the_text() -> None:
    """
    A string of the same text is equal too.
    """
    assert URL("http://h/") == URL("http://h/")
    assert URL("http://h/") == "http://h/"
    assert URL("http://h/") != URL("http://h")
    assert URL("1") != 1
    assert URL(URL("http://h/")) == "http://h/"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text, shown",
    [
        ("http://user:pw@h:80/", "http://user:********@h:80/"),
        ("redis://:pw@h", "redis://:********@h"),
        ("//user:a:b@c@h/", "//user:********@h/"),
        ("http://user:@h/", "http://user:@h/"),
        ("http://user@h/?a:b@c", "http://user@h/?a:b@c"),
        ("http://user:pw@[::1/", "http://user:********@[::1/"),
        ("/path", "/path"),
    ],
)
def test_the_representation_hides_a_password(text: str, shown: str) -> None:
    """
    Of any text, even of what cannot be parsed.
    """
    assert repr(URL(text)) == f"URL({shown!r})"


@pytest.mark.parametrize(
    "url, changes, result",
    [
        ("http://h/p?q#f", {"scheme": "https"}, "https://h/p?q#f"),
        ("http://h/p?q#f", {"path": "x", "query": "", "fragment": ""}, "http://h/x"),
        ("http://u@h:1/", {"netloc": "z"}, "http://z/"),
        ("http://h/", {"hostname": "z"}, "http://z/"),
        ("http://h/", {"hostname": "::1"}, "http://[::1]/"),
        ("http://h/", {"hostname": "[::1]"}, "http://[::1]/"),
        ("http://h/", {"hostname": None}, "http://h/"),
        ("http://u:p@[::1]:80/", {"hostname": "z"}, "http://u:p@z:80/"),
        ("http://u:p@[::1]:80/", {"port": 1}, "http://u:p@[::1]:1/"),
        ("http://[::1]/", {"port": "1"}, "http://[::1]:1/"),
        ("http://h/", {"port": 0}, "http://h:0/"),
        ("http://h:80/", {"port": None}, "http://h/"),
        ("http://h/", {"username": "n"}, "http://n@h/"),
        ("http://u:p@h/", {"username": "n"}, "http://n:p@h/"),
        ("http://u:p@h/", {"username": None}, "http://h/"),
        ("http://u:p@h/", {"password": "n"}, "http://u:n@h/"),
        ("http://u:p@h/", {"password": None}, "http://u@h/"),
        ("http://h/", {"password": "n"}, "http://h/"),
        ("http://h/", {"username": "a@b", "password": "/?#:"}, None),
        ("http://u:%40@h/", {"password": "%40"}, "http://u:%40@h/"),
        ("/p", {"hostname": "h"}, "//h/p"),
        ("/p", {"scheme": "http"}, "http:///p"),
        ("com.example.app:/cb", {"query": "code=1"}, "com.example.app:/cb?code=1"),
        ("file:///p", {"query": "q"}, "file:///p?q"),
        ("mailto:a@b", {"query": "subject=x"}, "mailto:a@b?subject=x"),
        ("/p", {"port": None}, "/p"),
        ("http://h//x", {"netloc": "", "scheme": ""}, "/.//x"),
    ],
)
def test_replacing_parts(url: str, changes: Dict[str, Any], result: str) -> None:
    """
    The others stay; addresses get brackets, user names and passwords escapes.
    """
    if result is None:
        result = "http://a%40b:%2F%3F%23%3A@h/"

    assert URL(url).replace(**changes) == result


def test_replacing_a_part_of_a_requests_url() -> None:
    """
    It works on the parts, not on the text.
    """
    assert url_of(b"[::1]:80").replace(port=443, scheme="https") == (
        "https://[::1]:443/path"
    )


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"bad": 1}, r"Got unexpected field names: \['bad'\]"),
        ({"hostname": "a/b"}, "`hostname` must be a host and nothing more"),
        ({"hostname": "a@b"}, "`hostname` must be a host and nothing more"),
        ({"port": 65536}, "`port` must be a number from 0 to 65535, but got 65536"),
        ({"port": "a"}, "`port` must be a number from 0 to 65535, but got 'a'"),
        ({"port": -1}, "`port` must be a number from 0 to 65535, but got -1"),
    ],
)
def test_replacing_with_what_cannot_be_a_part(
    changes: Dict[str, Any], message: str
) -> None:
    """
    The error says what it must be.
    """
    with pytest.raises(ValueError, match=message):
        URL("http://h/").replace(**changes)


def test_a_url_without_a_host_takes_no_port() -> None:
    """
    There is nothing to put it beside.
    """
    with pytest.raises(ValueError, match="no place for a port or a user name"):
        URL("/p").replace(port=80)


def test_building_from_parts() -> None:
    """
    What ``replace`` takes, the constructor takes.
    """
    assert URL(scheme="https", hostname="h", port=3, path="/y") == "https://h:3/y"
    assert URL(path="y") == "y"
    assert URL() == ""


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"url": "x", "scope": {}}, 'Cannot set both "url" and "scope".'),
        ({"url": "x", "path": "y"}, 'Cannot set both "url" and "\\*\\*components".'),
        ({"scope": {}, "path": "y"}, 'Cannot set both "scope" and "\\*\\*components".'),
    ],
)
def test_two_sources_are_refused(arguments: Dict[str, Any], message: str) -> None:
    """
    The error names both.
    """
    with pytest.raises(AssertionError, match=message):
        URL(**arguments)


def test_a_url_is_text() -> None:
    """
    Bytes are refused at once.
    """
    with pytest.raises(TypeError, match="`url` must be str, but got bytes"):
        URL(b"http://h/")  # type: ignore[arg-type]


def test_query_parameters_are_edited() -> None:
    """
    Setting replaces every value of a name; the rest stays in place.
    """
    url = URL("http://h/?a=1&b=2&a=3&e=")

    assert url.include_query_params(c=1, a="é ") == "http://h/?b=2&e=&c=1&a=%C3%A9+"
    assert url.replace_query_params(z=1) == "http://h/?z=1"
    assert url.replace_query_params() == "http://h/"
    assert url.remove_query_params("a") == "http://h/?b=2&e="
    assert url.remove_query_params(["a", "b"]) == "http://h/?e="


@pytest.mark.parametrize(
    "base, path, absolute",
    [
        ("http://h", URLPath("/x"), "http://h/x"),
        ("http://h/", URLPath("/x"), "http://h/x"),
        ("http://h/root/", URLPath("/x"), "http://h/root/x"),
        ("http://h/root", URLPath("x"), "http://h/root/x"),
        ("http://h/root/", URLPath(""), "http://h/root"),
        ("https://h:8/r?q#f", URLPath("/x"), "https://h:8/r/x"),
        ("https://h/", URLPath("/x", protocol="http"), "https://h/x"),
        ("https://h/", URLPath("/x", protocol="websocket"), "wss://h/x"),
        ("http://h/", URLPath("/x", protocol="websocket"), "ws://h/x"),
        ("ws://h/", URLPath("/x", protocol="http"), "http://h/x"),
        ("wss://h/", URLPath("/x", protocol="http"), "https://h/x"),
        ("wss://h/", URLPath("/x"), "wss://h/x"),
        ("http://h/r", URLPath("/x", host="o:1"), "http://o:1/r/x"),
        ("/root", URLPath("/x", protocol="http"), "/root/x"),
        ("", URLPath("//evil"), "/.//evil"),
        ("http://h/", URLPath("/a b/\xfc%3Fc?d#e"), "http://h/a%20b/%C3%BC%3Fc?d#e"),
    ],
)
def test_a_path_is_made_absolute(base: str, path: URLPath, absolute: str) -> None:
    """
    Scheme and host come from the base, unless the route knows better.
    """
    assert path.make_absolute_url(base) == absolute
    assert path.make_absolute_url(base_url=URL(base)) == absolute


def test_a_url_path_is_a_string() -> None:
    """
    One that knows its protocol and host.
    """
    path = URLPath("/x", "http", "h")

    assert path == "/x"
    assert (path.protocol, path.host) == ("http", "h")


def test_a_url_path_of_another_protocol_is_refused() -> None:
    """
    The error names the possible ones.
    """
    with pytest.raises(AssertionError, match='`protocol` must be "http", "websocket"'):
        URLPath("/x", protocol="ftp")
