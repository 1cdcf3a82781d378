"""Names that programs import from a module which is not where they are made.

``from starlette.requests import FormData`` has always worked, because the module had
imported it for itself.  Here a module imports what it uses, and that as late as it
can; so the other names are listed, and looked up when somebody asks for one (PEP 562).
Type checkers are not shown them: they belong to the module that makes them.
"""

from __future__ import annotations

from importlib import import_module
from sys import modules
from typing import Any, Callable, Dict

__all__ = ("NAMES", "finder", "lend")

# Of a module: the names, by the module that makes them.
NAMES: Dict[str, Dict[str, str]] = {
    "starlette._exception_handler": {
        "starlette.concurrency": "run_in_threadpool",
        "starlette.websockets": "WebSocket",
    },
    "starlette.applications": {
        "starlette._middleware": "_MiddlewareFactory",
        "starlette.middleware.base": "BaseHTTPMiddleware",
        "starlette.requests": "Request",
        "starlette.responses": "Response",
        "starlette.websockets": "WebSocket",
    },
    "starlette.authentication": {
        "starlette._utils": "is_async_callable",
        "starlette.exceptions": "HTTPException",
        "starlette.requests": "HTTPConnection Request",
        "starlette.responses": "RedirectResponse",
        "starlette.websockets": "WebSocket",
    },
    "starlette.datastructures": {"starlette.concurrency": "run_in_threadpool"},
    "starlette.endpoints": {
        "starlette": "status",
        "starlette.concurrency": "run_in_threadpool",
    },
    "starlette.middleware.base": {"starlette.requests": "ClientDisconnect"},
    "starlette.middleware.errors": {
        "starlette.concurrency": "run_in_threadpool",
        "starlette.requests": "Request",
        "starlette.responses": "HTMLResponse PlainTextResponse Response",
        "starlette.types": "ExceptionHandler",
    },
    "starlette.middleware.exceptions": {
        "starlette._exception_handler": "wrap_app_handling_exceptions",
    },
    "starlette.middleware.gzip": {"starlette.datastructures": "Headers MutableHeaders"},
    "starlette.middleware.sessions": {
        "starlette.datastructures": "MutableHeaders Secret",
        "starlette.requests": "HTTPConnection",
    },
    "starlette.middleware.trustedhost": {"starlette.datastructures": "Headers"},
    "starlette.requests": {
        "starlette.datastructures": (
            "URL Address FormData Headers QueryParams State UploadFile"
        ),
        "starlette.formparsers": "FormParser MultiPartException MultiPartParser",
    },
    "starlette.responses": {
        "starlette._utils": "collapse_excgroups",
        "starlette.background": "BackgroundTask",
        "starlette.concurrency": "iterate_in_threadpool",
        "starlette.datastructures": "URL Headers MutableHeaders",
        "starlette.requests": "ClientDisconnect",
        "starlette.types": "Receive Scope Send",
    },
    "starlette.routing": {
        "starlette._exception_handler": "wrap_app_handling_exceptions",
        "starlette._utils": "get_route_path",
        "starlette.convertors": "Convertor",
        "starlette.datastructures": "URL Headers URLPath",
        "starlette.exceptions": "HTTPException",
        "starlette.middleware": "Middleware",
        "starlette.responses": "PlainTextResponse RedirectResponse",
        "starlette.types": "Lifespan",
        "starlette.websockets": "WebSocketClose",
    },
    "starlette.schemas": {"starlette.requests": "Request"},
    "starlette.websockets": {"starlette.responses": "Response"},
}


def finder(module: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` of *module* that finds the names in ``NAMES``."""

    def find(name: str) -> Any:
        for source, names in NAMES[module].items():
            if name in names.split():
                return getattr(import_module(source), name)
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return find


def lend(module: str) -> None:
    """Have *module*, which is being imported, find the names in ``NAMES``."""
    vars(modules[module])["__getattr__"] = finder(module)
