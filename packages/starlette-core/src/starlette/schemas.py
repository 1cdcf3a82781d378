"""An OpenAPI schema, gathered from the docstrings of endpoints.

The last part of an endpoint's docstring, after a line of ``---`` if there is
one, is YAML: the operation object of the OpenAPI specification for that
endpoint.  Endpoints without one are left out.  Nothing is checked: what the
docstrings say is what the schema says.

PyYAML reads and writes all of it: the ``schemas`` extra.  Without it this
module can be imported, and its first use says what to install.
"""

from __future__ import annotations

import re
from importlib import import_module
from types import FunctionType, MethodType
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Tuple,
)

from starlette._elsewhere import lend
from starlette.responses import Response
from starlette.routing import PARAM_REGEX, BaseRoute, Host, Mount, Route

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = (
    "BaseSchemaGenerator",
    "EndpointInfo",
    "OpenAPIResponse",
    "SchemaGenerator",
)

lend(__name__, {"starlette.requests": "Request"})

# Those of a class of endpoints that OpenAPI has a place for, save HEAD, which
# is what GET says already.
_OPERATIONS = ("get", "post", "put", "patch", "delete", "options", "query")

_SEPARATOR = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)


class OpenAPIResponse(Response):
    """A schema as YAML.

    Args:
        content: The schema, a ``dict``.

    Raises:
        AssertionError: It is something else, or PyYAML is not installed.
    """

    media_type: Optional[str] = "application/vnd.oai.openapi"

    def render(self, content: Any) -> bytes:
        """Return *content* as YAML in UTF-8, its keys sorted."""
        yaml = _import_yaml("OpenAPIResponse")
        if not isinstance(content, dict):
            raise AssertionError(
                "The schema passed to OpenAPIResponse should be a dictionary."
            )
        text: str = yaml.dump(content, default_flow_style=False)
        return text.encode("utf-8")


class EndpointInfo(NamedTuple):
    """One operation: a method of HTTP at a path.

    Attributes:
        path: The whole path, mounts included; parameters without their types.
        http_method: In lower case.
        func: The function, or the method of a class, that answers it.
    """

    path: str
    http_method: str
    func: Callable[..., Any]


class BaseSchemaGenerator:
    """Finds endpoints and reads their docstrings; what to make of it is open."""

    def get_schema(self, routes: List[BaseRoute]) -> Dict[str, Any]:
        """Return the schema of *routes*.  A subclass writes it."""
        raise NotImplementedError()

    def get_endpoints(self, routes: List[BaseRoute]) -> List[EndpointInfo]:
        """Return every operation of *routes*, those of mounts and hosts included.

        Routes with ``include_in_schema=False`` are left out, and so is HEAD.
        """
        return list(_walk(routes, ""))

    def parse_docstring(self, func_or_method: Callable[..., Any]) -> Dict[str, Any]:
        """Return the YAML mapping in a docstring; empty if there is none.

        Raises:
            yaml.YAMLError: There is something that is not YAML.
            AssertionError: PyYAML is not installed.
        """
        docstring = func_or_method.__doc__
        if not docstring:
            return {}
        yaml = _import_yaml("parse_docstring")
        try:
            parsed = yaml.safe_load(_last_part(docstring))
        except yaml.YAMLError as error:
            name = getattr(func_or_method, "__qualname__", repr(func_or_method))
            raise yaml.YAMLError(
                f"The docstring of {name} must end in YAML, but: {error}"
            ) from error
        # Prose is YAML too: a string.
        return parsed if isinstance(parsed, dict) else {}

    def OpenAPIResponse(self, request: Request) -> Response:
        """Return the schema of the application that *request* came to."""
        return OpenAPIResponse(self.get_schema(request.app.routes))


class SchemaGenerator(BaseSchemaGenerator):
    """Makes an OpenAPI schema of routes.

    Args:
        base_schema: What the schema starts from, such as ``{"openapi": "3.0.0",
            "info": {...}}``.  It is not changed.

    Attributes:
        base_schema: As given.
    """

    def __init__(self, base_schema: Dict[str, Any]) -> None:
        self.base_schema = base_schema

    def get_schema(self, routes: List[BaseRoute]) -> Dict[str, Any]:
        """Return the base schema with an entry in ``paths`` for each operation.

        Raises:
            yaml.YAMLError: A docstring has something that is not YAML.
            AssertionError: PyYAML is not installed.
        """
        base_paths = self.base_schema.get("paths", {})
        paths = {path: dict(operations) for path, operations in base_paths.items()}
        for path, http_method, func in self.get_endpoints(routes):
            operation = self.parse_docstring(func)
            if operation:
                paths.setdefault(path, {})[http_method] = operation
        return {**self.base_schema, "paths": paths}


def _walk(routes: Iterable[BaseRoute], prefix: str) -> Iterator[EndpointInfo]:
    for route in routes:
        if isinstance(route, (Mount, Host)):
            # A host has no path: what is mounted on one starts at the root.
            inside = route.path if isinstance(route, Mount) else ""
            yield from _walk(route.routes or (), prefix + _without_types(inside))
        elif isinstance(route, Route) and route.include_in_schema:
            path = prefix + _without_types(route.path)
            for http_method, func in _operations(route):
                yield EndpointInfo(path, http_method, func)


def _operations(route: Route) -> Iterator[Tuple[str, Callable[..., Any]]]:
    if isinstance(route.endpoint, (FunctionType, MethodType)):
        # In order, so that the same routes always make the same schema.
        for method in sorted(route.methods or ("GET",)):
            if method != "HEAD":
                yield method.lower(), route.endpoint
        return
    for method in _OPERATIONS:
        func = getattr(route.endpoint, method, None)
        if func is not None:
            yield method, func


def _without_types(path: str) -> str:
    return PARAM_REGEX.sub(r"{\1}", path)


def _last_part(docstring: str) -> str:
    *before, last = _SEPARATOR.split(docstring)
    if before:
        return last
    # On one line, in the way of "List them all. --- responses: {...}".
    return docstring.rpartition("---")[2]


def _import_yaml(user: str) -> Any:
    try:
        return import_module("yaml")
    except ModuleNotFoundError:
        raise AssertionError(
            f"`pyyaml` must be installed to use {user}: "
            "pip install starlette-core[schemas]"
        ) from None
