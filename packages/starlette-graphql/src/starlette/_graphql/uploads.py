"""Uploads: the GraphQL multipart request specification, and the scalar ``Upload``.

A request of type ``multipart/form-data`` brings the files that its variables name.
Here is what a transport and a schema see of that; the form is read in
``upload_form``, the paths to the variables are followed in ``upload_map``.

Every temporary file of a request is closed, however the request ends.
"""

from __future__ import annotations

import re
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncGenerator,
    Awaitable,
    Callable,
    Optional,
    Tuple,
)

from graphql import GraphQLError, GraphQLScalarType, ValueNode

from starlette._graphql.errors import RequestError
from starlette._graphql.upload_form import UploadForm
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

if TYPE_CHECKING:
    from starlette._graphql.limits import GraphQLLimits

__all__ = ("Upload", "read_multipart")

_LENGTH = re.compile("[0-9]{1,19}", re.ASCII)


async def read_multipart(
    request: Request, limits: GraphQLLimits
) -> Tuple[Any, Callable[[], Awaitable[None]]]:
    """Read the operations of a request, and their files.

    Args:
        request: Of type ``multipart/form-data``; its body has not been read.
        limits: ``body`` is for the parts ``operations`` and ``map``, each; ``parts``
            for all parts, and for these two and the paths in ``map`` together;
            ``upload`` for the whole, in bytes.

    Returns:
        What a JSON body would have said, with an ``UploadFile`` in each slot: an
        object, or an array for a batch; more of it is not checked.  A file with
        several paths is one object in several places.  And what closes all files, to
        be called when the operations are over, streams included; more often than once
        does no harm.

    Raises:
        RequestError: Status 400, the form is malformed; 413, it is beyond a limit.
        ClientDisconnect: The client went before the body was complete.
    """
    form = UploadForm(
        request.headers.get("content-type", ""),
        max_text=_bound(limits.body),
        max_parts=_bound(limits.parts),
    )
    stream = _counted(request, _bound(limits.upload))
    try:
        await form.read(stream)
    except BaseException:
        await form.close()
        raise
    finally:
        await stream.aclose()
    return form.operations, form.close


def _bound(limit: Optional[int]) -> float:
    return float("inf") if limit is None else limit


async def _counted(request: Request, limit: float) -> AsyncGenerator[bytes, None]:
    announced = request.headers.get("content-length", "")
    # Not longer than int() takes at once; longer ones are counted as they come.
    if _LENGTH.fullmatch(announced) and int(announced) > limit:
        raise _too_large(limit)
    count = 0
    stream = request.stream()
    try:
        async for chunk in stream:
            count += len(chunk)
            if count > limit:
                raise _too_large(limit)
            yield chunk
    except HTTPException as exc:
        # A limit further out, of the application or the router.
        raise RequestError(exc.status_code, exc.detail, headers=exc.headers) from exc
    finally:
        # Left to the garbage collector it would be closed some time later.
        await stream.aclose()


def _too_large(limit: float) -> RequestError:
    return RequestError(
        413,
        f"The body is too large. The maximum for uploads is {limit} bytes.",
        headers={"connection": "close"},
    )


def _parse_value(value: Any) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise GraphQLError(
            "Upload must be a file that was sent with the request: see the GraphQL "
            "multipart request specification."
        )
    return value


def _parse_literal(node: ValueNode, variables: Any = None) -> UploadFile:
    raise GraphQLError(
        "Upload must be a variable: a document cannot hold a file.", node
    )


def _serialize(value: Any) -> Any:
    raise GraphQLError("Upload is for input alone: a file cannot be a result.")


Upload: GraphQLScalarType = GraphQLScalarType(
    "Upload",
    serialize=_serialize,
    parse_value=_parse_value,
    parse_literal=_parse_literal,
    description="A file that is sent with the request.",
    specified_by_url="https://github.com/jaydenseric/graphql-multipart-request-spec",
)
