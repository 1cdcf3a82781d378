"""What is recorded of requests, with the SDK of OpenTelemetry behind the API."""

from __future__ import annotations

import gc
import sys
from typing import Any, Dict, List, Optional

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from starlette._route_template import RouteTemplates
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.opentelemetry import OpenTelemetryMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Mount, Route, Router, WebSocketRoute
from starlette.testing import (
    Recorder,
    Script,
    exchange,
    http_scope,
    lifespan_scope,
    websocket_scope,
)
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Observed:
    """An application inside of the middleware, and what that has recorded."""

    def __init__(self, app: ASGIApp) -> None:
        self._exporter = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        tracing = TracerProvider()
        tracing.add_span_processor(SimpleSpanProcessor(self._exporter))
        metering = MeterProvider([self._reader])
        self.app = OpenTelemetryMiddleware(
            app, tracer_provider=tracing, meter_provider=metering
        )

    async def get(self, path: str = "/", **options: Any) -> ReadableSpan:
        """Send a request, and return the span that it has left."""
        return await self.call(http_scope(path=path, **options))

    async def call(self, scope: Scope, script: Optional[Script] = None) -> ReadableSpan:
        await exchange(self.app, scope, script)
        return self.span

    @property
    def span(self) -> ReadableSpan:
        return self._exporter.get_finished_spans()[-1]

    @property
    def spans(self) -> List[ReadableSpan]:
        return list(self._exporter.get_finished_spans())

    def metrics(self) -> Dict[str, Any]:
        """Return the points of each metric, by its name."""
        data = self._reader.get_metrics_data()
        assert data is not None
        ((resource,),) = [data.resource_metrics]
        ((scoped,),) = [resource.scope_metrics]
        return {m.name: list(m.data.data_points) for m in scoped.metrics}


async def endpoint(request: Request) -> Response:
    return PlainTextResponse("")


async def failing(request: Request) -> Response:
    raise RuntimeError("boom")


async def refusing(request: Request) -> Response:
    raise HTTPException(int(request.path_params["status"]))


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


async def turned_away(websocket: WebSocket) -> None:
    await websocket.close()


SHARED = Router([Route("/{item:int}", endpoint)])

ROUTES: List[BaseRoute] = [
    Route("/", endpoint),
    Route("/users/{name}", endpoint),
    Route("/status/{status:int}", refusing),
    Route("/fail", failing),
    WebSocketRoute("/echo", echo),
    WebSocketRoute("/away", turned_away),
    Mount(
        "/shops/{shop}",
        routes=[
            Route("/items/{id:int}", endpoint),
            Mount("/deep", app=Starlette(routes=[Route("/{x:path}", endpoint)])),
        ],
    ),
    Mount("/v1", app=SHARED),
    Mount("/v2/{tenant}", app=SHARED),
    Mount("/raw", app=PlainTextResponse("")),
    Host("api.example.org", app=Router([Route("/hosted/{x}", endpoint)])),
]

app = Starlette(routes=ROUTES)


async def test_span_of_a_request() -> None:
    """
    It has the names and values of the conventions, and no query.
    """
    headers = {"host": "example.org:8080", "user-agent": "curl"}
    span = await Observed(app).get(
        "/users/ada", headers=headers, query="secret=1", client=("1.2.3.4", 5)
    )

    assert span.name == "GET /users/{name}"
    assert span.kind is SpanKind.SERVER
    assert span.status.status_code is StatusCode.UNSET
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{name}",
        "url.path": "/users/ada",
        "url.scheme": "http",
        "server.address": "example.org",
        "server.port": 8080,
        "client.address": "1.2.3.4",
        "network.peer.address": "1.2.3.4",
        "network.peer.port": 5,
        "network.protocol.version": "1.1",
        "user_agent.original": "curl",
    }


