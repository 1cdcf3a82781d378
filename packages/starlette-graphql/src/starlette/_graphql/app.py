"""The application that people mount: what they say, decided once.

``GraphQLApp`` checks its arguments, makes the engine, and hands each connection to
the transport it belongs to.  The three methods of earlier times, ``handle_graphql``,
``execute`` and ``handle_graphiql``, may be overridden and are then what is called.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Dict, Mapping, Optional, Sequence, Tuple, Union

from graphql import GraphQLError, GraphQLSchema

from starlette._graphql import graphiql as graphiql_page
from starlette._graphql import http
from starlette._graphql.around import Around, GraphQLOperation
from starlette._graphql.compat import HAS_INCREMENTAL
from starlette._graphql.context import make_context
from starlette._graphql.csrf import PreflightRule
from starlette._graphql.engine import Engine
from starlette._graphql.errors import ErrorFormatter, RequestError
from starlette._graphql.limits import GraphQLLimits
from starlette._graphql.persisted import TextFinder
from starlette._graphql.prepare import Preparer
from starlette._graphql.request import GraphQLRequest
from starlette._graphql.schema import incremental_schema, to_schema
from starlette._graphql.status import Rules, rules_of
from starlette._graphql.strawberry import engine_of
from starlette._graphql.threads import middleware_of
from starlette._graphql.websocket import WebSocketOptions
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

__all__ = ("GraphQLApp",)

Hook = Callable[[GraphQLOperation], Any]

CSRF_HEADERS: Tuple[str, ...] = (
    "apollo-require-preflight",
    "graphql-require-preflight",
    "x-apollo-operation-name",
    "x-requested-with",
)


class GraphQLApp:
    """A GraphQL schema as an ASGI application, for HTTP and WebSockets.

    Args:
        schema: A ``GraphQLSchema``, an object that carries one (of graphene,
            Strawberry, Ariadne ...), or text in the schema definition language.
        executor_class: Of earlier times; ignored, with a warning.
        graphiql: Whether browsers get GraphiQL: ``True``, ``False``, the text of
            another page, or a function of the request.
        resolvers: For a schema in text: functions by type and field.
        context: A function of the ``Request`` or ``WebSocket`` that returns
            ``info.context``, or an awaitable of it.  A dictionary gets the keys of
            the default context that it does not have.
        root_value: The source of root fields, or a function of the context.
        middleware: Field middleware, as graphql-core takes it.
        threadpool: Whether plain resolvers run in worker threads.
        extensions: A function, or several, of a ``GraphQLOperation`` that return
            members for the ``extensions`` of its response.
        validation_rules: Rules beside those of the specification.
        introspection: Whether the schema may be asked about itself.
        limits: What a request may ask for.
        mask_errors: Whether clients see ``Unexpected error.`` in place of errors
            that are no ``GraphQLError``.
        format_error: Makes members of ``errors``, in place of ``error.formatted``.
        debug: Whether clients get unexpected errors with their tracebacks.
        get: Whether queries may be sent by GET.
        batching: How many operations a request may hold: 0 for no lists at all,
            ``True`` for as many as *limits* say.
        uploads: Whether files may be sent.
        sse: Whether results may be sent as server-sent events.
        incremental: Whether ``@defer`` and ``@stream`` have an effect, where
            graphql-core is able to.
        csrf_headers: Headers of which a request must have one, if it could have been
            sent by a page of another site; ``None`` for no such rule.
        documents: Trusted documents by id, or a function of the id.
        trusted_only: Whether all other documents are refused.
        apq: The store of automatic persisted queries, or ``True`` for one here.
        subprotocols: Of WebSockets, the preferred one first.
        allowed_origins: Of WebSockets, beside the same origin; ``"*"`` for all.
        on_connect: Called with the WebSocket and the payload of its first message.
        on_disconnect: Called with the WebSocket when it is over.
        on_operation: A function, or several, of a ``GraphQLOperation`` that return a
            context manager to be around it.
        connection_init_timeout: Seconds a WebSocket has for its first message.
        keep_alive: Seconds between signs of life; ``None`` for 12 in events, 5 in
            parts, and none on WebSockets.
        max_operations: How many operations a WebSocket may have at once.
        http_spec: ``"stable"`` or ``"draft"``: whose status codes are used.
        document_cache: How many documents are kept, parsed and validated.
        document_cache_size: How many bytes of memory they may take.

    Attributes:
        schema: The ``GraphQLSchema``.
        graphiql: As given.
        executor_class: As given.
        engine: What runs operations.
        limits: As given.
        errors: What formats errors.

    Raises:
        TypeError: An argument is of the wrong type.
        ValueError: An argument has a wrong value.
    """

    def __init__(
        self,
        schema: Any,
        executor_class: Any = None,
        graphiql: Any = True,
        *,
        resolvers: Optional[Mapping[str, Any]] = None,
        context: Optional[Callable[[Any], Any]] = None,
        root_value: Any = None,
        middleware: Any = None,
        threadpool: bool = False,
        extensions: Union[Hook, Sequence[Hook]] = (),
        validation_rules: Sequence[Any] = (),
        introspection: bool = True,
        limits: Optional[GraphQLLimits] = None,
        mask_errors: bool = True,
        format_error: Optional[Callable[[GraphQLError], Mapping[str, Any]]] = None,
        debug: bool = False,
        get: bool = True,
        batching: Union[int, bool] = 0,
        uploads: bool = True,
        sse: bool = True,
        incremental: bool = True,
        csrf_headers: Optional[Sequence[str]] = CSRF_HEADERS,
        documents: Any = None,
        trusted_only: bool = False,
        apq: Any = None,
        subprotocols: Sequence[str] = ("graphql-transport-ws",),
        allowed_origins: Sequence[str] = (),
        on_connect: Optional[Callable[..., Any]] = None,
        on_disconnect: Optional[Callable[..., Any]] = None,
        on_operation: Union[Hook, Sequence[Hook], None] = None,
        connection_init_timeout: float = 60.0,
        keep_alive: Optional[float] = None,
        max_operations: int = 100,
        http_spec: str = "stable",
        document_cache: int = 1000,
        document_cache_size: int = 64 * 1024 * 1024,
    ) -> None:
        if executor_class is not None:
            _warn_executor_class()
        graphiql_page.check(graphiql)
        for name, function in (("context", context), ("format_error", format_error)):
            if function is not None and not callable(function):
                raise TypeError(f"`{name}` must be callable, but got {function!r}")
        if limits is not None and not isinstance(limits, GraphQLLimits):
            raise TypeError(f"`limits` must be GraphQLLimits, but got {limits!r}")
        _check_count("batching", batching)
        _check_count("document_cache", document_cache)
        _check_count("document_cache_size", document_cache_size)
        self.executor_class: Any = executor_class
        self.is_async: bool = True
        self.graphiql: Any = graphiql
        self.schema: GraphQLSchema = to_schema(schema, resolvers)
        self.incremental: bool = incremental and HAS_INCREMENTAL
        self.limits: GraphQLLimits = GraphQLLimits() if limits is None else limits
        self.errors: ErrorFormatter = ErrorFormatter(mask_errors, debug, format_error)
        self.root_value: Any = root_value
        self.get: bool = get
        self.batching: int = int(batching)
        if batching is True:
            self.batching = (
                sys.maxsize if self.limits.batch is None else self.limits.batch
            )
        self.uploads: bool = uploads
        self.sse: bool = sse
        self.rules: Rules = rules_of(http_spec)
        self.keep_alive: Optional[float] = keep_alive
        self.csrf_rule: Optional[PreflightRule] = None
        if csrf_headers is not None:
            self.csrf_rule = PreflightRule(csrf_headers)
        self.context: Optional[Callable[[Any], Any]] = context
        cls = type(self)
        self.has_default_context: bool = (
            context is None and cls.make_context is GraphQLApp.make_context
        )
        preparer = Preparer(
            incremental_schema(self.schema) if self.incremental else self.schema,
            self.limits,
            rules=_each_callable("validation_rules", validation_rules),
            introspection=introspection,
            entries=document_cache,
            size=document_cache_size,
        )
        self.websocket_options: WebSocketOptions = WebSocketOptions(
            subprotocols=subprotocols,
            allowed_origins=allowed_origins,
            on_connect=on_connect,
            on_disconnect=on_disconnect,
            connection_init_timeout=connection_init_timeout,
            keep_alive=keep_alive,
            max_operations=max_operations,
        )
        hooks = _hooks("on_operation", on_operation)
        members = _hooks("extensions", extensions)
        around = None
        if hooks or members or self.limits.time is not None:
            around = Around(hooks, members, self.limits.time)
        self.engine: Engine = engine_of(schema)(
            preparer,
            self.errors,
            TextFinder(documents, trusted_only, apq),
            root_value=root_value,
            middleware=middleware_of(middleware, threadpool),
            around=around,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or serve a WebSocket."""
        kind = scope["type"]
        if kind == "http":
            request = Request(scope, receive, send)
            try:
                response = await self.handle_graphql(request)
            except RequestError as exc:
                # An override of earlier times, which calls `execute`, knows none.
                response = http.refusal(self, request, exc)
            await response(scope, receive, send)
        elif kind == "websocket":
            from starlette._graphql import websocket

            await websocket.serve(self, scope, receive, send)
        else:
            raise RuntimeError(f"GraphQLApp serves http and websocket, not {kind!r}")

    async def make_context(
        self, connection: Any, connection_params: Optional[Dict[str, Any]] = None
    ) -> Any:
        """Return ``info.context`` for the operations of a request, or for one of a
        WebSocket.

        Args:
            connection: The ``Request`` or ``WebSocket``.
            connection_params: The payload of the first message of the latter.
        """
        return await make_context(self.context, connection, connection_params)

    async def handle_graphql(self, request: Request) -> Response:
        """Return the response to *request*, of any method.  May be overridden."""
        return await http.answer(self, request)

    async def handle_graphiql(self, request: Request) -> Response:
        """Return the page for browsers, or one of its files.  May be overridden."""
        return await graphiql_page.answer(self, request)

    async def execute(
        self,
        query: str,
        variables: Optional[Dict[str, Any]] = None,
        context: Any = None,
        operation_name: Optional[str] = None,
    ) -> Any:
        """Execute a query or mutation.

        An override is called for every request over HTTP whose document is valid.

        Returns:
            An object with ``data`` and ``errors``.

        Raises:
            RequestError: The request is refused, because of a limit for example.
        """
        request = GraphQLRequest(query, variables, operation_name)
        outcome = await self.engine.run(request, context, streaming=False)
        return outcome.result

    def has_own_execute(self) -> bool:
        """Tell whether ``execute`` is another than that of ``GraphQLApp``."""
        return getattr(self.execute, "__func__", None) is not GraphQLApp.execute


def _check_count(name: str, count: Any) -> None:
    if not isinstance(count, int) or count < 0:
        raise ValueError(f"`{name}` must be 0 or more, but got {count!r}")


def _hooks(name: str, given: Any) -> Sequence[Hook]:
    if given is None or callable(given):
        return () if given is None else (given,)
    return _each_callable(name, given)


def _each_callable(name: str, given: Any) -> Tuple[Any, ...]:
    each = tuple(given) if hasattr(given, "__iter__") else (given,)
    for one in each:
        if not callable(one):
            raise TypeError(f"`{name}` must be callable, but got {one!r}")
    return each


def _warn_executor_class() -> None:
    import warnings

    warnings.warn(
        "`executor_class` is ignored: coroutine functions are awaited, and "
        "`threadpool=True` runs plain resolvers in threads.",
        stacklevel=3,
    )
