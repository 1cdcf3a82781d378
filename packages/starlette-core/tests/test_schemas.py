"""OpenAPI schemas, from routes and their docstrings."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, List

import pytest

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.schemas import (
    BaseSchemaGenerator,
    EndpointInfo,
    OpenAPIResponse,
    SchemaGenerator,
)
from starlette.testing import exchange, http_scope

# Imported so because it comes without types.
yaml: Any = import_module("yaml")

BASE = {"openapi": "3.0.0", "info": {"title": "Things", "version": "1"}}


def list_things(request: Any) -> None:
    """
    summary: All of them.
    """


def make_thing(request: Any) -> None:
    """Make a thing.

    ----
    Not a separator, and neither is --- in a line.
    ---
    summary: "Before --- after"
    """


def say_nothing(request: Any) -> None:
    pass  # pragma: no cover (only its missing docstring counts)


def say_prose(request: Any) -> None:
    """Only for people."""


class Thing(HTTPEndpoint):
    """Not the docstring of an operation."""

    delete = None

    def get(self, request: Any) -> None:
        """summary: One."""

    def head(self, request: Any) -> None:
        """summary: Left out."""

    def put(self, request: Any) -> None:
        """Replace it. --- summary: Replace."""

    def query(self, request: Any) -> None:
        """summary: Query."""

    def helper(self, request: Any) -> None:
        """summary: Not an operation."""


@pytest.fixture
def generator() -> SchemaGenerator:
    return SchemaGenerator(BASE)


def endpoints(*routes: BaseRoute) -> List[Any]:
    found = BaseSchemaGenerator().get_endpoints(list(routes))
    assert all(type(info) is EndpointInfo for info in found)
    return [(info.path, info.http_method, info.func) for info in found]


def test_a_function() -> None:
    """
    There is an operation for each method of its route, save HEAD, in order.
    """
    one = Route("/things", list_things)
    more = Route("/more", list_things, methods=["PUT", "GET", "DELETE"])

    assert endpoints(one, more) == [
        ("/things", "get", list_things),
        ("/more", "delete", list_things),
        ("/more", "get", list_things),
        ("/more", "put", list_things),
    ]


def test_a_bound_method() -> None:
    """
    It is a function like any other.
    """

    class Service:
        def show(self, request: Any) -> None:
            """summary: Show."""

    show = Service().show

    assert endpoints(Route("/", show)) == [("/", "get", show)]


def test_a_class() -> None:
    """
    There is an operation for each method of HTTP that it has, save HEAD.
    """
    assert endpoints(Route("/thing", Thing)) == [
        ("/thing", "get", Thing.get),
        ("/thing", "put", Thing.put),
        ("/thing", "query", Thing.query),
    ]


def test_parameters_of_a_path() -> None:
    """
    Their types are left out.
    """
    route = Route("/{a}/{b:int}/{c:path}", list_things)

    assert endpoints(route) == [("/{a}/{b}/{c}", "get", list_things)]


def test_mounts_and_hosts() -> None:
    """
    Paths inside a mount begin with its own; a host adds nothing.
    """
    inner = Route("/things", list_things)
    application = Starlette(routes=[inner])

    assert endpoints(
        Mount("/a/{x:int}", routes=[Mount("/b", routes=[inner])]),
        Mount("/app", app=application),
        Host("api.example.org", app=Router([inner])),
    ) == [
        ("/a/{x}/b/things", "get", list_things),
        ("/app/things", "get", list_things),
        ("/things", "get", list_things),
    ]


def test_routes_without_operations() -> None:
    """
    Sessions, hidden routes and foreign applications are left out.
    """

    async def application(scope: Any, receive: Any, send: Any) -> None:
        pass  # pragma: no cover (never called)

    assert (
        endpoints(
            WebSocketRoute("/session", application),
            Route("/hidden", list_things, include_in_schema=False),
            Mount("/foreign", app=application),
        )
        == []
    )


@pytest.mark.parametrize(
    "func, parsed",
    [
        (list_things, {"summary": "All of them."}),
        (make_thing, {"summary": "Before --- after"}),
        (Thing.put, {"summary": "Replace."}),
        (say_nothing, {}),
        (say_prose, {}),
    ],
)
def test_docstrings(func: Any, parsed: Any) -> None:
    """
    The last part counts, if it is a mapping.
    """
    assert BaseSchemaGenerator().parse_docstring(func) == parsed


def test_a_docstring_that_is_not_yaml(generator: SchemaGenerator) -> None:
    """
    The error names the function.
    """

    def broken(request: Any) -> None:
        """
        summary: [
        """

    with pytest.raises(yaml.YAMLError) as caught:
        generator.get_schema([Route("/", broken)])

    assert "broken must end in YAML" in str(caught.value)


def test_a_schema(generator: SchemaGenerator) -> None:
    """
    Operations are gathered by path; those without YAML are left out.
    """
    schema = generator.get_schema(
        [
            Route("/things", list_things),
            Route("/things", make_thing, methods=["POST"]),
            Route("/silent", say_nothing),
        ]
    )

    assert schema == {
        **BASE,
        "paths": {
            "/things": {
                "get": {"summary": "All of them."},
                "post": {"summary": "Before --- after"},
            }
        },
    }


def test_a_schema_upon_paths_of_its_own() -> None:
    """
    What the base schema says stays, and the base schema is not changed.
    """
    base = {"paths": {"/things": {"post": {"summary": "By hand."}}}}
    schema = SchemaGenerator(base).get_schema([Route("/things", list_things)])

    assert schema["paths"]["/things"] == {
        "get": {"summary": "All of them."},
        "post": {"summary": "By hand."},
    }
    assert base == {"paths": {"/things": {"post": {"summary": "By hand."}}}}


def test_the_base_generator() -> None:
    """
    What a schema looks like is the subclass's to say.
    """
    with pytest.raises(NotImplementedError):
        BaseSchemaGenerator().get_schema([])


@pytest.mark.anyio
async def test_the_response_with_the_schema_of_an_application(
    generator: SchemaGenerator,
) -> None:
    """
    It is the application's schema as YAML, under OpenAPI's media type.
    """

    def schema(request: Request) -> Any:
        return generator.OpenAPIResponse(request=request)

    application = Starlette(
        routes=[
            Route("/things", list_things),
            Route("/schema", schema, include_in_schema=False),
        ]
    )
    recorder = await exchange(application, http_scope(path="/schema"))

    assert recorder.headers["content-type"] == "application/vnd.oai.openapi"
    assert yaml.safe_load(recorder.body) == {
        **BASE,
        "paths": {"/things": {"get": {"summary": "All of them."}}},
    }


@pytest.mark.parametrize("content", [None, [], "openapi: 3.0.0"])
def test_a_response_with_something_else(content: Any) -> None:
    """
    A schema is a mapping.
    """
    with pytest.raises(AssertionError) as caught:
        OpenAPIResponse(content)

    assert str(caught.value) == (
        "The schema passed to OpenAPIResponse should be a dictionary."
    )


@pytest.mark.parametrize(
    "use, name",
    [
        (lambda: OpenAPIResponse({}), "OpenAPIResponse"),
        (lambda: BaseSchemaGenerator().parse_docstring(list_things), "parse_docstring"),
    ],
)
def test_without_pyyaml(use: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The first use says what to install.
    """
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(AssertionError) as caught:
        use()

    assert str(caught.value) == (
        f"`pyyaml` must be installed to use {name}: pip install starlette-core[schemas]"
    )