@pytest.mark.parametrize(
    "path, template",
    [
        ("/", "/"),
        ("/users/ada", "/users/{name}"),
        ("/shops/a/items/7", "/shops/{shop}/items/{id:int}"),
        ("/shops/a/deep/b/c", "/shops/{shop}/deep/{x:path}"),
        ("/v1/7", "/v1/{item:int}"),
        ("/v2/a/7", "/v2/{tenant}/{item:int}"),
        ("/raw/anything", "/raw"),
        ("/nothing", None),
    ],
)
async def test_templates(path: str, template: Optional[str]) -> None:
    """
    The template is whole, through mounts; without a route there is none.
    """
    observed = Observed(app)
    for root_path in ("", "/root"):
        span = await observed.get(root_path + path, root_path=root_path)

        assert span.name == (f"GET {template}" if template else "GET")
        assert (span.attributes or {}).get("http.route") == template


async def test_route_at_a_host() -> None:
    """
    The host is no part of the template.
    """
    headers = {"host": "api.example.org"}
    span = await Observed(app).get("/hosted/1", headers=headers)

    assert span.name == "GET /hosted/{x}"
    assert (span.attributes or {})["server.address"] == "api.example.org"
    assert "server.port" not in (span.attributes or {})


async def test_application_without_routes() -> None:
    """
    The span is named by the method.
    """
    span = await Observed(PlainTextResponse("")).get()

    assert span.name == "GET"


async def test_methods_that_a_client_makes_up() -> None:
    """
    They have one name, so that there are few.
    """
    span = await Observed(app).get("/users/ada", method="HACK")
    attributes = span.attributes or {}

    assert span.name == "HTTP /users/{name}"
    assert attributes["http.request.method"] == "_OTHER"
    assert attributes["http.request.method_original"] == "HACK"


async def test_scope_with_less() -> None:
    """
    What the server does not tell is left out.
    """
    observed = Observed(PlainTextResponse(""))
    scope = http_scope(client=None, server=("/unix.sock", None))
    del scope["http_version"], scope["scheme"]
    span = await observed.call(scope)
    scope = http_scope(client=None, server=None)
    other = await observed.call(scope)

    assert (span.attributes or {})["server.address"] == "/unix.sock"
    for name in ("server.port", "client.address", "network.protocol.version"):
        assert name not in (span.attributes or {})
    assert "server.address" not in (other.attributes or {})


@pytest.mark.parametrize("status, is_error", [(404, False), (451, False), (503, True)])
async def test_statuses(status: int, is_error: bool) -> None:
    """
    Only 5xx is an error of the server.
    """
    span = await Observed(app).get(f"/status/{status}")
    code = StatusCode.ERROR if is_error else StatusCode.UNSET

    assert (span.attributes or {})["http.response.status_code"] == status
    assert span.status.status_code is code
    assert (span.attributes or {}).get("error.type") == ("503" if is_error else None)


class CustomError(Exception):
    """An error of an application."""


