"""Traces and metrics of requests: ``OpenTelemetryMiddleware``.

Names and values are those of the stable Semantic Conventions for HTTP.  Only the API of
OpenTelemetry is used: without an SDK that a program sets up it does nothing.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Awaitable, Dict, List, Optional

from starlette._route_template import RouteTemplates
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

__all__ = ("OpenTelemetryMiddleware",)

_SCHEMA = "https://opentelemetry.io/schemas/1.26.0"
_NAME = "starlette.middleware.opentelemetry"

# Others become "_OTHER": a client can make up as many as it likes.
_METHODS = frozenset(
    "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split()
)

# Boundaries that the conventions advise, in seconds.
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


class OpenTelemetryMiddleware:
    """Records a span for every request and WebSocket, and the duration of requests.

    It answers the failure whose place nobody knows: a request that several services
    handle is one trace.  Spans and metrics are named by the template of the route
    (``GET /shops/{shop}``, also through mounts), of which there are few, and never by
    the path, of which a client can make up as many as it likes.  Query strings and
    headers, where secrets travel, are not recorded, but for ``User-Agent``.

    It should stand outside of all other middleware.

    Args:
        app: The application inside.
        tracer_provider: Makes the tracer; the global one by default.
        meter_provider: Makes the meter; the global one by default.

    Raises:
        ModuleNotFoundError: opentelemetry-api is not installed.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        tracer_provider: Optional[TracerProvider] = None,
        meter_provider: Optional[MeterProvider] = None,
    ) -> None:
        try:
            from opentelemetry import metrics, propagate, trace
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "OpenTelemetryMiddleware needs opentelemetry-api: "
                "pip install starlette-middleware[opentelemetry]",
                name=error.name,
            ) from error
        self.app = app
        self._trace = trace
        self._extract = propagate.extract
        self._tracer = trace.get_tracer(
            _NAME, tracer_provider=tracer_provider, schema_url=_SCHEMA
        )
        meter = metrics.get_meter(
            _NAME, meter_provider=meter_provider, schema_url=_SCHEMA
        )
        self._duration = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=_BUCKETS,
        )
        self._active = meter.create_up_down_counter(
            "http.server.active_requests",
            unit="{request}",
            description="Number of active HTTP server requests.",
        )
        self._templates = RouteTemplates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside of a span.

        Raises:
            Exception: What the application raises, unchanged.
        """
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        began = perf_counter()
        method = scope.get("method", "GET")
        few = {
            "http.request.method": method if method in _METHODS else "_OTHER",
            "url.scheme": scope.get("scheme", "http"),
        }
        span = self._tracer.start_span(
            _name_of(few),
            context=self._extract(_carrier(scope)),
            kind=self._trace.SpanKind.SERVER,
            attributes=_attributes(scope, few),
        )
        exchange = _Exchange(send)
        is_http = scope["type"] == "http"
        if is_http:
            self._active.add(1, few)
        try:
            with self._trace.use_span(
                span,
                end_on_exit=False,
                record_exception=False,
                set_status_on_exception=False,
            ):
                await self.app(scope, receive, exchange)
        except BaseException as error:
            exchange.error = error
            raise
        finally:
            if is_http:
                self._active.add(-1, few)
            result = self._result(scope, exchange)
            self._finish(span, scope, few, result, exchange)
            if is_http:
                self._duration.record(perf_counter() - began, {**few, **result})

    def _result(self, scope: Scope, exchange: _Exchange) -> Dict[str, Any]:
        result: Dict[str, Any] = {}
        version = scope.get("http_version")
        if version:
            result["network.protocol.version"] = version
        template = self._templates.of(scope)
        if template is not None:
            result["http.route"] = template
        status, error = exchange.status, exchange.error
        if status is None and isinstance(error, Exception):
            # What ServerErrorMiddleware or the server will answer, further out.
            status = 500 if scope["type"] == "http" else None
        if status is not None:
            result["http.response.status_code"] = status
        if error is not None:
            result["error.type"] = _type_name(error)
        elif status is not None and status >= 500:
            result["error.type"] = str(status)
        return result

    def _finish(
        self,
        span: Span,
        scope: Scope,
        few: Dict[str, Any],
        result: Dict[str, Any],
        exchange: _Exchange,
    ) -> None:
        if span.is_recording():
            span.set_attributes(result)
            if "http.route" in result:
                span.update_name(f"{_name_of(few)} {result['http.route']}")
            if isinstance(exchange.error, Exception):
                span.record_exception(exchange.error)
            # Of servers, 4xx is the client's error and none of theirs.
            if "error.type" in result:
                status = self._trace.Status(self._trace.StatusCode.ERROR)
                span.set_status(status)
        span.end()


class _Exchange:
    """A ``send`` that notes the status of the response."""

    __slots__ = ("_send", "error", "status")

    def __init__(self, send: Send) -> None:
        self.status: Optional[int] = None
        self.error: Optional[BaseException] = None
        self._send = send

    # Not a coroutine function: it hands on the awaitable it gets.
    def __call__(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "http.response.start" or kind == "websocket.http.response.start":
            self.status = message["status"]
        elif kind == "websocket.accept":
            self.status = 101
        elif kind == "websocket.close" and self.status is None:
            self.status = 403
        return self._send(message)


def _name_of(few: Dict[str, Any]) -> str:
    method: str = few["http.request.method"]
    return "HTTP" if method == "_OTHER" else method


def _carrier(scope: Scope) -> Dict[str, str]:
    values: Dict[str, List[str]] = {}
    for name, value in scope["headers"]:
        values.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    # Several are one list: RFC 9110, section 5.2, and W3C Trace Context, 3.3.1.
    return {name: ",".join(several) for name, several in values.items()}


def _attributes(scope: Scope, few: Dict[str, Any]) -> Dict[str, Any]:
    attributes: Dict[str, Any] = {**few, "url.path": scope["path"]}
    if few["http.request.method"] == "_OTHER":
        attributes["http.request.method_original"] = scope["method"]
    server, client = scope.get("server"), scope.get("client")
    for name, value in scope["headers"]:
        if name == b"user-agent":
            attributes["user_agent.original"] = value.decode("latin-1")
        elif name == b"host":
            _add_address(attributes, value.decode("latin-1"))
    if server and "server.address" not in attributes:
        attributes["server.address"] = server[0]
        if server[1] is not None:
            attributes["server.port"] = server[1]
    if client:
        attributes["client.address"] = attributes["network.peer.address"] = client[0]
        attributes["network.peer.port"] = client[1]
    return attributes


def _add_address(attributes: Dict[str, Any], host: str) -> None:
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and len(port) <= 5:
        attributes["server.address"] = name
        attributes["server.port"] = int(port)
    else:
        attributes["server.address"] = host


def _type_name(error: BaseException) -> str:
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"