@pytest.mark.parametrize(
    "error, name",
    [
        (RuntimeError("boom"), "RuntimeError"),
        (CustomError(), f"{__name__}.CustomError"),
    ],
)
async def test_exceptions(error: Exception, name: str) -> None:
    """
    They are recorded and raised; the status is what will be answered.
    """

    async def raising(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    observed = Observed(raising)
    with pytest.raises(type(error)):
        await observed.get()
    span = observed.span

    assert span.status.status_code is StatusCode.ERROR
    assert (span.attributes or {})["error.type"] == name
    assert (span.attributes or {})["http.response.status_code"] == 500
    assert [event.name for event in span.events] == ["exception"]


async def test_exception_after_the_start() -> None:
    """
    The status is the one that was sent.
    """

    async def raising(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("boom")

    observed = Observed(raising)
    with pytest.raises(RuntimeError):
        await observed.get()

    assert (observed.span.attributes or {})["http.response.status_code"] == 200
    assert observed.span.status.status_code is StatusCode.ERROR


async def test_inside_of_an_application() -> None:
    """
    The failing endpoint has its name, and the 500 of ServerErrorMiddleware its status.
    """
    observed: List[Observed] = []

    def outermost(inner: ASGIApp) -> ASGIApp:
        observed.append(Observed(inner))
        return observed[0].app

    program = Starlette(routes=ROUTES)
    program.add_middleware(outermost)
    recorder = Recorder()
    with pytest.raises(RuntimeError, match="boom"):
        await program(http_scope(path="/fail"), Script.http(), recorder)

    assert recorder.status == 500
    assert observed[0].span.name == "GET /fail"
    assert (observed[0].span.attributes or {})["http.response.status_code"] == 500


async def test_trace_of_several_services() -> None:
    """
    The span continues the trace that the request brings, and is the current one inside.
    """
    seen: List[Any] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(trace.get_current_span().get_span_context().span_id)
        await PlainTextResponse("")(scope, receive, send)

    headers = [
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
    ]
    span = await Observed(inner).get(headers=headers)

    assert span.parent is not None
    assert span.context is not None
    assert span.parent.span_id == 0xB7AD6B7169203331
    assert span.context.trace_id == 0x0AF7651916CD43DD8448EB211C80319C
    assert dict(span.context.trace_state) == {"a": "1", "b": "2"}
    assert seen == [span.context.span_id]
    assert not trace.get_current_span().get_span_context().is_valid


async def test_metrics() -> None:
    """
    Durations are told apart by what there are few of; active requests end at none.
    """
    observed = Observed(app)
    await observed.get("/users/ada")
    await observed.get("/users/bob")
    metrics = observed.metrics()
    (duration,) = metrics["http.server.request.duration"]
    (active,) = metrics["http.server.active_requests"]

    assert duration.count == 2
    assert duration.explicit_bounds[:2] == (0.005, 0.01)
    assert dict(duration.attributes) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/users/{name}",
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }
    assert active.value == 0


@pytest.mark.parametrize("path, status", [("/echo", 101), ("/away", 403)])
async def test_websockets(path: str, status: int) -> None:
    """
    Their handshake has a span, and they do not count as requests.
    """
    observed = Observed(app)
    span = await observed.call(websocket_scope(path), Script.websocket(code=1000))

    assert span.name == f"GET {path}"
    assert (span.attributes or {})["http.response.status_code"] == status


async def test_websocket_that_fails() -> None:
    """
    No status is made up for it.
    """

    async def raising(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("boom")

    observed = Observed(raising)
    with pytest.raises(RuntimeError):
        await observed.call(websocket_scope(), Script.websocket())

    assert "http.response.status_code" not in (observed.span.attributes or {})


async def test_lifespan_passes_by() -> None:
    """
    It leaves no span.
    """
    observed = Observed(app)
    await exchange(observed.app, lifespan_scope(), Script.lifespan())

    assert observed.spans == []


async def test_without_an_sdk() -> None:
    """
    Nothing is recorded, and the program runs.
    """
    recorder = await exchange(OpenTelemetryMiddleware(app), http_scope())

    assert recorder.status == 200


def test_without_the_api(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    The error says what to install.
    """
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    with pytest.raises(ModuleNotFoundError, match=r"\[opentelemetry\]"):
        OpenTelemetryMiddleware(app)


class Slotted:
    """A route of a framework that leaves no room for weak references."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


def test_routes_are_remembered_while_they_live() -> None:
    """
    What a route was found by goes with it, and is found anew for another.
    """
    templates = RouteTemplates()
    for path in ("/a", "/b", "/c"):
        route = Route(path, endpoint)
        scope = {"route": route, "router": Router([route]), "path": path}

        assert templates.of(scope) == path
        assert templates.of(scope) == path
        assert len(templates._known) == 1

        del route, scope
        gc.collect()
        assert len(templates._known) == 0


def test_routes_of_others() -> None:
    """
    A route that is not among those of the router stands for itself.
    """
    templates = RouteTemplates()

    assert templates.of({"route": Slotted("/x"), "path": "/x"}) == "/x"
    assert templates.of({"route": object(), "path": "/x"}) is None


def test_router_that_is_mounted_in_itself() -> None:
    """
    The search ends.
    """
    route = Route("/x", endpoint)
    router = Router([route])
    router.mount("/again", router)
    scope = {"route": route, "router": router, "path": "/again/again/x"}

    assert RouteTemplates().of(scope) == "/x"
